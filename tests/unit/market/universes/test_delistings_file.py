"""Files of shares that are listed no more."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from friday_core.errors import DataSourceError
from friday_core.market.universes.delistings_file import Delisting, read_delistings

LAST = dt.date(2021, 6, 14)


def read(folder: Path, *lines: str) -> dict[str, Delisting]:
    path = folder / "delisted.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_delistings(path)


def test_each_symbol_has_a_last_session_and_may_have_a_price(tmp_path: Path) -> None:
    found = read(
        tmp_path, "symbol,last,price", "DHFL,2021-06-14,16.70", "GITANJALI.NSE,2021-06-14,", "ZERO,2021-06-14,0"
    )
    assert found == {
        "DHFL": Delisting(LAST, Decimal("16.70")),
        "GITANJALI.NSE": Delisting(LAST),
        "ZERO": Delisting(LAST, Decimal(0)),
    }
    assert read(tmp_path, "symbol,last", "DHFL,14-06-2021") == {"DHFL": Delisting(LAST)}


def test_a_parquet_file_is_read_alike_and_columns_may_be_called_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "delisted.parquet"
    pq.write_table(pa.table({"SYMBOL": ["DHFL"], "last": [LAST], "price": ["16.70"]}), path)
    assert read_delistings(path, {"symbol": "SYMBOL"}) == {"DHFL": Delisting(LAST, Decimal("16.70"))}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("symbol,last",), "there are no rows\n    mend: give it at least one delisted share"),
        (("symbol,price", "DHFL,1"), "last"),
        (("symbol,last", "DHFL,"), "line 2, column 'last': nothing stands there"),
        (("symbol,last", "DHFL,soon"), "line 2, column 'last': 'soon'"),
        (("symbol,last,price", "DHFL,2021-06-14,NaN"), "line 2, column 'price': 'NaN' is no price"),
        (("symbol,last", "DHFL,2021-06-14", "DHFL,2021-06-15"), "line 3, column 'symbol': DHFL comes a second time"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataSourceError) as told:
        read(tmp_path, *lines)
    assert message in str(told.value)
