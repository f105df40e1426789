"""The market at a moment: prints, snapshots, phases, candles, and what disturbs them."""

from __future__ import annotations

import msgspec
import pytest
from fakes.kite_markets import FUTURE, INFY, MINUTE, NIFTY, SBIN, ByHand, at, bar, market

from friday_core.sandbox.kite.market.candles import Candle
from friday_core.sandbox.kite.market.disturbances import Disturbances, Kind
from friday_core.sandbox.kite.market.hours import Hours, Phase
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.market.market import Market
from friday_core.sandbox.kite.values import SECOND, Print, Snapshot

OPEN = at("2026-11-20 09:15")
DAY_BEFORE = at("2026-11-19 15:29")
ROWS = {
    "NSE:INFY": [
        bar(DAY_BEFORE, 99_500, 100_000, 99_000, 100_000),
        bar(OPEN, 100_500, 101_000, 100_000, 100_800),
        bar(OPEN + MINUTE, 100_800, 102_000, 100_700, 101_500, volume=802),
    ]
}


def seen(at_market: Market, token: int = INFY.token) -> Snapshot:
    found = at_market.snapshot(token)
    assert found is not None
    return found


def test_a_bar_trades_at_its_open_its_nearer_extreme_the_other_one_and_its_close() -> None:
    open_market = market(ROWS, OPEN - 1)
    open_market.watch([INFY.token])
    prints = open_market.advance(OPEN + 2 * MINUTE)
    third = (MINUTE - 1) // 3
    assert prints[4:] == [
        Print(OPEN + MINUTE, INFY.token, 100_800, 200),
        Print(OPEN + MINUTE + third, INFY.token, 100_700, 200),
        Print(OPEN + MINUTE + 2 * third, INFY.token, 102_000, 200),
        Print(OPEN + 2 * MINUTE - 1, INFY.token, 101_500, 202),
    ]


def test_prints_are_told_once_and_in_the_order_of_time_over_all_instruments() -> None:
    rows = {**ROWS, "NSE:SBIN": [bar(OPEN + 5 * SECOND, 80_000, 80_100, 79_900, 80_000)]}
    open_market = market(rows, OPEN - 1)
    open_market.watch([INFY.token, SBIN.token])
    told = [one for step in range(0, 140, 7) for one in open_market.advance(OPEN + step * SECOND)]
    assert [one.ts for one in told] == sorted(one.ts for one in told)
    assert [one.token for one in told].count(SBIN.token) == 4
    assert len(told) == 12
    assert open_market.advance(OPEN) == []
    assert open_market.now == OPEN + 133 * SECOND


def test_a_snapshot_is_the_day_so_far() -> None:
    open_market = market(ROWS, OPEN + MINUTE + 30 * SECOND)
    found = seen(open_market)
    ohlc = (found.open, found.high, found.low, found.close)
    assert ohlc == (100_500, 101_000, 100_000, 100_000)
    assert (found.last_price, found.volume, found.last_quantity) == (100_700, 800, 200)
    assert found.average_price == (100 * (100_500 + 100_000 + 101_000 + 100_800) + 200 * (100_800 + 100_700)) // 800
    assert found.ts == found.last_trade_ts == OPEN + MINUTE + (MINUTE - 1) // 3
    assert (found.lower_limit, found.upper_limit) == (80_000, 120_000)


def test_where_an_instrument_stands_does_not_depend_on_when_it_was_watched_first() -> None:
    moment = OPEN + MINUTE + 30 * SECOND
    early = market(ROWS, OPEN - 20 * MINUTE)
    early.watch([INFY.token])
    for step in range(0, 21 * 60, 13):
        early.advance(OPEN - 20 * MINUTE + step * SECOND)
    early.advance(moment)
    assert seen(early) == seen(market(ROWS, moment))


def test_before_its_day_has_traded_the_close_of_the_day_before_is_all_that_is_known() -> None:
    found = seen(market(ROWS, OPEN - 10 * MINUTE))
    assert (found.last_price, found.close, found.open, found.volume) == (100_000, 100_000, 0, 0)


def test_overnight_the_day_stays_until_the_next_one_begins() -> None:
    night = seen(market(ROWS, at("2026-11-21 03:00")))
    assert (night.last_price, night.close, night.volume) == (101_500, 100_000, 1_202)
    assert (night.bids, night.asks) == ((), ())
    monday = seen(market(ROWS, at("2026-11-23 09:00")))
    assert (monday.last_price, monday.close, monday.volume) == (101_500, 101_500, 0)


def test_what_has_no_price_yet_or_no_such_token_is_not_seen() -> None:
    open_market = market(ROWS, OPEN)
    assert open_market.snapshot(SBIN.token) is None
    assert open_market.snapshot(1) is None


