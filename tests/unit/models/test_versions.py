from __future__ import annotations

import math

import numpy as np
import pytest
from fakes.training import Slopes, table

from friday_core.models.linear import LinearModel
from friday_core.models.splits import WalkForward
from friday_core.models.training import fit_walk_forward
from friday_core.models.versions import Version, in_force, out_of_sample

MODEL = LinearModel(("x0", "x1"), np.array([1.0, 0.0]), 0.0)


def version(effective_from: int, model: LinearModel | None = MODEL) -> Version:
    return Version(effective_from - 5, effective_from, 10, 0.1, model, "" if model else "it broke")


@pytest.mark.parametrize(("ts", "expected"), [(10, None), (11, 10), (20, 10), (21, 20), (10**9, 20)])
def test_a_version_is_for_slices_later_than_its_beginning(ts: int, expected: int | None) -> None:
    found = in_force([version(10), version(20)], ts)
    assert (found.effective_from if found else None) == expected


def test_a_failure_leaves_the_version_before_in_force() -> None:
    found = in_force([version(10), version(20, None), version(30, None)], 35)
    assert found is not None
    assert found.effective_from == 10


def test_failures_alone_leave_nothing_in_force() -> None:
    assert in_force([version(10, None)], 35) is None
    assert in_force([], 35) is None


def test_every_row_is_predicted_by_the_version_in_force_at_its_time() -> None:
    ours = table(150)
    versions = fit_walk_forward(Slopes(), ours, WalkForward("month", min_rows=60), train_latency=3)
    played = out_of_sample(ours, versions)
    for row, ts in enumerate(ours.ts.tolist()):
        one = in_force(versions, ts)
        if one is None or one.model is None:
            assert math.isnan(played.predictions[row])
            assert math.isnan(played.label_means[row])
        else:
            assert played.predictions[row] == one.model.step(ours.values[row].tolist())
            assert played.label_means[row] == one.label_mean


def test_no_row_is_predicted_by_a_model_that_learned_from_it() -> None:
    ours = table(150, horizon=2)
    versions = fit_walk_forward(Slopes(), ours, WalkForward(20, min_rows=60))
    for row, ts in enumerate(ours.ts.tolist()):
        one = in_force(versions, ts)
        assert one is None or (one.asof < ts and ours.label_end[row] > one.asof)


def test_a_table_without_versions_has_no_prediction() -> None:
    assert np.isnan(out_of_sample(table(10), []).predictions).all()
