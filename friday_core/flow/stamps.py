"""Columns that the flow itself adds to every row: its session, what corporate actions did, where the calendar ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from operator import mul

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Array, Chunk, Float64, Int64, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.row import FewRows, PlainRow
from friday_core.domain.schedule import Schedule
from friday_core.domain.sessions import SessionDates
from friday_core.errors import InvariantError
from friday_core.flow.session_flags import CALENDAR_COLUMNS, SessionFlags
from friday_core.flow.snapshots import from_bytes, to_bytes

#: ``session`` in days since 1970-01-01; raw prices times ``factor`` compare over time, and so do raw
#: volumes divided by ``split``, the shares that one share has become.
STAMPED_COLUMNS = ("session", "factor", "split")


_ONE: Float64 = np.ones(1)
_ONE.setflags(write=False)
_NO_FLAGS: Mapping[str, float] = {}


class _Snapshot(msgspec.Struct, frozen=True, tag="stamps 1"):
    actions: tuple[CorporateAction, ...]


class Stamps:
    """Adds ``session``, ``factor`` and ``split``, and with a calendar its flags.

    ``factor`` and ``split`` depend on actions up to the row's own session. That is the date in the
    exchange's zone, unless the calendar has a session there that is called by another date. What is
    stamped depends on the row alone, and on what was announced before it.
    """

    def __init__(self, universe: Universe, dates: SessionDates, calendar: Schedule | None = None) -> None:
        self._universe = universe
        self._dates = dates
        self._flags = None if calendar is None else SessionFlags(calendar, dates)
        self._actions: dict[int, list[CorporateAction]] = {}
        self._products: dict[int, tuple[Int64, Float64, Float64]] = {}
        #: Of an instrument's latest row as numbers: its session, what was done to prices, and to shares.
        self._latest: dict[int, tuple[int, float, float]] = {}
        #: Of the latest few rows of one time: their instruments, their session, and the same.
        self._latest_few: tuple[list[int], int, list[float], list[float]] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that rows are given here."""
        return STAMPED_COLUMNS if self._flags is None else (*STAMPED_COLUMNS, *CALENDAR_COLUMNS)

    def announce(self, action: CorporateAction) -> None:
        """Rows from the ex-date on carry the action's factor."""
        position = self._universe.position(action.instrument)
        known = self._actions.setdefault(position, [])
        known.append(action)
        known.sort(key=lambda one: one.session)
        self._products.pop(position, None)
        self._latest.pop(position, None)
        self._latest_few = None

    def snapshot(self) -> bytes:
        """The actions that are known; ``restore`` goes on with the same bits."""
        return to_bytes(_Snapshot(tuple(action for known in self._actions.values() for action in known)))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` if it is no snapshot of this stage, or of other instruments."""
        state = from_bytes(_Snapshot, snapshot)
        unknown = [str(one.instrument) for one in state.actions if one.instrument not in self._universe]
        if unknown:
            raise InvariantError(f"the snapshot has actions of {', '.join(unknown)}, which this session does not know")
        self._actions, self._products, self._latest, self._latest_few = {}, {}, {}, None
        for action in state.actions:
            self.announce(action)

    def stamp(self, chunk: Chunk, domain: str | None = None) -> Chunk:
        """The same rows, which are of this clock domain; without it the first bar of a session is not known."""
        sessions, flags = self._placed(chunk.ts_event, domain)
        factor, split = self._factors(chunk.inst, sessions)
        return chunk.with_columns({"session": sessions.astype(np.float64), "factor": factor, "split": split, **flags})

    def stamped(self, row: PlainRow, domain: str | None) -> PlainRow:
        """What ``stamp`` makes of one row."""
        ts, inst, flags = row.ts_event, row.inst, self._flags
        own: Mapping[str, float] | None = None
        if flags is None:
            session = self._dates.date(ts)
        else:
            session, own = flags.of_one(ts, domain)
        factor = split = 1.0
        if inst in self._actions:
            _, factor, split = self._of_session(inst, session)
        values = {**row.values, "session": float(session), "factor": factor, "split": split}
        return PlainRow(ts, inst, row.ts_recv, row.seq, values if own is None else {**values, **own})

    def stamped_few(self, few: FewRows, domain: str | None) -> FewRows:
        """The same of several rows."""
        times, rows = few.ts_event, len(few)
        placed = {ts: self._placed_one(ts, domain) for ts in dict.fromkeys(times)}
        session, own = placed[times[0]]
        if len(placed) == 1:
            flags = {name: [flag] * rows for name, flag in own.items()}
        else:
            flags = {name: [placed[ts][1][name] for ts in times] for name in own}
        if all(other == session for other, _ in placed.values()):
            days, (factor, split) = [float(session)] * rows, self._factors_at(few.inst, session)
        else:
            sessions = [placed[ts][0] for ts in times]
            days, (factor, split) = list(map(float, sessions)), self._factors_few(few.inst, sessions)
        return few.with_columns({"session": days, "factor": factor, "split": split, **flags})

    def _factors_at(self, inst: list[int], session: int) -> tuple[list[float], list[float]]:
        """As ``_factors`` of rows of one session, which most often are of the instruments of those before."""
        latest = self._latest_few
        if latest is None or latest[1] != session or latest[0] != inst:
            latest = self._latest_few = (inst, session, *self._factors_few(inst, [session] * len(inst)))
        return latest[2], latest[3]

    def _placed_one(self, ts: int, domain: str | None) -> tuple[int, Mapping[str, float]]:
        """As ``_placed`` of one time."""
        return (self._dates.date(ts), _NO_FLAGS) if self._flags is None else self._flags.of_one(ts, domain)

    def _factors_few(self, inst: Sequence[int], sessions: Sequence[int]) -> tuple[list[float], list[float]]:
        """As ``_factors``."""
        each = list(map(self._of_session, inst, sessions))
        return [factor for _, factor, _ in each], [split for _, _, split in each]

    def _of_session(self, inst: int, session: int) -> tuple[int, float, float]:
        """The session, and what was done up to it to the instrument's prices and shares."""
        if inst not in self._actions:
            return session, 1.0, 1.0
        latest = self._latest.get(inst)
        if latest is None or latest[0] != session:
            ex_dates, factors, splits = self._products_of(inst)
            since = int(ex_dates.searchsorted(session, side="right"))
            latest = self._latest[inst] = session, factors[since].item(), splits[since].item()
        return latest

    def _factors(self, inst: npt.NDArray[np.int32], sessions: Int64) -> tuple[Float64, Float64]:
        """What corporate actions up to each row's session did to prices, and to shares."""
        if not self._actions:
            return (_ONE, _ONE) if len(inst) == 1 else (np.ones(len(inst)), np.ones(len(inst)))
        factor, split = np.ones(len(inst)), np.ones(len(inst))
        for position in self._actions.keys() & set(inst.tolist() if len(inst) == 1 else np.unique(inst).tolist()):
            rows = inst == position
            ex_dates, factors, splits = self._products_of(position)
            since = np.searchsorted(ex_dates, sessions[rows], side="right")
            factor[rows], split[rows] = factors[since], splits[since]
        return factor, split

    def _placed(self, ts_event: Int64, domain: str | None) -> tuple[Int64, dict[str, Array]]:
        """Each row's session, and the flags of a calendar if there is one."""
        if self._flags is None:
            return self._dates.of(ts_event), {}
        return self._flags.of(ts_event, domain)

    def _products_of(self, position: int) -> tuple[Int64, Float64, Float64]:
        """The ex-dates of an instrument, and the products after none, one, two, ... of its actions."""
        if position not in self._products:
            actions = self._actions[position]
            ratios = [Fraction(action.numerator, action.denominator) for action in actions]
            self._products[position] = (
                np.array([action.session for action in actions], np.int64),
                _running_product([action.factor for action in actions]),
                _running_product(ratios),
            )
        return self._products[position]


def _running_product(terms: Sequence[float | Fraction]) -> Float64:
    """From 1 on; of fractions, exact and rounded once."""
    return np.array([float(one) for one in accumulate(terms, mul, initial=1)])
