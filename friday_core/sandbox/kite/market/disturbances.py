"""What goes wrong with prices: halts, limits, gaps, bad prints and feeds that stand still."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable

import msgspec
import numpy as np

from friday_core.domain.chunk import Int64
from friday_core.sandbox.kite.market.tape import UNTOLD, Tick
from friday_core.sandbox.kite.values import Listed

FOR_EVER = sys.maxsize


class Kind(enum.StrEnum):
    HALT = "halt"
    FREEZE_UPPER = "freeze_upper"
    FREEZE_LOWER = "freeze_lower"
    GAP = "gap"
    SPIKE = "spike"
    STALE = "stale"


class Disturbance(msgspec.Struct, frozen=True):
    """From just after ``since`` up to ``until``, of these ``keys`` or of all.

    ``price`` is that of the print which a freeze, a gap or a spike begins with, ``ppm`` what a gap makes of a million.
    """

    kind: Kind
    since: int
    until: int = FOR_EVER
    keys: frozenset[str] | None = None
    price: int = 0
    ppm: int = 1_000_000

    def is_of(self, key: str) -> bool:
        return self.keys is None or key in self.keys


_OF_PRICES = frozenset(Kind) - {Kind.STALE}


class Disturbances:
    """All there were, in the order of time; ``state`` gives them to a later process."""

    def __init__(self, given: Iterable[Disturbance] = ()) -> None:
        self._all = list(given)

    @classmethod
    def restored(cls, state: bytes) -> Disturbances:
        return cls(msgspec.json.decode(state, type=list[Disturbance]))

    def state(self) -> bytes:
        return msgspec.json.encode(self._all)

    def add(self, one: Disturbance) -> None:
        self._all.append(one)

    def clear(self, ts: int, key: str | None = None, kind: Kind | None = None) -> None:
        """End those of a kind or of all kinds; with a key, for that instrument alone."""
        self._all = [part for one in self._all for part in _ended(one, ts, key, kind)]

    def first(self, key: str) -> int | None:
        """When the prices of an instrument were first disturbed."""
        return min((one.since for one in self._all if one.kind in _OF_PRICES and one.is_of(key)), default=None)

    def active(self, key: str, ts: int) -> list[Disturbance]:
        """What goes on at a moment, the moment after which it begins included."""
        return [one for one in self._all if one.is_of(key) and one.since <= ts < one.until]

    def opening(self, listed: Listed, one: Disturbance) -> Tick:
        """The print that it begins with."""
        return Tick(one.since, one.price, listed.lot, UNTOLD)

    def applied(self, listed: Listed, prints: Int64, after: int, upto: int) -> Int64:
        """What becomes of an instrument's prints of that time, and those that disturbances themselves begin with."""
        own = [one for one in self._all if one.kind in _OF_PRICES and one.is_of(listed.key)]
        if not own:
            return prints
        prints = prints.copy()
        for one in own:
            met = (one.since < prints[:, 0]) & (prints[:, 0] <= one.until)
            if one.kind in (Kind.HALT, Kind.SPIKE):
                prints = prints[~met]
            elif one.kind is Kind.GAP:
                prints[met, 1] = _shifted(listed, prints[met, 1], one.ppm)
            else:
                prints[met, 1] = one.price
        begun = [self.opening(listed, one) for one in own if one.price and after < one.since <= upto]
        if not begun:
            return prints
        prints = np.concatenate([prints, np.array(begun, np.int64)])
        return prints[np.argsort(prints[:, 0], kind="stable")]


def shifted(listed: Listed, price: int, ppm: int) -> int:
    """A price times so many millionths: to the nearest tick, at least one."""
    return int(_shifted(listed, np.array([price]), ppm)[0])


def _shifted(listed: Listed, prices: Int64, ppm: int) -> Int64:
    tick = listed.tick or 1
    ticks: Int64 = np.maximum((prices * ppm + tick * 500_000) // (tick * 1_000_000), 1)
    return ticks * tick


def _ended(one: Disturbance, ts: int, key: str | None, kind: Kind | None) -> list[Disturbance]:
    """A disturbance after what has been cleared of it."""
    if one.until <= ts or kind not in (None, one.kind) or (key is not None and not one.is_of(key)):
        return [one]
    if key is None or one.keys == frozenset({key}):
        return [msgspec.structs.replace(one, until=ts)]
    if one.keys is None:
        raise ValueError(f"the {one.kind} is of all instruments: it ends for all of them or for none")
    parts = (one.keys - {key}, one.until), (frozenset({key}), ts)
    return [msgspec.structs.replace(one, keys=keys, until=until) for keys, until in parts]
