"""Transformer ``confidence_scorer``: how often predictions like this one have come true so far."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Self

import msgspec
import numpy as np
from pydantic import Field, model_validator

from friday_core.api import (
    MISSING_PRICE,
    Chunk,
    ComponentSpec,
    PluginSettings,
    Transformer,
    Universe,
    hookimpl,
)

#: Names the pool of outcomes that all instruments share.
_EVERYBODY = ""
_UNKNOWN = (math.nan, math.nan, math.nan)


class ConfidenceScorerSettings(PluginSettings):
    """Settings of the transformer ``confidence_scorer``."""

    column: str = Field("prediction", min_length=1, description="Column with the prediction.")
    predicts: Literal["return", "probability"] = Field(
        "return", description="What it predicts: a return is for a rise above 0, a probability above 0.5."
    )
    horizon: int = Field(
        20, ge=1, description="Rows of an instrument from a prediction to its outcome; that of [model] horizon."
    )
    pool: Literal["all", "instrument"] = Field("all", description="Whose outcomes count: all instruments' or its own.")
    window: int = Field(2_000, ge=1, description="Latest outcomes of the pool that count.")
    least: int = Field(100, ge=1, description="Outcomes that must be known; before that there is no confidence.")
    buckets: int = Field(5, ge=1, description="Groups of equally many outcomes, by how strong the prediction was.")
    shrink: float = Field(
        10.0, gt=0, description="Outcomes that do not overlap which one half, and then the pool's own share, weigh."
    )
    coverage: float = Field(0.8, gt=0, lt=1, description="Share of outcomes that the interval shall hold.")

    @model_validator(mode="after")
    def _can_be_known(self) -> Self:
        if self.least > self.window:
            raise ValueError(f"least {self.least} is more than window {self.window}: nothing would ever be known")
        return self


class _Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What became of a prediction: how far from neutral it was, whether its side came true, what was left over."""

    strength: float
    hit: bool
    residual: float


class _State(msgspec.Struct, tag="confidence_scorer 1"):
    """By instrument, the last ``horizon`` predictions with their closes; by pool, the outcomes known.

    ``fresh`` became known in the slice that is open: it counts from the next one on.
    """

    ts_event: int | None = None
    waiting: dict[str, list[tuple[float, float]]] = {}
    fresh: dict[str, list[_Outcome]] = {}
    known: dict[str, list[_Outcome]] = {}


