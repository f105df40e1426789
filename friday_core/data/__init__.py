"""Bars from files and frames, exactly converted."""
