"""Validator ``prediction_bounds``: holds back predictions that no sound model would make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

import msgspec
import numpy as np
from pydantic import Field, model_validator

from friday_core.api import Chunk, ComponentSpec, Judgement, PluginSettings, Validator, Verdict, hookimpl

#: The standard deviation of normal numbers is this many median absolute deviations.
_DEVIATION = 1.4826


class PredictionBoundsSettings(PluginSettings):
    """Settings of the validator ``prediction_bounds``."""

    column: str = Field("prediction", min_length=1, description="Column with the prediction.")
    predicts: Literal["return", "probability"] = Field("return", description="What the model predicts.")
    bound: float = Field(
        0.5, gt=0, description="Largest return over the horizon, up or down, that is believed; inf is off."
    )
    spreads: float = Field(
        10.0, gt=0, description="Spreads that a prediction may lie off the median of earlier ones; inf is off."
    )
    window: int = Field(
        1_000, ge=2, description="Latest predictions, of all instruments, that median and spread are of."
    )
    least: int = Field(100, ge=2, description="Predictions that must be known before spreads judge.")
    constant: int = Field(
        20,
        ge=1,
        description="Slices in a row in which every instrument had one prediction; it is held back after them.",
    )

    @model_validator(mode="after")
    def _can_be_known(self) -> Self:
        if self.least > self.window:
            raise ValueError(f"least {self.least} is more than window {self.window}: spreads would never judge")
        return self


class _Limits(NamedTuple):
    """Between which predictions are believed."""

    low: float = -math.inf
    high: float = math.inf


class _State(msgspec.Struct, tag="prediction_bounds 1"):
    """Predictions of the slices before, those of the slice that is open, and the run of equal slices."""

    ts_event: int | None = None
    seen: list[float] = []
    fresh: list[float] = []
    #: Finite predictions of the open slice: their value if they are all equal, and whether they are.
    said: float = math.nan
    equal: bool = True
    #: The prediction of the latest slices that said nothing else, and how many they are.
    value: float = math.nan
    slices: int = 0


class PredictionBounds(Validator):
    """Quarantines predictions that are infinite, out of bounds, far from all others, or always the same.

    Bounds: a probability lies in [0, 1], a return in [-bound, bound]. Spreads: with the latest
    ``window`` predictions p of all instruments in earlier slices that were within the bounds,
    ``|x - median(p)| <= spreads * 1.4826 * median(|p - median(p)|)``; the factor makes the spread
    the standard deviation of normal numbers. A prediction that lies farther off is held back and
    counts in p all the same: median and spread bear it until such ones are half of the window, and
    then they are the new level. Nothing is judged by spreads before ``least`` predictions, nor
    while the spread is 0.

    Constant: when ``constant`` slices in a row held one and the same value and no other, to the
    last bit, it is held back until some instrument is told something else; from that row on all
    pass. Slices without a prediction count for nothing. A model that knows one instrument may
    rightly repeat itself; give it a larger number.

    NaN is no prediction and passes: a model that abstains breaks no bound.
    """

    Settings = PredictionBoundsSettings

    def __init__(self, settings: PredictionBoundsSettings) -> None:
        self.inputs = (settings.column,)
        self._settings = settings
        self._state = _State()
        self._limits = _Limits()
        self._bounds = (
            _Limits(0.0, 1.0) if settings.predicts == "probability" else _Limits(-settings.bound, settings.bound)
        )
        self._constant = f"one and the same prediction in {settings.constant} slices or more"

    def validate(self, chunk: Chunk) -> Judgement:
        verdicts, places, reasons = np.zeros(len(chunk), np.uint8), np.zeros(len(chunk), np.uint16), {"": 0}
        rows = zip(chunk.ts_event.tolist(), chunk[self._settings.column].tolist(), strict=True)
        for row, (ts_event, prediction) in enumerate(rows):
            if ts_event != self._state.ts_event:
                self._close_slice(ts_event)
            reason = "" if math.isnan(prediction) else self._judge(prediction)
            if reason:
                verdicts[row], places[row] = Verdict.QUARANTINE, reasons.setdefault(reason, len(reasons))
        return Judgement(verdicts, places, tuple(reasons))

    def snapshot(self) -> bytes:
        """The state after the rows so far."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        self._state = msgspec.msgpack.decode(snapshot, type=_State)
        self._limits = self._spread(self._state.seen)

    def _close_slice(self, ts_event: int) -> None:
        """The slice that was open is over; its predictions count from here on."""
        state = self._state
        if state.fresh:
            state.seen = [*state.seen, *state.fresh][-self._settings.window :]
            self._limits = self._spread(state.seen)
        if not state.equal:
            state.value, state.slices = math.nan, 0
        elif not math.isnan(state.said):
            state.slices = state.slices + 1 if state.said == state.value else 1
            state.value = state.said
        state.ts_event, state.fresh, state.said, state.equal = ts_event, [], math.nan, True

    def _judge(self, prediction: float) -> str:
        """Why a prediction is held back; empty if it passes."""
        if math.isinf(prediction):
            return "the prediction is infinite"
        state = self._state
        state.equal = state.equal and (math.isnan(state.said) or prediction == state.said)
        state.said = prediction
        if not self._bounds.low <= prediction <= self._bounds.high:
            return f"the {self._settings.predicts} is not in {self._bounds.low:g} to {self._bounds.high:g}"
        state.fresh.append(prediction)
        if not self._limits.low <= prediction <= self._limits.high:
            low, high = self._limits
            return (
                f"not in {low:+.4g} to {high:+.4g}, {self._settings.spreads:g} spreads round the median of earlier ones"
            )
        repeats = state.equal and prediction == state.value and state.slices >= self._settings.constant
        return self._constant if repeats else ""

    def _spread(self, seen: Sequence[float]) -> _Limits:
        """Between which predictions are believed after these; anything while too little is known."""
        if len(seen) < self._settings.least:
            return _Limits()
        values = np.array(seen)
        middle = float(np.median(values))
        spread = _DEVIATION * float(np.median(np.abs(values - middle)))
        reach = self._settings.spreads * spread if spread > 0.0 else math.inf
        return _Limits(middle - reach, middle + reach)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("validator", "prediction_bounds", PredictionBounds, PredictionBounds.Settings)]
