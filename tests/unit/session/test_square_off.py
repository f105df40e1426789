"""Intraday positions: until when they are opened, when the host closes them, and what stands in its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from fakes.bars import DAY, A, B, Row
from fakes.session import PerFill, Says, Session

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import Bar, CorporateAction
from friday_core.domain.orders import Order, OrderType, Side, TimeInForce
from friday_core.domain.records import CancelOrder, PlaceOrder
from friday_core.domain.schedule import Schedule, in_utc
from friday_core.domain.signals import Cancel, Target
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.session.custody import HoldingTerms
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.session_times import IntradayTimes, daily_times, dated_times

BUY, SELL = Side.BUY, Side.SELL
ZONE = "Asia/Kolkata"
MINUTE = 60_000_000
TIMES = daily_times(dt.time(9, 15), dt.time(15, 30), ZONE)
QUARTER = 15 * MINUTE


class ByClock(Strategy):
    """Says what is written for the bar that closes at a time of India's clock, once for each slice."""

    order_types = frozenset(OrderType)

    def __init__(self, says: Mapping[str, Says]) -> None:
        self.says = says
        self._last = 0

    def on_event(self, event: Event, book: BookView) -> Sequence[Decision]:
        if not isinstance(event, Bar) or event.ts_event == self._last:
            return ()
        self._last = event.ts_event
        clock = f"{dt.datetime.fromtimestamp(event.ts_event / 1e6, dt.UTC) + dt.timedelta(minutes=330):%H:%M}"
        says = self.says.get(clock, ())
        return says(book) if callable(says) else says


def at(clock: str, price: int, *more: int, name: InstrumentId = A, session: int = 1, volume: float = 1e6) -> Row:
    """The bar of a name that closes at a time; one price, or open, high, low and close."""
    hours, minutes = map(int, clock.split(":"))
    prices = (price, *more) if more else (price,) * 4
    return Row(session, name, *prices, volume=volume, minute=hours * 60 + minutes - 930)


def intraday(says: Mapping[str, Says], *, lead: int = QUARTER, charges: Any = None, **times: Any) -> Session:
    """A strategy that holds intraday, on bars of 15 minutes; square-off at 15:20 unless it is said otherwise."""
    named: dict[str, Any] = {"square_off": dt.time(15, 20), **times}
    matching, capital = named.pop("matching", {}), named.pop("capital", 1_000_000)
    hours = IntradayTimes(named.pop("sessions", TIMES), ZONE, lead=lead, **named)
    return Session(
        ByClock(says),
        product="intraday",
        risk={"allow_short": False},
        capital=capital,
        matching=matching,
        charges=charges,
        entries=EntryRules(hours.times, intraday=hours),
        terms=HoldingTerms(hours.times, intraday=hours),
    )


def reasons(session: Session) -> list[tuple[str, int, str]]:
    """Side, quantity and reason of every order."""
    return [(str(one.order.side), one.order.quantity, one.order.reason) for one in session.log.orders]


def test_a_position_is_closed_at_the_open_of_the_bar_that_holds_the_square_off() -> None:
    session = intraday({"09:30": [Order(A, BUY, 10)]}, charges=PerFill(each=7))
    session.run([at("09:30", 100), at("09:45", 101), at("15:15", 104), at("15:30", 105, 109, 90, 100)])
    assert session.fills == [(1, "A", 10, 101), (1, "A", -10, 105)]
    assert reasons(session)[1] == ("sell", 10, "SQUARE_OFF: intraday positions end")
    # Decided on the bar that closed at 15:15, so that it traded at the first price after that, before 15:20.
    assert session.log.orders[1].order.ts_decided == session.log.equity[2].ts_event
    assert session.book.cash == 1_000_000 + 40 - 14
    assert [one.product for one in session.log.fills] == ["intraday", "intraday"]


def test_on_bars_of_a_minute_it_is_closed_at_the_very_minute() -> None:
    session = intraday({"15:15": [Order(A, BUY, 10)]}, lead=MINUTE)
    session.run([at(f"15:{minute}", 100 + minute) for minute in range(15, 25)])
    assert session.fills == [(1, "A", 10, 116), (1, "A", -10, 121)]


def test_a_short_is_bought_back() -> None:
    session = intraday({"09:30": [Order(A, SELL, 10)]})
    session.run([at("09:30", 100), at("09:45", 101), at("15:15", 104), at("15:30", 105)])
    assert session.fills == [(1, "A", -10, 101), (1, "A", 10, 105)]


