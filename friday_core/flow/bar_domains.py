"""Which rows make one bar: those of an interval of the session, or those until a volume is reached."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from friday_core.causal.domains import SESSION, TICK, parse
from friday_core.domain.chunk import Chunk, Int64
from friday_core.errors import ClockDomainError
from friday_core.flow.session_hours import Hours


@dataclass(frozen=True, slots=True)
class Membership:
    """To which bar each row belongs; the bars are in the order in which they are emitted.

    ``order`` holds the rows bar by bar, those of one bar as they came, and ``starts`` where in it
    each bar starts. ``ends`` is when each bar closes; ``full`` says that it is closed already.
    """

    order: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    ends: Int64
    full: npt.NDArray[np.bool_]


class BarDomain(ABC):
    """Puts rows together to bars. No bar lasts longer than a session."""

    #: Whether all bars that close before a moment are out as soon as the moment is reached. Time
    #: closes them all at once; by volume another may close within the same microsecond.
    closes_by_time = True

    @abstractmethod
    def membership(self, rows: Chunk, moments: Int64, begun: int) -> Membership:
        """The bars of ``rows``.

        The first ``begun`` rows are bars that were begun before, at most one of each instrument,
        with their ends as ``ts_event``. ``moments`` is when each of the others was traded; they
        lie in the session and come in the order in which bars take them.
        """

    @abstractmethod
    def end(self, moment: int, opens: int, closes: int) -> int:
        """When the bar of a row of this moment closes if nothing fills it; the session has these hours."""

    @abstractmethod
    def is_full(self, volume: float) -> bool:
        """Whether a bar of so much volume takes no more."""


class ByTime(BarDomain):
    """Intervals of ``step`` microseconds from the session's open; 0 for the whole session.

    The open belongs to an interval and the end does not. The last one ends with the session.
    """

    def __init__(self, step: int, hours: Hours) -> None:
        self._step = step
        self._hours = hours

    def membership(self, rows: Chunk, moments: Int64, begun: int) -> Membership:
        ends = np.concatenate([rows.ts_event[:begun], self._ends(moments)])
        order = np.lexsort((rows.inst, ends))
        another = (np.diff(ends[order]) != 0) | (np.diff(rows.inst[order]) != 0)
        starts = np.flatnonzero(np.append(True, another))
        return Membership(order, starts, ends[order[starts]], np.zeros(len(starts), bool))

    def end(self, moment: int, opens: int, closes: int) -> int:
        step = self._step
        return min(opens + ((moment - opens) // step + 1) * step, closes) if step else closes

    def is_full(self, volume: float) -> bool:  # noqa: ARG002 - time alone closes these
        return False

    def _ends(self, moments: Int64) -> Int64:
        opens, closes = self._hours.around(moments)
        if not self._step:
            return closes
        return np.minimum(opens + ((moments - opens) // self._step + 1) * self._step, closes)


class ByVolume(BarDomain):
    """A bar is full with the row that brings its volume to ``volume`` or above; rows are not divided.

    It closes at that row's time. What is left when the session closes is a bar too.
    """

    closes_by_time = False

    def __init__(self, volume: int, hours: Hours) -> None:
        self._volume = volume
        self._hours = hours

    def membership(self, rows: Chunk, moments: Int64, begun: int) -> Membership:
        _, closes = self._hours.around(moments)
        until = np.concatenate([rows.ts_event[:begun], closes])
        bar, full_at = self._filled(rows, until)
        full = full_at >= 0
        first = np.unique(bar, return_index=True)[1]
        ends = np.where(full, rows.ts_event[full_at], until[first])
        # At one time the bars that were filled are out before those that the session's close ends.
        bars = np.lexsort((np.where(full, full_at, rows.inst[first]), ~full, ends))
        place = np.argsort(bars)[bar]
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(bars)))
        return Membership(order, starts, ends[bars], full[bars])

    def end(self, moment: int, opens: int, closes: int) -> int:  # noqa: ARG002 - only the session's close ends these
        return closes

    def is_full(self, volume: float) -> bool:
        return volume >= self._volume

    def _filled(self, rows: Chunk, until: Int64) -> tuple[Int64, Int64]:
        """Each row's bar, in the order of their first rows, and the row that filled each bar or -1.

        Adds volumes one after another, as the bar itself does, so that both see the same bits.
        """
        bars: list[int] = []
        full_at: list[int] = []
        begun: dict[int, tuple[int, int, float]] = {}
        each = zip(rows.inst.tolist(), until.tolist(), rows["volume"].tolist(), strict=True)
        for row, (inst, end, volume) in enumerate(each):
            bar, its_end, total = begun.get(inst, (-1, -1, 0.0))
            if bar < 0 or its_end != end:
                bar, total = len(full_at), 0.0
                full_at.append(-1)
            bars.append(bar)
            total += volume
            begun[inst] = bar, end, total
            if total >= self._volume:
                full_at[bar] = row
                del begun[inst]
        return np.array(bars, np.int64), np.array(full_at, np.int64)


def bar_domain(name: str, hours: Hours) -> BarDomain:
    """The bars of a clock domain, of which ``1d`` is a whole session; ``ClockDomainError`` if there are none."""
    domain = parse(name)
    if domain.volume:
        return ByVolume(domain.volume, hours)
    if domain.name == TICK:
        raise ClockDomainError("there are no bars of 'tick': write a length as 15m, 1d for a session, or v1000")
    return ByTime(0 if domain.name == SESSION else domain.seconds * 1_000_000, hours)
