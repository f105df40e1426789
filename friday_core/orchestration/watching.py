"""Programs that are watched while they run: what every operator answered on one row of one instrument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from friday_core.causal.oracle import Columns, Executor, Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.sessions import SessionDates
from friday_core.domain.verdicts import Judgement
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.column_stage import ColumnStage, SliceStage

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: Each instruction's values, one for each row of a slice.
Values = Mapping[int, Sequence[float]]
#: Told the time, the instruments of the rows, their values, and the domain if it is a coarser one.
Saw = Callable[[int, Sequence[int], Values, str | None], None]
#: Told the close time of a row that came by itself, its number, its instrument, and its values.
SawRow = Callable[[int, int, Sequence[int], Values], None]
#: Stages that rows pass one by one: the clocks of their programs count rows.
RowStage = ColumnStage | CheckStage


@dataclass(frozen=True, slots=True)
class Moment:
    """A trading date, or the close time of one bar: ``value`` is days or microseconds UTC since 1970-01-01."""

    value: int
    is_session: bool

    @classmethod
    def parse(cls, text: str) -> Moment:
        """``2024-03-08``, or a time with its zone as ``2024-03-08T10:00:00Z``; else ``ValueError``."""
        try:
            return cls((dt.date.fromisoformat(text) - _EPOCH.date()).days, is_session=True)
        except ValueError:
            pass
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text!r} is no date and no time: write 2024-03-08 or 2024-03-08T10:00:00Z") from None
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} has no zone: write {text}Z for UTC, or for example {text}+05:30")
        return cls((moment - _EPOCH) // dt.timedelta(microseconds=1), is_session=False)

    def until(self, row: SeenRow) -> int:
        """How much later the row is, in days or microseconds; negative if it is earlier, 0 if it is meant."""
        return (row.session if self.is_session else row.ts_event) - self.value


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of the instrument, the ``number``-th that the program had of its domain, with each instruction's value.

    ``coarser`` holds by domain the latest row of each coarser one, if there was any.
    """

    ts_event: int
    session: int
    number: int
    values: Mapping[int, float]
    coarser: Mapping[str, SeenRow] = field(default_factory=dict)


class Watch:
    """Keeps the row that is meant, and its neighbours in time: of a session with many rows, the last one."""

    def __init__(self, moment: Moment, position: int, dates: SessionDates) -> None:
        self.found: SeenRow | None = None
        self._moment = moment
        self._position = position
        self._dates = dates
        self._rows = 0
        self._coarser: dict[str, SeenRow] = {}
        self._before: SeenRow | None = None
        self._after: SeenRow | None = None

    @property
    def is_over(self) -> bool:
        """Whether a later row was seen: what is meant has come by now, or does not exist."""
        return self._after is not None

    def saw(self, ts: int, inst: Sequence[int], values: Values, domain: str | None = None) -> None:
        """A slice of the program's own domain, or of a coarser one that is named."""
        if self.is_over or self._position not in inst:
            return
        at = list(inst).index(self._position)
        (session,) = self._dates.of(np.array([ts], np.int64)).tolist()
        of_row = {number: column[at] for number, column in values.items()}
        if domain is not None:
            before = self._coarser.get(domain)
            self._coarser[domain] = SeenRow(ts, session, before.number + 1 if before else 1, of_row)
            return
        self._rows += 1
        self._place(SeenRow(ts, session, self._rows, of_row, dict(self._coarser)))

    def nearest(self) -> SeenRow | None:
        """The row next to a moment that has none; ``None`` if there was no row at all."""
        rows = [row for row in (self._before, self._after) if row is not None]
        return min(rows, key=lambda row: abs(self._moment.until(row)), default=None)

    def _place(self, row: SeenRow) -> None:
        until = self._moment.until(row)
        if until > 0:
            self._after = row
        elif until == 0:
            self.found = row
        else:
            self._before = row


class WatchedOracle(Oracle):
    """Tells ``saw`` what every instruction answered, and answers the same."""

    def __init__(
        self, program: Program, scales: Sequence[float], instruments: Sequence[InstrumentId], saw: Saw
    ) -> None:
        super().__init__(program, scales, instruments)
        self._saw = saw

    def values(
        self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None
    ) -> dict[int, list[float]]:
        values = super().values(ts, inst, columns, domain)
        self._saw(ts, inst, values, None if domain == self.program.base else domain)
        return values


def watched_by(saw: Saw) -> Executor:
    """Makes oracles that tell ``saw``."""
    return partial(WatchedOracle, saw=saw)


def watched_stage(stage: RowStage | SliceStage, universe: Universe, watch: Watch) -> RowStage | SliceStage:
    """A stage in its first state that does the same under a watch."""
    if isinstance(stage, SliceStage):
        return SliceStage(stage.program, universe, watched_by(watch.saw))
    return watched_rows(stage, universe, lambda close, _row, inst, values: watch.saw(close, inst, values))


def watched_rows(stage: RowStage, universe: Universe, saw: SawRow) -> RowStage:
    """A stage in its first state that does the same, and tells ``saw`` each row with its close."""
    watched = _WatchedChecks if isinstance(stage, CheckStage) else _WatchedColumns
    return watched(stage.program, universe, _Closes(saw))


class _Closes:
    """Knows when the rows closed that a program only counts."""

    def __init__(self, saw: SawRow) -> None:
        self._saw = saw
        self._times: Iterator[int] = iter(())

    def expect(self, chunk: Chunk) -> None:
        """These rows come next."""
        self._times = iter(chunk.ts_event.tolist())

    def saw(self, row: int, inst: Sequence[int], values: Values, _domain: str | None) -> None:
        self._saw(next(self._times), row, inst, values)


class _WatchedColumns(ColumnStage):
    def __init__(self, program: Program, universe: Universe, closes: _Closes) -> None:
        super().__init__(program, universe, watched_by(closes.saw))
        self._closes = closes

    def transform(self, chunk: Chunk) -> Chunk:
        self._closes.expect(chunk)
        return super().transform(chunk)


class _WatchedChecks(CheckStage):
    def __init__(self, program: Program, universe: Universe, closes: _Closes) -> None:
        super().__init__(program, universe, watched_by(closes.saw))
        self._closes = closes

    def validate(self, chunk: Chunk) -> Judgement:
        self._closes.expect(chunk)
        return super().validate(chunk)