def test_open_interest_is_that_of_the_last_bar_with_its_extremes() -> None:
    rows = {
        FUTURE.key: [bar(OPEN + n * MINUTE, 80_000, 80_000, 80_000, 80_000, oi=oi) for n, oi in enumerate((9, 4, 7))]
    }
    found = seen(market(rows, OPEN + 3 * MINUTE, FUTURE), FUTURE.token)
    assert (found.oi, found.oi_high, found.oi_low) == (7, 9, 4)


def test_candles_are_bars_again_and_the_last_one_is_as_far_as_it_has_come() -> None:
    open_market = market(ROWS, OPEN + MINUTE + 45 * SECOND)
    assert open_market.candles(INFY.token, "minute", OPEN, OPEN + 10 * MINUTE) == [
        Candle(OPEN, 100_500, 101_000, 100_000, 100_800, 400, 0),
        Candle(OPEN + MINUTE, 100_800, 102_000, 100_700, 102_000, 600, 0),
    ]


def test_candles_of_an_hour_begin_with_the_session_and_those_of_a_day_at_midnight() -> None:
    rows = {"NSE:INFY": [bar(OPEN + n * MINUTE, 100, 100 + n, 100 - n % 50, 100, volume=1) for n in range(0, 375)]}
    open_market = market(rows, at("2026-11-20 18:00"))
    hours = open_market.candles(INFY.token, "60minute", OPEN, at("2026-11-20 23:00"))
    assert [(one.ts - OPEN) // MINUTE for one in hours] == [0, 60, 120, 180, 240, 300, 360]
    assert hours[1] == Candle(OPEN + 60 * MINUTE, 100, 219, 51, 100, 60, 0)
    midnight = at("2026-11-20 00:00")
    assert open_market.candles(INFY.token, "day", midnight, OPEN) == [Candle(midnight, 100, 474, 51, 100, 375, 0)]


def test_a_bar_that_is_longer_than_a_candle_is_its_prints() -> None:
    rows = {"NSE:INFY": [bar(OPEN, 100, 130, 90, 120, volume=8, length=60 * MINUTE)]}
    found = market(rows, OPEN + 60 * MINUTE).candles(INFY.token, "15minute", OPEN, OPEN + 60 * MINUTE)
    assert [(one.ts - OPEN) // MINUTE for one in found] == [0, 15, 30, 45]
    assert [(one.open, one.volume) for one in found] == [(100, 2), (90, 2), (130, 2), (120, 2)]


def test_a_candle_needs_a_listed_token_and_one_of_kites_intervals() -> None:
    open_market = market(ROWS, OPEN)
    with pytest.raises(LookupError, match="no instrument has the token 5"):
        open_market.candles(5, "minute", 0, OPEN)
    with pytest.raises(ValueError, match="no interval '2minute'; there are minute, 3minute"):
        open_market.candles(INFY.token, "2minute", 0, OPEN)


def test_a_halt_stops_prints_empties_the_depth_and_closes_the_phase_until_it_ends() -> None:
    open_market = market(ROWS, OPEN + 30 * SECOND)
    assert seen(open_market).asks
    open_market.halt(["NSE:INFY"], OPEN + 90 * SECOND)
    assert open_market.phase(INFY, OPEN + 60 * SECOND) is Phase.CLOSED
    assert open_market.phase(SBIN, OPEN + 60 * SECOND) is Phase.CONTINUOUS
    assert (seen(open_market).bids, seen(open_market).asks) == ((), ())
    assert [one.price for one in open_market.advance(OPEN + 2 * MINUTE)] == [102_000, 101_500]
    assert seen(open_market).bids


def test_a_frozen_price_stands_at_its_limit_with_one_side_empty() -> None:
    open_market = market(ROWS, OPEN + 30 * SECOND)
    open_market.freeze("NSE:INFY", "upper")
    found = seen(open_market)
    assert (found.last_price, found.upper_limit, found.asks, found.sell_quantity) == (120_000, 120_000, (), 0)
    assert found.bids[0].price == 120_000
    assert {one.price for one in open_market.advance(OPEN + 2 * MINUTE)} == {120_000}
    open_market.clear("NSE:INFY")
    open_market.freeze("NSE:INFY", "lower")
    found = seen(open_market)
    assert (found.last_price, found.bids, found.asks[0].price) == (80_000, (), 80_000)


def test_a_gap_moves_the_price_and_all_that_comes_until_it_is_cleared() -> None:
    open_market = market(ROWS, OPEN + MINUTE)
    seen(open_market)
    open_market.gap("NSE:INFY", -10)
    prints = open_market.advance(OPEN + MINUTE + 25 * SECOND)
    assert [one.price for one in prints] == [90_720, 90_630]
    open_market.clear(kind=Kind.GAP)
    assert [one.price for one in open_market.advance(OPEN + 2 * MINUTE)] == [102_000, 101_500]
    (_, candle) = open_market.candles(INFY.token, "minute", OPEN, OPEN + 2 * MINUTE)
    assert (candle.open, candle.low, candle.close) == (100_800, 90_630, 101_500)


def test_a_spike_is_one_bad_print_that_nothing_corrects_for_a_while() -> None:
    open_market = market(ROWS, OPEN + MINUTE)
    open_market.spike("NSE:INFY", 15, 30)
    assert [one.price for one in open_market.advance(OPEN + MINUTE + 30 * SECOND)] == [115_920]
    assert seen(open_market).last_price == 115_920
    assert [one.price for one in open_market.advance(OPEN + 2 * MINUTE)] == [102_000, 101_500]
    assert seen(open_market).high == 115_920


def test_a_stale_feed_stands_still_while_the_market_goes_on() -> None:
    open_market = market(ROWS, OPEN + MINUTE)
    before = seen(open_market)
    open_market.stale(["NSE:INFY"], OPEN + 2 * MINUTE)
    assert len(open_market.advance(OPEN + MINUTE + 50 * SECOND)) == 2
    assert seen(open_market) == before
    truth = open_market.traded(INFY.token)
    assert truth is not None
    assert truth.last_price == 102_000
    open_market.advance(OPEN + 2 * MINUTE)
    assert seen(open_market).last_price == 101_500


def test_a_restarted_market_knows_its_disturbances() -> None:
    moment = OPEN + MINUTE + 30 * SECOND
    first = market(ROWS, OPEN + 30 * SECOND)
    first.gap("NSE:INFY", 3)
    first.advance(OPEN + MINUTE)
    first.spike("NSE:INFY", -5, 10)
    first.advance(moment)
    listing = Listing((INFY, SBIN, NIFTY))
    restored = Disturbances.restored(first.state())
    again = Market(listing, ByHand(ROWS), Hours(), moment, seed=7, disturbances=restored)
    assert seen(again) == seen(first)
    prints = again.advance(OPEN + 2 * MINUTE)
    assert first.advance(OPEN + 2 * MINUTE) == prints
    assert [one.price for one in prints] == [105_060, 104_545]


def test_one_of_several_that_are_halted_can_be_freed_and_one_of_the_whole_market_cannot() -> None:
    open_market = market(ROWS, OPEN)
    open_market.halt(["NSE:INFY", "NSE:SBIN"], OPEN + 9 * MINUTE)
    open_market.clear("NSE:SBIN")
    assert [open_market.phase(one, OPEN + MINUTE) for one in (INFY, SBIN)] == [Phase.CLOSED, Phase.CONTINUOUS]
    open_market.halt(None, OPEN + 9 * MINUTE)
    with pytest.raises(ValueError, match="the halt is of all instruments: it ends for all of them or for none"):
        open_market.clear("NSE:SBIN")
    open_market.clear()
    assert open_market.phase(INFY, OPEN + MINUTE) is Phase.CONTINUOUS


def test_names_that_are_not_listed_and_prices_that_do_not_exist_cannot_be_disturbed() -> None:
    open_market = market(ROWS, OPEN)
    with pytest.raises(LookupError, match="NSE:INFI is not listed"):
        open_market.halt(["NSE:INFI"], OPEN + MINUTE)
    with pytest.raises(LookupError, match="NSE:SBIN has had no price yet"):
        open_market.gap("NSE:SBIN", 5)


def test_a_reissued_token_goes_on_where_the_old_one_is_unknown() -> None:
    open_market = market(ROWS, OPEN + MINUTE)
    before = seen(open_market)
    new = open_market.reissue("NSE:INFY")
    assert new.token != INFY.token
    assert open_market.snapshot(INFY.token) is None
    assert seen(open_market, new.token) == msgspec.structs.replace(before, token=new.token)
    assert {one.token for one in open_market.advance(OPEN + 2 * MINUTE)} == {new.token}


def test_depth_is_whole_ticks_apart_beside_the_last_price_and_the_same_for_a_seed() -> None:
    found = seen(market(ROWS, OPEN + MINUTE))
    bids, asks = [one.price for one in found.bids], [one.price for one in found.asks]
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert found.last_price in (bids[0], asks[0])
    assert asks[0] - bids[0] in (5, 10)
    assert len(bids) == len(asks) == 5
    assert {price % 5 for price in bids + asks} == {0}
    assert found.buy_quantity > sum(one.quantity for one in found.bids)
    assert seen(market(ROWS, OPEN + MINUTE)) == found


def test_an_index_has_neither_depth_nor_limits_nor_volume() -> None:
    rows = {"NSE:NIFTY 50": [bar(OPEN, 2_500_000, 2_501_000, 2_499_000, 2_500_050, volume=0)]}
    found = seen(market(rows, OPEN + MINUTE), NIFTY.token)
    assert (found.bids, found.asks, found.volume, found.average_price) == ((), (), 0, 0)
    assert (found.lower_limit, found.upper_limit, found.last_price) == (0, 0, 2_500_050)
