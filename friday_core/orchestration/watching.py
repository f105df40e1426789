"""Programs that are watched while they run: what every operator answered on one row of one instrument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.causal.oracle import Columns, Oracle
from friday_core.causal.program import Program
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.sessions import SessionDates
from friday_core.flow.column_stage import ColumnStage
from friday_core.trading.column_runner import ColumnRunner

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
#: Told the time, the instruments of the rows, and each instruction's values.
Saw = Callable[[int, Sequence[int], Mapping[int, Sequence[float]]], None]


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
    """A row of the instrument, the ``number``-th that the program had, and each instruction's value on it."""

    ts_event: int
    session: int
    number: int
    values: Mapping[int, float]


class Watch:
    """Keeps the row that is meant, and its neighbours in time: of a session with many rows, the last one."""

    def __init__(self, moment: Moment, position: int, dates: SessionDates) -> None:
        self.found: SeenRow | None = None
        self._moment = moment
        self._position = position
        self._dates = dates
        self._rows = 0
        self._before: SeenRow | None = None
        self._after: SeenRow | None = None

    @property
    def is_over(self) -> bool:
        """Whether a later row was seen: what is meant has come by now, or does not exist."""
        return self._after is not None

    def saw(self, ts: int, inst: Sequence[int], values: Mapping[int, Sequence[float]]) -> None:
        if self.is_over or self._position not in inst:
            return
        self._rows += 1
        at = list(inst).index(self._position)
        (session,) = self._dates.of(np.array([ts], np.int64)).tolist()
        row = SeenRow(ts, session, self._rows, {number: column[at] for number, column in values.items()})
        until = self._moment.until(row)
        if until > 0:
            self._after = row
        elif until == 0:
            self.found = row
        else:
            self._before = row

    def nearest(self) -> SeenRow | None:
        """The row next to a moment that has none; ``None`` if there was no row at all."""
        rows = [row for row in (self._before, self._after) if row is not None]
        return min(rows, key=lambda row: abs(self._moment.until(row)), default=None)


class WatchedOracle(Oracle):
    """Tells ``saw`` what every instruction answered, and answers the same."""

    def __init__(self, program: Program, universe: Universe, saw: Saw) -> None:
        super().__init__(program, [10.0**one.price_decimals for one in universe], [one.id for one in universe])
        self._saw = saw

    def values(
        self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None
    ) -> dict[int, list[float]]:
        values = super().values(ts, inst, columns, domain)
        self._saw(ts, inst, values)
        return values


class WatchedRunner(ColumnRunner):
    """A strategy's runner under a watch."""

    def __init__(
        self, name: str, program: Program, universe: Universe, instruments: Iterable[InstrumentId], watch: Watch
    ) -> None:
        super().__init__(name, program, universe, instruments)
        self._oracle = WatchedOracle(program, universe, watch.saw)


class WatchedStage(ColumnStage):
    """A transformer's stage under a watch, which is told close times instead of the program's count of rows."""

    def __init__(self, stage: ColumnStage, universe: Universe, watch: Watch) -> None:
        self.program = stage._oracle.program
        super().__init__(self.program, universe)
        self._oracle = WatchedOracle(self.program, universe, self._saw)
        self._watch = watch
        self._times: Iterator[int] = iter(())

    def transform(self, chunk: Chunk) -> Chunk:
        self._times = iter(chunk.ts_event.tolist())
        return super().transform(chunk)

    def _saw(self, _row: int, inst: Sequence[int], values: Mapping[int, Sequence[float]]) -> None:
        self._watch.saw(next(self._times), inst, values)
