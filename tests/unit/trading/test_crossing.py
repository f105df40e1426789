"""Crosses: who gets how much of what, when everybody pays at the same moment."""

from __future__ import annotations

from fakes.bars import A, B
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, Side, WorkingOrder
from friday_core.trading.crossing import Meeting, crossed
from friday_core.trading.parts import Part

BUY, SELL = Side.BUY, Side.SELL
RICH = {f"s{number}": 10**9 for number in range(4)}


def order(strategy: str, side: Side, quantity: int, instrument: InstrumentId = A) -> WorkingOrder:
    return WorkingOrder(Order(instrument, side, quantity, tag=f"{strategy} {side} {instrument}", strategy=strategy), 1)


def meeting(*orders: WorkingOrder, price: int = 100, decimals: int = 2, lot: int = 1) -> Meeting:
    instrument = Instrument(orders[0].order.instrument, "INR", price_decimals=decimals, lot_size=lot)
    buys = [one for one in orders if one.order.side is BUY]
    return Meeting(instrument, price, buys, [one for one in orders if one.order.side is SELL])


def told(parts: list[Part]) -> list[tuple[str, str, int]]:
    return [
        (part.strategy, part.order.order.instrument.symbol, part.order.order.side.sign * part.quantity)
        for part in parts
    ]


def test_the_larger_side_shares_in_proportion_and_sells_come_first() -> None:
    parts = crossed([meeting(order("s0", BUY, 10), order("s1", SELL, 6), order("s2", BUY, 5))], RICH)
    assert told(parts) == [("s1", "A", -6), ("s0", "A", 4), ("s2", "A", 2)]


def test_a_buyer_pays_with_what_it_sells_in_another_instrument() -> None:
    swap = [
        meeting(order("s0", SELL, 10), order("s1", BUY, 10)),
        meeting(order("s0", BUY, 10, B), order("s1", SELL, 10, B)),
    ]
    parts = crossed(swap, {"s0": 0, "s1": 0})
    assert told(parts) == [("s0", "A", -10), ("s1", "B", -10), ("s1", "A", 10), ("s0", "B", 10)]


def test_who_cannot_pay_gets_less_and_so_does_who_needed_that_money() -> None:
    # s2 has 300 for 10 A. So s0 sells 3 A only, and with 300 buys 3 B of 10; s1 keeps 7 B.
    chain = [
        meeting(order("s0", SELL, 10), order("s2", BUY, 10)),
        meeting(order("s0", BUY, 10, B), order("s1", SELL, 10, B)),
    ]
    parts = crossed(chain, {"s0": 0, "s1": 0, "s2": 300})
    assert told(parts) == [("s0", "A", -3), ("s1", "B", -3), ("s2", "A", 3), ("s0", "B", 3)]


def test_what_one_buyer_cannot_pay_for_another_gets() -> None:
    one = meeting(order("s0", BUY, 10), order("s1", BUY, 10), order("s2", SELL, 10))
    assert told(crossed([one], {**RICH, "s0": 200})) == [("s2", "A", -10), ("s0", "A", 2), ("s1", "A", 8)]


def test_the_purse_is_spent_in_the_order_of_the_meetings() -> None:
    both = [
        meeting(order("s0", BUY, 5), order("s1", SELL, 5)),
        meeting(order("s0", BUY, 5, B), order("s1", SELL, 5, B)),
    ]
    assert told(crossed(both, {"s0": 700, "s1": 0})) == [
        ("s1", "A", -5),
        ("s1", "B", -2),
        ("s0", "A", 5),
        ("s0", "B", 2),
    ]


def test_money_in_a_circle_that_never_comes_out_even_ends_without_a_cross() -> None:
    # No number of A at 10,007 is worth a number of B at 10,009 and up to 999,999 of either: nobody has a paisa besides.
    swap = [
        meeting(order("s0", SELL, 999_999), order("s1", BUY, 999_999), price=10_009),
        meeting(order("s0", BUY, 999_998, B), order("s1", SELL, 999_998, B), price=10_007),
    ]
    parts = crossed(swap, {"s0": 0, "s1": 0})
    assert sum(part.cost for part in parts) == 0
    assert all(sum(part.cost for part in parts if part.strategy == name) <= 0 for name in ("s0", "s1"))


def test_cash_that_is_owed_buys_nothing() -> None:
    parts = crossed([meeting(order("s0", BUY, 5), order("s1", SELL, 5))], {"s0": -10, "s1": 0})
    assert told(parts) == []


books = st.tuples(st.sampled_from(["s0", "s1", "s2", "s3"]), st.sampled_from(list(Side)), st.integers(1, 40))


@given(
    st.lists(st.lists(books, min_size=2, max_size=6), min_size=1, max_size=3),
    st.lists(st.integers(1, 300), min_size=3, max_size=3),
    st.lists(st.integers(-20, 900) | st.integers(9_000, 40_000), min_size=4, max_size=4),
)
def test_crosses_make_no_money_and_no_shares_and_leave_nobody_in_debt(
    drawn: list[list[tuple[str, Side, int]]], prices: list[int], cash: list[int]
) -> None:
    meetings = []
    for n, group in enumerate(drawn):
        name = InstrumentId("ABC"[n], "NSE")
        orders = [order(who, side, quantity * 5, name) for who, side, quantity in group]
        for number, one in enumerate(orders):
            one.order = Order(
                name, one.order.side, one.order.quantity, tag=f"{n} {number}", strategy=one.order.strategy
            )
        if {one.order.side for one in orders} == {BUY, SELL}:
            meetings.append(meeting(*orders, price=prices[n], decimals=4, lot=5))
    purses = dict(zip(("s0", "s1", "s2", "s3"), cash, strict=True))
    parts = crossed(meetings, purses)
    enough = sum(-(-price * sum(one.remaining for one in met.buys) // 100) + 1 for met in meetings for price in prices)
    assert sum(part.cost for part in parts) == 0
    for one in meetings:
        mine = [part for part in parts if part.order.order.instrument == one.instrument.id]
        assert sum(part.order.order.side.sign * part.quantity for part in mine) == 0
        assert all(part.quantity <= part.order.remaining and part.quantity % 5 == 0 for part in mine)
        if min(cash) >= enough:
            bought = sum(part.quantity for part in mine if part.order.order.side is BUY)
            assert bought == min(sum(x.remaining for x in one.buys), sum(x.remaining for x in one.sells))
    for name, purse in purses.items():
        assert purse - sum(part.cost for part in parts if part.strategy == name) >= min(0, purse)
