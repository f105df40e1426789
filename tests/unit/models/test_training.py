from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from fakes.training import DAY, Answering, Counting, Dying, Raising, Slopes, table, with_columns

from friday_core.errors import PluginContractError, PluginError
from friday_core.interfaces.model import NEVER, Model, TrainingTable
from friday_core.models.checks import Requirements
from friday_core.models.linear import LinearModel
from friday_core.models.splits import WalkForward, known_rows
from friday_core.models.training import fit_once, fit_walk_forward
from friday_core.models.trees import TreeModel, TreeNodes
from friday_core.models.versions import Version

MONTHLY = WalkForward("month", min_rows=60)


def _told(versions: list[Version]) -> list[tuple[int, int, int, str, str]]:
    return [
        (one.asof, one.effective_from, one.rows, one.failure, one.model.model_id if one.model else "")
        for one in versions
    ]


def test_there_is_a_version_for_each_refit_in_order_of_time() -> None:
    ours = table(150)
    versions = fit_walk_forward(Slopes(), ours, MONTHLY)
    assert [one.asof for one in versions] == [one.asof for one in MONTHLY.refits(ours)]
    assert [one.failure for one in versions] == [""] * 4
    assert [one.rows for one in versions] == [len(one.rows) for one in MONTHLY.refits(ours)]


def test_a_version_is_the_model_of_the_rows_of_its_refit() -> None:
    ours = table(150)
    for version, refit in zip(fit_walk_forward(Slopes(), ours, MONTHLY), MONTHLY.refits(ours), strict=True):
        rows = ours.take(refit.rows)
        assert version.model is not None
        assert version.model.model_id == Slopes().fit(rows).model_id
        assert version.label_mean == rows.labels.mean()


def test_versions_become_effective_after_the_time_that_training_takes() -> None:
    versions = fit_walk_forward(Slopes(), table(100), MONTHLY, train_latency=7_000)
    assert [one.effective_from - one.asof for one in versions] == [7_000] * len(versions)


def test_two_runs_give_the_same_versions() -> None:
    assert _told(fit_walk_forward(Slopes(), table(150), MONTHLY)) == _told(
        fit_walk_forward(Slopes(), table(150), MONTHLY)
    )


@pytest.mark.parametrize("model", [Slopes(), Raising(), Counting()], ids=lambda model: type(model).__name__)
def test_the_number_of_processes_changes_nothing(model: Model) -> None:
    ours = table(150)
    alone = fit_walk_forward(model, ours, MONTHLY, train_latency=5)
    assert _told(fit_walk_forward(model, ours, MONTHLY, train_latency=5, processes=2)) == _told(alone)


def test_a_fit_leaves_no_trace_in_the_model() -> None:
    model = Counting()
    versions = fit_walk_forward(model, table(150), MONTHLY)
    assert model.fits == 0
    assert len({one.model.model_id for one in versions if one.model}) == 1


def test_a_fit_that_raises_is_a_version_with_the_reason() -> None:
    ours = table(150)
    versions = fit_walk_forward(Raising(), ours, MONTHLY)
    fell = [ours.labels[refit.rows[-1]] < 0 for refit in MONTHLY.refits(ours)]
    assert {True, False} == set(fell)
    assert [one.model is None for one in versions] == fell
    failures = [f"RuntimeError: {one.rows} rows, and the last fell" if one.model is None else "" for one in versions]
    assert [one.failure for one in versions] == failures
    assert [math.isnan(one.label_mean) for one in versions] == fell


class _Exiting(Slopes):
    def fit(self, training: TrainingTable) -> Any:
        raise SystemExit("enough")


def test_a_fit_that_leaves_the_interpreter_only_fails() -> None:
    assert fit_walk_forward(_Exiting(), table(100), MONTHLY)[0].failure == "SystemExit: enough"


def test_rows_that_fall_short_are_not_learned_from() -> None:
    (first, *_) = fit_walk_forward(Slopes(), table(100), MONTHLY, requirements=Requirements(rows_per_feature=1_000))
    assert first.failure == f"not fitted: {first.rows} rows for 2 features: at least 2000 are needed"


def _leaf(value: float, nan: Any = "abstain") -> TreeModel:
    empty: dict[str, Any] = {name: [0] for name in ("threshold", "left", "right", "missing_left")}
    return TreeModel(("x0", "x1"), TreeNodes(root=[0], feature=[-1], value=[value], **empty), nan=nan)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (_leaf(0.25), "it predicts 0.25 on every row that it learned from"),
        (LinearModel(("x0", "x1"), np.array([0.0, 0.0]), 0.5), "it predicts 0.5 on every row that it learned from"),
        (LinearModel(("x0", "x1"), np.array([1e308, 1e308]), 1e308), "its prediction is not a finite number on rows"),
        (LinearModel(("x1", "x0"), np.array([1.0, 2.0]), 0.0), "the compiled model has the features x1, x0, not those"),
        (
            LinearModel(("x0", "x1"), np.array([1.0, 2.0]), 0.0, link="sigmoid"),
            "predicts a probability, the model declares a re",
        ),
        (_leaf(0.25, "native"), "the compiled model takes NaN features, the model was given none"),
        (None, "fit() answered NoneType, not a compiled model"),
        ([0.1, 0.2], "fit() answered list, not a compiled model"),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_failure(answer: Any, failure: str) -> None:
    versions = fit_walk_forward(Answering(answer), table(100), MONTHLY)
    assert [one.model for one in versions] == [None] * len(versions)
    assert versions[0].failure.startswith(failure) or failure in versions[0].failure


