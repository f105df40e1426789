"""Contracts by underlying, expiry, strike and type, and chains of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from fakes.kite_lists import DAY, future, nifty_rows, option, row, snapshot

from friday_core.errors import DataError
from friday_core.market.instruments.contract_names import Expiry
from friday_core.market.instruments.contracts import Contracts
from friday_core.market.instruments.snapshot import Snapshot

WEEK, MONTH = dt.date(2026, 9, 1), dt.date(2026, 8, 25)


@pytest.fixture
def listed(tmp_path: Path) -> Snapshot:
    sensex = future(900, "SENSEX26AUGFUT", "SENSEX", "2026-08-27", exchange="BFO", segment="BFO-FUT")
    return snapshot(tmp_path, [row(5, "NIFTY"), *nifty_rows(), sensex])


@pytest.fixture
def contracts(listed: Snapshot) -> Contracts:
    return listed.contracts


def test_an_option_is_found_by_underlying_expiry_strike_and_type(contracts: Contracts) -> None:
    assert contracts.option("NIFTY", WEEK, 25000, "CE").symbol == "NIFTY2690125000CE"
    assert contracts.option("NIFTY", MONTH, Decimal("25100.00"), "PE").symbol == "NIFTY26AUG25100PE"
    assert contracts.option("NIFTY", MONTH, "24900", "PE").symbol == "NIFTY26AUG24900PE"


def test_a_future_is_found_by_underlying_and_expiry(contracts: Contracts) -> None:
    assert contracts.future("NIFTY", MONTH).symbol == "NIFTY26AUGFUT"
    assert contracts.future("SENSEX", dt.date(2026, 8, 27), "BFO").symbol == "SENSEX26AUGFUT"


def test_a_monthly_expiry_is_one_whose_contracts_are_named_by_the_month(contracts: Contracts) -> None:
    days = [MONTH, WEEK, dt.date(2026, 9, 8), dt.date(2026, 9, 29)]
    assert contracts.expiries("NIFTY") == tuple(map(Expiry, days, [True, False, False, True]))


def test_a_weekly_expiry_that_a_holiday_moved_behind_the_monthly_one_is_weekly(tmp_path: Path) -> None:
    rows = [
        option(1, "BANKNIFTY24APR48000CE", "BANKNIFTY", "2024-04-24", 48000, "CE"),
        option(2, "BANKNIFTY2443048000CE", "BANKNIFTY", "2024-04-30", 48000, "CE"),
    ]
    found = snapshot(tmp_path, rows, dt.date(2024, 4, 1)).contracts.expiries("BANKNIFTY")
    assert found == (Expiry(dt.date(2024, 4, 24), True), Expiry(dt.date(2024, 4, 30), False))


def test_where_names_do_not_tell_the_last_expiry_of_a_month_is_the_monthly_one(tmp_path: Path) -> None:
    rows = [
        option(1, "OPT1", "GOLD", "2026-08-25", 100, "CE"),
        option(2, "OPT2", "GOLD", "2026-08-28", 100, "CE"),
    ]
    found = snapshot(tmp_path, rows).contracts.expiries("GOLD")
    assert found == (Expiry(dt.date(2026, 8, 25), False), Expiry(dt.date(2026, 8, 28), True))


def test_the_next_expiry_is_the_nearest_or_the_nearest_monthly_one(listed: Snapshot) -> None:
    assert listed.contracts.next_expiry("NIFTY") == MONTH
    later = Snapshot(DAY, listed.table, dt.date(2026, 8, 26)).contracts
    assert later.next_expiry("NIFTY") == WEEK
    assert later.next_expiry("NIFTY", monthly=True) == dt.date(2026, 9, 29)


def test_a_contract_is_there_up_to_its_expiry(listed: Snapshot) -> None:
    on_the_day = Snapshot(DAY, listed.table, MONTH).contracts
    assert on_the_day.future("NIFTY", MONTH).symbol == "NIFTY26AUGFUT"
    after = Snapshot(DAY, listed.table, dt.date(2026, 8, 26)).contracts
    with pytest.raises(DataError, match="no FUT of NIFTY on NFO expires on 2026-08-25 as listed on 2026-08-21, 5 days"):
        after.future("NIFTY", MONTH)


def test_a_chain_has_a_row_for_each_strike(contracts: Contracts) -> None:
    chain = contracts.option_chain("NIFTY", WEEK)
    assert chain["strike"].to_pylist() == [24900.0, 25000.0, 25100.0]
    assert chain["call"].to_pylist() == ["NIFTY2690124900CE", "NIFTY2690125000CE", "NIFTY2690125100CE"]
    assert chain["put_token"].to_pylist() == [number * 256 + 2 for number in (1101, 1111, 1121)]
    assert chain["lot_size"].to_pylist() == [65, 65, 65]


@pytest.mark.parametrize(
    ("around", "strikes", "expected"),
    [(25010, 0, [25000.0]), (25050, 0, [25000.0]), (25051, 0, [25100.0]), (1, 1, [24900.0, 25000.0]), (25100, 9, 3)],
)
def test_a_chain_around_a_price_begins_at_the_nearest_strike(
    contracts: Contracts, around: float, strikes: int, expected: list[float] | int
) -> None:
    found = contracts.option_chain("NIFTY", WEEK, around=around, strikes=strikes)["strike"].to_pylist()
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_a_side_that_is_not_listed_is_null_in_a_chain(tmp_path: Path) -> None:
    rows = [
        option(1, "ITC26AUG400CE", "ITC", str(MONTH), 400, "CE"),
        option(2, "ITC26AUG410PE", "ITC", str(MONTH), 410, "PE"),
    ]
    chain = snapshot(tmp_path, rows).contracts.option_chain("ITC", MONTH)
    assert chain["call"].to_pylist() == ["ITC26AUG400CE", None]
    assert chain["put_token"].to_pylist() == [None, 2 * 256 + 2]


def test_the_chain_of_futures_begins_with_the_nearest(contracts: Contracts) -> None:
    chain = contracts.futures("NIFTY")
    assert chain["symbol"].to_pylist() == ["NIFTY26AUGFUT", "NIFTY26SEPFUT"]
    assert chain["expiry"].to_pylist() == [MONTH, dt.date(2026, 9, 29)]
    assert chain["token"].to_pylist() == [100 * 256 + 2, 103 * 256 + 2]


def test_a_strike_that_is_not_listed_is_answered_with_the_nearest(contracts: Contracts) -> None:
    message = (
        "no CE of NIFTY with strike 24950 for 2026-08-25 as listed on 2026-08-21; near are 24900, 25000, 25100\n"
        "    mend: take a strike"
    )
    with pytest.raises(DataError, match=message):
        contracts.option("NIFTY", MONTH, 24950, "CE")


def test_an_expiry_that_is_not_listed_is_answered_with_the_nearest(contracts: Contracts) -> None:
    with pytest.raises(
        DataError, match=r"no CE or PE of NIFTY on NFO expires on 2026-09-02 .*; near are 2026-08-25, 20"
    ):
        contracts.option_chain("NIFTY", dt.date(2026, 9, 2))
    with pytest.raises(DataError, match=r"no CE of SENSEX on BFO expires on 2026-08-27 .*; there is none at all"):
        contracts.option("SENSEX", dt.date(2026, 8, 27), 80000, "CE", "BFO")


def test_an_underlying_without_contracts_is_answered_with_what_there_is(contracts: Contracts) -> None:
    with pytest.raises(DataError, match="no contract of 'NIFTI' on NFO as listed on 2026-08-21; did you mean NIFTY"):
        contracts.expiries("NIFTI")
    with pytest.raises(DataError, match="no contract of 'SENSEX' on NFO as listed on 2026-08-21; there are on BFO"):
        contracts.futures("SENSEX")


def test_what_is_no_type_of_option_and_no_strike_is_refused(contracts: Contracts) -> None:
    with pytest.raises(DataError, match="'CALL' is no type of option\n    mend: CE for a call, PE for a put"):
        contracts.option("NIFTY", MONTH, 25000, "CALL")
    with pytest.raises(DataError, match="'at the money' is not a strike"):
        contracts.option("NIFTY", MONTH, "at the money", "CE")
