"""``friday instruments``: lists are imported, and instruments found in them."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from fakes.kite_lists import Row, future, index, nifty_rows, option, row, written

from friday_core.cli.instruments import command
from friday_core.cli.main import FridayCommands

DEBUG = click.Option(["--debug"], is_flag=True)


def friday(*arguments: str) -> Result:
    """With the group around the command, which makes messages of errors."""
    group = FridayCommands("friday", commands={"instruments": command}, params=[DEBUG])
    return CliRunner().invoke(group, ["instruments", *arguments])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(day: str, rows: list[Row], *options: str) -> Result:
    path = Path("kite.csv")
    path.write_text(written(rows), "utf-8")
    return friday("import", "kite.csv", "--date", day, *options)


ROWS = [row(5, "INFY", name="INFOSYS"), row(6, "ZOMATO"), row(7, "DCW"), index(9, "NIFTY 50"), *nifty_rows()]


def test_an_import_tells_where_the_list_is_and_what_is_in_it() -> None:
    result = put("2026-08-21", [*ROWS, row(8, "ODD", lot_size=0)])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "instruments/2026-08-21.parquet: 31 instruments of 2026-08-21",
        "  NFO-OPT          24",
        "  NSE               4",
        "  NFO-FUT           2",
        "  INDICES           1",
        "not tradable: 2",
        "odd: 1 x lot size 0, not tradable, first ODD in line 32",
        "no earlier list to compare with",
    ]


def test_an_import_tells_what_changed_against_the_list_before() -> None:
    assert put("2026-08-25", ROWS).exit_code == 0
    later = [row(5, "INFY", name="INFOSYS", tick_size=0.1), row(6, "ETERNAL"), row(77, "DCW-BE"), index(9, "NIFTY 50")]
    contracts = [{**one, "lot_size": 75} for one in nifty_rows() if one["expiry"] != "2026-08-25"]
    contracts = [one for one in contracts if one["instrument_type"] == "FUT"]
    result = put("2026-08-26", [*later, *contracts, future(900, "INFY26SEPFUT", "INFY", "2026-09-29")])
    assert result.output.splitlines()[4:] == [
        "not tradable: 1",
        "against 2026-08-25, 1 day before:",
        "  new               1  NFO:INFY26SEPFUT",
        "  gone             18  NFO:NIFTY2690124900CE, NFO:NIFTY2690124900PE, NFO:NIFTY2690125000CE, "
        "NFO:NIFTY2690125000PE, NFO:NIFTY2690125100CE, ...",
        "  renamed           1  NSE:ZOMATO to NSE:ETERNAL",
        "  series            1  NSE:DCW to NSE:DCW-BE",
        "  lot size          1  NFO:NIFTY26SEPFUT 65 to 75",
        "  tick size         1  NSE:INFY 0.05 to 0.1",
        "  expired           7",
    ]


def test_the_same_list_once_more_changes_nothing() -> None:
    put("2026-08-20", ROWS)
    put("2026-08-21", ROWS)
    result = put("2026-08-21", ROWS)
    assert result.exit_code == 0
    assert result.output.splitlines()[0].endswith("instruments of 2026-08-21, as before")
    assert result.output.splitlines()[-2:] == ["against 2026-08-20, 1 day before:", "  nothing changed"]


def test_another_list_of_a_day_is_refused_until_it_is_to_replace_the_first() -> None:
    put("2026-08-21", ROWS)
    result = put("2026-08-21", ROWS[:1])
    assert result.exit_code == 1
    assert "another list of 2026-08-21, from kite.csv\n    mend: correct --date, or give --replace" in result.stderr
    assert put("2026-08-21", ROWS[:1], "--replace").exit_code == 0


def test_a_list_of_another_day_is_refused_and_nothing_is_written() -> None:
    result = put("2026-09-30", ROWS)
    assert result.exit_code == 1
    assert "line 6, column 'expiry': it is not the list of 2026-09-30" in result.stderr
    assert not Path("instruments").exists()


def test_dates_that_can_be_read_in_two_ways_need_a_word() -> None:
    rows = [option(1, "NIFTY2690825000CE", "NIFTY", "08-09-2026", 25000, "CE")]
    result = put("2026-08-21", rows)
    assert result.exit_code == 1
    assert "say how they are written: ymd, dmy, mdy, named" in result.stderr
    assert put("2026-08-21", rows, "--dates", "dmy").exit_code == 0


def test_a_search_shows_what_an_order_needs() -> None:
    put("2026-02-20", [row(5, "INFY"), option(1, "NIFTY26FEB25000CE", "NIFTY", "2026-02-24", 25000.0, "CE")])
    result = friday("search", "nifty", "25000")
    lines = [line.split() for line in result.output.splitlines() if line.strip()]
    assert lines[0] == ["token", "exchange", "symbol", "name", "expiry", "strike", "type", "lot", "tick", "freeze"]
    shown = "258 NFO NIFTY26FEB25000CE NIFTY 2026-02-24 25000 CE 65 0.05 1800"
    assert lines[2] == shown.split()
    assert lines[3] == ["1", "as", "listed", "on", "2026-02-20"]


def test_a_search_is_as_of_a_day_and_says_of_which_list() -> None:
    put("2026-08-20", [row(5, "INFY", lot_size=7)])
    put("2026-08-21", [row(5, "INFY", lot_size=8)])
    found = json.loads(friday("search", "infy", "--date", "2026-08-20", "--json").output)
    assert [one["lot"] for one in found] == [7]
    assert [one["lot"] for one in json.loads(friday("search", "infy", "--json").output)] == [8]
    assert (
        "1 as listed on 2026-08-21, 2 days before 2026-08-23" in friday("search", "infy", "--date", "2026-08-23").output
    )
    late = friday("search", "infy", "--date", "2026-10-23")
    assert late.exit_code == 1
    assert "is that of 2026-08-21, 63 days older; at most 7 are taken" in late.stderr


def test_a_search_is_narrowed_by_exchange_and_expiry_and_limited() -> None:
    put("2026-08-21", ROWS)
    whole = json.loads(friday("search", "nifty", "--expiry", "2026-09-08", "--limit", "100", "--json").output)
    assert (len(whole), {one["expiry"] for one in whole}) == (6, {"2026-09-08"})
    month = json.loads(friday("search", "nifty", "--expiry", "2026-09", "--limit", "100", "--json").output)
    assert len(month) == 19
    assert "19 as listed" in friday("search", "nifty", "--expiry", "2026-09").output
    assert "2 of 19 as listed" in friday("search", "nifty", "--expiry", "2026-09", "--limit", "2").output
    assert friday("search", "infy", "--exchange", "NFO").exit_code == 1


def test_the_last_month_of_a_year_is_one_too() -> None:
    put("2026-12-01", [future(1, "NIFTY26DECFUT", "NIFTY", "2026-12-29")])
    found = json.loads(friday("search", "nifty", "--expiry", "2026-12", "--json").output)
    assert [one["symbol"] for one in found] == ["NIFTY26DECFUT"]


def test_nothing_found_is_told_with_what_may_be_meant() -> None:
    put("2026-08-21", ROWS)
    result = friday("search", "infi")
    assert result.exit_code == 1
    assert (
        "no instrument has 'infi' in symbol, name or type as listed on 2026-08-21; did you mean INFY" in result.stderr
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("search",), "Missing argument 'TEXT...'"),
        (("search", "x", "--date", "21-08-2026"), "Invalid value for '--date'"),
        (("search", "x", "--expiry", "soon"), "'soon' is neither a day such as 2026-08-27 nor a month such as 2026-08"),
        (("import", "kite.csv"), "Missing option '--date'"),
    ],
)
def test_a_wrong_option_is_named(arguments: tuple[str, ...], message: str) -> None:
    Path("kite.csv").write_text("")
    if arguments[:3] == ("search", "x", "--expiry"):
        put("2026-08-21", ROWS)
    result = friday(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_that_is_not_there_is_named() -> None:
    result = friday("import", "nothing.csv", "--date", "2026-08-21")
    assert result.exit_code == 1
    assert "friday: nothing.csv cannot be read: No such file or directory" in result.stderr


def test_an_empty_folder_is_told_with_the_mend() -> None:
    result = friday("search", "infy")
    assert result.exit_code == 1
    assert (
        "instruments has no list of instruments\n    mend: friday instruments import FILE --date DAY" in result.stderr
    )
