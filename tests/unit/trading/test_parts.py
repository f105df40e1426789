"""Shares of a trade: whole, in proportion, and exactly as much as there is."""

from __future__ import annotations

import pytest
from fakes.bars import A
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Order, Side, WorkingOrder
from friday_core.trading.parts import Part, Trade, cash_reason, lots, shares

SHARE = Instrument(A, "INR")
FINE = Instrument(A, "INR", price_decimals=4, lot_size=5)


def order(strategy: str, quantity: int, side: Side = Side.BUY) -> WorkingOrder:
    return WorkingOrder(Order(A, side, quantity, tag=f"{strategy} {quantity}", strategy=strategy), 1)


def trade(instrument: Instrument = SHARE, side: Side = Side.BUY, *, each: int = 0, price: int = 100) -> Trade:
    return Trade(instrument, side, price, lambda _: each)


def told(parts: object) -> list[tuple[str, int, int, int]]:
    assert isinstance(parts, list)
    return [(part.strategy, part.quantity, part.notional, part.charges) for part in parts]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (10, [1, 1], [5, 5]),
        (7, [1, 1], [4, 3]),  # a tie: the first
        (10, [1, 2], [3, 7]),  # 3.33 and 6.67
        (1, [1, 1, 3], [0, 0, 1]),
        (0, [3, 4], [0, 0]),
        (5, [0, 4], [0, 5]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
    ],
)
def test_shares_go_by_largest_remainder(total: int, weights: list[int], expected: list[int]) -> None:
    assert shares(total, weights) == expected


@given(st.lists(st.integers(0, 10**12), min_size=1), st.integers(0, 10**12))
def test_shares_sum_to_the_whole_and_none_is_a_unit_off_its_proportion(weights: list[int], total: int) -> None:
    if not sum(weights):
        return
    found = shares(total, weights)
    assert sum(found) == total
    assert all(
        abs(share * sum(weights) - total * weight) < sum(weights) for share, weight in zip(found, weights, strict=True)
    )
    if total <= sum(weights):
        assert all(share <= weight for share, weight in zip(found, weights, strict=True))


def test_lots_are_shared_as_wholes() -> None:
    assert lots(30, [20, 40], 10) == [10, 20]
    assert lots(10, [20, 40], 10) == [0, 10]


def test_a_trade_is_shared_by_what_remains() -> None:
    first, second = order("s0", 10), order("s1", 40)
    first.move(first.status.OPEN)
    first.fill(5)
    shared = trade(each=10).share(9, [first, second], {"s0": 10**6, "s1": 10**6})
    assert told(shared.parts) == [("s0", 1, 100, 1), ("s1", 8, 800, 9)]
    assert shared.short == []


def test_no_more_is_shared_than_remains() -> None:
    shared = trade().share(100, [order("s0", 1), order("s1", 2)], {"s0": 10**6, "s1": 10**6})
    assert [part.quantity for part in shared.parts] == [1, 2]


def test_a_sale_needs_no_cash() -> None:
    shared = trade(side=Side.SELL).share(3, [order("s0", 3, Side.SELL)], {"s0": -500})
    assert [(part.quantity, part.cost) for part in shared.parts] == [(3, -300)]


def test_who_is_short_of_cash_is_cut_and_the_others_are_not() -> None:
    # 10 each at 100 and 20 of charges, 10 each: s1 has 899 less 10, for 8. The charges of 18 are 11 and 9.
    first, second = order("s0", 10), order("s1", 10)
    shared = trade(each=20).share(20, [first, second], {"s0": 2_000, "s1": 899})
    assert told(shared.parts) == [("s0", 10, 1_000, 11), ("s1", 8, 800, 9)]
    assert shared.short == [(second, 10)]


def test_charges_that_move_to_another_can_cut_it_too() -> None:
    # 1 each at 100, 10 of charges. s1 has nothing. s0 has 105 for 100 and 5; all 10 are too much.
    first, second = order("s0", 1), order("s1", 1)
    shared = trade(each=10).share(2, [first, second], {"s0": 105, "s1": 0})
    assert shared.parts == []
    assert shared.short == [(first, 1), (second, 1)]


def test_two_orders_of_one_strategy_draw_on_one_purse_in_order() -> None:
    first, second = order("s0", 6), order("s0", 5)
    shared = trade().share(11, [first, second], {"s0": 1_000})
    assert [(part.order, part.quantity) for part in shared.parts] == [(first, 6), (second, 4)]


@given(
    st.lists(st.tuples(st.sampled_from(["s0", "s1", "s2"]), st.integers(1, 50)), min_size=1, max_size=5),
    st.integers(0, 60),
    st.integers(1, 400),
    st.integers(0, 50),
    st.lists(st.integers(-10, 200), min_size=3, max_size=3),
)
def test_parts_sum_to_one_trade_and_every_strategy_can_pay(
    asked: list[tuple[str, int]], wanted: int, price: int, each: int, cash: list[int]
) -> None:
    orders = [order(name, quantity * 5) for name, quantity in asked]
    purses = dict(zip(("s0", "s1", "s2"), cash, strict=True))
    shared = trade(FINE, each=each, price=price).share(wanted * 5, orders, purses)
    quantity = sum(part.quantity for part in shared.parts)
    assert sum(part.notional for part in shared.parts) == FINE.notional(price, quantity)
    assert sum(part.charges for part in shared.parts) == (each if quantity else 0)
    assert all(part.quantity % 5 == 0 and part.quantity <= part.order.remaining for part in shared.parts)
    for name, purse in purses.items():
        assert sum(part.cost for part in shared.parts if part.strategy == name) <= max(0, purse)


def test_a_part_costs_with_charges_and_brings_without() -> None:
    assert Part(order("s0", 1), 1, 100, 100, 7).cost == 107
    assert Part(order("s0", 1, Side.SELL), 1, 100, 100, 7).cost == -93


@pytest.mark.parametrize(
    ("paid", "reason"),
    [
        (0, "NO_CASH: the cash pays for none of 10 at 1.0 INR"),
        (4, "CLIPPED_CASH: the cash pays for 4 of 10 at 1.0 INR"),
    ],
)
def test_the_end_for_want_of_cash_has_a_code_and_the_numbers(paid: int, reason: str) -> None:
    assert cash_reason(paid, 10, 100, SHARE) == reason