def test_a_short_is_bought_back_also_where_the_cash_does_not_pay_for_it() -> None:
    # 1,010 come in for 10 at 101; at 301 they cost 3,010, with 2,010 in hand.
    session = intraday({"09:30": [Order(A, SELL, 10)]}, capital=1_000)
    session.run([at("09:30", 100), at("09:45", 101), at("15:15", 300), at("15:30", 301)])
    assert (session.book.position(A), session.book.cash) == (0, -1_000)
    assert session.codes == [(1, "A", "SENT")]


def test_what_works_is_cancelled_and_told_to_the_broker_before_the_position_is_closed() -> None:
    resting = Order(A, SELL, 10, OrderType.LIMIT, limit_price=150, time_in_force=TimeInForce.GTC)
    session = intraday({"09:30": [Order(A, BUY, 10)], "09:45": [resting]})
    session.run([at("09:30", 100), at("09:45", 101), at("15:15", 104), at("15:30", 200)])
    entry, limit, last = (one.order for one in session.log.orders)
    sent = [intent for intents in session.intents for intent in intents]
    reason = "SQUARE_OFF: intraday positions end"
    assert sent == [PlaceOrder(entry), PlaceOrder(limit), CancelOrder(limit.tag, reason), PlaceOrder(last)]
    assert session.fills[1:] == [(1, "A", -10, 200)]


def test_the_legs_of_a_bracket_end_with_the_position() -> None:
    session = intraday({"09:30": [Order(A, BUY, 10, stop_loss=90, take_profit=150)]})
    session.run([at("09:30", 100), at("09:45", 101), at("15:15", 104), at("15:30", 105, 200, 50, 100)])
    assert session.fills == [(1, "A", 10, 101), (1, "A", -10, 105)]
    assert [str(one.status) for one in session.log.orders] == ["filled", "cancelled", "cancelled", "filled"]


def test_what_a_thin_bar_does_not_take_is_closed_by_the_next_ones() -> None:
    session = intraday({"09:30": [Order(A, BUY, 10)]}, lead=MINUTE, matching={"participation_ppm": 500_000})
    thin = [at("15:21", 105, volume=8), at("15:22", 106, volume=8), at("15:23", 107, volume=8)]
    session.run([at("09:30", 100), at("09:31", 101), at("15:20", 104), *thin])
    assert session.fills[1:] == [(1, "A", -4, 105), (1, "A", -4, 106), (1, "A", -2, 107)]
    assert len(session.log.orders) == 2


def test_a_strategy_cannot_cancel_the_order_that_closes_its_position() -> None:
    session = intraday(
        {"09:30": [Order(A, BUY, 10)], "15:21": [Cancel(A)]}, lead=MINUTE, matching={"participation_ppm": 500_000}
    )
    thin = [at("15:21", 105, volume=8), at("15:22", 106, volume=8), at("15:23", 107, volume=8)]
    session.run([at("09:30", 100), at("09:31", 101), at("15:20", 104), *thin])
    assert session.fills[1:] == [(1, "A", -4, 105), (1, "A", -4, 106), (1, "A", -2, 107)]
    assert session.codes[-1] == (1, "A", "NO_CHANGE")


@pytest.mark.parametrize(
    ("clock", "last_entry", "code"),
    [
        ("15:00", None, "SENT"),
        ("15:15", None, "INTRADAY_CUT_OFF"),
        ("15:30", None, "INTRADAY_CUT_OFF"),
        ("14:45", dt.time(14, 45), "INTRADAY_CUT_OFF"),
        ("14:30", dt.time(14, 45), "SENT"),
    ],
)
def test_no_position_is_opened_after_the_last_entry(clock: str, last_entry: dt.time | None, code: str) -> None:
    session = intraday({clock: [Order(A, BUY, 10)]}, last_entry=last_entry)
    session.run([at(one, 100) for one in ("14:30", "14:45", "15:00", "15:15", "15:30")])
    assert session.codes == [(1, "A", code)]


def test_a_position_is_closed_by_its_strategy_also_after_the_last_entry() -> None:
    session = intraday({"09:30": [Order(A, BUY, 10)], "15:00": [Target(A, 0.0)]}, last_entry=dt.time(14, 0))
    session.run([at("09:30", 100), at("09:45", 101), at("15:00", 102), at("15:15", 103), at("15:30", 104)])
    assert session.fills == [(1, "A", 10, 101), (1, "A", -10, 103)]
    assert session.codes == [(1, "A", "SENT"), (1, "A", "SENT")]


def test_a_strategy_that_goes_on_wanting_its_position_is_refused_and_closed() -> None:
    session = intraday({clock: [Target(A, 0.5)] for clock in ("09:30", "15:15")})
    session.run([at("09:30", 100), at("09:45", 100), at("15:15", 100), at("15:30", 100)])
    assert session.codes == [(1, "A", "SENT"), (1, "A", "INTRADAY_CUT_OFF")]
    assert session.book.position(A) == 0


