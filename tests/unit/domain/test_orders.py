"""Orders: what the constructor refuses, and which steps an order's life may take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import (
    ORDER_TRANSITIONS,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    WorkingOrder,
)
from friday_core.errors import InvariantError

INFY = InstrumentId("INFY", "NSE")
PRICES = {
    OrderType.MARKET: {},
    OrderType.LIMIT: {"limit_price": 100},
    OrderType.STOP: {"trigger_price": 100},
    OrderType.STOP_LIMIT: {"limit_price": 100, "trigger_price": 100},
}
S = OrderStatus
#: Every legal step, written out once more by hand.
LEGAL = {
    (S.INTENT, S.DENIED), (S.INTENT, S.SENT), (S.INTENT, S.OPEN), (S.INTENT, S.CANCELLED),
    (S.SENT, S.ACKED), (S.SENT, S.OPEN), (S.SENT, S.PARTIAL), (S.SENT, S.FILLED), (S.SENT, S.CANCELLED),
    (S.SENT, S.EXPIRED), (S.SENT, S.REJECTED), (S.SENT, S.IN_DOUBT),
    (S.ACKED, S.OPEN), (S.ACKED, S.PARTIAL), (S.ACKED, S.FILLED), (S.ACKED, S.CANCELLED), (S.ACKED, S.EXPIRED),
    (S.ACKED, S.REJECTED), (S.ACKED, S.IN_DOUBT),
    (S.OPEN, S.PARTIAL), (S.OPEN, S.FILLED), (S.OPEN, S.CANCELLED), (S.OPEN, S.EXPIRED), (S.OPEN, S.REJECTED),
    (S.OPEN, S.IN_DOUBT),
    (S.PARTIAL, S.PARTIAL), (S.PARTIAL, S.FILLED), (S.PARTIAL, S.CANCELLED), (S.PARTIAL, S.EXPIRED),
    (S.PARTIAL, S.IN_DOUBT),
    (S.IN_DOUBT, S.ACKED), (S.IN_DOUBT, S.OPEN), (S.IN_DOUBT, S.PARTIAL), (S.IN_DOUBT, S.FILLED),
    (S.IN_DOUBT, S.CANCELLED), (S.IN_DOUBT, S.EXPIRED), (S.IN_DOUBT, S.REJECTED),
}  # fmt: skip


def order(**changes: Any) -> Order:
    return Order(**{"instrument": INFY, "side": Side.BUY, "quantity": 10, "tag": "F1", **changes})


def working(status: OrderStatus = S.INTENT, quantity: int = 10) -> WorkingOrder:
    one = WorkingOrder(order(quantity=quantity), active_from=1)
    one.status = status
    return one


@pytest.mark.parametrize("kind", OrderType)
def test_an_order_has_the_prices_of_its_type(kind: OrderType) -> None:
    assert order(type=kind, **PRICES[kind]).type is kind


@pytest.mark.parametrize("kind", OrderType)
@pytest.mark.parametrize("price", ["limit_price", "trigger_price"])
def test_a_price_too_many_or_too_few_is_refused(kind: OrderType, price: str) -> None:
    given = dict(PRICES[kind])
    message = "is missing" if given.pop(price, None) else "does not belong to it"
    if message == "does not belong to it":
        given[price] = 100
    with pytest.raises(ValueError, match=rf"^{kind} order for INFY\.NSE: {price} {message}$"):
        order(type=kind, **given)


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_is_at_least_one(quantity: int) -> None:
    with pytest.raises(ValueError, match=f"quantity {quantity} must be at least 1"):
        order(quantity=quantity)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 1.5},
        {"quantity": 10.0},
        {"quantity": "10"},
        {"type": OrderType.LIMIT, "limit_price": 100.0},
        {"type": OrderType.STOP, "trigger_price": np.float64(100)},
    ],
)
def test_quantities_and_prices_are_whole_numbers(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"order for INFY\.NSE: \w+ .* is not a whole number"):
        order(**wrong)


def test_whole_numbers_of_numpy_become_plain_ones() -> None:
    one = order(type=OrderType.LIMIT, quantity=np.int64(5), limit_price=np.int32(100))
    assert [(type(value), value) for value in (one.quantity, one.limit_price)] == [(int, 5), (int, 100)]


@pytest.mark.parametrize("wrong", [{"quantity": 2**63}, {"type": OrderType.LIMIT, "limit_price": 2**63}])
def test_numbers_that_no_result_table_can_hold_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be below 2 \*\* 63"):
        order(**wrong)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [({"side": "buy"}, "Side"), ({"type": "market"}, "OrderType"), ({"time_in_force": "day"}, "TimeInForce")],
)
def test_words_are_not_taken_for_their_enumerations(wrong: dict[str, str], kind: str) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be a {kind}"):
        order(**wrong)


@pytest.mark.parametrize("old", OrderStatus)
@pytest.mark.parametrize("new", OrderStatus)
def test_only_the_legal_steps_can_be_taken(old: OrderStatus, new: OrderStatus) -> None:
    one = working(old)
    if (old, new) in LEGAL:
        one.move(new, "because")
        assert (one.status, one.reason) == (new, "because")
    else:
        with pytest.raises(InvariantError, match=f"order F1: illegal step from {old} to {new}"):
            one.move(new)
        assert one.status is old


def test_the_end_is_where_no_step_leads_on() -> None:
    ends = {S.DENIED, S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED}
    assert {one for one in OrderStatus if one.terminal} == ends
    assert ORDER_TRANSITIONS.keys() == set(OrderStatus)


def test_parts_fill_an_order_step_by_step() -> None:
    one = working(S.OPEN)
    one.fill(4)
    assert (one.status, one.filled, one.remaining) == (S.PARTIAL, 4, 6)
    one.fill(6)
    assert (one.status, one.filled, one.remaining) == (S.FILLED, 10, 0)


@pytest.mark.parametrize("quantity", [0, -1, 11])
def test_nothing_else_than_what_remains_can_be_filled(quantity: int) -> None:
    one = working(S.OPEN)
    with pytest.raises(InvariantError, match=f"order F1: fill of {quantity} with 10 remaining"):
        one.fill(quantity)
    assert (one.status, one.filled) == (S.OPEN, 0)


def test_a_step_without_a_reason_keeps_the_earlier_one() -> None:
    one = working(S.OPEN)
    one.move(S.PARTIAL, "first")
    one.move(S.CANCELLED)
    assert one.reason == "first"


def test_a_side_has_its_sign() -> None:
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)


# --- time, protection, brackets -----------------------------------------------------------------

BRACKET = {"stop_loss": 90, "take_profit": 120}
REFUSED = [
    ("a date is missing", {"time_in_force": TimeInForce.GTD}, "good_till is missing"),
    ("a date too many", {"good_till": 19_000}, "day order for INFY.NSE: good_till does not belong to it"),
    ("no whole date", {"time_in_force": TimeInForce.GTD, "good_till": 1.5}, "good_till 1.5 is not a whole number"),
    (
        "a stop in an auction",
        {"type": OrderType.STOP, "trigger_price": 100, "time_in_force": TimeInForce.AT_CLOSE},
        "a closing auction takes market and limit orders",
    ),
    (
        "two limits",
        {"type": OrderType.LIMIT, "limit_price": 100, "protection_ppm": 1},
        "limit order for INFY.NSE: protection_ppm does not belong to it",
    ),
    ("more than all", {"protection_ppm": 1_000_001}, "protection_ppm 1000001 must be 0 to 1000000"),
    ("less than nothing", {"protection_ppm": -1}, "protection_ppm -1 must be 0 to 1000000"),
    ("a bracket the wrong way round", {"stop_loss": 120, "take_profit": 90}, r"\[120, 90\] must rise"),
    ("no room between", {"stop_loss": 90, "take_profit": 90}, r"\[90, 90\] must rise"),
    ("a short the wrong way round", {"side": Side.SELL, **BRACKET}, r"\[90, 120\] must fall"),
    (
        "a limit outside of its bracket",
        {"type": OrderType.LIMIT, "limit_price": 90, **BRACKET},
        r"\[90, 90, 120\] must rise",
    ),
    ("a price beyond 64 bits", {"take_profit": 2**63}, "quantity and prices must be below 2"),
]


@pytest.mark.parametrize(("case", "changes", "message"), REFUSED)
def test_what_does_not_belong_together_is_refused(case: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        order(**changes)


def test_a_bracket_names_the_types_and_prices_of_its_legs() -> None:
    one = order(type=OrderType.LIMIT, limit_price=100, **BRACKET)
    assert one.is_bracket
    assert one.prices == (100, 90, 120)
    assert one.types == (OrderType.LIMIT, OrderType.STOP, OrderType.LIMIT)
    assert not order().is_bracket
    assert order().types == (OrderType.MARKET,)


def test_of_twins_one_counts_while_the_other_works() -> None:
    one, other = working(S.OPEN), working(S.OPEN)
    other.twin = one
    assert (one.is_alternative, other.is_alternative) == (False, True)
    one.move(S.CANCELLED)
    assert not other.is_alternative
