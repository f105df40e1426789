import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from friday_core.api import Chunk, DataSourceError
from friday_plugins.sources.csv import CsvSource

HEADER = "symbol,timestamp,open,high,low,close,volume\n"
ROW = "INFY,2024-01-01,100,101.05,99.95,100.50,5000\n"


def source(path: Path, **settings: Any) -> CsvSource:
    return CsvSource(CsvSource.Settings(path=path, **{"timezone": "Asia/Kolkata", **settings}))


def written(folder: Path, content: str | bytes, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(one: CsvSource) -> Chunk:
    return Chunk.concat(list(one.bars()))


def test_a_file_of_one_row_is_read(tmp_path: Path) -> None:
    one = source(written(tmp_path, HEADER + ROW))
    chunk = rows(one)
    assert [str(instrument.id) for instrument in one.instruments()] == ["INFY.NSE"]
    assert [chunk[name][0] for name in one.columns] == [10000, 10105, 9995, 10050, 5000.0]
    assert chunk.ts_event[0] == np.datetime64("2024-01-01T10:00:00", "us").astype(int)


def test_the_last_line_needs_no_line_end(tmp_path: Path) -> None:
    assert source(written(tmp_path, (HEADER + ROW).rstrip())).row_count() == 1


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + (HEADER + ROW).replace("\n", "\r\n").encode()
    assert rows(source(written(tmp_path, content)))["close"].tolist() == [10050]


def test_the_file_s_own_names_are_mapped(tmp_path: Path) -> None:
    path = written(tmp_path, "Date,O,H,L,C,Qty,OI\n2024-01-01,1,1,1,1,5,7\n", "TCS.csv")
    names = {"timestamp": "Date", "open": "O", "high": "H", "low": "L", "close": "C", "volume": "Qty"}
    one = source(path, columns=names | {"open_interest": "OI"})
    assert one.columns == ("open", "high", "low", "close", "volume", "open_interest")
    assert rows(one)["open_interest"].tolist() == [7.0]


def test_without_a_symbol_column_the_file_s_name_is_the_symbol(tmp_path: Path) -> None:
    path = written(tmp_path, "timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,1,5\n", "M&M.csv")
    assert [str(one.id) for one in source(path).instruments()] == ["M&M.NSE"]


def test_a_given_symbol_is_that_of_all_rows(tmp_path: Path) -> None:
    one = source(written(tmp_path, HEADER + ROW), symbol="TCS", exchange="BSE")
    assert [str(instrument.id) for instrument in one.instruments()] == ["TCS.BSE"]


def test_symbols_that_look_like_nothing_or_like_numbers_stay_symbols(tmp_path: Path) -> None:
    content = HEADER + "".join(ROW.replace("INFY", symbol) for symbol in ("NA", "NULL", "0700", "TRUE"))
    found = [one.id.symbol for one in source(written(tmp_path, content)).instruments()]
    assert found == ["0700", "NA", "NULL", "TRUE"]


def test_the_instruments_units_come_from_the_settings(tmp_path: Path) -> None:
    one = source(written(tmp_path, HEADER + ROW), currency="USD", price_decimals=4, tick_size=100, lot_size=25)
    (instrument,) = one.instruments()
    assert (instrument.currency, instrument.price_decimals, instrument.tick_size, instrument.lot_size) == (
        "USD",
        4,
        100,
        25,
    )
    assert rows(one)["close"].tolist() == [1005000]


def test_a_folder_is_read_whole_and_in_time_order(tmp_path: Path) -> None:
    written(tmp_path, HEADER + ROW.replace("01-01", "01-02"), "a.csv")
    written(tmp_path, HEADER + ROW + ROW.replace("INFY", "ACC"), "b.csv")
    written(tmp_path, "not for us", "notes.txt")
    one = source(tmp_path)
    assert [str(instrument.id) for instrument in one.instruments()] == ["ACC.NSE", "INFY.NSE"]
    assert rows(one).inst.tolist() == [0, 1, 1]


def test_a_pattern_picks_files(tmp_path: Path) -> None:
    written(tmp_path, HEADER + ROW, "nse_1.csv")
    written(tmp_path, HEADER + ROW.replace("INFY", "ACC"), "bse_1.csv")
    assert [str(one.id) for one in source(tmp_path / "nse_*.csv").instruments()] == ["INFY.NSE"]


def packed(folder: Path, content: str, name: str) -> Path:
    return written(folder, gzip.compress(content.encode()), name)


WITHOUT_SYMBOL = "timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,1,5\n"


@pytest.mark.parametrize("name", ["M&M.csv.gz", "M&M.CSV.GZ", "M&M.csv"])
def test_a_packed_file_is_read_like_an_unpacked_one(tmp_path: Path, name: str) -> None:
    one = source(packed(tmp_path, WITHOUT_SYMBOL, name))
    assert [str(instrument.id) for instrument in one.instruments()] == ["M&M.NSE"]
    assert rows(one)["close"].tolist() == [100]


def test_a_folder_may_hold_packed_and_unpacked_files(tmp_path: Path) -> None:
    packed(tmp_path, WITHOUT_SYMBOL, "ACC.csv.gz")
    written(tmp_path, WITHOUT_SYMBOL, "TCS.csv")
    packed(tmp_path, "not for us", "notes.txt.gz")
    assert [one.id.symbol for one in source(tmp_path).instruments()] == ["ACC", "TCS"]


def test_an_error_in_a_packed_file_names_the_line_of_the_unpacked_one(tmp_path: Path) -> None:
    path = packed(tmp_path, HEADER + ROW + ROW.replace("100.50", "abc"), "bars.csv.gz")
    with pytest.raises(DataSourceError, match=r"bars\.csv\.gz, line 3, column 'close': 'abc' is not a number"):
        source(path).instruments()


@pytest.mark.parametrize("lost", [1, 20, 40])
def test_a_packed_file_that_was_cut_off_is_an_error_that_names_it(tmp_path: Path, lost: int) -> None:
    content = gzip.compress((HEADER + ROW).encode())[:-lost]
    with pytest.raises(DataSourceError, match=r"bars\.csv\.gz: .*cannot be unpacked, perhaps cut off.*\n.*fetch it"):
        source(written(tmp_path, content, "bars.csv.gz")).instruments()


def test_a_damaged_packed_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    content = bytearray(gzip.compress((HEADER + ROW).encode()))
    content[30] ^= 0xFF
    with pytest.raises(DataSourceError, match=r"bars\.csv\.gz: .*cannot be unpacked"):
        source(written(tmp_path, bytes(content), "bars.csv.gz")).instruments()


def test_blanks_round_names_of_columns_do_not_count(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER.replace("open", " open ").replace("volume", "volume  ") + ROW)
    assert rows(source(path))["volume"].tolist() == [5000.0]


def test_only_rows_that_show_a_wanted_value_are_taken(tmp_path: Path) -> None:
    lines = "".join(ROW.replace("\n", f", {series}\n").replace("INFY", series * 2) for series in ("EQ", "BE", "N1"))
    path = written(tmp_path, HEADER.replace("\n", ",SERIES\n") + lines)
    one = source(path, only={"SERIES": ["EQ", "BE"]})
    assert [instrument.id.symbol for instrument in one.instruments()] == ["BEBE", "EQEQ"]


def test_files_of_which_only_leaves_nothing_are_passed_over(tmp_path: Path) -> None:
    written(tmp_path, HEADER + ROW, "a.csv")
    written(tmp_path, HEADER + ROW.replace("INFY", "ACC"), "b.csv")
    assert source(tmp_path, only={"symbol": ["ACC"]}).row_count() == 1
    with pytest.raises(DataSourceError, match="only leaves no row\n    mend: correct only"):
        source(tmp_path, only={"symbol": ["TCS"]}).instruments()


def test_only_by_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match="no column 'SERIES'; it has 'symbol', 'timestamp'"):
        source(written(tmp_path, HEADER + ROW), only={"SERIES": ["EQ"]}).instruments()


