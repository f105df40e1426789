"""What skill predictions had on labels that they had not seen, and whether it can be told from luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import numpy as np

from friday_core.domain.chunk import Float64, Int64
from friday_core.interfaces.model import Output
from friday_core.models.statistics import Mean, correlation, newey_west, ranks
from friday_core.models.verdict import verdict

#: Pairs that a time must have for a correlation across instruments.
LEAST_PAIRS = 3


class Bucket(msgspec.Struct, frozen=True):
    """Pairs with predictions next to one another: their number, mean prediction, and mean outcome."""

    pairs: int
    prediction: float
    outcome: float


class Skill(msgspec.Struct, frozen=True):
    """Out-of-sample skill; ``None`` where a figure is not defined. See ``skill``."""

    pairs: int
    times: int
    ic: Mean
    rank_ic: Mean
    timing: Mean
    hit_rate: float | None
    up_rate: float | None
    r2_constant: float | None
    r2_zero: float | None
    calibration: tuple[Bucket, ...]
    calibration_error: float | None
    verdict: str


def skill(
    predictions: Float64,
    labels: Float64,
    times: Int64,
    constants: Float64,
    *,
    horizon: int,
    output: Output = "return",
    buckets: int = 10,
) -> Skill:
    """Figures from pairs of a prediction p and the forward return y that came true; pairs with NaN are left out.

    - ``ic``, ``rank_ic``: Pearson's and Spearman's correlation of p and y across the instruments of one
      time (session or slice), for times with at least ``LEAST_PAIRS`` pairs; their mean over times, t after
      Newey and West with ``horizon`` lags (rows between a prediction and its label).
    - ``timing``: the mean over times of ``mean_i(z_p * z_y)``, z in deviations from the mean of all pairs
      in units of their standard deviation (ddof = 0): over all pairs, with one a time, Pearson's correlation.
    - ``hit_rate``: share of pairs whose p and y have the same sign (p above 1/2 for a probability), among those
      where neither is zero (1/2); ``up_rate`` the share of these with y above zero, what always
      saying "up" would hit.
    - ``r2_constant = 1 - sum (o - p)^2 / sum (o - c)^2``, c the mean that was known when p was made
      (``constants``); ``r2_zero`` against 0 (1/2 for a probability): Campbell and Thompson, Review of Financial
      Studies 21 (2008), 1509-1531; Gu, Kelly and Xiu, RFS 33 (2020), 2223-2273. The outcome o is y, and 1 or 0
      for a probability: then ``r2_constant`` is Brier's skill score.
    - ``calibration``: about as many pairs each, equal predictions together; ``calibration_error`` the mean over
      pairs of ``|mean prediction - mean outcome|`` of their bucket.

    ``ValueError`` for columns that differ in length, times that go back, or a horizon or a number of buckets below 1.
    """
    _check(predictions, labels, times, constants, horizon, buckets)
    good = np.isfinite(predictions) & np.isfinite(labels)
    p, y, ts, constant = predictions[good], labels[good], times[good], constants[good]
    outcome, middle = ((y > 0.0).astype(np.float64), 0.5) if output == "probability" else (y, 0.0)
    slices = _slices(ts)
    ic = newey_west(_across(p, y, slices, lambda values: values), horizon)
    rank_ic = newey_west(_across(p, y, slices, ranks), horizon)
    timing = newey_west(_together(p, y, slices), horizon)
    hits, ups = _signs(p - middle, y)
    calibration = tuple(_buckets(p, outcome, buckets))
    return Skill(
        pairs=len(p),
        times=len(slices),
        ic=ic,
        rank_ic=rank_ic,
        timing=timing,
        hit_rate=hits,
        up_rate=ups,
        r2_constant=_r2(outcome, p, constant),
        r2_zero=_r2(outcome, p, np.full(len(p), middle)),
        calibration=calibration,
        calibration_error=_error(calibration),
        verdict=verdict(rank_ic, timing),
    )


def _check(p: Float64, y: Float64, times: Int64, constants: Float64, horizon: int, buckets: int) -> None:  # noqa: PLR0917
    if not len(p) == len(y) == len(times) == len(constants):
        raise ValueError(f"{len(p)} predictions, {len(y)} labels, {len(times)} times, {len(constants)} constants")
    if (np.diff(times) < 0).any():
        raise ValueError("pairs are sorted by time")
    if horizon < 1 or buckets < 1:
        raise ValueError("the horizon and the number of buckets are at least 1")


def _slices(times: Int64) -> list[slice]:
    """The pairs of each time."""
    begins = np.flatnonzero(np.diff(times, prepend=times[:1] - 1)).tolist() if len(times) else []
    return [slice(begin, end) for begin, end in pairwise([*begins, len(times)])]


def _across(p: Float64, y: Float64, slices: list[slice], of: Callable[[Float64], Float64]) -> Float64:
    """The correlations across instruments, of the times that have one."""
    found = (correlation(of(p[one]), of(y[one])) for one in slices if one.stop - one.start >= LEAST_PAIRS)
    return np.array([one for one in found if one is not None], np.float64)


def _together(p: Float64, y: Float64, slices: list[slice]) -> Float64:
    """For each time the mean product of standardised predictions and labels; empty if either does not vary."""
    if correlation(p, y) is None:
        return np.empty(0)
    product = (p - p.mean()) / p.std() * (y - y.mean()) / y.std()
    return np.array([product[one].mean() for one in slices], np.float64)


def _signs(said: Float64, came: Float64) -> tuple[float | None, float | None]:
    both = (said != 0.0) & (came != 0.0)
    if not both.any():
        return None, None
    return float(((said > 0.0) == (came > 0.0))[both].mean()), float((came > 0.0)[both].mean())


def _r2(outcome: Float64, p: Float64, against: Float64) -> float | None:
    """``None`` unless every pair has something to be compared with, and that is ever wrong."""
    rest = float(((outcome - against) ** 2).sum()) if len(p) else 0.0
    return 1.0 - float(((outcome - p) ** 2).sum()) / rest if rest > 0.0 else None


def _buckets(p: Float64, outcome: Float64, count: int) -> Iterator[Bucket]:
    order = np.argsort(p, kind="stable")
    p, outcome = p[order], outcome[order]
    if not len(p):
        return
    cuts = [len(p) * n // count for n in range(count)]
    begins = np.unique(np.searchsorted(p, p[cuts])).tolist()
    for begin, end in pairwise([*begins, len(p)]):
        yield Bucket(end - begin, float(p[begin:end].mean()), float(outcome[begin:end].mean()))


def _error(buckets: tuple[Bucket, ...]) -> float | None:
    pairs = sum(one.pairs for one in buckets)
    return sum(one.pairs * abs(one.prediction - one.outcome) for one in buckets) / pairs if pairs else None