def test_what_is_held_to_keep_is_left_alone() -> None:
    keeps = [Order(B, BUY, 5, product="delivery"), Order(A, BUY, 10)]
    session = intraday({"09:30": keeps})
    rows = [at(clock, 100, name=name) for clock in ("09:30", "09:45", "15:15", "15:30") for name in (A, B)]
    session.run(rows)
    assert (session.book.position(A), session.book.position(B)) == (0, 5)


def test_a_position_for_which_no_bar_came_in_time_is_closed_first_thing_in_the_next_session() -> None:
    session = intraday({"09:30": [Order(A, BUY, 10)]})
    session.run([at("09:30", 100), at("09:45", 101), at("10:00", 90, session=2), at("10:15", 91, session=2)])
    assert session.fills == [(1, "A", 10, 101), (2, "A", -10, 91)]
    assert reasons(session)[1] == ("sell", 10, "SQUARE_OFF: held over from an earlier session")


def test_an_order_that_rests_over_night_is_replaced_at_a_split_and_still_closes() -> None:
    split = CorporateAction(A, 2, numerator=2, denominator=1, factor=2.0)
    session = intraday({"09:30": [Order(A, BUY, 10)]})
    rows = [at("09:30", 100), at("09:45", 100), at("15:15", 100), at("09:30", 50, session=2)]
    session.run(rows, split)
    assert session.fills == [(1, "A", 10, 100), (2, "A", -20, 50)]
    assert session.book.position(A) == 0


def test_intraday_positions_have_no_split_of_their_own_since_they_end_before_the_ex_date() -> None:
    split = CorporateAction(A, 2, numerator=2, denominator=1, factor=2.0)
    session = intraday({"09:30": [Order(A, BUY, 10)]})
    session.run(
        [at("09:30", 100), at("09:45", 100), at("15:15", 100), at("15:30", 100), at("09:30", 50, session=2)], split
    )
    assert session.book.cash == 1_000_000
    assert list(session.log.actions) == []


def muhurat() -> Schedule:
    """A plain day, and an hour from 13:45 on the next, as on 21 October 2025."""
    zone = ZoneInfo(ZONE)
    hours = {1: (dt.time(9, 15), dt.time(15, 30)), 2: (dt.time(13, 45), dt.time(14, 45))}
    opens, closes = ([in_utc(day, times[n], zone) for day, times in hours.items()] for n in (0, 1))
    return Schedule("muhurat", np.array([1, 2]), np.array(opens), np.array(closes), known=(1, 2))


def test_in_an_hour_of_muhurat_positions_end_ten_minutes_before_its_own_close() -> None:
    session = intraday({"13:50": [Order(A, BUY, 10)]}, lead=5 * MINUTE, sessions=dated_times(muhurat()))
    clocks = ("13:50", "13:55", "14:30", "14:35", "14:40", "14:45")
    session.run([at(clock, 100 + n, session=2) for n, clock in enumerate(clocks)])
    assert session.fills == [(2, "A", 10, 101), (2, "A", -10, 104)]


def test_without_a_time_positions_end_ten_minutes_before_the_close() -> None:
    session = intraday({"09:30": [Order(A, BUY, 10)]}, lead=MINUTE, square_off=None)
    session.run([at(clock, 100) for clock in ("09:30", "09:31", "15:19", "15:20", "15:21", "15:22")])
    assert session.log.orders[1].order.ts_decided == DAY + in_day("15:20")


def in_day(clock: str) -> int:
    """Microseconds of a UTC day at which India's clock shows a time."""
    hours, minutes = map(int, clock.split(":"))
    return (hours * 60 + minutes - 330) * MINUTE


def test_on_daily_bars_nothing_can_be_opened_intraday() -> None:
    session = intraday({"15:30": [Order(A, BUY, 10)]}, lead=DAY)
    session.run([at("15:30", 100, session=day) for day in (1, 2)])
    assert session.codes[0] == (1, "A", "INTRADAY_CUT_OFF")


def test_on_a_date_without_a_session_nothing_is_opened() -> None:
    session = intraday({"10:00": [Order(A, BUY, 10)]}, sessions=dated_times(muhurat()))
    session.run([at("10:00", 100, session=3)])
    assert session.codes == [(3, "A", "INTRADAY_CUT_OFF")]


def test_the_rows_may_come_in_any_chunks() -> None:
    def run(cuts: Sequence[int]) -> Session:
        session = intraday({"09:30": [Order(A, BUY, 10)], "15:15": [Target(A, 0.5)]})
        return session.run([at(clock, 100) for clock in ("09:30", "09:45", "15:15", "15:30")], cuts=cuts)

    assert run([]).outcome == run([1, 2, 3]).outcome
