"""Rules of the simulated exchange beyond a single order on a single bar. Prices are in paise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, RawBar
from friday_core.domain.orders import Order, OrderStatus, OrderType, Side, TimeInForce, WorkingOrder
from friday_core.simulation.matching import BarMatcher, FillAt, MatchingRules, MatchingSettings

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR", tick_size=5)
TCS = Instrument(InstrumentId("TCS", "NSE"), "INR", tick_size=5)
BUY, SELL = Side.BUY, Side.SELL


def bar(open_: int, high: int, low: int, close: int, *, of: Instrument = INFY, session: int = 1, **more: Any) -> Bar:
    raw = RawBar(open_, high, low, close)
    o, h, lo, c = (of.price(units) for units in raw)
    given = {"volume": 1_000.0, "factor": 1.0, "columns": {}, **more}
    return Bar(of, 0, session, o, h, lo, c, given["volume"], given["factor"], raw, given["columns"])


def order(
    side: Side = BUY, quantity: int = 100, *, reference: int = 0, active_from: int = 0, **more: Any
) -> WorkingOrder:
    return WorkingOrder(Order(INFY.id, side, quantity, tag="F1", **more), active_from, reference)


def play(
    matcher: BarMatcher, slices: Sequence[Sequence[Bar]], *orders: WorkingOrder
) -> list[list[tuple[int, int, int]]]:
    """On each slice: which order traded how much at what price."""
    result = []
    for ordinal, bars in enumerate(slices):
        traded = []
        executions = matcher.match(ordinal, bars, orders)
        execution = next(executions, None)
        while execution is not None:
            execution.order.fill(execution.quantity)
            traded.append((orders.index(execution.order), execution.quantity, execution.price))
            try:
                execution = executions.send(execution.quantity)
            except StopIteration:
                execution = None
        result.append(traded)
    return result


# --- validity -----------------------------------------------------------------------------------


def test_an_order_good_till_a_date_expires_on_the_first_later_session_even_if_its_instrument_never_traded() -> None:
    # Days since 1970: 19,000 is 2022-01-08.
    one = order(time_in_force=TimeInForce.GTD, good_till=19_000)
    slices = [[bar(100, 100, 100, 100, of=TCS, session=day)] for day in (19_000, 19_001)]
    assert play(BarMatcher(MatchingRules()), slices, one) == [[], []]
    assert (one.status, one.reason) == (OrderStatus.EXPIRED, "DATE_PASSED: it was good till 2022-01-08")


def test_an_order_of_a_date_that_is_over_already_trades_nothing() -> None:
    one = order(time_in_force=TimeInForce.GTD, good_till=4)
    assert play(BarMatcher(MatchingRules()), [[bar(100, 100, 100, 100, session=5)]], one) == [[]]
    assert one.status is OrderStatus.EXPIRED


@pytest.mark.parametrize("columns", [{}, {"session_end": math.nan}, {"session_end": 0.0}])
def test_without_a_known_last_bar_an_order_for_the_auction_expires_and_says_why(columns: dict[str, float]) -> None:
    one = order(time_in_force=TimeInForce.AT_CLOSE)
    slices = [[bar(100, 100, 100, 100, session=day, columns=columns)] for day in (1, 2)]
    assert play(BarMatcher(MatchingRules()), slices, one) == [[], []]
    assert (one.status, one.reason.split(":")[0]) == (OrderStatus.EXPIRED, "CLOSE_PASSED")


def test_what_the_auction_has_no_volume_for_expires() -> None:
    one, matcher = order(time_in_force=TimeInForce.AT_CLOSE), BarMatcher(MatchingRules(participation_ppm=10_000))
    last = {"session_end": 1.0}
    slices = [[bar(100, 110, 90, 105, session=day, columns=last)] for day in (1, 2)]
    assert play(matcher, slices, one) == [[(0, 10, 105)], []]
    assert (one.status, one.filled) == (OrderStatus.EXPIRED, 10)


# --- protection ---------------------------------------------------------------------------------


def test_an_order_whose_reference_is_not_known_has_no_protection() -> None:
    assert play(BarMatcher(MatchingRules(protection_ppm=1)), [[bar(500, 500, 500, 500)]], order()) == [[(0, 100, 500)]]


def test_what_an_order_says_of_its_protection_wins_over_the_broker() -> None:
    matcher = BarMatcher(MatchingRules(protection_ppm=10_000))
    wide, none = (order(reference=1_000, protection_ppm=ppm) for ppm in (50_000, 0))
    assert play(matcher, [[bar(1_040, 1_040, 1_035, 1_040)]], wide, none, order(reference=1_000)) == [
        [(0, 100, 1_040), (1, 100, 1_040)]
    ]


def test_what_is_left_of_a_protected_order_waits_at_its_bound() -> None:
    # 10% of 300 trade below 1,010; the next bar is above, the one after comes back.
    matcher, one = BarMatcher(MatchingRules(participation_ppm=100_000)), order(reference=1_000, protection_ppm=10_000)
    rows = [
        bar(1_000, 1_005, 995, 1_000, volume=300.0),
        bar(1_020, 1_030, 1_015, 1_020),
        bar(1_015, 1_020, 1_005, 1_015),
    ]
    assert play(matcher, [[row] for row in rows], one) == [[(0, 30, 1_000)], [], [(0, 70, 1_010)]]


# --- slippage -----------------------------------------------------------------------------------


def test_impact_counts_what_was_taken_of_the_bar_before() -> None:
    # A tenth of the volume: 0.1 ** 2 * 0.1 * 100,000 = 100. Two tenths: 400. Another bar starts anew.
    matcher = BarMatcher(MatchingRules(impact_ppm=100_000))
    late = order(active_from=1)
    slices = [[bar(100_000, 100_000, 100_000, 100_000)]] * 2
    assert play(matcher, slices, order(), order(SELL), late) == [
        [(0, 100, 100_100), (1, 100, 99_600)],
        [(2, 100, 100_100)],
    ]


@pytest.mark.parametrize("volume", [0.0, math.nan, 50.0])
def test_a_volume_that_is_unknown_or_less_than_what_is_taken_has_the_whole_impact(volume: float) -> None:
    matcher = BarMatcher(MatchingRules(impact_ppm=100_000))
    assert play(matcher, [[bar(1_000, 1_000, 1_000, 1_000, volume=volume)]], order()) == [[(0, 100, 1_100)]]


def test_orders_with_a_limit_do_not_slip() -> None:
    rules = MatchingRules(slippage_ticks=9, spread_ppm=10_000, impact_ppm=100_000, range_ppm=100_000)
    limit = order(type=OrderType.LIMIT, limit_price=1_000)
    assert play(BarMatcher(rules), [[bar(1_010, 1_020, 900, 1_000)]], limit) == [[(0, 100, 1_000)]]


# --- bands --------------------------------------------------------------------------------------

TWENTIETH = MatchingRules(band_ppm=50_000)


def closes(*rows: tuple[int, int, float]) -> list[list[Bar]]:
    """Slices with one bar of one price each: session, price, factor."""
    return [[bar(price, price, price, price, session=session, factor=factor)] for session, price, factor in rows]


def test_bands_count_from_the_last_close_of_the_session_before_not_from_the_last_bar() -> None:
    # 1,000 gives 950 to 1,050 for all of day 2; from its first bar at 1,040 it would be 1,090.
    day_2 = closes((1, 900, 1.0), (1, 1_000, 1.0), (2, 1_040, 1.0), (2, 1_060, 1.0))
    assert play(BarMatcher(TWENTIETH), day_2, order(active_from=3)) == [[], [], [], []]
    assert play(BarMatcher(TWENTIETH), day_2, order(active_from=2))[2] == [(0, 100, 1_040)]


@pytest.mark.parametrize(("factor", "trades"), [(2.0, [(0, 100, 510)]), (1.0, [])])
def test_a_split_moves_the_bands(factor: float, trades: list[tuple[int, int, int]]) -> None:
    # 2 for 1: the close of 1,000 is 500 in today's prices, and the bands are 475 and 525.
    slices = closes((1, 1_000, 1.0), (2, 510, factor))
    assert play(BarMatcher(TWENTIETH), slices, order(active_from=1))[1] == trades


def test_there_is_no_band_before_a_session_has_closed() -> None:
    assert play(BarMatcher(TWENTIETH), closes((1, 1_000, 1.0), (1, 2_000, 1.0)), order(active_from=1))[1] == [
        (0, 100, 2_000)
    ]


def test_bands_are_those_of_each_instrument() -> None:
    quiet = [bar(10_000, 10_000, 10_000, 10_000, of=TCS, session=day) for day in (1, 2)]
    slices = [[day, other] for [day], other in zip(closes((1, 1_000, 1.0), (2, 1_050, 1.0)), quiet, strict=True)]
    tcs = WorkingOrder(Order(TCS.id, BUY, 5, tag="F2"), 1)
    assert play(BarMatcher(TWENTIETH), slices, order(active_from=1), tcs)[1] == [(1, 5, 10_000)]


def test_a_bar_without_a_price_is_nothing_to_count_from() -> None:
    slices = closes((1, 1_000, 1.0), (2, 0, 1.0), (3, 1_060, 1.0))
    assert play(BarMatcher(TWENTIETH), slices, order(active_from=2))[2] == []


def test_a_stop_that_is_touched_on_a_locked_bar_is_at_market_afterwards() -> None:
    slices = closes((1, 1_000, 1.0), (2, 950, 1.0), (2, 965, 1.0))
    stop = order(SELL, active_from=1, type=OrderType.STOP, trigger_price=960)
    assert play(BarMatcher(TWENTIETH), slices, stop) == [[], [], [(0, 100, 965)]]


# --- the matcher --------------------------------------------------------------------------------


def test_other_rules_make_a_matcher_that_has_seen_nothing() -> None:
    matcher = BarMatcher(TWENTIETH)
    play(matcher, closes((1, 1_000, 1.0)))
    other = matcher.with_rules(MatchingRules(band_ppm=50_000, slippage_ticks=1))
    assert play(other, closes((2, 1_060, 1.0)), order()) == [[(0, 100, 1_065)]]
    assert play(matcher, [[], *closes((2, 1_060, 1.0))], order(active_from=1))[1] == []


def test_settings_become_rules_in_whole_numbers() -> None:
    settings = MatchingSettings(
        latency_seconds=0.25, slippage_ticks=0, slippage_spread=0.0005, slippage_impact=0.1, slippage_range=0.29,
        protection=0.01, band=0.2, fill="next_close",
    )  # fmt: skip
    assert settings.rules == MatchingRules(
        latency_us=250_000, spread_ppm=500, impact_ppm=100_000, range_ppm=290_000, protection_ppm=10_000,
        band_ppm=200_000, fill=FillAt.NEXT_CLOSE,
    )  # fmt: skip


@pytest.mark.parametrize("late", [{"latency": 1}, {"latency_seconds": 0.5}])
def test_nothing_is_late_that_trades_at_the_close_of_its_decision(late: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="at the close at which they were decided have no latency"):
        MatchingSettings(fill="this_close", **late)


@pytest.mark.parametrize("name", ["spread_ppm", "impact_ppm", "range_ppm", "protection_ppm", "band_ppm"])
@pytest.mark.parametrize("ppm", [-1, 1_000_001])
def test_shares_are_none_to_all(name: str, ppm: int) -> None:
    with pytest.raises(ValueError, match=f"{name} {ppm} must be 0 to 1000000 parts per million"):
        MatchingRules(**{name: ppm})
