"""``[streams.signals]``: what may be chosen, and what no configuration can leave out."""

from __future__ import annotations

from typing import Any

import pytest

from friday_core.errors import ProblemKind
from friday_core.plugin.sections import StreamSettings
from friday_core.plugin.signal_steps import SignalSteps, signal_problems


def stream(**changes: Any) -> StreamSettings:
    """The stream of the integration plan, but for what a test changes."""
    planned = {
        "source": "strategy_engine",
        "transformers": ("risk_adjuster", "position_sizer"),
        "validators": ("risk_limits", "margin_check"),
    }
    return StreamSettings(**{**planned, **changes})


def test_the_stream_of_the_plan_has_an_adjuster_and_checks_the_margin() -> None:
    assert list(signal_problems(stream())) == []
    assert SignalSteps.of(stream()) == SignalSteps(("risk_adjuster",), margin_check=True)


def test_without_the_stream_there_is_sizing_and_limits_and_nothing_else() -> None:
    least = stream(transformers=("position_sizer",), validators=("risk_limits",))
    assert list(signal_problems(least)) == []
    assert SignalSteps.of(least) == SignalSteps.of(None) == SignalSteps((), margin_check=False)


def test_several_adjusters_keep_their_order() -> None:
    steps = SignalSteps.of(stream(transformers=("b", "a", "position_sizer")))
    assert steps.adjusters == ("b", "a")


@pytest.mark.parametrize(
    ("changes", "message", "mend"),
    [
        ({"source": "synthetic"}, "its source is 'synthetic'", 'write source = "strategy_engine"'),
        (
            {"transformers": ()},
            "'position_sizer' is not its last transformer",
            'write transformers = ["position_sizer"]',
        ),
        (
            {"transformers": ("position_sizer", "risk_adjuster")},
            "'position_sizer' is not its last transformer",
            'write transformers = ["risk_adjuster", "position_sizer"]',
        ),
        (
            {"transformers": ("position_sizer", "position_sizer")},
            "'position_sizer' is not its last transformer",
            'write transformers = ["position_sizer"]',
        ),
        ({"validators": ()}, "its validators are []", 'write validators = ["risk_limits"]'),
        (
            {"validators": ("margin_check",)},
            'its validators are ["margin_check"]',
            'write validators = ["risk_limits", "margin_check"]',
        ),
        (
            {"validators": ("risk_limits", "long_only")},
            'its validators are ["risk_limits", "long_only"]',
            "write validators = [\"risk_limits\"]; risk rules such as 'long_only' stand in [risk] rules",
        ),
        (
            {"validators_after": ("bar_sanity",)},
            "nothing comes after its validators",
            "leave validators_after out",
        ),
    ],
)
def test_no_decision_goes_round_sizing_and_risk(changes: dict[str, Any], message: str, mend: str) -> None:
    (problem,) = signal_problems(stream(**changes))
    assert (problem.kind, problem.section) == (ProblemKind.INVALID_VALUE, "streams.signals")
    assert (problem.message, problem.mend) == (message, mend)
