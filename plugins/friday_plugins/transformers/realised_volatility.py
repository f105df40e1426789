"""Transformer ``realised_volatility``: how much an instrument has moved lately, as a yearly rate."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import msgspec
import numpy as np
from pydantic import Field

from friday_core.api import MISSING_PRICE, Chunk, ComponentSpec, PluginSettings, Transformer, hookimpl


class RealisedVolatilitySettings(PluginSettings):
    """Settings of the transformer ``realised_volatility``."""

    window: int = Field(20, ge=2, description="Returns of the instrument's own rows that count.")
    periods_per_year: int = Field(252, gt=0, description="Rows of one instrument in a year.")
    column: str = Field("volatility", min_length=1, description="Name of the new column.")


@dataclass(slots=True)
class _History:
    """The last close of one instrument and its latest returns."""

    returns: deque[float]
    close: float = field(default=math.nan)


class _Snapshot(msgspec.Struct, frozen=True, tag="realised_volatility 1"):
    window: int
    histories: dict[int, tuple[float, list[float]]]


class RealisedVolatility(Transformer):
    """``sqrt(periods_per_year) * s``, ``s`` the sample deviation (ddof = 1) of log returns.

    ``r[t] = ln(p[t] / p[t-1])`` of the forward-adjusted close ``p = close * factor`` over the last
    ``window`` returns of the instrument's own rows; the unit is a share per year (0.25 is 25%). NaN
    until ``window`` returns are known, and on a row without a positive close, which counts as if
    it were not there. Sums are correctly rounded, so a value depends on the closes and factors of its
    window alone: not on where the series starts and not on how rows are cut into chunks.
    """

    Settings = RealisedVolatilitySettings
    inputs = ("close", "factor")

    def __init__(self, settings: RealisedVolatilitySettings) -> None:
        self.outputs = (settings.column,)
        self._column = settings.column
        self._window = settings.window
        self._periods = settings.periods_per_year
        self._histories: dict[int, _History] = {}

    def transform(self, chunk: Chunk) -> Chunk:
        raw = chunk["close"]
        closes = np.where(raw == MISSING_PRICE, np.nan, raw.astype(np.float64)) * chunk["factor"]
        values = [self._next(inst, close) for inst, close in zip(chunk.inst.tolist(), closes.tolist(), strict=True)]
        return chunk.with_columns({self._column: np.array(values, np.float64)})

    def snapshot(self) -> bytes:
        histories = {inst: (one.close, list(one.returns)) for inst, one in self._histories.items()}
        return msgspec.msgpack.encode(_Snapshot(self._window, histories))

    def restore(self, snapshot: bytes) -> None:
        """``ValueError`` if it was made with another window."""
        state = msgspec.msgpack.decode(snapshot, type=_Snapshot)
        if state.window != self._window:
            raise ValueError(f"it was made with window = {state.window}, this one has {self._window}")
        self._histories = {
            inst: _History(deque(returns, self._window), close) for inst, (close, returns) in state.histories.items()
        }

    def _next(self, inst: int, close: float) -> float:
        """The volatility after one more close of an instrument."""
        if not (close > 0.0 and math.isfinite(close)):
            return math.nan
        history = self._histories.get(inst)
        if history is None:
            history = self._histories[inst] = _History(deque(maxlen=self._window))
        else:
            history.returns.append(math.log(close / history.close))
        history.close = close
        if len(history.returns) < self._window:
            return math.nan
        return math.sqrt(self._periods) * _sample_deviation(history.returns)


def _sample_deviation(values: deque[float]) -> float:
    """``sqrt(sum((x - mean)^2) / (n - 1))``, both sums correctly rounded."""
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum([(value - mean) ** 2 for value in values]) / (len(values) - 1))


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("transformer", "realised_volatility", RealisedVolatility, RealisedVolatility.Settings)]
