"""What the flow costs per row: the stream against a bare loop over the same operators."""

from __future__ import annotations

from collections.abc import Iterator

from harness import interleaved, report

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.causal.program import trace_program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.sessions import SessionDates
from friday_core.flow.column_stage import ColumnStage
from friday_core.flow.plans import StreamPlan
from friday_core.flow.session_hours import SessionHours
from friday_core.flow.stamps import Stamps
from friday_core.flow.stream import Stream
from friday_plugins.sources.synthetic import SyntheticSettings, SyntheticSource
from friday_plugins.transformers.realised_volatility import RealisedVolatility, RealisedVolatilitySettings
from friday_plugins.validators.bar_sanity import BarSanity

ROWS = 10_000
#: As of a host without settings.
EXECUTOR = ChosenExecutor()


def market() -> tuple[Universe, Chunk]:
    """The first rows of the synthetic market, one chunk."""
    source = SyntheticSource(SyntheticSettings(instruments=5, sessions=ROWS // 4))
    rows = Chunk.concat(list(source.bars())).take(slice(0, ROWS))
    assert len(rows) == ROWS
    return Universe(source.instruments()), rows


def cut(rows: Chunk, size: int) -> list[Chunk]:
    return [rows.take(slice(start, start + size)) for start in range(0, len(rows), size)]


def stages(universe: Universe) -> tuple[BarSanity, ColumnStage]:
    volatility = RealisedVolatility(RealisedVolatilitySettings())
    return BarSanity(), ColumnStage(trace_program(volatility.outputs, adjusted=True), universe, EXECUTOR)


def bare(universe: Universe, chunks: list[Chunk]) -> int:
    """The operators alone, on rows that carry the stamps already."""
    validator, transformer = stages(universe)
    for chunk in chunks:
        validator.validate(chunk)
        transformer.transform(chunk)
    return len(chunks)


def flow(universe: Universe, chunks: list[Chunk]) -> int:
    """The same operators inside a stream: stamps, verdicts, quarantine, slices."""
    validator, transformer = stages(universe)
    plan = StreamPlan(
        ("open", "high", "low", "close", "volume"), [("bar_sanity", validator)], [("realised_volatility", transformer)]
    )
    zone = "Asia/Kolkata"
    stamps = Stamps(universe, SessionDates(zone))
    stream = Stream("market_data", plan, universe, stamps, SessionHours(timezone=zone))
    return sum(1 for _ in _slices(stream, chunks))


def _slices(stream: Stream, chunks: list[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        yield from stream.process(chunk)
    yield from stream.end()


def main() -> None:
    universe, rows = market()
    stamped = Stamps(universe, SessionDates("Asia/Kolkata")).stamp(rows)
    for size in (1, 100, 10_000):
        plain, ready = cut(rows, size), cut(stamped, size)
        contenders = {
            "bare loop": lambda ready=ready: bare(universe, ready),
            "flow": lambda plain=plain: flow(universe, plain),
        }
        report(f"Flow, chunks of {size:,} rows, per row", interleaved(contenders), "bare loop", per=ROWS, unit="us")


if __name__ == "__main__":
    main()
