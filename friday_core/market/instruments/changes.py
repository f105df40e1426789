"""What a day's list has that the list before it had not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from friday_core.domain.sessions import to_days
from friday_core.market.instruments.columns import CONTRACTS
from friday_core.market.instruments.series import share
from friday_core.market.instruments.snapshot import Snapshot

#: Exchange and symbol.
Name = tuple[str, str]
_Pair = tuple[Name, Name]


@dataclass(frozen=True, slots=True)
class Changes:
    """Names in order, as ``EXCHANGE:SYMBOL``; of pairs the earlier one first.

    ``expired`` counts contracts that are gone because they expired, ``gone`` has everything else.
    ``renamed`` are shares that keep exchange and token, ``series`` shares that went into another series.
    ``lots`` is name, lot before, lot now; ``ticks`` alike in rupees.
    """

    new: tuple[str, ...]
    gone: tuple[str, ...]
    expired: int
    renamed: tuple[tuple[str, str], ...]
    series: tuple[tuple[str, str], ...]
    lots: tuple[tuple[str, int, int], ...]
    ticks: tuple[tuple[str, float, float], ...]


def changes(before: Snapshot, after: Snapshot) -> Changes:
    """What changed from one list to a later one."""
    old, new = _places(before), _places(after)
    arrived, left = new.keys() - old.keys(), old.keys() - new.keys()
    expired = {name for name in left if 0 < before.rows.expiries[old[name]] < to_days(after.day)}
    left -= expired
    series = _moved(left, arrived)
    arrived, left = _without(series, arrived, left)
    renamed = _renamed(before, after, {name: old[name] for name in left}, {name: new[name] for name in arrived})
    arrived, left = _without(renamed, arrived, left)
    both = [(_written(name), old[name], new[name]) for name in sorted(old.keys() & new.keys())]
    return Changes(
        new=tuple(map(_written, sorted(arrived))),
        gone=tuple(map(_written, sorted(left))),
        expired=len(expired),
        renamed=tuple((_written(one), _written(other)) for one, other in sorted(renamed)),
        series=tuple((_written(one), _written(other)) for one, other in sorted(series)),
        lots=tuple((name, int(was), int(now)) for name, was, now in _differing(before, after, "lot_size", both)),
        ticks=tuple((name, float(was), float(now)) for name, was, now in _differing(before, after, "tick_size", both)),
    )


def _places(snapshot: Snapshot) -> dict[Name, int]:
    rows = snapshot.rows
    return dict(zip(zip(rows.exchanges, rows.symbols, strict=True), range(len(rows)), strict=True))


def _without(pairs: list[_Pair], arrived: set[Name], left: set[Name]) -> tuple[set[Name], set[Name]]:
    return arrived - {now for _, now in pairs}, left - {was for was, _ in pairs}


def _renamed(before: Snapshot, after: Snapshot, left: dict[Name, int], arrived: dict[Name, int]) -> list[_Pair]:
    """Names that changed while exchange and token stayed; tokens of contracts are used again and tell nothing."""
    named = {
        (name[0], int(after.rows.tokens[row])): name
        for name, row in arrived.items()
        if after.rows.kinds[row] not in CONTRACTS
    }
    tokens = {
        name: (name[0], int(before.rows.tokens[row]))
        for name, row in left.items()
        if before.rows.kinds[row] not in CONTRACTS
    }
    return [(name, named[token]) for name, token in tokens.items() if token in named]


def _moved(left: set[Name], arrived: set[Name]) -> list[_Pair]:
    """Shares under another suffix."""
    shares: dict[Name, list[Name]] = {}
    for exchange, symbol in sorted(arrived):
        shares.setdefault((exchange, share(symbol)), []).append((exchange, symbol))
    pairs = ((name, shares.get((name[0], share(name[1])), [])) for name in left)
    return [(name, now[0]) for name, now in pairs if len(now) == 1]


def _differing(
    before: Snapshot, after: Snapshot, column: str, places: list[tuple[str, int, int]]
) -> Iterator[tuple[str, float, float]]:
    """Name, value before and value now of what is in both lists and differs."""
    was, now = (
        snapshot.table[column].to_numpy()[np.array([place[at] for place in places], np.int64)]
        for at, snapshot in enumerate((before, after), 1)
    )
    for place in np.flatnonzero(was != now):
        yield places[place][0], was[place], now[place]


def _written(name: Name) -> str:
    return ":".join(name)
