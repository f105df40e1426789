"""Validator ``bar_sanity``: holds back bars that cannot be true."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.api import (
    MISSING_PRICE,
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    FewRows,
    Int64,
    Judgement,
    PlainRow,
    RowCode,
    Validator,
    Verdict,
    hookimpl,
)

#: Up to so many rows are judged one by one, which is then cheaper than numpy's calls for a whole chunk.
FEW = 40
#: A row of several, by its place.
_InFew = tuple[FewRows, int]
#: Before every time.
_BEGINNING = -(2**62)
_SOUND = (*PRICE_COLUMNS, "volume")
_DUPLICATE = (Verdict.DUPLICATE, "the same bar again")
_CONFLICT = (Verdict.QUARANTINE, "two different bars for one time")
_BACKWARDS = (Verdict.QUARANTINE, "time runs backwards")
#: A chunk, or the values of one row by name.
_Bar = Chunk | Mapping[str, Any]


class _Passed(msgspec.Struct, frozen=True):
    """The latest bar of an instrument that passed: its time, and its values by column."""

    ts_event: int
    values: Mapping[str, float]


class _Remembered(msgspec.Struct, frozen=True, tag="bar_sanity 2"):
    """Columns of the last bars that passed, each with numpy's name of its type."""

    ts_event: tuple[str, bytes]
    inst: tuple[str, bytes]
    columns: dict[str, tuple[str, bytes]]


