"""``friday explain``: why a component that is written in columns said what it said."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from friday_core.cli.options import Choice, settings_options

if TYPE_CHECKING:
    from friday_core.orchestration.explaining import CoarseBar, Explanation, Step
    from friday_core.orchestration.host import Host

#: Wide enough that nothing is wrapped when another program reads along.
_PIPE_WIDTH = 10_000
_TRUTH = {1.0: "true", 0.0: "false"}


@click.command("explain")
@click.argument("component", metavar="COMPONENT")
@click.option("--instrument", "-i", required=True, metavar="SYMBOL.EXCHANGE", help="As INFY.NSE.")
@click.option("--at", required=True, metavar="DATE_OR_TIME", help="As 2024-03-08 or 2024-03-08T10:00:00Z.")
@click.option(
    "--output",
    "-o",
    metavar="NAME",
    help="A column of outputs(m), or a validator's reason; default: what is decided, or the verdict.",
)
@click.option("--component", "of", metavar="NAME", help="With a journal: the component; default: the only strategy.")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@settings_options
def command(
    choice: Choice, *, component: str, instrument: str, at: str, output: str | None, of: str | None, as_json: bool
) -> None:
    """Show a value's tree of operators, with the numbers of one row.

    COMPONENT is a strategy, a transformer, a feature set or a validator that is written in columns, or the folder of a
    journal: then the answer comes from the records of that session, `--at 10:31` is a time of its last day on the
    exchange's clock, and `--instrument INFY` will do.

    Runs the session up to that row, so that the book is what it was; nothing is written and no
    order leaves. Of a date with many rows, the last one is shown.
    """
    from friday_core.cli.journal_question import explain_journal  # noqa: PLC0415 - `--help` must stay light
    from friday_core.orchestration.explaining import Question, QuestionError, explain  # noqa: PLC0415

    question = Question(component, instrument, at, output)
    try:
        with _progress():
            if Path(component).is_dir():
                explanation = explain_journal(Path(component), choice, of, question)
            else:
                host: Host = choice.builder()(choice.load())
                explanation = explain(host.assembly, question, host.model_versions)
    except QuestionError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        click.echo(json.dumps(_as_json(explanation), indent=2, allow_nan=False))
    else:
        _print(explanation)


@contextmanager
def _progress() -> Iterator[None]:
    """A spinner on a terminal."""
    from rich.console import Console  # noqa: PLC0415 - `--help` must stay light

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status("running the session up to the row"):
        yield


def _print(explanation: Explanation) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from friday_core.orchestration.explaining import told  # noqa: PLC0415

    click.secho(f"{explanation.component}, output {explanation.output}", bold=True)
    when = told(explanation.ts_event, explanation.session)
    click.echo(f"{explanation.instrument} at {when}, its row {explanation.row:,}")
    for bar in explanation.coarser:
        click.echo(_coarse_bar(bar))
    others = [name for name in explanation.outputs if name != explanation.output]
    if explanation.conditions:
        click.echo("\n".join(_judged(explanation)))
    elif others:
        click.echo(f"other outputs: {', '.join(others)}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("operator", overflow="fold")
    table.add_column("value", justify="right", overflow="fold")
    table.add_column("warm-up", overflow="fold")
    table.add_column("line", overflow="fold")
    for step in explanation.steps:
        where = "" if step.again or step.leaf == "constant" else step.line
        style = "" if step.is_warm else "yellow"
        cells = (_operator(step), _value(step), _warmup(step), where)
        table.add_row(*(Text(cell, style=style) for cell in cells))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def _coarse_bar(bar: CoarseBar) -> str:
    from friday_core.orchestration.explaining import told  # noqa: PLC0415

    if bar.ts_event is None or bar.session is None:
        return f"no {bar.domain} bar has closed yet"
    return f"{bar.domain} bar that closed at {told(bar.ts_event, bar.session)}, its row {bar.row:,}"


def _judged(explanation: Explanation) -> Iterator[str]:
    """A validator's verdict on the row, and all of its conditions."""
    stands = explanation.stands
    yield f"verdict: {'PASS' if stands is None else f'{stands.verdict.name}, {stands.reason}'}"
    for one in explanation.conditions:
        yield f"  {_truth(one.value):<7}  {one.verdict.name}: {one.reason}"


def _operator(step: Step) -> str:
    indent = "  " * step.depth
    if step.again:
        return f"{indent}{step.name}, see #{step.number} above"
    return indent + (step.name if step.leaf == "constant" else f"#{step.number} {step.name}")


def _value(step: Step) -> str:
    """A truth as a word, a price in its units, any other number with all its digits."""
    if step.kind == "bool":
        return _truth(step.value)
    if math.isnan(step.value):
        return "NaN"
    shown = f"{step.value:.0f}" if step.value.is_integer() and abs(step.value) < 1e16 else repr(step.value)
    return f"{shown} price units" if step.kind == "price" else shown


def _truth(value: float) -> str:
    return "unknown" if math.isnan(value) else _TRUTH.get(value, repr(value))


def _warmup(step: Step) -> str:
    if step.again or not step.warmup:
        return ""
    return f"done, {step.warmup:,} rows" if step.is_warm else f"row {step.rows:,} of {step.warmup:,}"


def _as_json(explanation: Explanation) -> dict[str, Any]:
    """NaN and infinities, which JSON lacks, are null, as ``"inf"`` and as ``"-inf"``.

    ``verdict`` and ``reason`` are null but for a validator, which has a reason only where a condition is true.
    """
    from friday_core.domain.sessions import to_date, to_datetime  # noqa: PLC0415

    stands = explanation.stands
    passes = "PASS" if explanation.conditions else None
    return {
        "component": explanation.component,
        "output": explanation.output,
        "outputs": list(explanation.outputs),
        "instrument": str(explanation.instrument),
        "ts_event": to_datetime(explanation.ts_event).isoformat(),
        "session": to_date(explanation.session).isoformat(),
        "row": explanation.row,
        "verdict": passes if stands is None else stands.verdict.name,
        "reason": None if stands is None else stands.reason,
        "conditions": [
            {"verdict": one.verdict.name, "reason": one.reason, "value": _number(one.value)}
            for one in explanation.conditions
        ],
        "coarser": [
            {
                "domain": bar.domain,
                "ts_event": None if bar.ts_event is None else to_datetime(bar.ts_event).isoformat(),
                "session": None if bar.session is None else to_date(bar.session).isoformat(),
                "row": bar.row,
            }
            for bar in explanation.coarser
        ],
        "steps": [
            {
                "number": step.number,
                "depth": step.depth,
                "operator": step.name,
                "leaf": step.leaf,
                "inputs": list(step.inputs),
                "value": _number(step.value),
                "kind": str(step.kind),
                "domain": step.domain,
                "warmup": step.warmup,
                "rows": step.rows,
                "is_warm": step.is_warm,
                "line": step.line,
                "again": step.again,
            }
            for step in explanation.steps
        ],
    }


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return str(value) if math.isinf(value) else value
