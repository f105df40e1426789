"""The streams of a session: rows go in at the source, slices with every stream's columns come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from friday_core.domain.chunk import Chunk
from friday_core.domain.market import CorporateAction
from friday_core.domain.outcomes import ValidatorFault
from friday_core.domain.records import ModelVersion
from friday_core.domain.row import few_rows, in_chunk, only_row
from friday_core.errors import InvariantError
from friday_core.flow.align import Given
from friday_core.flow.coarser import CoarserBars, Slices
from friday_core.flow.derived import DerivedStream
from friday_core.flow.quarantine import Quarantine
from friday_core.flow.snapshots import from_bytes, to_bytes
from friday_core.flow.stream import Stream


class _Snapshot(msgspec.Struct, frozen=True, tag="flow 2"):
    streams: dict[str, bytes]
    coarser: bytes


class DataFlowManager:
    """Owns the streams: one of a source's rows, and those that are derived from its slices.

    ``derived`` stand in an order in which each comes after its source. Every row that leaves is a
    row of the first stream; columns of derived streams are NaN where these held the row back.
    """

    def __init__(self, stream: Stream, coarser: CoarserBars, derived: Mapping[str, DerivedStream]) -> None:
        self._stream = stream
        self._coarser = coarser
        self._derived = dict(derived)
        self._streams: Mapping[str, Stream | DerivedStream] = {stream.name: stream, **derived}
        self._is_alone = not derived and coarser.is_empty

    def announce(self, action: CorporateAction) -> None:
        """A corporate action is known from now on."""
        self._stream.announce(action)

    def adopt(self, version: ModelVersion) -> None:
        """A version of a stream's model is known from now on; ``InvariantError`` if the stream has none."""
        stream = self._derived.get(version.stream)
        if stream is None:
            raise InvariantError(f"a model version names stream {version.stream!r}, which this session has not")
        stream.adopt(version)

    def process_data_stream(self, name: str, chunk: Chunk) -> Iterable[Slices]:
        """The slices that these rows complete. Raises what ``Stream.process`` raises, after the last of them."""
        stream = self._stream
        if name != stream.name:
            self._check(name)
        if stream.takes_single_rows and (row := only_row(chunk)) is not None:
            closed = stream.process_row(row)
            return map(self._completed, closed) if closed else ()
        if stream.makes_bars:
            slices = stream.process_rows(chunk) if stream.takes_rows(chunk) else stream.process(chunk)
            return map(self._completed, slices) if slices else ()
        few = few_rows(chunk) if self._is_alone and stream.takes_few_rows else None
        if few is None:
            return map(self._completed, stream.process(chunk))
        found = stream.process_few(few)
        return [Slices(one, {}) for one in found] if type(found) is list else map(self._completed, found)

    @property
    def waits_until(self) -> int | None:
        """The time that the clock has to show for ``advance`` to complete something; ``None`` if nothing waits."""
        return self._stream.waits_until

    def advance(self, now: int) -> Iterator[Slices]:
        """The slices that are complete when the clock shows ``now``. See ``Stream.advance``."""
        for rows in self._stream.advance(now):
            yield self._completed(rows)

    def end(self, name: str) -> Iterator[Slices]:
        """Close what the stream holds open; raises as ``process_data_stream`` does."""
        self._check(name)
        for rows in self._stream.end():
            yield self._completed(rows)

    def snapshot(self) -> bytes:
        """Every stream's state; ``restore`` goes on with the same bits. See ``Stream.snapshot``."""
        states = {name: stream.snapshot() for name, stream in self._streams.items()}
        return to_bytes(_Snapshot(states, self._coarser.snapshot()))

    def restore(self, snapshot: bytes) -> None:
        """Go on from there; ``InvariantError`` if it is of other streams."""
        state = from_bytes(_Snapshot, snapshot)
        streams = self._streams
        if state.streams.keys() != streams.keys():
            there, own = ", ".join(state.streams), ", ".join(streams)
            raise InvariantError(f"the snapshot is of {there}, this session has {own}")
        for name, own_state in state.streams.items():
            streams[name].restore(own_state)
        self._coarser.restore(state.coarser)

    @property
    def quarantines(self) -> Mapping[str, Quarantine]:
        """What each stream held back or repaired."""
        return {name: stream.quarantine for name, stream in self._streams.items()}

    def predictions(self, stream: str) -> Sequence[Chunk]:
        """What the model of a stream said, and what was made of it: the rows that passed its validators."""
        return self._derived[stream].predicted

    @property
    def has_faults(self) -> bool:
        """Whether a validator failed."""
        if not self._derived:
            return self._stream.has_faults
        return self._stream.has_faults or any(stream.has_faults for stream in self._derived.values())

    @property
    def faults(self) -> list[ValidatorFault]:
        """Validators that failed; the same on every call but for new ones."""
        return [fault for stream in self._streams.values() for fault in stream.faults]

    @property
    def current_stage(self) -> str:
        """Whose code is running, as ``validator.bar_sanity``; empty if nobody's. Safe from other threads."""
        return next((stream.current_stage for stream in self._streams.values() if stream.current_stage), "")

    @property
    def rows_in(self) -> int:
        """Rows that arrived."""
        return self._stream.rows_in

    def _check(self, name: str) -> None:
        if name != self._stream.name:
            raise InvariantError(f"a record names stream {name!r}, this session has {self._stream.name}")

    def _completed(self, given: Given) -> Slices:
        """The slices with the columns of every derived stream."""
        if self._is_alone:
            return Slices(given, {})
        rows = given if isinstance(given, Chunk) else in_chunk(given)
        whole = self._coarser.add(rows)
        passed = {self._stream.name: rows}
        for name, stream in self._derived.items():
            passed[name] = stream.process(Slices(passed[stream.source], whole.coarser))
            rows = _joined(rows, passed[name], stream.added_columns)
        return Slices(rows, whole.coarser)


def _joined(rows: Chunk, passed: Chunk, names: tuple[str, ...]) -> Chunk:
    """``rows`` with columns of those that passed a stream, which are in the same order, and NaN for the others."""
    if not names:
        return rows
    if len(passed) == len(rows):
        return rows.with_columns({name: passed[name] for name in names})
    there = np.isin(rows.seq, passed.seq)
    columns = {name: np.full(len(rows), np.nan) for name in names}
    if len(passed):
        for name, column in columns.items():
            column[there] = passed[name]
    return rows.with_columns(columns)