def _gappy(sessions: int = 100) -> TrainingTable:
    ours = table(sessions)
    values = ours.values.copy()
    values[::3, 1] = np.nan
    return with_columns(ours, values=values)


class _Seeing(Slopes):
    """Fails if it is given a row with a feature missing."""

    def fit(self, training: TrainingTable) -> Any:
        if np.isnan(training.values).any():
            raise ValueError("a feature is missing")
        return super().fit(training)


def test_a_model_that_abstains_learns_from_whole_rows_only() -> None:
    (version, *_) = fit_walk_forward(_Seeing(), _gappy(), MONTHLY)
    assert version.failure == ""
    assert version.rows == 2 * len(MONTHLY.refits(_gappy())[0].rows) // 3


def test_a_model_that_takes_missing_features_is_given_them() -> None:
    model = _Seeing()
    model.native_nan = True
    assert fit_walk_forward(model, _gappy(), MONTHLY)[0].failure == "ValueError: a feature is missing"


def test_whole_rows_can_be_too_few_where_all_rows_are_enough() -> None:
    gappy = _gappy()
    rows = len(MONTHLY.refits(gappy)[0].rows)
    failure = fit_walk_forward(_Seeing(), gappy, MONTHLY, requirements=Requirements(rows_per_feature=rows // 2))[
        0
    ].failure
    assert failure.startswith("not fitted on rows that have every feature: 58 rows for 2 features")


def test_nothing_after_the_refit_can_change_a_version() -> None:
    ours = table(150, horizon=3)
    scrambled = np.random.Generator(np.random.PCG64(99))
    versions = fit_walk_forward(Slopes(), ours, MONTHLY)
    for n, version in enumerate(versions):
        later = ours.ts > version.asof
        unknown = (ours.label_end >= version.asof) & (ours.label_end != NEVER)
        other = with_columns(
            ours,
            values=np.where(later[:, None], scrambled.normal(size=ours.values.shape), ours.values),
            labels=np.where(unknown, scrambled.normal(size=len(ours)), ours.labels),
        )
        assert _told(fit_walk_forward(Slopes(), other, MONTHLY)[: n + 1]) == _told(versions[: n + 1])


@pytest.mark.parametrize("processes", [1, 2])
def test_progress_is_told_after_each_fit(processes: int) -> None:
    told: list[tuple[int, int]] = []
    fit_walk_forward(
        Slopes(), table(150), MONTHLY, processes=processes, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_table_without_a_refit_has_no_version() -> None:
    assert fit_walk_forward(Slopes(), table(10), MONTHLY, processes=4) == []


def test_a_model_that_cannot_be_sent_elsewhere_is_named() -> None:
    class Local(Slopes):
        pass

    with pytest.raises(PluginContractError, match="model Local cannot be sent to another process"):
        fit_walk_forward(Local(), table(150), MONTHLY, processes=2)


def test_a_process_that_dies_ends_the_fits() -> None:
    with pytest.raises(PluginError, match="a process that fitted Dying died"):
        fit_walk_forward(Dying(), table(150), MONTHLY, processes=2)


@pytest.mark.parametrize("wrong", [{"train_latency": -1}, {"processes": 0}])
def test_a_negative_latency_and_no_process_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="the latency is not negative, and there is at least one process"):
        fit_walk_forward(Slopes(), table(100), MONTHLY, **wrong)


def test_one_fit_is_the_fit_of_a_walk() -> None:
    ours = table(150)
    schedule = WalkForward("month", min_rows=60, embargo=DAY)
    walked = fit_walk_forward(Slopes(), ours, schedule)[1]
    once = fit_once(Slopes(), ours.take(known_rows(ours, walked.asof, DAY)), walked.asof)
    assert _told([once]) == _told([walked])


def test_probabilities_have_the_share_of_ups_as_their_constant() -> None:
    ours = table(150)
    (version, *_) = fit_walk_forward(Slopes("probability"), ours, MONTHLY)
    assert version.label_mean == ours.take(MONTHLY.refits(ours)[0].rows).signs.mean()


def test_a_version_can_be_copied() -> None:
    (version, *_) = fit_walk_forward(Slopes(), table(100), MONTHLY)
    assert _told([copy.deepcopy(version)]) == _told([version])