class _Pool:
    """The latest ``window`` outcomes in the order of their coming, and again in order of size.

    ``strengths`` and ``hits`` are of outcomes with a side; of equal strengths, misses come first.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self.outcomes: deque[_Outcome] = deque()
        self.strengths: list[float] = []
        self.hits: list[bool] = []
        self.residuals: list[float] = []

    def add(self, outcomes: Iterable[_Outcome]) -> None:
        for one in outcomes:
            self.outcomes.append(one)
            insort(self.residuals, one.residual)
            if one.strength > 0.0:
                place = self._place(one)
                self.strengths.insert(place, one.strength)
                self.hits.insert(place, one.hit)
            if len(self.outcomes) > self._window:
                self._forget(self.outcomes.popleft())

    def _forget(self, one: _Outcome) -> None:
        del self.residuals[bisect_left(self.residuals, one.residual)]
        if one.strength > 0.0:
            place = self._place(one)
            del self.strengths[place], self.hits[place]

    def _place(self, one: _Outcome) -> int:
        """Of the first outcome that is not smaller."""
        ties = bisect_left(self.strengths, one.strength), bisect_right(self.strengths, one.strength)
        return bisect_left(self.hits, one.hit, *ties)


class _Scale(NamedTuple):
    """The largest strength and the confidence of each bucket, and the ends of the interval beside a prediction."""

    strengths: list[float]
    confidences: list[float]
    low: float
    high: float


class ConfidenceScorer(Transformer):
    """Adds ``confidence``, the chance that the prediction's side comes true, and an interval for the outcome:
    ``interval_low`` and ``interval_high``.

    The outcome of a prediction x is ``y = p[t + horizon] / p[t] - 1`` of the forward-adjusted close
    over the instrument's own rows, those that reach this stage, and it is known once the slice of
    row ``t + horizon`` is over: a row is scored by outcomes of earlier slices only, each of a
    prediction that was made without it. x came true if y has the sign of ``x - neutral``; a return
    of 0 is no rise and no fall. Of the latest ``window`` outcomes, n with a side, of which h came true,
    each weighs ``w = 1 / horizon``, as horizons overlap::

        P   = (w h + shrink / 2) / (w n + shrink)
        P_b = (w h_b + shrink P) / (w n_b + shrink)

    in each of ``buckets`` groups b by ``|x - neutral|``, equally filled but that ties stay together.
    The first is the mean of a Beta distribution after h of n with 1/2 before, the second the same
    with P before (the m-estimate of Cestnik, 1990). Where a stronger group has the smaller P_b,
    neighbours are joined to their mean, weighted by ``w n_b + shrink``, until confidence never
    falls as strength grows (pool adjacent violators: Ayer et al., 1955; for calibration Zadrozny and
    Elkan, 2002). It is NaN until n is ``least``, and for a prediction that is NaN or neutral.

    ``interval_low`` and ``interval_high`` are x plus the k-th smallest and the k-th largest of the m
    residuals ``y - x``, ``k = floor((m + 1) (1 - coverage) / 2)``: where residuals to come are like
    those before, the outcome lies between them with a chance of at least ``coverage`` (split
    conformal prediction: Papadopoulos et al., 2002). NaN until m is ``least`` and k is 1, and for
    probabilities, which are no returns.
    """

    Settings = ConfidenceScorerSettings
    outputs = ("confidence", "interval_low", "interval_high")

    def __init__(self, settings: ConfidenceScorerSettings, universe: Universe) -> None:
        self.inputs = (settings.column, "close", "factor")
        self._settings = settings
        self._names = [str(one.id) for one in universe]
        self._scales = universe.scales
        self._is_return = settings.predicts == "return"
        self._neutral = 0.0 if self._is_return else 0.5
        self._state = _State()
        self._pools: dict[str, _Pool] = {}
        #: By pool, what its outcomes amount to; made when it is first asked for.
        self._scale: dict[str, _Scale] = {}

    def transform(self, chunk: Chunk) -> Chunk:
        units = chunk["close"]
        closes = np.where(units == MISSING_PRICE, np.nan, units) / self._scales[chunk.inst] * chunk["factor"]
        rows = (chunk.ts_event, chunk.inst, chunk[self._settings.column], closes)
        scored = [self._score(*row) for row in zip(*(column.tolist() for column in rows), strict=True)]
        columns = np.array(scored, np.float64).reshape(-1, len(self.outputs)).T
        return chunk.with_columns(dict(zip(self.outputs, columns, strict=True)))

    def snapshot(self) -> bytes:
        """The state after the rows so far, by the names of the instruments."""
        known = {name: list(pool.outcomes) for name, pool in self._pools.items()}
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, known=known))

    def restore(self, snapshot: bytes) -> None:
        """Go on from a snapshot, also in a session of other instruments."""
        state = msgspec.msgpack.decode(snapshot, type=_State)
        self._pools, self._scale = {}, {}
        self._know(state.known)
        self._state = msgspec.structs.replace(state, known={})

    def _score(self, ts_event: int, inst: int, prediction: float, close: float) -> tuple[float, float, float]:
        name = self._names[inst]
        pool = _EVERYBODY if self._settings.pool == "all" else name
        if ts_event != self._state.ts_event:
            self._close_slice(ts_event)
        self._learn(name, pool, prediction, close)
        if not math.isfinite(prediction):
            return _UNKNOWN
        if pool not in self._scale:
            self._scale[pool] = self._scale_of(self._pools.get(pool, _Pool(0)))
        scale, strength = self._scale[pool], abs(prediction - self._neutral)
        confidence = math.nan
        if scale.confidences and strength > 0.0:
            bucket = bisect_left(scale.strengths, strength)
            confidence = scale.confidences[min(bucket, len(scale.confidences) - 1)]
        return confidence, prediction + scale.low, prediction + scale.high

    def _close_slice(self, ts_event: int) -> None:
        """The slice that was open is over: what became known in it counts from here on."""
        self._know(self._state.fresh)
        self._state.ts_event, self._state.fresh = ts_event, {}

    def _know(self, outcomes: Mapping[str, Sequence[_Outcome]]) -> None:
        for name, found in outcomes.items():
            self._pools.setdefault(name, _Pool(self._settings.window)).add(found)
            self._scale.pop(name, None)

    def _learn(self, name: str, pool: str, prediction: float, close: float) -> None:
        """The row is the outcome of the one ``horizon`` rows before it, and waits for its own."""
        waiting = self._state.waiting.setdefault(name, [])
        if len(waiting) == self._settings.horizon:
            before, base = waiting.pop(0)
            outcome = close / base - 1.0 if close > 0.0 and base > 0.0 else math.nan
            side = before - self._neutral
            if math.isfinite(side) and math.isfinite(outcome):
                self._state.fresh.setdefault(pool, []).append(
                    _Outcome(abs(side), side * outcome > 0.0, outcome - before)
                )
        waiting.append((prediction, close))

    def _scale_of(self, pool: _Pool) -> _Scale:
        least, unknown = self._settings.least, math.nan
        strengths, confidences = self._buckets(pool) if len(pool.strengths) >= least else ([], [])
        has_interval = self._is_return and len(pool.residuals) >= least
        low, high = self._interval(pool.residuals) if has_interval else (unknown, unknown)
        return _Scale(strengths, confidences, low, high)

    def _buckets(self, pool: _Pool) -> tuple[list[float], list[float]]:
        """The largest strength of each bucket, and its confidence."""
        ends = sorted(set(_ends(pool.strengths, self._settings.buckets)))
        overall = self._share(sum(pool.hits), len(pool.hits), 0.5)
        shares, weights, start = [], [], 0
        for end in ends:
            shares.append(self._share(sum(pool.hits[start:end]), end - start, overall))
            weights.append((end - start) / self._settings.horizon + self._settings.shrink)
            start = end
        return [pool.strengths[end - 1] for end in ends], _never_falling(shares, weights)

    def _share(self, hits: int, count: int, prior: float) -> float:
        """The share of ``hits``, drawn to ``prior``."""
        weight, shrink = 1.0 / self._settings.horizon, self._settings.shrink
        return (weight * hits + shrink * prior) / (weight * count + shrink)

    def _interval(self, residuals: Sequence[float]) -> tuple[float, float]:
        tail = (1.0 - self._settings.coverage) / 2.0
        place = math.floor((len(residuals) + 1) * tail + 1e-9)  # 0.8 is not exact, and 10 * 0.1 shall be 1
        return (residuals[place - 1], residuals[-place]) if place else (math.nan, math.nan)


def _ends(strengths: Sequence[float], buckets: int) -> Iterator[int]:
    """Where each bucket ends: after its last value, and after all that are equal to it."""
    for bucket in range(1, buckets + 1):
        last = -(-len(strengths) * bucket // buckets) - 1
        yield bisect_right(strengths, strengths[last])


def _never_falling(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The never falling sequence that is nearest in weighted squares: pool adjacent violators."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, count = value, weight, 1
        while pools and pools[-1][0] > mean:
            before, its_weight, its_count = pools.pop()
            mean = (before * its_weight + mean * total) / (its_weight + total)
            total, count = total + its_weight, count + its_count
        pools.append((mean, total, count))
    return [mean for mean, _, count in pools for _ in range(count)]


@hookimpl
def friday_components() -> list[ComponentSpec]:
    requires = {"universe": "universe"}
    return [ComponentSpec("transformer", "confidence_scorer", ConfidenceScorer, ConfidenceScorer.Settings, requires)]