def test_bars_without_volume_have_none_of_it(tmp_path: Path) -> None:
    content = WITHOUT_SYMBOL.replace(",volume", "").replace(",5\n", "\n")
    assert rows(source(written(tmp_path, content), no_volume=True))["volume"].tolist() == [0.0]
    assert rows(source(written(tmp_path, WITHOUT_SYMBOL), no_volume=True))["volume"].tolist() == [0.0]


def test_one_column_of_the_file_may_be_all_four_prices(tmp_path: Path) -> None:
    path = written(tmp_path, "timestamp,ltp,volume\n2024-01-01 09:15:01,100.05,7\n", "INFY.csv")
    names = {"open": "ltp", "high": "ltp", "low": "ltp", "close": "ltp", "price": "ltp"}
    chunk = rows(source(path, columns=names, interval="1s", label="close"))
    assert {chunk[name][0] for name in names} == {10005}


def test_rows_out_of_order_are_sorted(tmp_path: Path) -> None:
    content = HEADER + ROW.replace("01-01", "01-03") + ROW
    assert np.all(np.diff(rows(source(written(tmp_path, content))).ts_event) > 0)


def test_blank_lines_do_not_shift_the_line_in_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW + "\n" + ROW.replace("100.50", "abc"))
    with pytest.raises(DataSourceError, match=r"bars\.csv, line 4, column 'close': 'abc' is not a number"):
        source(path).instruments()


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"none\.csv: there is no such file or folder"):
        source(tmp_path / "none.csv").instruments()


