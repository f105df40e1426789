"""Markets from their settings."""

from __future__ import annotations

from pathlib import Path

from fakes.kite_lists import future, row, written
from fakes.kite_markets import at

from friday_core.sandbox.kite.market.hours import Phase
from friday_core.sandbox.kite.market.opening import open_market

OPEN = at("2026-11-20 09:15")
BARS = "symbol,timestamp,open,high,low,close,volume\n" + "".join(
    f"{symbol},2026-11-20 09:15:00+05:30,1500,1501,1499,1500,400\n" for symbol in ("INFY", "OWN", "OTHER")
)


def test_without_a_file_the_shipped_instruments_trade(tmp_path: Path) -> None:
    market = open_market(OPEN + 60_000_000, tmp_path, seed=7)
    found = market.snapshot(408065)
    assert found is not None
    assert found.lower_limit <= found.low <= found.last_price <= found.high <= found.upper_limit
    assert abs(found.last_price / 150_000 - 1) < 0.3


def test_what_a_price_file_has_and_no_list_gets_a_token_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS, "utf-8")
    prices = {"path": path, "interval": "1m", "timezone": "Asia/Kolkata"}
    market = open_market(OPEN - 1, tmp_path, prices=prices)
    own = market.listing.named("NSE:OWN")
    assert open_market(OPEN, tmp_path, prices=prices).listing.named("NSE:OWN") == own
    assert (own.token & 0xFF, own.tick, market.listing.named("NSE:INFY").token) == (1, 5, 408065)
    prints = market.advance(OPEN + 60_000_000)
    assert {one.token for one in prints} == {
        market.listing.named(f"NSE:{name}").token for name in ("INFY", "OWN", "OTHER")
    }
    assert len(prints) == 12


def test_a_list_of_kites_is_the_whole_market_and_tells_where_unknown_underlyings_stand(tmp_path: Path) -> None:
    rows = [row(77, "ABC"), future(78, "ABC26DECFUT", "ABC", "2026-12-29")]
    rows += [
        future(
            79 + n, f"ABC26DEC{strike}CE", "ABC", "2026-12-29", strike=strike, instrument_type="CE", segment="NFO-OPT"
        )
        for n, strike in enumerate((3_900, 4_000, 4_100))
    ]
    path = tmp_path / "list.csv"
    path.write_text(written(rows), "utf-8")
    market = open_market(OPEN + 60_000_000, tmp_path, instruments=path)
    assert len(market.listing) == 5
    share = market.snapshot(77 << 8 | 1)
    assert share is not None
    assert abs(share.last_price / 400_000 - 1) < 0.3
    assert market.phase(market.listing.named("NSE:ABC"), at("2026-11-20 15:20")) is Phase.CLOSING_AUCTION


def test_an_exchange_that_is_always_open_trades_on_a_sunday_night(tmp_path: Path) -> None:
    market = open_market(at("2026-11-22 03:00"), tmp_path, always_open=True)
    market.watch([408065])
    assert len(market.advance(at("2026-11-22 03:05"))) == 100
    assert market.phase(market.listing.named("NSE:INFY"), market.now) is Phase.CONTINUOUS
