import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from friday_core.domain.sessions import to_days
from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions.price_table import read_prices

HEADER = "SYMBOL,DATE1,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,TTL_TRD_QNTY"
ONE = "A,02-Jan-2024,100.05,101,99.95,100.10,500"
TWO = "A,2024-01-01,99,100,98,99.50,-"


def wrote(folder: Path, *lines: str) -> Path:
    path = folder / "prices.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_prices_become_whole_paise_in_the_order_of_days(tmp_path: Path) -> None:
    table = read_prices(wrote(tmp_path, HEADER, ONE, TWO, "B,2024-01-01,1,1,1,,5"), {})
    assert sorted(table) == ["A", "B"]
    assert table["A"]["session"].tolist() == [to_days(dt.date(2024, 1, 1)), to_days(dt.date(2024, 1, 2))]
    assert table["A"]["close"].tolist() == [9_950, 10_010]
    assert table["A"]["open"].tolist() == [9_900, 10_005]
    assert (table["B"]["close"].tolist(), table["A"]["volume"][1]) == ([0], 500.0)


def test_a_parquet_file_with_times_of_a_zone_is_read_by_its_dates(tmp_path: Path) -> None:
    stamps = pd.to_datetime(["2024-01-02 00:00:00+05:30"])
    frame = pd.DataFrame({"datetime": stamps, "volume": [5]}).assign(tradingsymbol="A")
    frame = frame.assign(open=100.0, high=100.0, low=100.0, close=100.0)
    frame.to_parquet(tmp_path / "prices.parquet")
    assert read_prices(tmp_path / "prices.parquet", {})["A"]["session"].tolist() == [to_days(dt.date(2024, 1, 2))]


def test_a_column_of_another_name_can_be_named(tmp_path: Path) -> None:
    path = wrote(tmp_path, HEADER.replace("SYMBOL", "file"), ONE)
    assert list(read_prices(path, {"symbol": "FILE"})) == ["A"]
    with pytest.raises(DataSourceError, match=r"there is no column 'symbol'; it has file, DATE1.*\n.*--column symbol="):
        read_prices(path, {})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER, ONE.replace("02-Jan-2024", "2 January")], "row 1: '2 January' is not a date"),
        ([HEADER, ONE, ONE], "A has two rows of one day"),
        ([HEADER, "A,2024-01-01,x,x,x,x,1"], "column 'OPEN_PRICE': there is no number"),
    ],
)
def test_a_table_that_cannot_be_is_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(DataSourceError, match=message):
        read_prices(wrote(tmp_path, *lines), {})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"nowhere\.csv: it cannot be read: No such file"):
        read_prices(tmp_path / "nowhere.csv", {})