def test_a_folder_without_files_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"no \.csv or \.csv\.gz file is there"):
        source(tmp_path).instruments()


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"bars\.csv, line 1: it is empty"):
        source(written(tmp_path, "")).instruments()


def test_a_file_of_column_names_only_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"bars\.csv: there are no rows"):
        source(written(tmp_path, HEADER)).instruments()


def test_a_truncated_last_line_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW + "INFY,2024-01-02,100,10")
    with pytest.raises(
        DataSourceError, match=r"line 3: 4 fields where the first line names 7 \(is the file cut off\?\)"
    ):
        source(path).instruments()


@given(st.integers(0), st.binary(max_size=5), st.integers(0, 20))
def test_a_damaged_file_is_read_or_refused_by_name(tmp_path_factory: Any, place: int, damage: bytes, lost: int) -> None:
    content = (HEADER + ROW * 3).encode()
    at = place % len(content)
    path = written(tmp_path_factory.getbasetemp(), content[:at] + damage + content[at + lost :], "damaged.csv")
    refused = ""
    try:
        source(path).instruments()
    except DataSourceError as error:
        refused = str(error)
    assert not refused or "damaged.csv" in refused


def test_a_line_with_too_many_fields_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW.replace("5000", "5,000") + ROW)
    with pytest.raises(DataSourceError, match=r"line 2: 8 fields where the first line names 7\n"):
        source(path).instruments()


def test_a_separator_in_quotes_is_part_of_the_field(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW.replace("INFY", '"INFY,EQ"'))
    assert [one.id.symbol for one in source(path).instruments()] == ["INFY,EQ"]


def test_a_quotation_mark_that_is_not_closed_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW + ROW.replace("INFY", '"INFY') + ROW)
    with pytest.raises(DataSourceError, match="line 3: a quotation mark is not closed"):
        source(path).instruments()


def test_a_wrong_encoding_is_an_error_that_names_line_and_mend(tmp_path: Path) -> None:
    path = written(tmp_path, (HEADER + ROW + ROW.replace("INFY", "NESTLÉ")).encode("cp1252"))
    with pytest.raises(DataSourceError, match=r"line 3: utf-8 cannot decode byte 0xc9\n.*encoding = \"cp1252\""):
        source(path).instruments()
    assert [one.id.symbol for one in source(path, encoding="cp1252").instruments()] == ["INFY", "NESTLÉ"]


def test_another_separator_may_be_set(tmp_path: Path) -> None:
    path = written(tmp_path, (HEADER + ROW).replace(",", ";"))
    assert source(path, separator=";").row_count() == 1


def test_naive_time_stamps_without_a_zone_are_an_error_that_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"line 2, column 'timestamp'.*\n.*set timezone"):
        source(written(tmp_path, HEADER + ROW), timezone=None).instruments()


def test_minute_bars_labelled_by_their_open_are_known_when_they_end(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + ROW.replace("2024-01-01", "2024-01-01 09:15:00"))
    chunk = rows(source(path, interval="1m"))
    assert chunk.ts_event[0] == np.datetime64("2024-01-01T03:46:00", "us").astype(int)


def test_a_folder_that_cannot_be_read_as_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").mkdir()
    with pytest.raises(DataSourceError, match=r"bars\.csv: it cannot be read: Is a directory"):
        source(tmp_path).instruments()


def test_an_instrument_without_an_exchange_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    content = HEADER.replace("symbol", "instrument") + ROW.replace("INFY", "INFY.NSE") + ROW
    with pytest.raises(DataSourceError, match="line 3, column 'instrument': 'INFY' is not an instrument"):
        source(written(tmp_path, content)).instruments()


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("timezone", "Asia/Delhi", "'Asia/Delhi' is not a time zone"),
        ("encoding", "utf-9", "'utf-9' is not an encoding"),
        ("currency", "RUP", "unknown currency 'RUP'"),
        ("interval", "1 day", "should match pattern"),
        ("label", "start", "should be 'open' or 'close'"),
        ("delimiter", ";", "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_setting_is_refused(setting: str, value: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CsvSource.Settings(**{"path": "bars.csv", setting: value})
