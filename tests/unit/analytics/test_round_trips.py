"""Round trips: by hand, and against the ledger over random fills and corporate actions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.round_trips import Adjusted, OpenLot, RoundTrip, Traded, round_trips
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Fill, Side
from friday_core.trading.ledger import Book

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR")
NAME = str(INFY.id)


def traded(session: int, quantity: int, price: int, charges: int = 0) -> Traded:
    """A fill at a price in paise, which is the minor unit too."""
    return Traded(session * 10, session, "one", NAME, quantity, price / 100, abs(quantity) * price, charges)


def adjusted(session: int, cash: int = 0, *, ratio: tuple[int, int] = (1, 1)) -> Adjusted:
    return Adjusted(session, "one", NAME, *ratio, cash)


def test_a_sale_closes_the_oldest_shares_first() -> None:
    # 10 at 1.00 and 10 at 2.00; 15 sold at 3.00: 10 earn 20.00 and 5 earn 5.00; 5 stay at 2.00.
    trips, left = round_trips([traded(1, 10, 100), traded(2, 10, 200), traded(3, -15, 300)], [])
    assert [(trip.quantity, trip.ts_opened, trip.ts_closed, trip.gross) for trip in trips] == [
        (10, 10, 30, 2_000),
        (5, 20, 30, 500),
    ]
    assert left == [OpenLot("one", NAME, 5, 20, 2.0, 1_000, 0, 0)]


def test_charges_of_both_fills_belong_to_the_trip_in_proportion() -> None:
    # A third of the 30 of the purchase, and all of the 7 of the sale.
    trips, left = round_trips([traded(1, 30, 100, 30), traded(2, -10, 100, 7)], [])
    assert [(trip.charges, trip.net) for trip in trips] == [(17, -17)]
    assert left[0].charges == 20


def test_a_short_earns_when_the_price_falls() -> None:
    (trip,), left = round_trips([traded(1, -10, 200), traded(2, 10, 150)], [])
    assert (trip.quantity, trip.cost, trip.proceeds, trip.net) == (-10, -2_000, -1_500, 500)
    assert trip.net_return == 0.25
    assert left == []


def test_a_fill_through_zero_closes_all_and_opens_the_rest() -> None:
    (trip,), (lot,) = round_trips([traded(1, 10, 100), traded(2, -15, 110, 3)], [])
    assert (trip.quantity, trip.gross, trip.charges) == (10, 100, 2)
    assert (lot.quantity, lot.cost, lot.charges) == (-5, -550, 1)


def test_a_dividend_is_income_of_whoever_held_the_shares() -> None:
    (trip,), _ = round_trips([traded(1, 10, 100), traded(3, -10, 90)], [adjusted(2, cash=150)])
    assert (trip.gross, trip.income, trip.net) == (-100, 150, 50)


def test_an_action_comes_before_the_fills_of_its_session() -> None:
    # Five shares become ten before the sale of ten, so the sale is no short.
    trips, left = round_trips([traded(1, 5, 200), traded(2, -10, 100)], [adjusted(2, ratio=(2, 1))])
    assert [(trip.quantity, trip.gross) for trip in trips] == [(10, 0)]
    assert left == []


def test_a_lot_without_a_whole_share_after_a_split_is_closed_with_what_was_paid_for_it() -> None:
    (trip,), left = round_trips([traded(1, 1, 500, 4)], [adjusted(2, cash=450, ratio=(1, 2))])
    assert (trip.proceeds, trip.income, trip.exit_price, trip.net) == (0, 450, 0.0, -54)
    assert left == []


def test_strategies_do_not_close_each_others_lots() -> None:
    other = Traded(20, 2, "two", NAME, -10, 1.0, 1_000, 0)
    trips, left = round_trips([traded(1, 10, 100), other], [])
    assert trips == []
    assert [(lot.strategy, lot.quantity) for lot in left] == [("one", 10), ("two", -10)]


def test_a_lot_that_cost_nothing_has_no_return() -> None:
    free = RoundTrip("one", NAME, 1, 0, 1, 0.0, 1.0, 0, 100, 0, 0)
    assert (free.net, free.net_return) == (100, 0.0)


FILLS = st.tuples(st.integers(-50, 50).filter(bool), st.integers(1, 500), st.integers(0, 99))
ACTIONS = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(0, 40))


@given(st.lists(st.tuples(st.one_of(st.none(), ACTIONS), FILLS), max_size=12), st.integers(1, 500))
def test_trips_and_open_lots_explain_every_minor_unit_that_the_ledger_booked(
    days: list[tuple[tuple[int, int, int] | None, tuple[int, int, int]]], mark: int
) -> None:
    book = Book("one", "INR", 1_000_000)
    fills, actions = [], []
    for session, (action, (quantity, price, charges)) in enumerate(days, 1):
        if action is not None and book.position(INFY.id):
            cash = book.cash
            book.apply_action(CorporateAction(INFY.id, session, *action), INFY)
            actions.append(adjusted(session, book.cash - cash, ratio=action[:2]))
        side = Side.BUY if quantity > 0 else Side.SELL
        book.apply_fill(Fill("t", INFY.id, "one", side, abs(quantity), price, charges, session * 10), INFY)
        fills.append(traded(session, quantity, price, charges))
    book.mark(INFY.id, mark)
    trips, left = round_trips(fills, actions)
    assert [(lot.quantity, lot.cost) for lot in left] == [(lot.quantity, lot.cost) for lot in book.lots(INFY.id)]
    assert sum(trip.charges for trip in trips) + sum(lot.charges for lot in left) == book.charges
    assert sum(trip.gross for trip in trips) + _income(trips, left) == book.realised + book.dividends
    open_net = sum(mark * lot.quantity - lot.cost + lot.income - lot.charges for lot in left)
    assert sum(trip.net for trip in trips) + open_net == book.equity - book.capital


def _income(trips: list[RoundTrip], left: list[OpenLot]) -> int:
    return sum(one.income for one in [*trips, *left])
