"""Transformer ``signal_converter``: when a prediction is strong enough to be acted on, and until when."""

from __future__ import annotations

import math
from typing import Literal, Self

import msgspec
import numpy as np
from pydantic import Field, model_validator

from friday_core.api import Chunk, ComponentSpec, PluginSettings, Transformer, Universe, hookimpl


class SignalConverterSettings(PluginSettings):
    """Settings of the transformer ``signal_converter``; distances are those of a prediction from its neutral."""

    column: str = Field("prediction", min_length=1, description="Column with the prediction.")
    into: str = Field("signal", min_length=1, description="Name of the new column.")
    predicts: Literal["return", "probability"] = Field(
        "return", description="What it predicts: a return is neutral at 0, a probability at 0.5."
    )
    enter: float = Field(0.01, gt=0, description="Distance from which on a side is taken.")
    leave: float = Field(0.0, ge=0, description="Distance down to which the side is left again.")
    cooldown: int = Field(0, ge=0, description="Rows after leaving on which no side is taken.")
    long_only: bool = Field(True, description="Whether falls are left out: shares for delivery cannot be sold short.")
    strength: Literal["full", "proportional"] = Field(
        "full", description="A side is 1, or as strong as its prediction on each row."
    )
    full: float = Field(0.05, gt=0, description="Distance that is full strength, if proportional.")
    least_confidence: float = Field(
        0.0, ge=0, lt=1, description="Confidence needed to take a side; 0 does not look at the column confidence."
    )
    unknown: Literal["hold", "leave"] = Field(
        "leave", description="While there is no prediction: a side is kept, or left after expiry rows."
    )
    expiry: int = Field(20, ge=0, description="Rows in a row without a prediction that a side outlives, if it leaves.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.leave >= self.enter:
            raise ValueError(f"leave {self.leave} is not below enter {self.enter}: sides would be left when taken")
        if self.full < self.enter:
            raise ValueError(f"full {self.full} is below enter {self.enter}: every side would have full strength")
        return self


class _Stand(msgspec.Struct):
    """Where an instrument stands: its side and strength, NaN before its first prediction.

    ``resting`` are the rows on which no side is taken yet, ``silent`` those without a prediction.
    """

    side: int = 0
    strength: float = math.nan
    resting: int = 0
    silent: int = 0

    @property
    def signal(self) -> float:
        return self.side * self.strength if self.side else self.strength


class SignalConverter(Transformer):
    """Adds ``signal`` in [-1, 1]: the side that each instrument's predictions are for, 0 for none.

    With ``d = x - neutral``, the side s = 1 is taken where ``d >= enter``, unless ``long_only``
    s = -1 where ``d <= -enter``, and only where ``confidence >= least_confidence`` if that is asked
    for: NaN is not enough. It is left where ``s * d <= leave``, whatever the confidence, and for
    the other side on the same row if there is no ``cooldown``; else no side is taken on the
    ``cooldown`` rows after that one. Between the two thresholds what was decided stays.

    Strength is 1, or ``min(1, s * d / full)`` of the row: every change of it is a decision that
    trades.

    Without a prediction (NaN or infinite) side and strength stay; with ``unknown = "leave"`` the
    side is left on the row after ``expiry`` such rows in a row, as if by a prediction. NaN until
    the instrument's first prediction: nothing was decided. Rows are those that reach this stage: one
    that a validator held back has no signal and does not count.

    What follows leaving depends on when a side was taken, which depends on it in turn: that is why
    this is not written in columns.
    """

    Settings = SignalConverterSettings

    def __init__(self, settings: SignalConverterSettings, universe: Universe) -> None:
        asked = ("confidence",) if settings.least_confidence > 0.0 else ()
        self.inputs = (settings.column, *asked)
        self.outputs = (settings.into,)
        self._settings = settings
        self._neutral = 0.5 if settings.predicts == "probability" else 0.0
        self._names = [str(one.id) for one in universe]
        self._stands: dict[str, _Stand] = {}

    def transform(self, chunk: Chunk) -> Chunk:
        # Without a threshold any confidence is enough.
        confidences = chunk["confidence"] if len(self.inputs) > 1 else np.ones(len(chunk))
        columns = (chunk.inst, chunk[self._settings.column], confidences)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return chunk.with_columns({self._settings.into: np.array([self._next(*row) for row in rows], np.float64)})

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        return msgspec.msgpack.encode(self._stands)

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        self._stands = msgspec.msgpack.decode(snapshot, type=dict[str, _Stand])

    def _next(self, inst: int, prediction: float, confidence: float) -> float:
        stand = self._stands.setdefault(self._names[inst], _Stand())
        may_enter, stand.resting = stand.resting == 0, max(0, stand.resting - 1)
        if not math.isfinite(prediction):
            stand.silent += 1
            if stand.side and self._settings.unknown == "leave" and stand.silent > self._settings.expiry:
                self._leave(stand)
            return stand.signal
        stand.silent, off = 0, prediction - self._neutral
        if stand.side and stand.side * off <= self._settings.leave:
            self._leave(stand)
            may_enter = stand.resting == 0
        if not stand.side:
            stand.side = self._side(off) if may_enter and confidence >= self._settings.least_confidence else 0
        stand.strength = self._strength(stand.side * off) if stand.side else 0.0
        return stand.signal

    def _leave(self, stand: _Stand) -> None:
        stand.side, stand.strength, stand.resting = 0, 0.0, self._settings.cooldown

    def _side(self, off: float) -> int:
        """The side that a distance is enough for."""
        if off >= self._settings.enter:
            return 1
        return -1 if off <= -self._settings.enter and not self._settings.long_only else 0

    def _strength(self, off: float) -> float:
        return 1.0 if self._settings.strength == "full" else min(1.0, off / self._settings.full)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("transformer", "signal_converter", SignalConverter, SignalConverter.Settings, requires)]
