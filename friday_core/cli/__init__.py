"""The command ``friday``."""
