"""The instruments of a day: by symbol, by token, and as instruments of a run."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.kite_lists import DAY, future, index, nifty_rows, option, row, snapshot

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.market.instruments.snapshot import Snapshot

AUGUST = "2026-08-25"


@pytest.fixture
def listed(tmp_path: Path) -> Snapshot:
    rows = [
        row(5, "TCS"),
        row(6, "INFY", tick_size=0.1),
        row(7, "INFY", exchange="BSE", segment="BSE"),
        row(8, "BAJAJ-AUTO", tick_size=1),
        row(9, "ODD", lot_size=0),
        index(10, "NIFTY 50"),
        future(11, "USDINR26AUGFUT", "USDINR", AUGUST, exchange="CDS", segment="CDS-FUT", tick_size=0.0025, lot_size=1),
        *nifty_rows(),
    ]
    return snapshot(tmp_path, rows)


def test_a_symbol_is_resolved_on_its_exchange(listed: Snapshot) -> None:
    infy = listed.resolve("NSE", "INFY")
    assert (infy.token, infy.name, infy.kind, infy.expiry, infy.strike) == (
        6 * 256 + 1,
        "INFY LIMITED",
        "EQ",
        None,
        None,
    )
    assert (infy.tick_size, infy.lot_size, infy.tradable, str(infy)) == (Decimal("0.1"), 1, True, "NSE:INFY")
    assert listed.resolve("BSE", "INFY").token == 7 * 256 + 4


def test_a_contract_has_expiry_and_strike(listed: Snapshot) -> None:
    call = listed.resolve("NFO", "NIFTY26AUG25000CE")
    assert (call.name, call.expiry, call.strike) == ("NIFTY", dt.date(2026, 8, 25), Decimal(25000))


def test_a_token_is_that_of_one_row(listed: Snapshot) -> None:
    assert listed.by_token(5 * 256 + 1).symbol == "TCS"
    with pytest.raises(DataError, match="no instrument has token 77 as listed on 2026-08-21\n    mend: tokens change"):
        listed.by_token(77)


@pytest.mark.parametrize(
    ("exchange", "symbol", "hint"),
    [
        ("NSE", "INFYY", "; did you mean INFY?"),
        ("NSE", "infy", "; did you mean INFY?"),
        ("BSE", "TCS", "; it is on NSE"),
        ("NFO", "NIFTY", "; it is the underlying of contracts there: ask for one by expiry"),
        ("NSE", "QQQQ", ""),
    ],
)
def test_a_symbol_that_there_is_not_is_answered_with_what_may_be_meant(
    listed: Snapshot, exchange: str, symbol: str, hint: str
) -> None:
    first = f"no {symbol!r} on {exchange!r} as listed on 2026-08-21{hint}"
    with pytest.raises(DataError, match=f"^{re.escape(first)}\n    mend: write the symbol as the exchange does$"):
        listed.resolve(exchange, symbol)


def test_a_symbol_of_two_instruments_is_refused_with_their_tokens(tmp_path: Path) -> None:
    twice = snapshot(tmp_path, [row(5, "INFY"), row(6, "INFY"), row(7, "TCS")])
    with pytest.raises(DataError, match=r"2 instruments are named 'INFY' on 'NSE' as listed on .*: tokens 1281, 1537"):
        twice.resolve("NSE", "INFY")
    assert twice.resolve("NSE", "TCS").token == 7 * 256 + 1


def test_the_answer_says_how_old_it_is(tmp_path: Path) -> None:
    table = snapshot(tmp_path, [row(5, "TCS")]).table
    assert str(Snapshot(DAY, table)) == "as listed on 2026-08-21"
    assert str(Snapshot(DAY, table, dt.date(2026, 8, 22))) == "as listed on 2026-08-21, 1 day before 2026-08-22"
    assert str(Snapshot(DAY, table, dt.date(2026, 8, 24))) == "as listed on 2026-08-21, 3 days before 2026-08-24"


def test_instruments_of_a_run_have_tick_lot_and_decimals_of_the_day(listed: Snapshot) -> None:
    ids = [InstrumentId("INFY", "NSE"), InstrumentId("NIFTY26AUG25000CE", "NFO"), InstrumentId("NIFTY26AUGFUT", "NFO")]
    assert listed.instruments(ids) == (
        Instrument(ids[0], "INR", 2, 10, 1, "equity"),
        Instrument(ids[1], "INR", 2, 5, 65, "option"),
        Instrument(ids[2], "INR", 2, 5, 65, "future"),
    )


def test_a_tick_finer_than_a_paisa_gives_more_decimals_and_a_coarse_one_no_fewer(listed: Snapshot) -> None:
    fine, coarse = listed.resolve("CDS", "USDINR26AUGFUT"), listed.resolve("NSE", "BAJAJ-AUTO")
    assert (fine.instrument().price_decimals, fine.instrument().tick_size) == (4, 25)
    assert (coarse.instrument().price_decimals, coarse.instrument().tick_size) == (2, 100)


def test_an_index_can_be_looked_at_in_a_run(listed: Snapshot) -> None:
    found = listed.resolve("NSE", "NIFTY 50")
    assert found.instrument() == Instrument(InstrumentId("NIFTY 50", "NSE"), "INR", 2, 1, 1, "index")


def test_what_cannot_be_traded_is_no_instrument_of_a_run(listed: Snapshot) -> None:
    with pytest.raises(DataError, match="NSE:ODD of segment 'NSE' cannot be traded"):
        listed.resolve("NSE", "ODD").instrument()


def test_a_listing_knows_its_id(listed: Snapshot) -> None:
    assert str(listed.resolve("NSE", "INFY").id) == "INFY.NSE"


def test_an_option_on_half_a_rupee_keeps_its_strike(tmp_path: Path) -> None:
    found = snapshot(tmp_path, [option(1, "ITC26AUG402.5CE", "ITC", AUGUST, 402.5, "CE")])
    assert found.resolve("NFO", "ITC26AUG402.5CE").strike == Decimal("402.5")