class BarSanity(Validator):
    """Quarantines a bar that contradicts itself or its predecessor, and drops a repeated one.

    A contradiction in itself: a mark of the source, a price that is missing, zero or negative,
    high and low on the wrong side, a volume that is negative or missing. The predecessor is the
    instrument's last bar that passed here: an earlier time is quarantined, the same bar again is a
    duplicate, another bar for the same time is quarantined. A bar that was held back counts for
    nothing, so the right one may follow it. How far a price moved is not judged here.
    """

    inputs = _SOUND

    def __init__(self) -> None:
        #: The last bar of each instrument that passed, but for those that passed in small chunks since.
        self._last: Chunk | None = None
        self._since: dict[int, _Passed | PlainRow | _InFew] = {}
        #: The latest time of all of these; later rows are later than the last of their instrument.
        self._newest = _BEGINNING
        self._names: tuple[str, ...] = ()

    def validate(self, chunk: Chunk) -> Judgement:
        if len(chunk) <= FEW:
            return self._one_by_one(chunk)
        if self._all_pass(chunk):
            return Judgement.passing(chunk)
        judgement = _contradictions(chunk)
        sound = np.flatnonzero(judgement.verdict == Verdict.PASS)
        if not len(sound):
            return judgement
        self._settle()
        return self._compared(chunk, sound, judgement)

    def passes(self, rows: FewRows) -> bool:
        names = tuple(rows.columns)
        if names != self._names:
            self._rename(names)
        ts, inst, newest = rows.ts_event[0], rows.inst, self._newest
        if ts < newest or len(set(inst)) < len(inst):
            return False
        if ts == newest and any(self._time_of(one) == ts for one in inst):
            return False
        bars = zip(*map(rows.columns.__getitem__, _SOUND), strict=True)
        for opened, high, low, close, volume in bars:  # as ``_is_sound``
            if not (0 < low <= opened <= high and low <= close <= high and 0 <= volume < math.inf):
                return False
        self._newest = ts
        self._since.update(zip(inst, zip(repeat(rows), range(len(inst)))))  # noqa: B905 - of one length
        return True

    def _time_of(self, inst: int) -> int:
        """When the last bar of an instrument was that passed."""
        last = self._since.get(inst) or self._settled(inst)
        if isinstance(last, tuple):
            rows, place = last
            return rows.ts_event[place]
        return _BEGINNING if last is None else last.ts_event

    def judge(self, row: PlainRow) -> tuple[Verdict, str] | None:
        inst, ts_event, bar = row.inst, row.ts_event, row.values
        names = tuple(bar)
        if names != self._names:
            self._rename(names)
        last = self._since.get(inst)
        if isinstance(last, tuple):
            last = self._passed(inst)
        if last is not None and ts_event > last.ts_event:
            low, high = bar["low"], bar["high"]  # as ``_is_sound``, of nearly every row without a call
            if 0 < low <= bar["open"] <= high and low <= bar["close"] <= high and 0 <= bar["volume"] < math.inf:
                self._since[inst] = row
                if ts_event > self._newest:  # noqa: PLR1730 - no call a row
                    self._newest = ts_event
                return None
        return self._judge(inst, ts_event, 0, bar)

    def snapshot(self) -> bytes:
        self._settle()
        bars, state = self._last, None
        if bars is not None:
            columns = {name: _packed(values) for name, values in bars.columns.items()}
            state = _Remembered(_packed(bars.ts_event), _packed(bars.inst), columns)
        return msgspec.msgpack.encode(state)

    def restore(self, snapshot: bytes) -> None:
        state = msgspec.msgpack.decode(snapshot, type=_Remembered | None)
        self._last, self._since, self._newest = None, {}, _BEGINNING
        if state is not None:
            columns = {name: _unpacked(packed) for name, packed in state.columns.items()}
            self._last = Chunk(_unpacked(state.ts_event), _unpacked(state.inst), columns)
            self._newest = int(self._last.ts_event.max())

    # Few rows -----------------------------------------------------------------------------------

    def _one_by_one(self, chunk: Chunk) -> Judgement:
        judgement = Judgement.passing(chunk)
        if (names := tuple(chunk.columns)) != self._names:
            self._rename(names)
        columns = [values.tolist() for values in chunk.columns.values()]
        rows = zip(chunk.inst.tolist(), chunk.ts_event.tolist(), chunk.code.tolist(), *columns, strict=True)
        for row, (inst, ts_event, code, *values) in enumerate(rows):
            found = self._judge(inst, ts_event, code, dict(zip(self._names, values, strict=True)))
            if found is not None:
                judgement = judgement.marked(row, *found)
        return judgement

    def _rename(self, names: tuple[str, ...]) -> None:
        """Rows have these columns from here on."""
        self._settle()
        self._names = names

    def _judge(self, inst: int, ts_event: int, code: int, bar: Mapping[str, float]) -> tuple[Verdict, str] | None:
        """What is wrong with a row; without it, it is the next one's predecessor."""
        if reason := _contradiction(code, bar):
            return Verdict.QUARANTINE, reason
        last = self._passed(inst)
        if last is None or ts_event > last.ts_event:
            self._since[inst] = _Passed(ts_event, bar)
            self._newest = max(self._newest, ts_event)
            return None
        if ts_event < last.ts_event:
            return _BACKWARDS
        is_same = all(_is_same(value, last.values[name]) for name, value in bar.items())
        return _DUPLICATE if is_same else _CONFLICT

    def _passed(self, inst: int) -> _Passed | PlainRow | None:
        """The last bar of an instrument that passed."""
        last = self._since.get(inst)
        if isinstance(last, tuple):
            rows, place = last
            return _Passed(rows.ts_event[place], {name: values[place] for name, values in rows.columns.items()})
        return self._settled(inst) if last is None else last

    def _settled(self, inst: int) -> _Passed | None:
        bars = self._last
        if bars is None:
            return None
        row = int(np.searchsorted(bars.inst, inst))
        if row == len(bars) or bars.inst[row] != inst:
            return None
        return _Passed(int(bars.ts_event[row]), {name: bars[name][row].item() for name in self._names})

    def _settle(self) -> None:
        """Brings the bars that passed in small chunks to the others."""
        if not self._since:
            return
        insts = sorted(self._since)
        passed = [one for inst in insts if (one := self._passed(inst)) is not None]
        columns = {name: np.array([one.values[name] for one in passed]) for name in self._names}
        bars = Chunk(np.array([one.ts_event for one in passed]), np.array(insts), columns)
        if self._last is not None:
            bars = Chunk.concat([self._last.take(~np.isin(self._last.inst, insts)), bars])
        self._last, self._since = bars.take(np.argsort(bars.inst, kind="stable")), {}

    # Many rows ----------------------------------------------------------------------------------

    def _all_pass(self, chunk: Chunk) -> bool:
        """Remembers the last bars if every row plainly passes: sound, in order, and after all that passed before.

        Where that is not plain, nothing is remembered.
        """
        if not _are_in_order(chunk) or not _are_sound(chunk):
            return False
        self._settle()
        if self._last is not None and not _follows(chunk, self._last):
            return False
        latest = np.full(int(chunk.inst.max()) + 1, -1)
        if len(latest) > 1:
            latest[chunk.inst] = np.arange(len(chunk))
        else:
            latest[0] = len(chunk) - 1
        bars = chunk.take(latest[latest >= 0])
        if self._last is not None:
            others = self._last.take(~np.isin(self._last.inst, bars.inst))
            bars = Chunk.concat([others, bars])
        self._last = bars.take(np.argsort(bars.inst, kind="stable"))
        self._newest = max(self._newest, int(chunk.ts_event[-1]))
        return True

    def _compared(self, chunk: Chunk, sound: Int64, judgement: Judgement) -> Judgement:
        """Judges sound rows by the instrument's predecessor, and remembers the last that pass."""
        rows = chunk.take(sound)
        remembered = 0 if self._last is None else len(self._last)
        if self._last is not None:
            rows = Chunk.concat([self._last, rows])
        order = np.argsort(rows.inst, kind="stable")
        rows = rows.take(order)

        times, rank = np.unique(rows.ts_event, return_inverse=True)
        # Grows along an instrument's rows with their time, and from one instrument to the next.
        key = np.cumsum(np.diff(rows.inst, prepend=rows.inst[:1]) != 0) * len(times) + rank
        latest = np.maximum.accumulate(key)
        passes = np.concatenate([[True], key[1:] > latest[:-1]])
        latest_row = np.maximum.accumulate(np.where(passes, np.arange(len(rows)), 0))
        before = np.concatenate([[0], latest_row[:-1]])
        same_time = ~passes & (rows.ts_event == rows.ts_event[before])
        same_bar = same_time & _equal(rows, before)

        ends = np.flatnonzero(np.append(np.diff(rows.inst) != 0, True))
        self._last = rows.take(latest_row[ends])
        self._newest = max(self._newest, int(self._last.ts_event.max()))
        for wrong, (verdict, reason) in (
            (same_bar, _DUPLICATE),
            (same_time & ~same_bar, _CONFLICT),
            (~passes & ~same_time, _BACKWARDS),
        ):
            judgement = judgement.marked(sound[order[wrong] - remembered], verdict, reason)
        return judgement


