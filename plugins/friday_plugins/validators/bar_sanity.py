"""Validator ``bar_sanity``: holds back bars that cannot be true."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.api import (
    MISSING_PRICE,
    PRICE_COLUMNS,
    Chunk,
    ComponentSpec,
    Int64,
    Judgement,
    RowCode,
    Validator,
    Verdict,
    hookimpl,
)


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

    inputs = (*PRICE_COLUMNS, "volume")

    def __init__(self) -> None:
        #: The last bar of each instrument that passed.
        self._last: Chunk | None = None

    def validate(self, chunk: Chunk) -> Judgement:
        judgement = _contradictions(chunk)
        sound = np.flatnonzero(judgement.verdict == Verdict.PASS)
        if not len(sound):
            return judgement
        return self._compared(chunk, sound, judgement)

    def snapshot(self) -> bytes:
        bars, state = self._last, None
        if bars is not None:
            columns = {name: _packed(values) for name, values in bars.columns.items()}
            state = _Remembered(_packed(bars.ts_event), _packed(bars.inst), columns)
        return msgspec.msgpack.encode(state)

    def restore(self, snapshot: bytes) -> None:
        state = msgspec.msgpack.decode(snapshot, type=_Remembered | None)
        if state is None:
            self._last = None
            return
        columns = {name: _unpacked(packed) for name, packed in state.columns.items()}
        self._last = Chunk(_unpacked(state.ts_event), _unpacked(state.inst), columns)

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
        for wrong, verdict, reason in (
            (same_bar, Verdict.DUPLICATE, "the same bar again"),
            (same_time & ~same_bar, Verdict.QUARANTINE, "two different bars for one time"),
            (~passes & ~same_time, Verdict.QUARANTINE, "time runs backwards"),
        ):
            judgement = judgement.marked(sound[order[wrong] - remembered], verdict, reason)
        return judgement


def _packed(values: npt.NDArray[Any]) -> tuple[str, bytes]:
    return values.dtype.str, values.tobytes()


def _unpacked(packed: tuple[str, bytes]) -> npt.NDArray[Any]:
    dtype, data = packed
    return np.frombuffer(data, dtype)


def _contradictions(chunk: Chunk) -> Judgement:
    """What is wrong with each row by itself; the first reason stands."""
    judgement = Judgement.passing(chunk)
    for code in np.unique(chunk.code[chunk.code != 0]):
        known = code in iter(RowCode)
        reason = RowCode(code).reason if known else f"marked by the source with code {code}"
        judgement = judgement.marked(chunk.code == code, Verdict.QUARANTINE, reason)
    for name in PRICE_COLUMNS:
        judgement = judgement.marked(chunk[name] == MISSING_PRICE, Verdict.QUARANTINE, f"{name} is missing")
    for name in PRICE_COLUMNS:
        judgement = judgement.marked(chunk[name] <= 0, Verdict.QUARANTINE, f"{name} is zero or negative")
    opened, high, low, close = (chunk[name] for name in PRICE_COLUMNS)
    volume = chunk["volume"]
    for wrong, reason in (
        (high < low, "high is below low"),
        (high < opened, "high is below open"),
        (high < close, "high is below close"),
        (low > opened, "low is above open"),
        (low > close, "low is above close"),
        (~np.isfinite(volume), "volume is missing or not finite"),
        (volume < 0, "volume is negative"),
    ):
        judgement = judgement.marked(wrong, Verdict.QUARANTINE, reason)
    return judgement


def _equal(rows: Chunk, others: Int64) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether each row has the values of another one; NaN equals NaN."""
    equal = np.ones(len(rows), bool)
    for values in rows.columns.values():
        equal &= (values == values[others]) | (np.isnan(values) & np.isnan(values[others]))
    return equal


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("validator", "bar_sanity", BarSanity)]
