"""A validator's checks: how conditions are named, and what is refused with the mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from friday_core.api import ColumnValidator, Verdict, where
from friday_core.causal.checks import verdict_and_reason
from friday_core.causal.program import Program, trace_program
from friday_core.errors import LookaheadError, TraceError


class Judge(ColumnValidator):
    """Checks what a test writes."""

    def __init__(self, checks: Callable[[Any], Any]) -> None:
        self._checks = checks

    def checks(self, m: Any) -> Any:
        return self._checks(m)


def traced(checks: Callable[[Any], Any]) -> Program:
    return trace_program(Judge(checks).outputs)


def test_a_condition_alone_quarantines() -> None:
    program = traced(lambda m: {"thin: nobody": m.volume < 1})
    assert [verdict_and_reason(name) for name in program.outputs] == [(Verdict.QUARANTINE, "thin: nobody")]


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.DUPLICATE, Verdict.QUARANTINE, Verdict.REJECT_CHUNK])
def test_a_verdict_may_stand_with_the_condition(verdict: Verdict) -> None:
    program = traced(lambda m: {"thin": (verdict, m.volume < 1)})
    assert [verdict_and_reason(name) for name in program.outputs] == [(verdict, "thin")]


def test_reasons_stand_in_the_order_in_which_they_were_written() -> None:
    program = traced(lambda m: {"b": m.volume < 1, "a": m.volume < 2})
    assert [verdict_and_reason(name)[1] for name in program.outputs] == ["b", "a"]


def test_a_reason_that_is_called_like_a_decision_is_not_held_back_until_it_is_warm() -> None:
    program = traced(lambda m: {"signal": m.volume < m.volume.shift(3)})
    assert "ready" not in [one.name for one in program.instructions]


@pytest.mark.parametrize(
    ("checks", "mend"),
    [
        (lambda m: None, r"checks\(m\) must return a dict of conditions by reason, not a NoneType"),
        (lambda m: {}, r"checks\(m\) must return a dict of conditions by reason, not an empty dict"),
        (lambda m: {"": m.volume < 1}, r"checks\(m\) gives a reason ''; reasons are text"),
        (lambda m: {7: m.volume < 1}, r"checks\(m\) gives a reason 7; reasons are text"),
        (lambda m: {"thin": m.volume}, r"checks\(m\)\['thin'\] is a column of numbers; compare it with something"),
        (lambda m: {"thin": where(m.volume < 1, 1.0, 0.0)}, "is a column of numbers; compare it"),
        (lambda m: {"thin": True}, r"checks\(m\)\['thin'\] is a bool, not a column of m"),
        (lambda m: {"thin": (1, m.volume < 1)}, r"without a verdict; write \(Verdict\.PASS, condition\)"),
        (lambda m: {"thin": (Verdict.REPAIR, m.volume < 1)}, "asks for a repair, which needs values; derive .* from"),
    ],
)
def test_what_is_no_check_is_refused_with_the_authors_line(checks: Callable[[Any], Any], mend: str) -> None:
    with pytest.raises(TraceError, match=rf"^test_checks\.py:\d+: .*{mend}"):
        traced(checks)


def test_a_check_cannot_see_the_future() -> None:
    with pytest.raises(LookaheadError, match=r"^test_checks\.py:\d+: shift\(-1\) would look ahead"):
        traced(lambda m: {"the next close is lower": m.close.shift(-1) < m.close})
