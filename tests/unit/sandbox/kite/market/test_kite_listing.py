"""The instruments of a day: lookups, Kite's list of them, and the shipped ones."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest
from fakes.kite_lists import DAY, future, index, option, row, written
from fakes.kite_markets import FUTURE, INFY, NIFTY, SBIN

from friday_core.errors import DataError
from friday_core.sandbox.kite.market.listing import Listing, kite_rows
from friday_core.sandbox.kite.market.shipped import SHARES, shipped_rows
from friday_core.sandbox.kite.values import Listed


def test_an_instrument_is_found_by_name_and_by_token() -> None:
    listing = Listing([INFY, SBIN, FUTURE])
    assert listing.by_key("NSE:SBIN") is SBIN
    assert listing.by_token(INFY.token) is INFY
    assert (listing.by_key("NSE:TCS"), listing.by_token(1)) == (None, None)
    assert listing.rows("NFO") == [FUTURE]
    assert listing.with_derivatives == {"NSE:SBIN"}
    with pytest.raises(LookupError, match=r"NSE:INFI is not listed.*NSE:INFY"):
        listing.named("NSE:INFI")


def test_two_instruments_cannot_share_a_token() -> None:
    twin = msgspec.structs.replace(SBIN, token=INFY.token)
    with pytest.raises(DataError, match="408065 is the name or token of NSE:INFY and of NSE:SBIN"):
        Listing([INFY, twin])


def test_the_list_is_read_by_the_official_client_as_it_was_given(tmp_path: Path) -> None:
    kite = pytest.importorskip("kiteconnect").KiteConnect("key")
    rows = [
        row(1594, "INFY", name="INFOSYS, INC"),
        index(1001, "NIFTY 50"),
        future(100, "NIFTY26SEPFUT", "NIFTY", "2026-09-29"),
        option(101, "NIFTY26SEP25000CE", "NIFTY", "2026-09-29", 25000, "CE"),
    ]
    path = tmp_path / "list.csv"
    path.write_text(written(rows).replace("INFOSYS, INC", '"INFOSYS, INC"'), "utf-8")
    listing = Listing(kite_rows(path, DAY))
    found = {one["tradingsymbol"]: one for one in kite._parse_instruments(listing.csv(None, {1594 << 8 | 1: 150_005}))}
    assert found["INFY"]["name"] == "INFOSYS, INC"
    assert found["INFY"]["last_price"] == 1500.05
    assert (found["NIFTY 50"]["segment"], found["NIFTY 50"]["lot_size"]) == ("INDICES", 0)
    assert found["NIFTY26SEPFUT"]["expiry"] == dt.date(2026, 9, 29)
    call = found["NIFTY26SEP25000CE"]
    assert (call["strike"], call["tick_size"], call["instrument_token"], call["exchange_token"]) == (
        25000.0, 0.05, 101 << 8 | 2, "101",
    )  # fmt: skip
    assert listing.csv("NFO", {}).decode().count("\n") == 3


def test_a_reissued_token_is_new_and_the_same_again_in_another_process() -> None:
    first, again = Listing([INFY, SBIN, NIFTY]), Listing([INFY, SBIN, NIFTY])
    new = first.reissue("NSE:INFY")
    assert new == again.reissue("NSE:INFY")
    assert (new.token >> 8, new.token & 0xFF) == (SBIN.exchange_token + 1, 1)
    assert first.by_token(INFY.token) is None
    assert first.by_token(new.token) == first.by_key("NSE:INFY") == new
    assert first.reissue("NSE:INFY").token != new.token


def shipped(day: dt.date) -> dict[str, Listed]:
    levels = {one.symbol: float(one.price) for one in SHARES}
    rows = shipped_rows(day, lambda root: levels.get(root, 25_010.0))
    listing = Listing(rows)
    assert len(listing) == len(rows)
    return {one.key: one for one in rows}


def test_shipped_shares_and_indices_have_their_real_tokens() -> None:
    found = shipped(dt.date(2026, 11, 20))
    tokens = {"NSE:INFY": 408065, "NSE:SBIN": 779521, "NSE:RELIANCE": 738561, "NSE:NIFTY 50": 256265, "BSE:SENSEX": 265}
    assert {key: found[key].token for key in tokens} == tokens
    assert found["BSE:RELIANCE"].token == 128083204
    assert found["NSE:NIFTY BANK"].is_index


def test_shipped_contracts_have_lots_ticks_and_expiries_of_the_dated_facts() -> None:
    found = shipped(dt.date(2026, 11, 20))
    future = found["NFO:NIFTY26NOVFUT"]
    # The 24th is a holiday.
    assert (future.expiry, future.lot) == (dt.date(2026, 11, 23), 65)
    call = found["NFO:NIFTY26NOV25000CE"]
    assert (call.strike, call.kind, call.segment, call.tick) == (2_500_000, "CE", "NFO-OPT", 5)
    assert found["BFO:SENSEX26NOVFUT"].expiry == dt.date(2026, 11, 26)
    assert found["CDS:USDINR26NOVFUT"].tick == 25_000
    assert {one.expiry for one in found.values() if one.kind == "FUT" and one.name == "NIFTY"} == {
        dt.date(2026, 11, 23), dt.date(2026, 12, 29),
    }  # fmt: skip
    assert shipped(dt.date(2025, 7, 30))["NFO:NIFTY25JULFUT"].expiry == dt.date(2025, 7, 31)


def test_where_facts_know_nothing_of_a_day_something_usual_is_listed() -> None:
    found = shipped(dt.date(2031, 3, 3))
    assert found["NFO:NIFTY31MARFUT"].expiry == dt.date(2031, 3, 25)
    assert (found["NFO:NIFTY31MARFUT"].lot, found["NSE:INFY"].tick) == (65, 10)
