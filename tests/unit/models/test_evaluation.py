from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fakes.training import Slopes, table, with_columns

from friday_core.models.evaluation import Bucket, Skill, skill
from friday_core.models.splits import WalkForward
from friday_core.models.statistics import Mean
from friday_core.models.training import fit_walk_forward
from friday_core.models.verdict import verdict
from friday_core.models.versions import out_of_sample

NAN = math.nan


def judged(p: list[float], y: list[float], times: list[int] | None = None, **settings: Any) -> Skill:
    ts = np.arange(len(p)) if times is None else np.array(times)
    constants = settings.pop("constants", [0.0] * len(p))
    return skill(np.array(p), np.array(y), ts, np.array(constants), **{"horizon": 1, **settings})


def test_the_information_coefficient_by_hand() -> None:
    # deviations -1, 0, 1 and -1, 1, 0 at the first time: 1 / sqrt(2 * 2); a line at the second
    found = judged([1.0, 2.0, 3.0, 1.0, 2.0, 3.0], [1.0, 3.0, 2.0, 4.0, 5.0, 6.0], [1, 1, 1, 2, 2, 2])
    assert found.ic.mean == pytest.approx((0.5 + 1.0) / 2)
    assert found.rank_ic.mean == pytest.approx((0.5 + 1.0) / 2)
    assert found.ic.n == 2


def test_the_rank_coefficient_sees_order_only() -> None:
    found = judged([1.0, 2.0, 3.0], [1.0, 2.0, 400.0], [1, 1, 1])
    assert found.rank_ic.mean == pytest.approx(1.0, rel=1e-15)
    # deviations -1, 0, 1 and -400/3, -397/3, 797/3
    assert found.ic.mean == pytest.approx(399 / math.sqrt(2 * (400**2 + 397**2 + 797**2) / 9))


def test_times_with_less_than_three_pairs_have_no_coefficient() -> None:
    found = judged([1.0, 2.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 2.0, 1.0], [1, 1, 2, 2, 2])
    assert (found.ic.n, found.times, found.pairs) == (1, 2, 5)
    assert found.ic.mean == pytest.approx(-1.0)


