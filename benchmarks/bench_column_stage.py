"""What a program costs in its place in a stream: compiled against plain Python, a row alone and many at once."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from five_indicators import prices, program
from harness import interleaved, interleaved_commands, report

from friday_core.causal.compiled.choice import fastest_executor
from friday_core.causal.oracle import Executor, Oracle
from friday_core.domain.chunk import Chunk, Universe
from friday_core.flow.column_stage import ColumnStage, SliceStage
from friday_core.testing import builders

ROWS = 10_000
INSTRUMENTS = 50
_NEXT = 10**12


def rows_of(instruments: int) -> tuple[Universe, Chunk]:
    """The bars of the five indicators as a flow hands them over."""
    found = prices(ROWS, instruments)
    columns = {name: found[f"raw.{name}"].astype(np.int64) for name in ("high", "low", "close")}
    universe = builders.universe(*[f"S{number:03}.NSE" for number in range(instruments)])
    return universe, Chunk(found["ts"], found["inst"], columns)


def parts_of(rows: Chunk, size: int) -> list[Chunk]:
    return [rows.take(slice(start, start + size)) for start in range(0, len(rows), size)]


def rows_in_chunks(executors: Mapping[str, Executor]) -> None:
    """A stage on rows of one instrument, by the length of its chunks."""
    universe, rows = rows_of(1)
    for size in (1, 100, ROWS):
        parts = parts_of(rows, size)
        contenders = {name: _through(ColumnStage(program(), universe, make), parts) for name, make in executors.items()}
        report(f"Rows, chunks of {size:,}, per row", interleaved(contenders, 11), "compiled", per=ROWS, unit="us")


def _through(stage: ColumnStage, parts: Sequence[Chunk]) -> Callable[[], object]:
    return lambda: [stage.transform(part) for part in parts]


def slices_in_chunks(executors: Mapping[str, Executor]) -> None:
    """A stage on slices of all instruments, by how many of them come at once."""
    universe, rows = rows_of(INSTRUMENTS)
    for many in (1, ROWS // INSTRUMENTS):
        contenders = {
            name: _later(SliceStage(program(), universe, make), parts_of(rows, many * INSTRUMENTS))
            for name, make in executors.items()
        }
        title = f"Slices of {INSTRUMENTS} instruments, {many} at once, per row"
        report(title, interleaved(contenders, 11), "compiled", per=ROWS, unit="us")


def _later(stage: SliceStage, parts: Sequence[Chunk]) -> Callable[[], object]:
    """Times must rise: every repeat is later than the one before."""
    begins = 0

    def all_of_them() -> None:
        nonlocal begins
        begins += _NEXT
        for part in parts:
            stage.transform(Chunk(part.ts_event + begins, part.inst, part.columns))

    return all_of_them


def demo() -> None:
    """The whole demo: data, features, model, session and result files."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", "run", "--profile", "demo"]
        options = ["--quiet", "--no-report", "--set", f"run.folder={folder}", "--set"]
        names = {"compiled": "compiled", "plain Python": "python"}
        contenders = {name: [*command, *options, f"run.executor={own}"] for name, own in names.items()}
        report("friday run --profile demo", interleaved_commands(contenders, 5), "compiled")


if __name__ == "__main__":
    both: dict[str, Executor] = {"compiled": fastest_executor(tell=print), "plain Python": Oracle}
    rows_in_chunks(both)
    slices_in_chunks(both)
    demo()
