"""Operators that break a rule of the kit, and one that keeps all of them."""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from unit.causal.own_steps import hull, ratio_above, rounded

from friday_core.api import ComponentSpec, Example, Op, hookimpl, operator
from friday_core.testing.doubles import NoCharges
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Check
from friday_core.testing.subject import Subject
from friday_core.testing.suites import OF_OPERATORS, checks_of

EXAMPLES, ANSWERS, COMPILED = "its operators give what", "its operators have an answer", "its operators give the same"


@pytest.fixture
def subject(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Subject]:
    """A component whose module registers these operators."""

    def made(*operators: Op) -> Subject:
        module: Any = types.ModuleType("cheating_operators")
        module.friday_operators = hookimpl(lambda: list(operators))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return Subject(ComponentSpec("charges", "none", NoCharges), module.__name__)

    return made


def _inverse(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    return 1.0 / x[0]


def _steps(_state: list[float], _at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    if not math.isfinite(x[0]):
        return math.nan
    return float(int(x[0]))


def _far(state: list[float], at: int, x: Sequence[float], _params: Sequence[float], _scale: float) -> float:
    """Leaves its slots where its example does not see it."""
    state[at] += 1.0
    if state[at] > 2.0:
        state[at + 1] = x[0]
    return x[0]


def cheat(step: Any, **more: Any) -> Op:
    return operator("cheat", meaning="", nan="", examples=[Example([[1.0]], [1.0])], **more)(step)


def check(one: Subject, sentence: str) -> Check:
    (rule,) = [rule for rule in OF_OPERATORS if rule.sentence.startswith(sentence)]
    return Check(one, rule)


@pytest.mark.parametrize(
    ("op", "sentence", "seen"),
    [
        (cheat(_far), EXAMPLES, r"IndexError: it asks for state\[3\], and its own are none"),
        (cheat(_far, start=[0.0]), ANSWERS, r"IndexError: it asks for state\[4\], and its own are from 3 to 3"),
        (cheat(_inverse), ANSWERS, "operator cheat raises ZeroDivisionError: .* on a row of -?0.0"),
        (cheat(_steps), COMPILED, r"row \d+: operator cheat gives -?1e\+300, and compiled "),
    ],
)
def test_a_cheat_is_seen(subject: Callable[..., Subject], op: Op, sentence: str, seen: str) -> None:
    with pytest.raises(Broken, match=seen):
        check(subject(op), sentence)()


@pytest.mark.parametrize("rule", OF_OPERATORS, ids=lambda rule: rule.sentence)
def test_sound_operators_keep_the_rules(subject: Callable[..., Subject], rule: Any) -> None:
    Check(subject(hull, ratio_above), rule)()


def test_an_operator_without_a_kernel_is_not_held_to_one(subject: Callable[..., Subject]) -> None:
    with pytest.raises(DoesNotApply, match="rounded runs in plain Python: "):
        check(subject(rounded), COMPILED)()


def test_operators_are_tried_once_for_all_components_of_a_module(subject: Callable[..., Subject]) -> None:
    one = subject(hull)
    rules = [each.rule for each in checks_of([one, one])]
    assert [rules.count(rule) for rule in OF_OPERATORS] == [1, 1, 1]
    assert not set(OF_OPERATORS) & {each.rule for each in checks_of([subject()])}
