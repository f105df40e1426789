"""A stream of a source's rows: order, stamps, stages, bars, and alignment into slices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec
import numpy as np

from friday_core.causal.domains import repeats
from friday_core.domain.chunk import Chunk, Int64, Universe
from friday_core.domain.market import CorporateAction
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.row import FEW, FewRows, PlainRow, chunk_of, rows_of
from friday_core.domain.verdicts import RowCode, Verdict
from friday_core.errors import DataValidationError, InvariantError, SchemaError
from friday_core.flow.align import Align, Given
from friday_core.flow.bars import BarBuilder
from friday_core.flow.plans import StreamPlan
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.session_hours import Hours
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stages import Stages
from friday_core.flow.stamps import Stamps
from friday_core.flow.watermark import Reorder


class _Snapshot(msgspec.Struct, frozen=True, tag="stream 2"):
    made_of: str
    parts: tuple[bytes, ...]
    rows_in: int


class Stream:
    """Takes rows as they arrive and gives whole slices of believed rows.

    Rows pass: stamps, validators, order within the lateness, transformers, bars if there are any to
    be made, validators again, alignment. Slices, quarantine and counts do not depend on how the
    rows were cut into chunks; but where rows wait, for order or in bars, what had arrived and
    waited when a validator stopped the stream has arrived.
    """

    def __init__(self, name: str, plan: StreamPlan, universe: Universe, stamps: Stamps, hours: Hours) -> None:
        self.name = name
        self.quarantine = Quarantine(name, universe)
        self._columns = frozenset(plan.columns)
        #: Columns in an order in which rows have come.
        self._names: tuple[str, ...] = ()
        self._stamps = stamps
        self._domain, self._bars_domain = plan.interval, plan.bars or plan.interval
        arriving, in_order, of_bars = plan.parts()
        self._arriving = Stages(name, arriving, self.quarantine)
        self._reorder = Reorder(universe, self.quarantine, plan.lateness)
        self._stages = Stages(name, in_order, self.quarantine)
        self._bars: BarBuilder | None = None
        if plan.bars is not None:
            self._bars = BarBuilder(plan.bars, hours, universe, self.quarantine, of=plan.material)
        self._of_bars = Stages(name, of_bars, self.quarantine)
        self._align = Align(self.quarantine, repeats=plan.bars is not None and repeats(plan.bars))
        self._waits = bool(plan.lateness) or self._bars is not None
        self._lateness = plan.lateness
        #: Whether a few rows are better handed to ``process_few``.
        self.takes_few_rows = not self._waits and self._stages.takes_rows
        #: Whether a row that comes alone is better handed to ``process_row``.
        self.takes_single_rows = not self._lateness
        #: Whether bars are made of its rows: ``process_rows`` does that of those that ``takes_rows`` says.
        self.makes_bars = self._bars is not None
        self._is_over = False
        self.rows_in = 0

    @property
    def has_faults(self) -> bool:
        """Whether a validator failed."""
        return bool(self._stages.faults or self._arriving.faults or self._of_bars.faults)

    @property
    def faults(self) -> list[ValidatorFault]:
        """Validators that failed; new ones come last of each part's."""
        return [*self._arriving.faults, *self._stages.faults, *self._of_bars.faults]

    @property
    def current_stage(self) -> str:
        """Whose code is running, as ``validator.bar_sanity``; empty if nobody is. Safe from other threads."""
        return next((stages.current for stages in self._all_stages() if stages.current), "")

    def announce(self, action: CorporateAction) -> None:
        self._stamps.announce(action)

    def process(self, chunk: Chunk) -> Iterator[Chunk]:
        """Chunks of whole slices, which these rows complete.

        Raises ``DataValidationError`` after the last of them if a validator stopped the stream,
        ``PluginContractError`` if a stage broke its contract, ``SchemaError`` if the source did.
        """
        self._check(tuple(chunk.columns))
        self.rows_in += len(chunk)
        arrived, chunk = chunk.seq, self._unmarked(chunk)
        if not self._lateness:
            yield from self._pass(chunk, arrived)
            return
        chunk, stop = self._arriving.process(self._stamps.stamp(chunk, self._domain))
        for rows in self._reorder.push(chunk):
            yield from self._pass(rows, arrived)
        yield from self._stopped(stop)

    def process_few(self, few: FewRows) -> Iterable[Given]:
        """What ``process`` gives of these rows, slice by slice, in rows where nothing needs a chunk."""
        names = tuple(few.columns)
        if names != self._names:
            self._check(names)
        stamped = self._stamps.stamped_few(few, self._domain)
        # Of several times, parts of a few rows each are no cheaper than rows.
        passed, stop, taken = self._stages.process_few(stamped if few.is_moment else stamped.rows())
        self.rows_in += taken
        found = self._align.push_few(passed)
        return found if stop is None else chain(found, self._stopped(stop))

    def takes_rows(self, chunk: Chunk) -> bool:
        """Whether these rows are better made bars of by ``process_rows``."""
        if self._bars is None or self._lateness:
            return False
        return 0 < len(chunk) <= self._bars.few and not any(chunk.code.tolist())

    def process_rows(self, chunk: Chunk) -> Iterable[Given]:
        """What ``process`` gives of these rows, of which bars are made, slice by slice."""
        assert self._bars is not None
        if tuple(chunk.columns) != self._names:
            self._check(tuple(chunk.columns))
        return self._in_bars(self._bars, rows_of(chunk))

    def process_row(self, row: PlainRow) -> Iterable[Given]:
        """The same of one row; its stages may need a chunk of it."""
        if tuple(row.values) != self._names:
            self._check(tuple(row.values))
        if self._bars is not None:
            return self._in_bars(self._bars, (row,))
        self.rows_in += 1
        passed, stop = self._stages.process_row(self._stamps.stamped(row, self._domain))
        closed = None if passed is None else self._align.push_row(passed)
        found = () if closed is None else (closed,)
        return found if stop is None else chain(found, self._stopped(stop))

    def _in_bars(self, bars: BarBuilder, rows: Iterable[PlainRow]) -> Iterable[Given]:
        """What ``process`` gives of these rows, of which bars are made."""
        found: list[Given] = []
        stamped, process, push = self._stamps.stamped, self._stages.process_row, bars.push_row
        for row in rows:
            self.rows_in += 1
            passed, stop = process(stamped(row, self._domain))
            if passed is not None and (closed := push(passed)):
                slices, stopped = self._of_closed(closed)
                found += slices
                stop = stopped or stop
            if stop is not None:
                return chain(found, self._stopped(stop))
        return found

    def _of_closed(self, bars: Sequence[PlainRow]) -> tuple[list[Given], DataValidationError | None]:
        """The slices that bars close, and why the stream must stop after them, if it must."""
        found: list[Given] = []
        stop: DataValidationError | None = None
        if len(bars) > FEW or (len(bars) > 1 and not self._of_bars.takes_rows):
            rows, stop = self._of_bars.process(self._stamps.stamp(chunk_of(bars), self._bars_domain))
            return [*self._align.push(rows)], stop
        for bar in bars:
            passed, stop = self._of_bars.process_row(self._stamps.stamped(bar, self._bars_domain))
            if passed is not None and (closed := self._align.push_row(passed)) is not None:
                found.append(closed)
            if stop is not None:
                break
        return found, stop

    @property
    def waits_until(self) -> int | None:
        """What ``advance`` must be told to complete something; ``None`` if nothing waits for its time."""
        behind = [part.waits_until for part in (self._bars, self._align) if part is not None]
        moments = [self._reorder.waits_until, *(None if one is None else one + self._lateness for one in behind)]
        return None if self._is_over else min((one for one in moments if one is not None), default=None)

    def advance(self, now: int) -> Iterator[Given]:
        """What is complete when the clock shows ``now`` and no earlier row will come. Raises as ``process`` does.

        As long as that is true, what comes out of the stream in the end is the same.
        """
        if self._is_over:
            return
        for rows in self._reorder.advance(now):
            yield from self._pass(rows, rows.seq)
        complete_before = self._reorder.watermark
        if self._bars is not None:
            if self._bars.is_in_rows:
                found, stop = self._of_closed(self._bars.advance_rows(complete_before))
                yield from found
                yield from self._stopped(stop)
            else:
                for bars in self._bars.advance(complete_before):
                    yield from self._pass_after(bars)
            complete_before = self._bars.complete_before
        closed = self._align.advance(complete_before)
        if closed is not None:
            yield closed

    def end(self) -> Iterator[Chunk]:
        """What waits, then the open slice: no row will follow. Raises as ``process`` does."""
        if self._is_over:
            return
        self._is_over = True
        for rows in self._reorder.flush():
            yield from self._pass(rows, rows.seq)
        if self._bars is not None:
            for bars in self._bars.flush():
                yield from self._pass_after(bars)
        yield from self._align.flush()

    def snapshot(self) -> bytes:
        """Everything on which later rows depend, but not what was held back so far: that is a result.

        ``PluginContractError`` names a stage that remembers rows and is not ``Stateful``.
        """
        return to_bytes(_Snapshot(self._made_of(), tuple(part.snapshot() for part in self._parts()), self.rows_in))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there with the same bits, in a stream that has seen no row.

        ``InvariantError`` if it is of a stream with other columns, stages or instruments.
        """
        state = from_bytes(_Snapshot, snapshot)
        if state.made_of != self._made_of():
            raise InvariantError(f"the snapshot is of {state.made_of}, this stream is {self._made_of()}")
        for part, own in zip(self._parts(), state.parts, strict=True):
            part.restore(own)
        self.rows_in = state.rows_in

    def _all_stages(self) -> tuple[Stages, Stages, Stages]:
        return self._arriving, self._stages, self._of_bars

    def _parts(self) -> list[Stamps | Reorder | Stages | BarBuilder | Align]:
        bars = [self._bars] if self._bars is not None else []
        return [self._stamps, self._arriving, self._reorder, self._stages, *bars, self._of_bars, self._align]

    def _made_of(self) -> str:
        """What a snapshot must have in common with the stream that takes it."""
        instruments = ", ".join(str(one.id) for one in self.quarantine.universe)
        bars = self._bars.name if self._bars else "no bars"
        stages = f"{self._arriving}; {self._stages}; {bars}; {self._of_bars}"
        return f"{self.name!r} with the columns {', '.join(sorted(self._columns))}; {stages}; {instruments}"

    def _pass(self, rows: Chunk, arrived: Int64) -> Iterator[Chunk]:
        """Through the stages and on; ``arrived`` are the rows that came in with them."""
        rows, stop = self._stages.process(self._stamps.stamp(rows, self._domain))
        if stop is not None and not self._waits:
            (last,) = stop.rows
            self.rows_in -= int((arrived > last).sum())
            self.quarantine.forget_after(last)
        if self._bars is None:
            yield from self._align.push(rows)
        else:
            for bars in self._bars.push(rows):
                yield from self._pass_after(bars)
        yield from self._stopped(stop)

    def _pass_after(self, bars: Chunk) -> Iterator[Chunk]:
        bars, stop = self._of_bars.process(self._stamps.stamp(bars, self._bars_domain))
        yield from self._align.push(bars)
        yield from self._stopped(stop)

    def _stopped(self, stop: DataValidationError | None) -> Iterator[Chunk]:
        """The open slice before the stop, if there is one."""
        if stop is not None:
            self._is_over = True
            yield from self._align.flush()
            raise stop

    def _unmarked(self, chunk: Chunk) -> Chunk:
        """The rows that the source could convert; the others never reach anything."""
        if not (chunk.code.item() if len(chunk) == 1 else chunk.code.any()):
            return chunk
        for row in np.flatnonzero(chunk.code):
            code = int(chunk.code[row])
            unknown = f"marked by the source with code {code}"
            reason = next((one.reason for one in RowCode if one == code), unknown)
            self.quarantine.hold("source", Verdict.QUARANTINE, reason, chunk, int(row))
        return chunk.take(chunk.code == 0)

    def _check(self, names: tuple[str, ...]) -> None:
        if frozenset(names) != self._columns:
            raise SchemaError(f"stream {self.name!r}: {self._difference(names)}")
        self._names = names

    def _difference(self, names: tuple[str, ...]) -> str:
        declared, there = ", ".join(sorted(self._columns)), ", ".join(sorted(names)) or "none"
        differ = ", ".join(map(repr, sorted(self._columns.symmetric_difference(names))))
        message = f"the source declares the columns {declared}, and delivers {there}; they differ in {differ}"
        return f"{message}. The source's columns must be what its chunks carry"
