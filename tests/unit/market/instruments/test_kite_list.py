"""Kite's list of a day: read whole, judged whole, with the line of what is wrong."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from fakes.kite_lists import DAY, HEADER, Row, day_list, future, index, nifty_rows, option, row, written

from friday_core.errors import DataSourceError
from friday_core.market.instruments.kite_list import DayList, read_kite
from friday_core.market.instruments.stored_columns import SCHEMA

EXPIRY = "2026-08-25"


def read(folder: Path, text: str, day: dt.date = DAY) -> DayList:
    path = folder / "list.csv"
    path.write_text(text, "utf-8")
    return read_kite(path, day)


def odd(found: DayList) -> list[str]:
    return [str(one) for one in found.oddities]


def test_a_list_as_kite_writes_it_becomes_typed_columns_in_order(tmp_path: Path) -> None:
    found = day_list(tmp_path, [option(7, "NIFTY26AUG25000CE", "NIFTY", EXPIRY, 25000.0, "CE"), row(6, "INFY")])
    assert found.table.schema.equals(SCHEMA)
    assert found.oddities == ()
    first, second = found.table.to_pylist()
    assert second == {
        "instrument_token": 6 * 256 + 1,
        "exchange_token": "6",
        "tradingsymbol": "INFY",
        "name": "INFY LIMITED",
        "last_price": 0.0,
        "expiry": None,
        "strike": 0.0,
        "tick_size": 0.05,
        "lot_size": 1,
        "instrument_type": "EQ",
        "segment": "NSE",
        "exchange": "NSE",
        "tradable": True,
    }
    assert (first["expiry"], first["strike"], first["lot_size"]) == (dt.date(2026, 8, 25), 25000.0, 65)


def test_the_source_is_kept_by_name_and_digest(tmp_path: Path) -> None:
    text = written([row(6, "INFY")])
    found = read(tmp_path, text)
    assert (found.day, found.source, found.sha256) == (DAY, "list.csv", hashlib.sha256(text.encode()).hexdigest())


def test_a_list_that_a_spreadsheet_saved_is_the_same_list(tmp_path: Path) -> None:
    rows = [*nifty_rows(), row(6, "INFY"), index(9, "NIFTY 50")]
    as_kite = read(tmp_path, written(rows)).table
    mangled = [
        {
            **one,
            "instrument_token": f"{float(str(one['instrument_token'])):.8E}",
            "exchange_token": f"{one['exchange_token']}.0",
            "lot_size": f'"{one["lot_size"]}.0"',
            "strike": "" if one["strike"] == 0 else one["strike"],
            "expiry": "-".join(reversed(str(one["expiry"]).split("-"))),
            "last_price": "",
        }
        for one in rows
    ]
    text = "\ufeff" + written(mangled).replace("\n", "\r\n") + ",,,,,,,,,,,\r\n"
    assert read(tmp_path, text).table == as_kite


def test_the_symbols_tell_day_from_month_where_the_dates_alone_do_not(tmp_path: Path) -> None:
    rows = [option(7, "NIFTY26SEP25000CE", "NIFTY", "08-09-2026", 25000, "CE")]
    assert day_list(tmp_path, rows).table["expiry"].to_pylist() == [dt.date(2026, 9, 8)]
    rows = [option(7, "NIFTY26SEP25000CE", "NIFTY", "09-08-2026", 25000, "CE")]
    assert day_list(tmp_path, rows).table["expiry"].to_pylist() == [dt.date(2026, 9, 8)]


def test_dates_that_neither_column_nor_symbols_make_clear_are_refused_until_somebody_says_it(tmp_path: Path) -> None:
    rows = [option(7, "NIFTY2690825000CE", "NIFTY", "08-09-2026", 25000, "CE")]
    with pytest.raises(DataSourceError, match=r"line 2, column 'expiry': '08-09-2026' and all other dates"):
        day_list(tmp_path, rows)
    found = read_kite(tmp_path / "list.csv", DAY, form="dmy")
    assert found.table["expiry"].to_pylist() == [dt.date(2026, 9, 8)]


def test_a_token_that_a_spreadsheet_rounded_is_taken_only_if_the_exchanges_token_confirms_it(tmp_path: Path) -> None:
    whole = row(468750, "INFY", instrument_token="1.2E+08", exchange_token=468750)
    assert day_list(tmp_path, [whole]).table["instrument_token"].to_pylist() == [120_000_000]
    with pytest.raises(DataSourceError, match=r"line 2, column 'instrument_token': '1.34E\+08' has lost digits"):
        day_list(tmp_path, [row(524208, "AARTIIND", instrument_token="1.34E+08")])


def test_an_index_is_kept_and_cannot_be_traded(tmp_path: Path) -> None:
    found = day_list(tmp_path, [index(9, "NIFTY 50")])
    assert (found.table["tradable"].to_pylist(), found.oddities) == ([False], ())


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (row(6, "INFY", lot_size=0), "lot size 0, not tradable"),
        (row(6, "INFY", tick_size=0), "tick size 0, not tradable"),
        (row(6, "INFY", segment="MOON"), "of a segment that Friday does not know (MOON), not tradable"),
        (row(6, "INFY", instrument_type="XX"), "of a type that Friday does not know, not tradable"),
        (future(6, "INFYFUT", "INFY", ""), "a contract without an expiry, not tradable"),
        (option(6, "INFY26AUG0CE", "INFY", EXPIRY, 0, "CE"), "an option without a strike, not tradable"),
    ],
)
def test_a_row_that_no_order_can_be_made_of_is_kept_and_told(tmp_path: Path, given: Row, what: str) -> None:
    found = day_list(tmp_path, [row(5, "TCS"), given])
    assert dict(zip(found.table["tradingsymbol"].to_pylist(), found.table["tradable"].to_pylist(), strict=True)) == {
        "TCS": True,
        str(given["tradingsymbol"]): False,
    }
    assert odd(found) == [f"1 x {what}, first {given['tradingsymbol']} in line 3"]


def test_the_underlying_of_a_contract_without_a_name_is_read_from_its_symbol(tmp_path: Path) -> None:
    rows = [
        option(1, "BANKNIFTY26AUG55000CE", "", EXPIRY, 55000.0, "CE"),
        option(2, "NIFTY2690825000.5PE", "", "2026-09-08", 25000.5, "PE"),
        future(3, "M&M26AUGFUT", "", EXPIRY),
        future(4, "ODD", "", EXPIRY),
    ]
    found = day_list(tmp_path, rows)
    assert set(found.table["name"].to_pylist()) == {"BANKNIFTY", "NIFTY", "M&M", ""}
    assert odd(found) == ["1 x a contract whose underlying is not named, first ODD in line 5"]


def test_a_row_that_is_there_twice_is_left_out_and_told(tmp_path: Path) -> None:
    found = day_list(tmp_path, [row(5, "TCS"), row(6, "INFY"), row(5, "TCS")])
    assert found.table["tradingsymbol"].to_pylist() == ["INFY", "TCS"]
    assert odd(found) == ["1 x the same row again, left out, first TCS in line 4"]


def test_one_token_for_two_instruments_is_refused(tmp_path: Path) -> None:
    message = "line 3, column 'instrument_token': 1281 is the token of TCS and, in line 2, of INFY"
    with pytest.raises(DataSourceError, match=message):
        day_list(tmp_path, [row(5, "INFY"), row(5, "TCS")])


def test_one_symbol_for_two_instruments_is_kept_and_told(tmp_path: Path) -> None:
    found = day_list(tmp_path, [row(5, "INFY"), row(6, "INFY")])
    assert len(found.table) == 2
    assert odd(found) == [
        "1 x the same symbol on the same exchange again, to be asked for by token, first INFY in line 3"
    ]


def test_a_token_that_is_not_the_exchanges_with_a_segment_is_told(tmp_path: Path) -> None:
    found = day_list(tmp_path, [row(5, "INFY", exchange_token=77)])
    assert odd(found) == ["1 x token and exchange token do not agree, first INFY in line 2"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (row(6, "INFY", strike=-5), "line 3, column 'strike': '-5' is negative"),
        (row(6, "INFY", last_price=-5), "column 'last_price': '-5' is negative"),
        (row(6, "INFY", tick_size=-0.05), "column 'tick_size': '-0.05' is negative"),
        (row(6, "INFY", lot_size=-1), "column 'lot_size': '-1' is negative"),
        (row(6, "INFY", lot_size=0.5), "column 'lot_size': '0.5' is not a whole number"),
        (row(6, "INFY", lot_size="5E+05"), r"column 'lot_size': '5E\+05' has lost digits"),
        (row(6, "INFY", instrument_token=""), "column 'instrument_token': nothing stands there"),
        (row(6, "INFY", instrument_token="abc"), "column 'instrument_token': 'abc' is not a whole number"),
        (row(6, ""), "column 'tradingsymbol': nothing stands there"),
        (row(6, "INFY", strike="abc"), "column 'strike': 'abc' is not a number\n    mend: write plain numbers"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_line_and_column(tmp_path: Path, given: Row, message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        day_list(tmp_path, [row(5, "TCS"), given])


def test_a_list_with_contracts_that_had_expired_is_of_another_day(tmp_path: Path) -> None:
    rows = [row(5, "TCS"), *nifty_rows()]
    assert len(day_list(tmp_path, rows, dt.date(2026, 8, 25)).table) == 27
    message = (
        "line 3, column 'expiry': it is not the list of 2026-08-26: 7 contracts had expired by then, the first on "
        "2026-08-25\n    mend: name the day it is of, 2026-08-25 or earlier"
    )
    with pytest.raises(DataSourceError, match=message):
        day_list(tmp_path, rows, dt.date(2026, 8, 26))


def test_a_list_without_a_contract_that_expires_soon_is_of_another_day(tmp_path: Path) -> None:
    message = r"it is not the list of 2026-07-01: no contract expires before 2026-08-25, 55 days later"
    with pytest.raises(DataSourceError, match=message):
        day_list(tmp_path, nifty_rows(), dt.date(2026, 7, 1))


def test_a_list_of_shares_alone_can_be_of_any_day(tmp_path: Path) -> None:
    assert len(day_list(tmp_path, [row(5, "TCS")], dt.date(1999, 1, 1)).table) == 1


def test_a_list_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"list\.csv: there are no rows"):
        read(tmp_path, HEADER + "\n")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="is not a list of Kite's instruments: its first line lacks instrument_t"):
        read(tmp_path, "symbol,close\nINFY,1500\n")


def test_the_steps_are_told_in_order(tmp_path: Path) -> None:
    steps: list[str] = []
    path = tmp_path / "list.csv"
    path.write_text(written([row(5, "TCS")]))
    read_kite(path, DAY, advance=steps.append)
    assert steps == ["reading", "judging"]
