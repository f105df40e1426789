"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A time limit for each example fails on a busy machine whatever the code does; pytest's own limit stays.
settings.register_profile("friday", deadline=None)
settings.load_profile("friday")
