"""The runs with other charges and slippage: what is changed, what is kept, and what a failure does."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes.run_result import book, results, run_result

from friday_core.cli.options import Choice
from friday_core.cli.sensitivity import run_again
from friday_core.errors import DataSourceError
from friday_core.orchestration.host import RunResult
from friday_core.session.runner import RunStatus

CHOICE = Choice("firm_containers:build", "demo", overrides=("a.b=1",))


class Again:
    """Loads, builds and runs as ``run_again`` asks for it, and remembers."""

    def __init__(self, *outcomes: RunResult | Exception, charges: float = 1.0, slippage: float = 1.0) -> None:
        self.outcomes = list(outcomes)
        self.loaded: list[dict[str, str]] = []
        self.told: list[str] = []
        self.training: list[object] = []
        self.kept_inside: list[bool] = []
        self.serving = "compiled"
        account, broker = SimpleNamespace(charges_scale=charges), SimpleNamespace(slippage_scale=slippage)
        self.settings: Any = SimpleNamespace(settings=SimpleNamespace(account=account, broker=broker))

    def __call__(self) -> list[dict[str, Any]]:
        host: Any = SimpleNamespace(training="the versions", executor=SimpleNamespace(serving=self.serving))
        return run_again(CHOICE, self.settings, host, self.run)

    def load_settings(self, _profile: str, *, config: object, overrides: tuple[str, ...]) -> None:
        self.loaded.append(dict(one.split("=", 1) for one in overrides))

    def build(self, _loaded: object) -> Any:
        return SimpleNamespace(training=None, keep_inside=lambda: self.kept_inside.append(True))

    def run(self, host: Any, what: str) -> RunResult:
        self.told.append(what)
        self.training.append(host.training)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(again: Again) -> Again:
        monkeypatch.setitem(sys.modules, "firm_containers", again)  # type: ignore[arg-type]
        return again

    return install


def test_charges_and_slippage_are_scaled_from_what_the_run_has(installed: Any) -> None:
    again = installed(Again(run_result(), run_result(), charges=1.5, slippage=0.5))
    again()
    scaled = [(one["account.charges_scale"], one["broker.slippage_scale"]) for one in again.loaded]
    assert scaled == [("0.0", "0.0"), ("3.0", "1.0")]
    assert again.told == ["at 0x the charges and slippage", "at 2x the charges and slippage"]


def test_everything_else_is_as_it_was_chosen_but_nobody_is_told(installed: Any) -> None:
    again = installed(Again(run_result(), run_result()))
    again()
    for one in again.loaded:
        assert (one["a.b"], one["notify.use"], one["run.observers"]) == ("1", "[]", "[]")
        assert not Path(one["run.folder"].strip('"')).exists()


def test_they_run_in_what_the_run_came_to_run_in_so_that_no_notice_is_repeated(installed: Any) -> None:
    again = installed(Again(run_result(), run_result()))
    again.serving = "python"
    again()
    assert [one["run.executor"] for one in again.loaded] == ["python", "python"]


def test_nothing_leaves_them(installed: Any) -> None:
    again = installed(Again(run_result(), run_result()))
    again()
    assert again.kept_inside == [True, True]


def test_the_model_is_not_fitted_again(installed: Any) -> None:
    again = installed(Again(run_result(), run_result()))
    again()
    assert again.training == ["the versions"] * 2


def test_the_figures_are_the_summarys_with_the_charges_of_all_books(installed: Any) -> None:
    books = {"one": book(charges=1.5), "two": book(charges=2.0)}
    first, second = installed(Again(run_result(strategies=books), run_result(results=results(total_return=-0.1))))()
    assert (first["charges"], first["slippage"], first["status"], first["error"]) == (0, 0, "finished", "")
    assert first["results"] == {**results(), "charges": 3.5}
    assert (second["charges"], second["results"]["total_return"]) == (2, -0.1)


def test_a_run_that_fails_says_so_and_the_next_one_runs(installed: Any) -> None:
    first, second = installed(Again(DataSourceError("no bars"), run_result()))()
    assert first == {"charges": 0, "slippage": 0, "status": "failed", "error": "no bars"}
    assert second["status"] == "finished"


def test_a_run_that_was_interrupted_has_no_figures_and_is_the_last(installed: Any) -> None:
    (only,) = installed(Again(run_result(RunStatus.INTERRUPTED)))()
    assert only == {"charges": 0, "slippage": 0, "status": "interrupted", "error": "it did not see every bar"}
