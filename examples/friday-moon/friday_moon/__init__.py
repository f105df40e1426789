"""Plugins for Friday: the strategy ``moon_phase`` and the validator ``stale_price``."""