def test_with_one_pair_a_time_the_timing_is_the_correlation() -> None:
    found = judged([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    assert found.timing.mean == pytest.approx(3.0 / math.sqrt(2.0 * 42.0 / 9.0))
    assert found.ic == Mean(None, None, 0)


def test_the_hit_rate_counts_equal_signs() -> None:
    found = judged([0.1, -0.1, 0.2, -0.2, 0.0], [0.3, 0.1, 0.5, -0.1, 0.7])
    assert (found.hit_rate, found.up_rate) == (0.75, 0.75)


def test_the_hit_rate_of_probabilities_parts_at_one_half() -> None:
    found = judged([0.6, 0.4, 0.5, 0.9], [0.1, -0.1, 0.1, -0.1], output="probability")
    assert found.hit_rate == pytest.approx(2 / 3)


def test_r_squared_by_hand() -> None:
    # errors 0.5, 0.5: 0.5; against the constants 1, 1: 0 + 1; against zero: 1 + 4
    found = judged([0.5, 2.5], [1.0, 2.0], constants=[1.0, 1.0])
    assert found.r2_constant == pytest.approx(1.0 - 0.5 / 1.0)
    assert found.r2_zero == pytest.approx(1.0 - 0.5 / 5.0)


def test_a_prediction_worse_than_the_constant_has_a_negative_r_squared() -> None:
    assert judged([3.0, -3.0], [1.0, 2.0], constants=[1.5, 1.5]).r2_constant == pytest.approx(1.0 - 29.0 / 0.5)


def test_the_r_squared_of_probabilities_is_the_skill_of_brier() -> None:
    # Brier score of scikit-learn's documentation: 0.0375; against one half 0.25
    p, y = [0.1, 0.9, 0.8, 0.3], [-1.0, 1.0, 1.0, -1.0]
    assert judged(p, y, output="probability", constants=[0.5] * 4).r2_constant == pytest.approx(1 - 0.0375 / 0.25)
    assert judged(p, y, output="probability").r2_zero == pytest.approx(1 - 0.0375 / 0.25)


def test_pairs_that_are_not_there_are_left_out() -> None:
    whole = judged([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    holed = judged([1.0, NAN, 2.0, 5.0, 3.0], [1.0, 9.0, 2.0, NAN, 4.0])
    assert holed.pairs == 3
    assert holed.timing == whole.timing


def test_buckets_have_as_many_pairs_each_by_hand() -> None:
    found = judged([4.0, 1.0, 3.0, 2.0], [40.0, 10.0, 50.0, 20.0], buckets=2)
    assert found.calibration == (Bucket(2, 1.5, 15.0), Bucket(2, 3.5, 45.0))
    assert found.calibration_error == pytest.approx((2 * 13.5 + 2 * 41.5) / 4)


def test_equal_predictions_share_a_bucket() -> None:
    found = judged([1.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0], buckets=4)
    assert found.calibration == (Bucket(3, 1.0, 2.0), Bucket(1, 2.0, 4.0))


def test_honest_probabilities_are_calibrated() -> None:
    draw = np.random.Generator(np.random.PCG64(4))
    p = draw.uniform(size=20_000)
    came = np.where(draw.uniform(size=20_000) < p, 1.0, -1.0)
    honest = skill(p, came, np.arange(20_000), p, horizon=1, output="probability")
    bold = skill(np.clip(2 * p - 0.5, 0, 1), came, np.arange(20_000), p, horizon=1, output="probability")
    assert honest.calibration_error is not None
    assert bold.calibration_error is not None
    assert honest.calibration_error < 0.02
    assert bold.calibration_error > 0.1


def test_no_pair_has_no_figure() -> None:
    found = judged([], [])
    assert (found.pairs, found.hit_rate, found.r2_zero, found.calibration) == (0, None, None, ())
    assert found.verdict == "Nothing can be said yet: 0 times with predictions that vary, 30 are needed."


def test_constant_predictions_have_no_skill_and_no_coefficient() -> None:
    found = judged([0.1] * 40, list(np.linspace(-1, 1, 40)))
    assert (found.ic.n, found.timing.n) == (0, 0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"labels": np.zeros(2)}, "3 predictions, 2 labels, 3 times, 3 constants"),
        ({"times": np.array([1, 3, 2])}, "pairs are sorted by time"),
        ({"horizon": 0}, "at least 1"),
        ({"buckets": 0}, "at least 1"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changed: dict[str, Any], words: str) -> None:
    own: dict[str, Any] = {"predictions": np.zeros(3), "labels": np.zeros(3), "times": np.arange(3)}
    with pytest.raises(ValueError, match=words):
        skill(**{**own, "constants": np.zeros(3), "horizon": 1, **changed})


@pytest.mark.parametrize(
    ("rank_ic", "timing", "words"),
    [
        (Mean(0.01, 1.2, 250), Mean(None, None, 0), "None that can be told from luck: rank IC +0.0100, t +1.2 over"),
        (Mean(0.04, 2.5, 250), Mean(None, None, 0), "Some skill: rank IC +0.0400, t +2.5 over 250 times."),
        (Mean(-0.04, -2.5, 250), Mean(0.1, 5.0, 250), "Worse than none: rank IC -0.0400, t -2.5 over 250 times;"),
        (Mean(0.26, 8.0, 250), Mean(None, None, 0), "Too good to be true, look for labels among the features:"),
        (Mean(0.05, 12.0, 9000), Mean(None, None, 0), "Too good to be true, look for labels among the features:"),
        (Mean(0.3, 1.0, 29), Mean(0.02, 0.3, 200), "None that can be told from luck: correlation over time +0.0200"),
        (Mean(None, None, 0), Mean(0.3, 3.0, 29), "Nothing can be said yet: 29 times"),
        (Mean(0.0, None, 40), Mean(None, None, 0), "Nothing can be said: the rank IC does not vary over 40 times."),
    ],
)
def test_skill_in_words(rank_ic: Mean, timing: Mean, words: str) -> None:
    assert verdict(rank_ic, timing).startswith(words)


def _walked(**of: Any) -> Skill:
    ours = table(400, 5, **of)
    played = out_of_sample(ours, fit_walk_forward(Slopes(), ours, WalkForward("month", min_rows=100)))
    return skill(played.predictions, ours.labels, ours.ts, played.label_means, horizon=1)


def test_a_planted_signal_is_found() -> None:
    found = _walked(signal=0.001)
    assert found.verdict.startswith("Some skill: rank IC +0.")
    assert found.r2_constant is not None
    assert found.r2_constant > 0


def test_noise_is_told_from_skill_about_nineteen_times_in_twenty() -> None:
    said = [_walked(signal=0.0, seed=seed).verdict for seed in range(40)]
    honest = [one for one in said if one.startswith("None that can be told from luck")]
    assert len(honest) >= 35


def test_a_feature_that_holds_the_label_is_too_good_to_be_true() -> None:
    ours = table(300, 5, signal=0.0)
    values = ours.values.copy()
    values[:, 1] = np.nan_to_num(ours.labels) * 100 + 0.3 * values[:, 1]
    leaky = with_columns(ours, values=values)
    played = out_of_sample(leaky, fit_walk_forward(Slopes(), leaky, WalkForward("month", min_rows=100)))
    found = skill(played.predictions, leaky.labels, leaky.ts, played.label_means, horizon=1)
    assert found.verdict.startswith("Too good to be true")
