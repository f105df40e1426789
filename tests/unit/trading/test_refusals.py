"""What was refused, how often, and what of it makes a run an error."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import OrderEnded, OrderStatus
from friday_core.domain.outcomes import DecisionTaken
from friday_core.plugin.sections import RiskSettings
from friday_core.trading.codes import Code
from friday_core.trading.refusals import not_allowed, refusals

INFY = InstrumentId("INFY", "NSE")
REFUSED = {"CLIPPED_CASH": 2, "PENNY_STOCK": 1}


def taken(code: str) -> DecisionTaken:
    return DecisionTaken(0, "one", INFY, "order", 1.0, 1, 0, code, "", "", "")


def ended(reason: str, status: OrderStatus = OrderStatus.CANCELLED) -> OrderEnded:
    return OrderEnded("F1", INFY, "one", status, 0, reason, 0)


def test_four_codes_refuse_nothing() -> None:
    assert [str(code) for code in Code if not code.refuses] == ["SENT", "CANCEL_SENT", "NO_CHANGE", "SUPERSEDED"]


@pytest.mark.parametrize("code", Code)
def test_every_code_is_written_as_it_is_named_and_says_what_it_means(code: Code) -> None:
    assert (code.value, code.name) == (code.name, code.value)
    assert code.__doc__
    assert Code(code.value) is code


@pytest.mark.parametrize("code", [code for code in Code if code.refuses])
def test_a_decision_with_any_other_code_is_a_refusal(code: Code) -> None:
    assert refusals([taken(code.value)], []) == {code.value: 1}


def test_decisions_that_needed_nothing_are_none() -> None:
    assert refusals([taken(code.value) for code in Code if not code.refuses], []) == {}


def test_the_code_of_a_risk_rule_is_a_refusal() -> None:
    assert refusals([taken("PENNY_STOCK"), taken("SENT"), taken("PENNY_STOCK")], []) == {"PENNY_STOCK": 2}


def test_orders_that_cash_or_a_limit_ended_count_and_others_do_not() -> None:
    ends = [
        ended("CLIPPED_CASH: the cash pays for 8 of 10"),
        ended("NO_CASH: the cash pays for none"),
        ended("DRAWDOWN: 21% below the peak"),
        ended("END_OF_DATA: the source has no more rows"),
        ended("CANCELLED: asked for by the strategy"),
        ended("STRATEGY_STOPPED: it raised"),
        ended("DAY_ENDED: the session is over", OrderStatus.EXPIRED),
        ended("", OrderStatus.FILLED),
        ended("my own words"),
    ]
    assert refusals([taken("CLIPPED_CASH")], ends) == {"CLIPPED_CASH": 2, "DRAWDOWN": 1, "NO_CASH": 1}


@pytest.mark.parametrize(
    ("allowed", "left"),
    [
        ((), REFUSED),
        (("ALL",), {}),
        (("CLIPPED_CASH",), {"PENNY_STOCK": 1}),
        (("CLIPPED_CASH", "PENNY_STOCK", "NEVER_SEEN"), {}),
    ],
)
def test_a_run_is_an_error_by_what_is_not_allowed(allowed: tuple[str, ...], left: dict[str, int]) -> None:
    settings = RiskSettings(allow_refusals=allowed)
    assert not_allowed(REFUSED, settings.allow_refusals) == left


def test_nothing_is_allowed_unless_the_configuration_says_so() -> None:
    assert not_allowed(REFUSED, RiskSettings().allow_refusals) == REFUSED


@pytest.mark.parametrize("code", ["clipped_cash", "CLIPPED CASH", "", "*"])
def test_a_code_that_no_decision_could_have_is_refused_at_the_start(code: str) -> None:
    with pytest.raises(ValidationError, match="is no code; codes are written as in the decisions"):
        RiskSettings(allow_refusals=(code,))
