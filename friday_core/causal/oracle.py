"""The plain Python executor: what every other executor must equal, bit for bit, for ever."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from friday_core.causal.domains import rank, repeats
from friday_core.causal.instructions import Instruction
from friday_core.causal.op import NAN
from friday_core.causal.program import Program
from friday_core.causal.snapshot import Moment, Restored, Snapshot
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.chunk import Float64
from friday_core.domain.instruments import InstrumentId
from friday_core.errors import InvariantError, SchemaError

#: Columns of a slice: a value a row.
Columns = Mapping[str, Sequence[float]]
#: Makes what executes a program, of the program, and of scale and id of each instrument.
Executor = Callable[[Program, Sequence[float], Sequence[InstrumentId]], "Oracle"]


class Oracle:
    """Runs a program slice by slice, with one flat row of float64 state for each instrument.

    ``scales`` holds, for each instrument of the universe, the price units of one currency unit;
    ``instruments`` their ids, by which a snapshot finds its rows again and rows of a slice are in
    order. Without them both go by position. Slices of all domains are given in the order of their
    close times, coarser domains first where times are equal; of ticks and bars by volume, several
    may have one close time.
    """

    def __init__(
        self, program: Program, scales: Sequence[float], instruments: Sequence[InstrumentId] | None = None
    ) -> None:
        if instruments is not None and len(instruments) != len(scales):
            raise InvariantError(f"{len(instruments)} instruments and {len(scales)} scales")
        self.program = program
        self._scales = [float(scale) for scale in scales]
        self._ids = None if instruments is None else list(instruments)
        self._place = _places(self._ids, len(scales))
        self._last: tuple[int, str, int] | None = None
        self._whole_slices = program.has_panels
        self._inputs = program.inputs
        self._ranks = {domain: rank(domain) for domain in program.domains}
        self._repeats = {domain: repeats(domain) for domain in program.domains}
        self._by_domain = {
            domain: [(n, one) for n, one in enumerate(program.instructions) if one.node.domain in (ANY_DOMAIN, domain)]
            for domain in program.domains
        }
        self._joins: dict[str, list[Instruction]] = {domain: [] for domain in program.domains}
        for one in program.instructions:
            if one.name == "asof":
                self._joins[program.instructions[one.inputs[0]].node.domain].append(one)
        self._take_up(self._cold(len(scales)))

    def empty(self, rows: int) -> Float64:
        """Memory for a column that it is to read, or writes."""
        return np.empty(rows)

    def step(self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None) -> dict[str, list[float]]:
        """One slice: rows of one close time (microseconds), sorted by instrument, at most one of each.

        Returns the outputs, a value a row, for a slice of the program's own domain; nothing for a
        coarser one, whose values are kept for ``asof``. A program without panels takes a slice in
        parts as well. ``SchemaError`` for a column that is missing or of another length,
        ``InvariantError`` for rows or slices out of order.
        """
        values = self.values(ts, inst, columns, domain)
        if domain is not None and domain != self.program.base:
            return {}
        return {name: values[number] for name, number in self.program.outputs.items()}

    def row(self, ts: int, inst: int, values: Mapping[str, float]) -> dict[str, float]:
        """One row of the program's own domain, where slices need not be whole: not with panels."""
        found = self.step(ts, (inst,), {label: (value,) for label, value in values.items()})
        return {name: column[0] for name, column in found.items()}

    def values(
        self, ts: int, inst: Sequence[int], columns: Columns, domain: str | None = None
    ) -> dict[int, list[float]]:
        """As ``step``, but every instruction's values: for explanations."""
        where = self.program.base if domain is None else domain
        if where not in self._inputs:
            raise InvariantError(f"the program reads no slices of {where}, only of {', '.join(self._inputs)}")
        given = {label: _column(columns, label, len(inst)) for label in self._inputs[where]}
        self._advance(ts, where, inst)
        values: dict[int, list[float]] = {}
        for number, one in self._by_domain[where]:
            values[number] = self._run(one, values, ts, inst, given)
        for one in self._joins[where]:
            for position, value in zip(inst, values[one.inputs[0]], strict=True):
                self._state[position][one.at : one.at + 2] = value, float(ts)
        return values

    def admit(self, scale: float, instrument: InstrumentId | None = None) -> int:
        """A further instrument, cold, at the returned position; the others keep theirs."""
        if (instrument is None) != (self._ids is None):
            raise InvariantError("either all instruments have an id or none has")
        ids = None if self._ids is None or instrument is None else [*self._ids, instrument]
        self._place = _places(ids, len(self._scales) + 1)
        self._ids = ids
        arena = np.concatenate([self._arena(), self._cold(1)])
        self._scales.append(float(scale))
        self._take_up(arena)
        return len(self._scales) - 1

    def _run(
        self,
        one: Instruction,
        values: Mapping[int, list[float]],
        ts: int,
        inst: Sequence[int],
        given: Mapping[str, list[float]],
    ) -> list[float]:
        op, at, params = one.node.op, one.at, one.params
        if one.name == "input":
            return given[one.node.label]
        if one.name == "const":
            return [params[0]] * len(inst)
        if one.name == "asof":
            kept = (self._state[position][at : at + 2] for position in inst)
            return [value if ts - since <= params[0] else NAN for value, since in kept]
        inputs = [values[number] for number in one.inputs]
        if op.panel is not None:
            return op.panel(inputs, params)
        if op.step is None:
            raise InvariantError(f"operator {op.name} cannot be executed")
        step, state, scales = op.step, self._state, self._scales
        rows = zip(inst, zip(*inputs, strict=True), strict=True)
        return [step(state[n], at, x, params, scales[n] if one.priced else 1.0) for n, x in rows]

    # Order --------------------------------------------------------------------------------------

    def _advance(self, ts: int, domain: str, inst: Sequence[int]) -> None:
        """Slices, and rows in a slice, must come in their one order; nothing has changed if they do not."""
        places = [self._place_of(position) for position in inst]
        if any(later <= earlier for earlier, later in itertools.pairwise(places)):
            raise InvariantError(f"slice {domain} at {ts}: rows must be sorted by instrument, one of each")
        if self._last is not None:
            self._compare(ts, domain, places, self._last)
        self._last = (ts, domain, inst[-1] if len(inst) else -1)

    def _compare(self, ts: int, domain: str, places: Sequence[int], before_it: tuple[int, str, int]) -> None:
        last_ts, last_domain, last = before_it
        now, before = (ts, self._ranks[domain]), (last_ts, self._ranks.get(last_domain) or rank(last_domain))
        if now > before or (now == before and self._repeats[domain]):
            return
        if now < before:
            raise InvariantError(
                f"slice {domain} at {ts} comes after {last_domain} at {last_ts}: times must rise, coarser first"
            )
        if self._whole_slices or last < 0 or not places or places[0] <= self._place[last]:
            raise InvariantError(f"slice {domain} at {ts} comes a second time, or in parts that do not follow")

    def _place_of(self, position: int) -> int:
        if not 0 <= position < len(self._place):
            raise InvariantError(f"instrument {position} is none of the {len(self._place)} known; admit() it first")
        return self._place[position]

    # State --------------------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """The whole state; ``restore`` takes it back to this row, in this executor or in another."""
        names, moment = self._names(), None
        if self._last is not None:
            ts, domain, last = self._last
            moment = Moment(int(ts), domain, names[last] if last >= 0 else "")
        return Snapshot(self.program.key, moment, self.program.slots, names, self._arena()).pack()

    def restore(self, data: bytes) -> Restored:
        """Continue from a snapshot: of this program, or of an earlier form of it, or of another universe.

        Instructions that compute the same as before keep their state, the rest start cold, and so
        do instruments that the snapshot lacks; decisions are NaN until they are warm.
        """
        snapshot, names = Snapshot.unpack(data), self._names()
        row_of = {name: n for n, name in enumerate(snapshot.instruments)}
        slots, cold = self.program.slots, set(self.program.slots)
        kept = [(at, *snapshot.slots[name]) for name, (at, _size) in slots.items() if name in snapshot.slots]
        cold -= snapshot.slots.keys()
        arena = self._cold(len(names))
        for own, name in zip(arena, names, strict=True):
            if name in row_of:
                row = snapshot.state[row_of[name]]
                for at, was_at, size in kept:
                    own[at : at + size] = row[was_at : was_at + size]
        self._take_up(arena)
        self._last = self._moment(snapshot.moment, names)
        return Restored(
            tuple(n for n, name in enumerate(self.program.hashes) if name in cold),
            tuple(name for name in names if name not in row_of),
            tuple(name for name in snapshot.instruments if name not in set(names)),
        )

    def _cold(self, instruments: int) -> Float64:
        """The state before the first row."""
        return np.tile(np.array(self.program.start, np.float64), (instruments, 1))

    def _arena(self) -> Float64:
        """The state as it is, one row an instrument."""
        return np.array(self._state, np.float64).reshape(len(self._scales), self.program.state_size)

    def _take_up(self, arena: Float64) -> None:
        """Go on from this state."""
        self._state: list[list[float]] = arena.tolist()

    @staticmethod
    def _moment(moment: Moment | None, names: Sequence[str]) -> tuple[int, str, int] | None:
        if moment is None:
            return None
        return moment.ts, moment.domain, names.index(moment.instrument) if moment.instrument in names else -1

    def _names(self) -> list[str]:
        return [str(one) for one in (self._ids if self._ids is not None else range(len(self._scales)))]


def _places(ids: Sequence[InstrumentId] | None, count: int) -> list[int]:
    """For each position its place in the order of a slice."""
    if ids is None:
        return list(range(count))
    if len(set(ids)) != len(ids):
        raise InvariantError("two instruments share one id")
    order = {instrument: place for place, instrument in enumerate(sorted(ids))}
    return [order[instrument] for instrument in ids]


def _column(columns: Columns, label: str, rows: int) -> list[float]:
    """As Python floats: numpy's scalars divide by zero in another way."""
    try:
        column = columns[label]
    except KeyError:
        raise SchemaError(f"the slice has no column {label!r}; it has {', '.join(columns)}") from None
    if len(column) != rows:
        raise SchemaError(f"column {label!r} has {len(column)} values for {rows} rows")
    try:
        return [float(value) for value in column]
    except (TypeError, ValueError):
        raise SchemaError(f"column {label!r} holds something that is no number") from None