def _packed(values: npt.NDArray[Any]) -> tuple[str, bytes]:
    return values.dtype.str, values.tobytes()


def _unpacked(packed: tuple[str, bytes]) -> npt.NDArray[Any]:
    dtype, data = packed
    return np.frombuffer(data, dtype)


def _is_same(one: float, other: float) -> bool:
    """NaN is the same as NaN."""
    return one == other or (math.isnan(one) and math.isnan(other))


def _is_missing(name: str) -> Callable[[_Bar], Any]:
    return lambda bar: bar[name] == MISSING_PRICE


def _is_no_price(name: str) -> Callable[[_Bar], Any]:
    return lambda bar: bar[name] <= 0


#: What can be wrong with a bar by itself, of numbers and of whole columns; the first reason stands.
_FAULTS: tuple[tuple[str, Callable[[_Bar], Any]], ...] = (
    *((f"{name} is missing", _is_missing(name)) for name in PRICE_COLUMNS),
    *((f"{name} is zero or negative", _is_no_price(name)) for name in PRICE_COLUMNS),
    ("high is below low", lambda bar: bar["high"] < bar["low"]),
    ("high is below open", lambda bar: bar["high"] < bar["open"]),
    ("high is below close", lambda bar: bar["high"] < bar["close"]),
    ("low is above open", lambda bar: bar["low"] > bar["open"]),
    ("low is above close", lambda bar: bar["low"] > bar["close"]),
    ("volume is missing or not finite", lambda bar: ~np.isfinite(bar["volume"])),
    ("volume is negative", lambda bar: bar["volume"] < 0),
)


def _are_in_order(chunk: Chunk) -> bool:
    """Whether rows come by time, and of one time by instrument, each once."""
    ts, inst = chunk.ts_event, chunk.inst
    later = ts[1:] > ts[:-1]
    return bool(later.all() or (later | ((ts[1:] == ts[:-1]) & (inst[1:] > inst[:-1]))).all())


def _follows(chunk: Chunk, last: Chunk) -> bool:
    """Whether rows that are in order come after all that are the last of their instruments."""
    latest = last.ts_event.max()
    if chunk.ts_event[0] != latest:
        return bool(chunk.ts_event[0] > latest)
    return bool(chunk.inst[0] > last.inst[last.ts_event == latest].max())


def _are_sound(chunk: Chunk) -> bool:
    """Whether nothing is wrong with any row by itself."""
    low, high, volume = chunk["low"], chunk["high"], chunk["volume"]
    if chunk.code.any() or low.min() <= 0 or not (volume.min() >= 0 and volume.max() < math.inf):
        return False
    return all(bool((low <= chunk[name]).all() and (chunk[name] <= high).all()) for name in ("open", "close"))


def _contradictions(chunk: Chunk) -> Judgement:
    """What is wrong with each row by itself."""
    judgement = Judgement.passing(chunk)
    for code in np.unique(chunk.code[chunk.code != 0]):
        judgement = judgement.marked(chunk.code == code, Verdict.QUARANTINE, _mark(code.item()))
    for reason, is_wrong in _FAULTS:
        judgement = judgement.marked(is_wrong(chunk), Verdict.QUARANTINE, reason)
    return judgement


def _contradiction(code: int, bar: Mapping[str, float]) -> str:
    """What is wrong with one row by itself; empty if nothing is, as with nearly all of them."""
    if not code and _is_sound(bar):
        return ""
    return _mark(code) if code else next(reason for reason, is_wrong in _FAULTS if is_wrong(bar))


def _is_sound(bar: Mapping[str, float]) -> bool:
    low, high = bar["low"], bar["high"]
    is_priced = 0 < low <= bar["open"] <= high and low <= bar["close"] <= high
    return is_priced and 0 <= bar["volume"] < math.inf


def _mark(code: int) -> str:
    known = code in set(RowCode)
    return RowCode(code).reason if known else f"marked by the source with code {code}"


def _equal(rows: Chunk, others: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each row has the values of another one; NaN equals NaN."""
    equal = np.ones(len(rows), bool)
    for values in rows.columns.values():
        equal &= (values == values[others]) | (np.isnan(values) & np.isnan(values[others]))
    return equal


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("validator", "bar_sanity", BarSanity)]
