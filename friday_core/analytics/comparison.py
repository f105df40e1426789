"""Runs beside one another: settings that differ, and the first decision or fill that does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from friday_core.analytics.run_files import RunFiles

#: What makes a row of these tables what it is. Tags are left out: they only count.
COMPARED = {
    "decisions": ("ts_event", "strategy", "instrument", "kind", "value", "asked", "sent", "code"),
    "fills": ("ts_event", "strategy", "instrument", "side", "quantity", "price", "charges"),
}
#: What a setting is called that a run does not have.
ABSENT = "not set"


class Difference(msgspec.Struct, frozen=True):
    """The first row, counted from 0, in which two tables differ; ``None`` for a table that has ended."""

    row: int
    first: dict[str, Any] | None
    other: dict[str, Any] | None


def differing_settings(runs: Sequence[RunFiles]) -> list[tuple[str, list[str]]]:
    """Dotted names of ``resolved.toml`` and the values in each run, of those that are not alike everywhere."""
    flat = [_flat(run.settings) for run in runs]
    names = sorted({name for one in flat for name in one})
    rows = [(name, [one.get(name, ABSENT) for one in flat]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]


def first_difference(first: RunFiles, other: RunFiles, table: str) -> Difference | None:
    """Where two runs part ways in ``decisions`` or ``fills``; ``None`` if they do not."""
    rows, others = _rows(first, table), _rows(other, table)
    for number, (one, two) in enumerate(zip(rows, others, strict=False)):
        if one != two:
            return Difference(number, one, two)
    if len(rows) == len(others):
        return None
    number = min(len(rows), len(others))
    return Difference(number, _at(rows, number), _at(others, number))


def _rows(run: RunFiles, table: str) -> list[dict[str, Any]]:
    return [{name: _comparable(row[name]) for name in COMPARED[table]} for row in run.rows(table)]


def _comparable(value: Any) -> Any:
    """NaN is equal to nothing, itself included."""
    return None if value != value else value  # noqa: PLR0124 - that is what NaN is


def _at(rows: Sequence[dict[str, Any]], number: int) -> dict[str, Any] | None:
    return rows[number] if number < len(rows) else None


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Every leaf under its dotted name; a list of tables by the ``id`` or the position of each."""
    found: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            found |= _flat(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for position, one in enumerate(value):
                found |= _flat(one, f"{name}.{one.get('id', position)}.")
        else:
            found[name] = str(value)
    return found
