"""Risk adjusters: targets only ever become smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.signals import Target
from friday_core.errors import PluginContractError
from friday_core.interfaces.risk_adjuster import RiskAdjuster, RiskState
from friday_core.interfaces.strategy import BookView
from friday_core.trading.adjusting import adjusted
from friday_core.trading.ledger import Book, FrozenBook

INFY, TCS = InstrumentId("INFY", "NSE"), InstrumentId("TCS", "NSE")
BAR: Any = Bar(Instrument(INFY, "INR"), 0, 0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, RawBar(100, 100, 100, 100), {})
VIEW = FrozenBook(Book("one", "INR", 0), {})


class Answers(RiskAdjuster):
    def __init__(self, answer: Callable[[Target], Any]) -> None:
        self.asked: list[Target] = []
        self._answer = answer

    def adjust(self, target: Target, bar: Bar, book: BookView, state: RiskState) -> Target | None:
        self.asked.append(target)
        answer: Target | None = self._answer(target)
        return answer


def times(factor: float) -> Answers:
    return Answers(lambda target: Target(target.instrument, target.weight * factor, target.reason))


def through(target: Target, **adjusters: Answers) -> tuple[Target | None, str]:
    return adjusted(adjusters, target, BAR, VIEW, RiskState())


def test_adjusters_work_one_after_the_other_and_each_is_named_with_what_it_did() -> None:
    target, detail = through(Target(INFY, -0.8, "down"), first=times(0.5), idle=times(1.0), second=times(0.25))
    assert target == Target(INFY, -0.1, "down")
    assert detail == "first: weight -0.800000 -> -0.400000; second: weight -0.400000 -> -0.100000"


def test_a_flat_target_is_not_shown_to_adjusters() -> None:
    zero, never = times(0.0), times(1.0)
    assert through(Target(INFY, 0.0), never=never) == (Target(INFY, 0.0), "")
    assert through(Target(INFY, 0.5), zero=zero, never=never)[0] == Target(INFY, 0.0)
    assert never.asked == []


def test_an_adjuster_may_leave_a_position_alone() -> None:
    after = times(0.5)
    assert through(Target(INFY, 0.5), silent=Answers(lambda _: None), after=after) == (
        None,
        "silent made no target of it",
    )
    assert after.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Target(INFY, 0.500001),
        Target(INFY, -0.1),
        Target(TCS, 0.5),
        0.25,
    ],
)
def test_an_adjuster_that_does_anything_but_reduce_breaks_its_contract(answer: object) -> None:
    with pytest.raises(PluginContractError, match="bad may only reduce a target: it made"):
        through(Target(INFY, 0.5), fine=times(1.0), bad=Answers(lambda _: answer))


def test_what_an_adjuster_raises_is_its_own() -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        through(Target(INFY, 0.5), bad=Answers(lambda target: target.weight / 0))


@given(st.floats(-600, 600), st.lists(st.floats(-1.5, 1.5), max_size=4))
def test_no_chain_of_adjusters_ends_larger_or_on_the_other_side(weight: float, factors: list[float]) -> None:
    adjusters = {f"a{n}": times(factor) for n, factor in enumerate(factors)}
    try:
        target, _ = adjusted(adjusters, Target(INFY, weight), BAR, VIEW, RiskState())
    except PluginContractError:
        assert any(not 0.0 <= factor <= 1.0 for factor in factors)
        return
    assert target is not None
    assert abs(target.weight) <= abs(weight)
    assert target.weight * weight >= 0.0
