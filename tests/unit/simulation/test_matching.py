"""The rules of the simulated exchange, each with a case worked by hand. Prices are in paise."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from friday_core.domain.chunk import MISSING_PRICE
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.interfaces.broker import Execution
from friday_core.simulation.matching import BarMatcher, MatchingRules

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5)
TCS = Instrument(InstrumentId("TCS", "NSE"), "INR", tick_size=5)
LOTS_OF_10 = Instrument(InstrumentId("NIFTY", "NFO"), "INR", tick_size=5, lot_size=10)

#: (quantity, price) of each execution, in the order in which they happened.
Traded = list[tuple[int, int]]


def bar(
    low: int,
    open: int,
    high: int,
    *,
    of: Instrument = INFY,
    session: int = 100,
    volume: float = 1_000.0,
) -> Bar:
    """A bar whose close is its open: no rule looks at the close."""
    raw = RawBar(open, high, low, open)
    o, h, lo, c = (of.price(units) for units in raw)
    return Bar(of, 0, session, o, h, lo, c, volume, 1.0, raw, {})


def order(
    side: Side,
    quantity: int = 100,
    *,
    limit: int | None = None,
    trigger: int | None = None,
    gtc: bool = False,
    of: Instrument = INFY,
    active_from: int = 0,
) -> WorkingOrder:
    kinds = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    kind = kinds[limit is not None, trigger is not None]
    validity = TimeInForce.GTC if gtc else TimeInForce.DAY
    return WorkingOrder(Order(of.id, side, quantity, kind, limit, trigger, validity, tag="F1"), active_from)


def rich(_: Order, quantity: int, __: int) -> int:
    return quantity


def cash_for(quantity: int) -> Callable[[Order, int, int], int]:
    return lambda _order, _wanted, _price: quantity


def play(
    rules: MatchingRules,
    slices: Sequence[Bar | Sequence[Bar]],
    orders: Sequence[WorkingOrder],
    affordable: Callable[[Order, int, int], int] = rich,
) -> list[Traded]:
    """What traded on each slice, booked as the driver books it."""
    matcher = BarMatcher(rules)
    result = []
    for ordinal, rows in enumerate(slices):
        traded = []
        lots = {one.instrument.id: one.instrument.lot_size for one in ([rows] if isinstance(rows, Bar) else rows)}
        executions = matcher.match(ordinal, [rows] if isinstance(rows, Bar) else rows, orders)
        execution = next(executions, None)
        while execution is not None:
            asked, quantity = execution.order.order, execution.quantity
            if asked.side is Side.BUY:
                paid_for = max(0, affordable(asked, quantity, execution.price))
                lot = 1 if paid_for >= quantity else lots[asked.instrument]
                quantity = min(quantity, paid_for) // lot * lot
            if quantity:
                execution.order.fill(quantity)
                traded.append((quantity, execution.price))
            try:
                execution = executions.send(quantity)
            except StopIteration:
                execution = None
        result.append(traded)
    return result


PLAIN = MatchingRules()
SLIPPED = MatchingRules(slippage_ticks=2)  # 2 ticks of 5 paise
TENTH = MatchingRules(participation_ppm=100_000)


# --- prices -------------------------------------------------------------------------------------


def test_a_market_buy_pays_the_open_plus_slippage() -> None:
    assert play(SLIPPED, [bar(900, 1_000, 1_100)], [order(Side.BUY)]) == [[(100, 1_010)]]


def test_a_market_sell_gets_the_open_less_slippage() -> None:
    assert play(SLIPPED, [bar(900, 1_000, 1_100)], [order(Side.SELL)]) == [[(100, 990)]]


def test_without_slippage_a_market_order_trades_at_the_open() -> None:
    assert play(PLAIN, [bar(900, 1_000, 1_100)], [order(Side.BUY)]) == [[(100, 1_000)]]


@pytest.mark.parametrize("open_", [10, 12, 5])
def test_slippage_never_takes_a_sell_below_one_tick(open_: int) -> None:
    assert play(SLIPPED, [bar(5, open_, 20)], [order(Side.SELL)]) == [[(100, 5)]]


LIMIT_CASES = [
    # side, limit, (low, open, high), price or None
    ("a buy fills through its price", Side.BUY, 1_000, (999, 1_050, 1_100), 1_000),
    ("not at a touch", Side.BUY, 1_000, (1_000, 1_050, 1_100), None),
    ("not above", Side.BUY, 1_000, (1_001, 1_050, 1_100), None),
    ("a gap through the limit gives the better open", Side.BUY, 1_000, (930, 950, 1_100), 950),
    ("a sell fills through its price", Side.SELL, 1_000, (900, 950, 1_001), 1_000),
    ("not at a touch", Side.SELL, 1_000, (900, 950, 1_000), None),
    ("not below", Side.SELL, 1_000, (900, 950, 999), None),
    ("a gap through the limit gives the better open", Side.SELL, 1_000, (990, 1_050, 1_070), 1_050),
]


@pytest.mark.parametrize(("case", "side", "limit", "prices", "expected"), LIMIT_CASES)
def test_a_limit_order_fills_through_its_price_at_the_better_of_open_and_limit(
    case: str, side: Side, limit: int, prices: tuple[int, int, int], expected: int | None
) -> None:
    traded = play(SLIPPED, [bar(*prices)], [order(side, limit=limit)])
    assert traded == [[] if expected is None else [(100, expected)]], case


STOP_CASES = [
    ("a buy fills at its trigger", Side.BUY, 1_000, (900, 950, 1_050), 1_010),
    ("a touch triggers", Side.BUY, 1_000, (900, 950, 1_000), 1_010),
    ("below it rests", Side.BUY, 1_000, (900, 950, 999), None),
    ("a gap over the trigger costs the worse open", Side.BUY, 1_000, (1_020, 1_040, 1_050), 1_050),
    ("a sell fills at its trigger", Side.SELL, 1_000, (950, 1_050, 1_100), 990),
    ("a touch triggers", Side.SELL, 1_000, (1_000, 1_050, 1_100), 990),
    ("above it rests", Side.SELL, 1_000, (1_001, 1_050, 1_100), None),
    ("a gap under the trigger costs the worse open", Side.SELL, 1_000, (950, 960, 980), 950),
]


@pytest.mark.parametrize(("case", "side", "trigger", "prices", "expected"), STOP_CASES)
def test_a_stop_is_triggered_at_a_touch_and_fills_at_the_worse_of_open_and_trigger_slipped(
    case: str, side: Side, trigger: int, prices: tuple[int, int, int], expected: int | None
) -> None:
    traded = play(SLIPPED, [bar(*prices)], [order(side, trigger=trigger)])
    assert traded == [[] if expected is None else [(100, expected)]], case


def test_a_sell_stop_is_never_slipped_below_one_tick() -> None:
    assert play(SLIPPED, [bar(5, 20, 20)], [order(Side.SELL, trigger=10)]) == [[(100, 5)]]


def test_a_triggered_buy_stop_limit_rests_as_a_limit_from_the_next_row() -> None:
    trigger_and_limit = order(Side.BUY, trigger=1_000, limit=1_020)
    rows = [bar(900, 950, 1_010), bar(1_015, 1_030, 1_040)]
    assert play(SLIPPED, rows, [trigger_and_limit]) == [[], [(100, 1_020)]]


def test_a_triggered_sell_stop_limit_rests_as_a_limit_from_the_next_row() -> None:
    trigger_and_limit = order(Side.SELL, trigger=1_000, limit=980)
    rows = [bar(990, 1_050, 1_060), bar(960, 970, 985)]
    assert play(SLIPPED, rows, [trigger_and_limit]) == [[], [(100, 980)]]


def test_a_stop_limit_that_was_not_triggered_does_not_fill_through_its_limit() -> None:
    waiting = order(Side.BUY, trigger=1_000, limit=1_020)
    assert play(PLAIN, [bar(900, 950, 999), bar(900, 950, 999)], [waiting]) == [[], []]
    assert not waiting.triggered


def test_a_triggered_stop_limit_waits_until_its_limit_is_traded_through() -> None:
    rows = [bar(1_000, 1_010, 1_050), bar(1_020, 1_030, 1_040), bar(1_019, 1_030, 1_040)]
    assert play(PLAIN, rows, [order(Side.BUY, trigger=1_000, limit=1_020)]) == [[], [], [(100, 1_020)]]


def test_a_bar_that_lacks_a_price_is_no_row() -> None:
    hole = Bar(INFY, 0, 100, 0, 0, 0, 0, 10.0, 1.0, RawBar(1_000, 1_100, MISSING_PRICE, 1_000), {})
    working = order(Side.BUY, limit=1_000)
    assert play(PLAIN, [hole], [working]) == [[]]
    assert working.status is OrderStatus.INTENT


# --- when ---------------------------------------------------------------------------------------


def test_an_order_does_nothing_before_the_slice_from_which_it_is_active() -> None:
    late = order(Side.BUY, active_from=2)
    rows = [bar(900, 1_000, 1_100), bar(900, 1_001, 1_100), bar(900, 1_002, 1_100)]
    assert play(PLAIN, rows, [late]) == [[], [], [(100, 1_002)]]


def test_an_inactive_order_stays_an_intent_without_a_session() -> None:
    late = order(Side.BUY, active_from=1)
    play(PLAIN, [bar(900, 1_000, 1_100)], [late])
    assert (late.status, late.session) == (OrderStatus.INTENT, -1)


def test_an_active_order_waits_for_the_first_row_of_its_instrument() -> None:
    rows = [[bar(900, 1_000, 1_100, of=TCS)], [bar(900, 1_001, 1_100, of=TCS), bar(900, 1_002, 1_100)]]
    assert play(PLAIN, rows, [order(Side.BUY)]) == [[], [(100, 1_002)]]


def test_each_order_sees_only_the_bar_of_its_own_instrument() -> None:
    both = [bar(900, 1_000, 1_100), bar(2_900, 3_000, 3_100, of=TCS)]
    assert play(PLAIN, [both], [order(Side.BUY, of=TCS), order(Side.SELL)]) == [[(100, 3_000), (100, 1_000)]]


def test_the_matcher_tells_the_latency_of_its_rules() -> None:
    assert BarMatcher(MatchingRules(latency=3)).latency == 3


@pytest.mark.parametrize("before", [(), (OrderStatus.SENT,), (OrderStatus.SENT, OrderStatus.ACKED)])
def test_an_order_opens_on_its_first_row_and_remembers_the_session(before: tuple[OrderStatus, ...]) -> None:
    resting = order(Side.BUY, limit=500)
    for status in before:
        resting.move(status)
    play(PLAIN, [bar(900, 1_000, 1_100, session=7)], [resting])
    assert (resting.status, resting.session) == (OrderStatus.OPEN, 7)


def test_a_day_order_expires_on_the_first_row_of_a_later_session_before_it_can_fill() -> None:
    resting = order(Side.BUY, limit=1_000)
    rows = [bar(1_000, 1_050, 1_100, session=7), bar(1_000, 1_050, 1_100, session=7), bar(900, 950, 1_100, session=8)]
    assert play(PLAIN, rows, [resting]) == [[], [], []]
    assert resting.status is OrderStatus.EXPIRED
    assert resting.reason == "DAY_ENDED: the session for which it was placed is over"


def test_a_day_order_of_a_day_before_1970_expires_too() -> None:
    resting = order(Side.BUY, limit=1_000)
    play(PLAIN, [bar(1_000, 1_050, 1_100, session=-1), bar(900, 950, 1_100, session=0)], [resting])
    assert resting.status is OrderStatus.EXPIRED


def test_day_orders_expire_before_any_order_of_the_slice_fills() -> None:
    first, old = order(Side.BUY, active_from=1), order(Side.BUY, limit=500)
    matcher = BarMatcher(PLAIN)
    assert list(matcher.match(0, [bar(900, 1_000, 1_100, session=7)], [first, old])) == []
    executions = matcher.match(1, [bar(900, 1_000, 1_100, session=8)], [first, old])
    assert next(executions) == Execution(first, 100, 1_000)
    assert old.status is OrderStatus.EXPIRED


def test_the_day_of_an_order_is_the_session_of_its_first_row_not_of_its_decision() -> None:
    resting = order(Side.BUY, limit=1_000, active_from=1)
    rows = [bar(1_000, 1_050, 1_100, session=7), bar(1_000, 1_050, 1_100, session=8), bar(999, 1_050, 1_100, session=8)]
    assert play(PLAIN, rows, [resting]) == [[], [], [(100, 1_000)]]


def test_the_unfilled_part_of_a_day_order_expires() -> None:
    working = order(Side.BUY)
    rows = [bar(900, 1_000, 1_100, session=7, volume=400), bar(900, 1_000, 1_100, session=8)]
    assert play(TENTH, rows, [working]) == [[(40, 1_000)], []]
    assert (working.status, working.filled) == (OrderStatus.EXPIRED, 40)


def test_a_day_order_expires_though_its_instrument_does_not_trade_any_more() -> None:
    resting = order(Side.BUY, limit=1_000)
    rows = [bar(1_000, 1_050, 1_100, session=7), bar(900, 950, 1_100, session=8, of=TCS)]
    assert play(PLAIN, rows, [resting]) == [[], []]
    assert resting.status is OrderStatus.EXPIRED


def test_a_good_till_cancelled_order_rests_over_sessions() -> None:
    resting = order(Side.SELL, limit=1_100, gtc=True)
    rows = [bar(900, 1_000, 1_100, session=day) for day in (7, 8, 9)] + [bar(900, 1_000, 1_101, session=10)]
    assert play(PLAIN, rows, [resting]) == [[], [], [], [(100, 1_100)]]


def test_an_ended_order_is_left_alone() -> None:
    ended = order(Side.BUY)
    ended.move(OrderStatus.CANCELLED, "by request")
    assert play(PLAIN, [bar(900, 1_000, 1_100)], [ended]) == [[]]
    assert ended.reason == "by request"


def test_an_order_that_the_caller_cancels_between_two_executions_does_not_trade() -> None:
    first, second = order(Side.BUY), order(Side.BUY)
    executions = BarMatcher(PLAIN).match(0, [bar(900, 1_000, 1_100)], [first, second])
    next(executions).order.fill(100)
    second.move(OrderStatus.CANCELLED, "by request")
    with pytest.raises(StopIteration):
        executions.send(100)


def test_a_filled_order_does_not_trade_again() -> None:
    assert play(PLAIN, [bar(900, 1_000, 1_100)] * 2, [order(Side.BUY)]) == [[(100, 1_000)], []]


# --- participation ------------------------------------------------------------------------------


def test_a_market_order_fills_over_several_bars_at_the_open_of_each() -> None:
    rules = MatchingRules(slippage_ticks=1, participation_ppm=100_000)
    working = order(Side.BUY)
    rows = [bar(900, 1_000, 1_100, volume=400), bar(900, 1_020, 1_100, volume=399), bar(900, 1_040, 1_100, volume=400)]
    assert play(rules, rows, [working]) == [[(40, 1_005)], [(39, 1_025)], [(21, 1_045)]]
    assert working.status is OrderStatus.FILLED


def test_the_share_of_the_volume_is_consumed_in_arrival_order() -> None:
    orders = [order(Side.BUY, 70), order(Side.SELL, 50), order(Side.BUY, 10)]
    assert play(TENTH, [bar(900, 1_000, 1_100, volume=1_000)], orders) == [[(70, 1_000), (30, 1_000)]]
    assert [one.remaining for one in orders] == [0, 20, 10]


def test_each_instrument_has_its_own_volume() -> None:
    both = [bar(900, 1_000, 1_100, volume=200), bar(900, 1_000, 1_100, of=TCS, volume=300)]
    orders = [order(Side.BUY), order(Side.BUY, of=TCS)]
    assert play(TENTH, [both], orders) == [[(20, 1_000), (30, 1_000)]]


def test_partial_fills_are_rounded_down_to_whole_lots() -> None:
    working = order(Side.SELL, of=LOTS_OF_10)
    assert play(TENTH, [bar(900, 1_000, 1_100, of=LOTS_OF_10, volume=399)], [working]) == [[(30, 1_000)]]


def test_what_an_odd_quantity_leaves_of_the_share_is_rounded_down_too() -> None:
    orders = [order(Side.SELL, 15, of=LOTS_OF_10), order(Side.SELL, 50, of=LOTS_OF_10)]
    rows = [bar(900, 1_000, 1_100, of=LOTS_OF_10, volume=300)]
    assert play(TENTH, rows, orders) == [[(15, 1_000), (10, 1_000)]]


def test_an_odd_quantity_that_fits_exactly_is_filled_whole() -> None:
    rows = [bar(900, 1_000, 1_100, of=LOTS_OF_10, volume=150)]
    assert play(TENTH, rows, [order(Side.SELL, 15, of=LOTS_OF_10)]) == [[(15, 1_000)]]


def test_a_limit_order_is_capped_too() -> None:
    rows = [bar(900, 1_000, 1_100, volume=200), bar(900, 1_000, 1_100, volume=2_000)]
    assert play(TENTH, rows, [order(Side.BUY, limit=950)]) == [[(20, 950)], [(80, 950)]]


def test_the_rest_of_a_triggered_stop_is_a_market_order() -> None:
    rules = MatchingRules(slippage_ticks=2, participation_ppm=100_000)
    rows = [bar(900, 950, 1_050, volume=200), bar(880, 900, 920, volume=2_000)]
    assert play(rules, rows, [order(Side.BUY, trigger=1_000)]) == [[(20, 1_010)], [(80, 910)]]


def test_a_stop_touched_on_a_bar_without_volume_is_triggered_all_the_same() -> None:
    rows = [bar(990, 1_050, 1_060, volume=0), bar(1_080, 1_090, 1_100, volume=2_000)]
    assert play(TENTH, rows, [order(Side.SELL, trigger=1_000)]) == [[], [(100, 1_090)]]


@pytest.mark.parametrize("volume", [0.0, math.nan, math.inf, -5.0, 9.0])
def test_with_a_share_a_bar_of_no_or_unknown_or_too_little_volume_fills_nothing(volume: float) -> None:
    working = order(Side.BUY)
    assert play(TENTH, [bar(900, 1_000, 1_100, volume=volume)], [working]) == [[]]
    assert working.status is OrderStatus.OPEN


@pytest.mark.parametrize("volume", [0.0, math.nan])
def test_without_a_share_volume_does_not_matter(volume: float) -> None:
    assert play(PLAIN, [bar(900, 1_000, 1_100, volume=volume)], [order(Side.BUY)]) == [[(100, 1_000)]]


@pytest.mark.parametrize("volume", [1, 60])
def test_the_whole_volume_may_be_taken(volume: int) -> None:
    rules = MatchingRules(participation_ppm=1_000_000)
    assert play(rules, [bar(900, 1_000, 1_100, volume=volume)], [order(Side.BUY)]) == [[(volume, 1_000)]]


def test_a_millionth_is_the_smallest_share() -> None:
    rules = MatchingRules(participation_ppm=1)
    assert play(rules, [bar(900, 1_000, 1_100, volume=2_999_999)], [order(Side.BUY)]) == [[(2, 1_000)]]


# --- cash ---------------------------------------------------------------------------------------


def test_a_buy_is_cut_to_cash_and_the_rest_is_cancelled() -> None:
    working = order(Side.BUY)
    assert play(PLAIN, [bar(900, 1_000, 1_100)] * 2, [working], cash_for(60)) == [[(60, 1_000)], []]
    assert (working.status, working.filled) == (OrderStatus.CANCELLED, 60)
    assert working.reason == "CLIPPED_CASH: the cash pays for 60 of 100 at 10.0 INR"


def test_a_buy_without_cash_is_cancelled() -> None:
    working = order(Side.BUY)
    assert play(PLAIN, [bar(900, 1_000, 1_100)], [working], cash_for(0)) == [[]]
    assert working.status is OrderStatus.CANCELLED
    assert working.reason == "NO_CASH: the cash pays for none of 100 at 10.0 INR"


def test_cash_buys_whole_lots() -> None:
    working = order(Side.BUY, of=LOTS_OF_10)
    assert play(PLAIN, [bar(900, 1_000, 1_100, of=LOTS_OF_10)], [working], cash_for(69)) == [[(60, 1_000)]]


def test_owed_cash_buys_nothing() -> None:
    working = order(Side.BUY)
    assert play(PLAIN, [bar(900, 1_000, 1_100)], [working], cash_for(-30)) == [[]]
    assert working.status is OrderStatus.CANCELLED


def test_more_cash_than_needed_buys_no_more() -> None:
    assert play(PLAIN, [bar(900, 1_000, 1_100)], [order(Side.BUY)], cash_for(5_000)) == [[(100, 1_000)]]


def test_a_sell_is_not_asked_for_cash() -> None:
    assert play(PLAIN, [bar(900, 1_000, 1_100)], [order(Side.SELL)], cash_for(0)) == [[(100, 1_000)]]


def test_cash_is_asked_for_what_would_trade_now_at_the_price_it_would_trade() -> None:
    asked = []

    def affordable(wanted_by: Order, quantity: int, price: int) -> int:
        asked.append((wanted_by, quantity, price))
        return quantity

    working = order(Side.BUY)
    rules = MatchingRules(slippage_ticks=1, participation_ppm=100_000)
    play(rules, [bar(900, 1_000, 1_100, volume=400)], [working], affordable)
    assert asked == [(working.order, 40, 1_005)]


def test_cash_is_not_asked_when_no_volume_is_left() -> None:
    working = order(Side.BUY)
    play(TENTH, [bar(900, 1_000, 1_100, volume=0)], [working], cash_for(0))
    assert working.status is OrderStatus.OPEN


def test_a_sell_that_arrived_first_pays_for_a_buy_on_the_same_slice() -> None:
    orders = [order(Side.SELL, 10), order(Side.BUY, 20)]

    def what_the_sell_brought(_: Order, __: int, price: int) -> int:
        return orders[0].filled * 1_000 // price

    traded = play(PLAIN, [bar(900, 1_000, 1_100)], orders, what_the_sell_brought)
    assert traded == [[(10, 1_000), (10, 1_000)]]
    assert orders[1].status is OrderStatus.CANCELLED


def test_a_clipped_buy_leaves_the_volume_that_it_did_not_take_to_the_next_order() -> None:
    orders = [order(Side.BUY, 80), order(Side.SELL, 90)]
    traded = play(TENTH, [bar(900, 1_000, 1_100, volume=1_000)], orders, cash_for(30))
    assert traded == [[(30, 1_000), (70, 1_000)]]


# --- rules --------------------------------------------------------------------------------------


def test_by_default_nothing_is_late_slipped_or_capped() -> None:
    rules = MatchingRules()
    assert (rules.latency, rules.slippage_ticks, rules.participation_ppm) == (0, 0, None)


@pytest.mark.parametrize("wrong", [{"latency": -1}, {"slippage_ticks": -1}])
def test_negative_rules_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        MatchingRules(**wrong)


@pytest.mark.parametrize("ppm", [0, -1, 1_000_001])
def test_a_share_of_nothing_or_of_more_than_all_is_refused(ppm: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 1000000 parts per million"):
        MatchingRules(participation_ppm=ppm)
