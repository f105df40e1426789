"""Strategies in columns that several benchmarks run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from friday_core.api import HOLD, Market, where

#: Instruments that are held at once.
TOP = 10


def cross(m: Market) -> Mapping[str, Any]:
    up = where(m.close.rolling(10).mean() > m.close.rolling(30).mean(), 1.0, 0.0)
    return {"target": where(up != up.shift(1), up, HOLD)}


def top_ten(m: Market) -> Mapping[str, Any]:
    momentum = m.close.shift(21) / m.close.shift(252) - 1.0
    return {"target": where(m.month_end, where(m.panel(momentum).top(TOP) > 0.0, 0.99 / TOP, 0.0), HOLD)}
