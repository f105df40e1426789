"""Prices of files: bars and ticks in CSV and Parquet, laid down and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes.kite_markets import INFY, MINUTE, NIFTY, SBIN, at

from friday_core.errors import DataSourceError
from friday_core.sandbox.kite.market.hours import Hours
from friday_core.sandbox.kite.market.laid import Laid, lay
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.market.price_file import PriceFile, price_file
from friday_core.sandbox.kite.market.tape import Row
from friday_core.sandbox.kite.values import SECOND

OPEN = at("2026-11-20 09:15")
LISTING = Listing([INFY, SBIN, NIFTY])
BARS = """symbol,timestamp,open,high,low,close,volume,oi
SBIN,2026-11-20 09:15:00+05:30,800,801,799,800.5,90,0
INFY,2026-11-20 09:16:00+05:30,1500,1501,1499,1500.55,400,7
INFY,2026-11-20 09:15:00+05:30,1490,1495,1485,1494.95,401,5
INFY,2026-11-20 09:15:00+05:30,1490,1495,1485,1494.95,401,5
INFY,2026-11-20 09:17:00+05:30,1500,,1499,1500,1,0
"""
TICKS = """stamp,ltp,volume
2026-11-20 09:15:03,1500.5,1000
1970-01-01 05:30:00,1500.5,1000
2026-11-20 09:15:05,1500.65,1040
2026-11-20 09:15:04,1500.6,1010
2026-11-20 09:15:05,1500.65,1040
2026-11-20 09:15:06,1500.4,1030
2026-11-20 09:15:07,1500.7,1100
"""


def laid(folder: Path, **settings: Any) -> Laid:
    return lay(price_file({"timezone": "Asia/Kolkata", **settings}), LISTING, Hours(), folder / "prices")


def of(tape: Laid, key: str) -> list[Row]:
    return [Row(*one) for one in tape.rows(LISTING.named(key), 0, 2**62).tolist()]


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet"])
def test_bars_of_a_file_in_any_order_are_rows_in_the_order_of_time(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"bars.{form}"
    if form == "parquet":
        header, *lines = (line.split(",") for line in BARS.splitlines())
        columns: dict[str, list[Any]] = {name: [line[n] for line in lines] for n, name in enumerate(header)}
        numbers = {name: [float(one or "nan") for one in columns[name]] for name in header[2:]}
        pq.write_table(pa.table({**columns, **numbers}), path)
    elif form == "csv":
        path.write_text(BARS, "utf-8")
    else:
        import gzip

        path.write_bytes(gzip.compress(BARS.encode()))
    tape = laid(tmp_path, path=path, interval="1m", columns={"oi": "oi"})
    assert of(tape, "NSE:INFY") == [
        Row(OPEN, OPEN + MINUTE - 1, 149_000, 149_500, 148_500, 149_495, 401, 5),
        Row(OPEN + MINUTE, OPEN + 2 * MINUTE - 1, 150_000, 150_100, 149_900, 150_055, 400, 7),
    ]
    assert [one.close for one in of(tape, "NSE:SBIN")] == [80_050]
    assert of(tape, "NSE:NIFTY 50") == []
    assert (sorted(tape.keys), tape.begin()) == (["NSE:INFY", "NSE:SBIN"], OPEN)


def test_pieces_of_a_file_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS, "utf-8")
    whole = of(laid(tmp_path / "whole", path=path, interval="1m"), "NSE:INFY")
    monkeypatch.setattr(PriceFile, "_pieces", lambda self, given, _files: self.frames(given, self._origin(given), 2))
    assert of(laid(tmp_path / "pieces", path=path, interval="1m"), "NSE:INFY") == whole
    assert len(whole) == 2


def test_ticks_are_put_in_order_once_each_with_what_traded_since_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "INFY.csv"
    path.write_text(TICKS, "utf-8")
    tape = laid(tmp_path, path=path, kind="ticks", price="ltp", columns={"timestamp": "stamp"})
    prints = tape.prints(INFY, 0, 2**62).tolist()
    assert [(one[0] - OPEN) // SECOND for one in prints] == [3, 4, 5, 6, 7]
    assert [(one[1], one[2]) for one in prints] == [
        (150_050, 1_000), (150_060, 10), (150_065, 30), (150_040, 0), (150_070, 60),
    ]  # fmt: skip


def test_a_daily_bar_begins_with_its_session(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("symbol,timestamp,open,high,low,close,volume\nINFY,2026-11-20,1500,1510,1490,1505,9\n", "utf-8")
    (row,) = of(laid(tmp_path, path=path, interval="1d"), "NSE:INFY")
    assert (row.first, row.last) == (OPEN, at("2026-11-20 15:30") - 1)


def test_the_last_hour_of_a_day_is_half_as_long(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    lines = [f"INFY,2026-11-20 {hour}:15:00+05:30,1,1,1,1,4\n" for hour in (14, 15)]
    path.write_text("symbol,timestamp,open,high,low,close,volume\n" + "".join(lines), "utf-8")
    rows = of(laid(tmp_path, path=path, interval="1h", short_last_bar=True), "NSE:INFY")
    assert [(one.first, one.last + 1) for one in rows] == [
        (at("2026-11-20 14:15"), at("2026-11-20 15:15")),
        (at("2026-11-20 15:15"), at("2026-11-20 15:30")),
    ]


def test_what_is_laid_is_taken_again_until_the_file_or_its_settings_change(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS, "utf-8")
    laid(tmp_path, path=path, interval="1m")
    (place,) = (tmp_path / "prices").iterdir()
    before = (place / "done.json").stat().st_mtime_ns
    laid(tmp_path, path=path, interval="1m")
    assert (place / "done.json").stat().st_mtime_ns == before
    path.write_text(BARS.replace("1494.95", "1494.90"), "utf-8")
    assert of(laid(tmp_path, path=path, interval="1m"), "NSE:INFY")[0].close == 149_490


def test_a_laying_that_was_interrupted_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS, "utf-8")
    whole = of(laid(tmp_path, path=path, interval="1m"), "NSE:INFY")
    (place,) = (tmp_path / "prices").iterdir()
    place.rename(place.with_name(f"{place.name}.making"))
    assert of(laid(tmp_path, path=path, interval="1m"), "NSE:INFY") == whole


def test_the_last_price_is_that_of_the_print_that_can_be_known(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS, "utf-8")
    tape = laid(tmp_path, path=path, interval="1m")
    moments = (OPEN - 1, OPEN, OPEN + 30 * SECOND, OPEN + MINUTE - 1, OPEN + 99 * MINUTE)
    found = [tape.last(INFY, ts) for ts in moments]
    assert [one and one.price for one in found] == [None, 149_000, 148_500, 149_495, 150_055]


def test_mistakes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS.replace("SBIN", "SBII"), "utf-8")
    with pytest.raises(DataSourceError, match=r"SBII\.NSE of the price file is not listed"):
        laid(tmp_path, path=path, interval="1m")
    with pytest.raises(DataSourceError, match=r"\[prices\] knid: Extra inputs"):
        price_file({"path": path, "knid": "ticks"})
    (tmp_path / "bad.parquet").write_bytes(b"no")
    with pytest.raises(DataSourceError, match=r"bad\.parquet: it cannot be read"):
        laid(tmp_path, path=tmp_path / "bad.parquet")
