"""Transformer ``volume_adjuster``: volume of each row, in shares, and comparable over splits."""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
from pydantic import Field

from friday_core.api import Chunk, ComponentSpec, PluginSettings, Transformer, Universe, hookimpl


class VolumeAdjusterSettings(PluginSettings):
    """Settings of the transformer ``volume_adjuster``."""

    cumulative: bool = Field(False, description="Whether the volume that arrives counts from the session's start.")
    first_row: Literal["count", "nan"] = Field(
        "count",
        description="Volume of an instrument's first row of a session, if cumulative: all since the session's "
        "start, or unknown, as when the feed began later.",
    )
    decrease: Literal["zero", "reset", "nan"] = Field(
        "zero",
        description="When the counter falls within a session: nothing was traded until it is above its highest "
        "value again (rows came out of order); it began anew from 0; or unknown on this row, and on from there.",
    )
    unit: Literal["shares", "lots"] = Field("shares", description="What the volume that arrives counts.")


class _Meter(msgspec.Struct):
    """The day counter of one instrument: where its next row starts from, and how often it fell."""

    session: float
    level: float = math.nan
    falls: int = 0


class _Snapshot(msgspec.Struct, frozen=True, tag="volume_adjuster 1"):
    meters: dict[str, _Meter]


class VolumeAdjuster(Transformer):
    """Makes ``volume`` the shares or contracts of the row; adds ``raw_volume``, ``adj_volume``, ``volume_reset``.

    ``raw_volume`` is the volume that arrived. ``adj_volume = volume / split``: in shares as there
    were before the splits and bonuses known so far, to go with forward-adjusted prices; cash
    dividends do not touch it. ``volume_reset`` counts the rows of the session so far whose counter
    lay below an earlier one; 0 if the volume is not cumulative.

    A cumulative counter becomes the difference to the instrument's row before, and starts at 0
    with each session. The volume of rows that never came, or whose counter is not known, falls on
    the next row that has one, so that the volumes of a session add up to its last counter. Unknown
    is NaN. A row of an earlier session than the instrument's newest is unknown and counts for
    nothing.
    """

    Settings = VolumeAdjusterSettings
    inputs = ("volume", "session", "split")
    outputs = ("raw_volume", "volume_reset", "adj_volume")

    def __init__(self, settings: VolumeAdjusterSettings, universe: Universe) -> None:
        self._settings = settings
        self._names = [str(one.id) for one in universe]
        shares = [one.lot_size if settings.unit == "lots" else 1 for one in universe]
        self._shares = np.array(shares, np.float64)
        self._meters: dict[str, _Meter] = {}

    def transform(self, chunk: Chunk) -> Chunk:
        raw, resets = chunk["volume"], np.zeros(len(chunk))
        volume = raw
        if self._settings.cumulative:
            rows = zip(chunk.inst.tolist(), chunk["session"].tolist(), raw.tolist(), strict=True)
            pairs = [self._next(*row) for row in rows]
            volume, resets = np.array(pairs, np.float64).reshape(-1, 2).T
        volume = volume * self._shares[chunk.inst]
        return chunk.with_columns(
            {"volume": volume, "raw_volume": raw, "volume_reset": resets, "adj_volume": volume / chunk["split"]}
        )

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        return msgspec.msgpack.encode(_Snapshot(self._meters))

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        self._meters = msgspec.msgpack.decode(snapshot, type=_Snapshot).meters

    def _next(self, inst: int, session: float, counter: float) -> tuple[float, int]:
        """Volume since the instrument's row before, and the falls of the session so far."""
        name = self._names[inst]
        meter = self._meters.get(name)
        if meter is None or session > meter.session:
            meter = self._meters[name] = _Meter(session)
        known = math.isfinite(counter) and counter >= 0
        if session < meter.session or not known:
            return math.nan, meter.falls
        before, meter.level = meter.level, counter
        if math.isnan(before):
            return (counter if self._settings.first_row == "count" else math.nan), meter.falls
        if counter >= before:
            return counter - before, meter.falls
        meter.falls += 1
        if self._settings.decrease == "zero":
            meter.level = before
            return 0.0, meter.falls
        return (counter if self._settings.decrease == "reset" else math.nan), meter.falls


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("transformer", "volume_adjuster", VolumeAdjuster, VolumeAdjuster.Settings, requires)]
