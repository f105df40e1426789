"""What ``friday parity`` says: how much was compared, and the first operator whose bits differ."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from friday_core.causal.parity.bits import hexadecimal
from friday_core.causal.parity.comparison import Comparison
from friday_core.causal.parity.difference import Difference
from friday_core.domain.sessions import to_datetime
from friday_core.orchestration.parity import Written

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
#: So many slots of a state are printed; JSON has all of them.
_SLOTS = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """A component, the sets of rows with their sizes, and what came of them."""

    component: Written
    rows: Mapping[str, int]
    comparison: Comparison


def tell(judged: Sequence[Judged], remarks: Sequence[str]) -> None:
    """For people: a table of each component, then what differs, and last the sum."""
    for one in judged:
        _tell_component(one)
    for remark in remarks:
        click.echo(remark)
    if not judged:
        click.echo("nothing is written in columns, so there is nothing to compare")
        return
    wrong = sum(one.comparison.differing for one in judged)
    values = sum(one.comparison.values for one in judged)
    told = f"{values:,} values compared, {wrong or 'none':{',' if wrong else ''}} of them with a bit that differs"
    click.secho(told, fg="red" if wrong else "green", bold=True)


def as_object(judged: Sequence[Judged], remarks: Sequence[str]) -> dict[str, Any]:
    """NaN and infinities, which JSON lacks, are null, ``"inf"`` and ``"-inf"``; ``bits`` are the number's own."""
    return {
        "ok": not any(one.comparison.differing for one in judged),
        "components": [_component(one) for one in judged],
        "remarks": list(remarks),
    }


# For people ------------------------------------------------------------------------------------


def _tell_component(one: Judged) -> None:
    program = one.component.program
    kind = f" ({one.component.plugin})" if not one.component.id.startswith(one.component.plugin) else ""
    click.secho(f"{one.component.id}{kind}", bold=True)
    click.echo(f"program {program.key[:8]} on {program.base}: {len(program.instructions)} operators")
    click.echo("; ".join(f"{name}: {rows:,} rows" for name, rows in one.rows.items()))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("way", overflow="fold")
    for heading in ("values", "differ"):
        table.add_column(heading, justify="right", no_wrap=True)
    for way, (values, differing) in _by_way(one.comparison).items():
        cells = (way, f"{values:,}", f"{differing:,}")
        table.add_row(*map(Text, cells), style="red" if differing else "")
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
    if one.comparison.first is not None:
        for line in _difference(one.comparison.first):
            click.echo(line)
        click.echo()


def _by_way(comparison: Comparison) -> dict[str, tuple[int, int]]:
    """Values and differing ones of all rows, in the order of the ways."""
    found: dict[str, tuple[int, int]] = {}
    for one in comparison.compared:
        values, differing = found.get(one.way, (0, 0))
        found[one.way] = values + one.values, differing + one.differing
    return found


def _difference(first: Difference) -> Iterator[str]:
    yield "the first bit that differs:"
    yield f"  operator  #{first.number} {first.operator} [{first.line}]"
    yield f"  column    {', '.join(first.outputs) or 'none of the outputs shows it'}"
    yield f"  row       {first.instrument} at {_moment(first.ts)}, row {first.row} on {first.domain}; {first.rows}"
    where = "" if first.slot is None else f", slot {first.slot} of its state after the last row"
    width = max(len("oracle"), len(first.way))
    yield f"  {'oracle':<{width}}  {_number(first.expected)}{where}"
    yield f"  {first.way:<{width}}  {_number(first.found)}"
    for place, given in enumerate(first.inputs):
        yield f"  {'inputs' if not place else '':<8}  {given.name} = {_number(given.value)}"
    if first.state:
        shown = ", ".join(map(repr, first.state[:_SLOTS]))
        more = f", and {len(first.state) - _SLOTS} more" if len(first.state) > _SLOTS else ""
        yield f"  state     {shown}{more}"
    yield f"  mend      {first.mend}"


def _number(value: float) -> str:
    return f"{value!r} ({hexadecimal(value)})"


def _moment(ts: int) -> str:
    return to_datetime(ts).isoformat().replace("+00:00", "Z")


# For programs ----------------------------------------------------------------------------------


def _component(one: Judged) -> dict[str, Any]:
    program, comparison = one.component.program, one.comparison
    return {
        "component": one.component.id,
        "plugin": one.component.plugin,
        "program": program.key,
        "base": program.base,
        "operators": len(program.instructions),
        "rows": dict(one.rows),
        "values": comparison.values,
        "differing": comparison.differing,
        "compared": [
            {"way": each.way, "rows": each.rows, "values": each.values, "differing": each.differing}
            for each in comparison.compared
        ],
        "first_difference": None if comparison.first is None else _first(comparison.first),
    }


def _first(first: Difference) -> dict[str, Any]:
    return {
        "number": first.number,
        "operator": first.operator,
        "line": first.line,
        "outputs": list(first.outputs),
        "way": first.way,
        "rows": first.rows,
        "domain": first.domain,
        "row": first.row,
        "ts_event": _moment(first.ts),
        "instrument": str(first.instrument),
        "oracle": _value(first.expected),
        "found": _value(first.found),
        "slot": first.slot,
        "inputs": [{"name": one.name, **_value(one.value)} for one in first.inputs],
        "state": [_value(one) for one in first.state],
        "mend": first.mend,
    }


def _value(value: float) -> dict[str, Any]:
    shown = None if math.isnan(value) else str(value) if math.isinf(value) else value
    return {"value": shown, "bits": hexadecimal(value)}
