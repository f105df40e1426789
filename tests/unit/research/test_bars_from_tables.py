"""From a table in memory to the rows that the host reads."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from fakes.few_bars import week

from friday_core.api import MISSING_PRICE, Chunk, Instrument, InstrumentId, RowCode
from friday_core.errors import DataSourceError
from friday_core.research.bars import Bars, HandedOver


def rows(source: HandedOver) -> Chunk:
    return Chunk.concat(list(source.bars()))


def close_of(date: str) -> int:
    """15:30 in India, microseconds UTC."""
    return int(pd.Timestamp(f"{date} 10:00", tz="UTC").value // 1000)


def arrow() -> pa.Table:
    return pa.Table.from_pandas(week(), preserve_index=False)


@pytest.mark.parametrize(
    "table",
    [
        week(),
        week().set_index("ts"),
        week().assign(instrument=week().instrument.astype("category")),
        week().rename(columns=str.title),
        arrow(),
        arrow().to_batches()[0],
        arrow().to_pydict(),
        pl.from_arrow(arrow()),
        pa.concat_tables([arrow().slice(0, 2), arrow().slice(2)]),
        week().sample(frac=1, random_state=3),
        week().assign(ts=week().ts.dt.strftime("%Y-%m-%d")),
        week().assign(ts=week().ts.dt.date),
    ],
    ids=[
        "pandas", "index", "category", "capitals", "arrow", "batch", "dict", "polars", "chunks", "shuffled", "text",
        "dates",
    ],
)  # fmt: skip
def test_every_kind_of_table_gives_the_same_rows(table: Any) -> None:
    chunk = rows(Bars(table).source("INR"))
    assert chunk["open"].tolist() == [100_000, 100_600, 101_800, 102_800, 101_000]
    assert chunk["volume"].tolist() == [10_000.0, 12_000.0, 11_000.0, 9_000.0, 9_500.0]
    assert chunk.ts_event[0] == close_of("2026-05-04")
    assert (np.diff(chunk.ts_event) == 86_400_000_000).all()
    assert chunk.seq.tolist() == [0, 1, 2, 3, 4]


def test_instruments_are_those_of_the_rows_in_their_order_by_id() -> None:
    both = pd.concat([week("TCS.NSE"), week("INFY.NSE")])
    source = Bars(both).source("INR")
    assert [str(one.id) for one in source.instruments()] == ["INFY.NSE", "TCS.NSE"]
    assert rows(source).inst.tolist() == [0, 1] * 5


@pytest.mark.parametrize(("currency", "tick"), [("INR", 5), ("USD", 1)])
def test_a_tick_is_five_paise_in_rupees_and_one_cent_in_dollars(currency: str, tick: int) -> None:
    assert [one.tick_size for one in Bars(week()).source(currency).instruments()] == [tick]


def test_a_symbol_belongs_to_the_exchange_that_is_named() -> None:
    table = week("INFY").rename(columns={"instrument": "symbol"})
    assert [str(one.id) for one in Bars(table, exchange="BSE").source("INR").instruments()] == ["INFY.BSE"]


def test_a_table_without_names_is_of_the_one_instrument_that_is_given() -> None:
    bank = Instrument(InstrumentId("SBIN", "NSE"), "INR", tick_size=5)
    source = Bars(week().drop(columns="instrument"), instruments=[bank]).source("INR")
    assert source.instruments() == (bank,)


def test_columns_of_other_names_are_found_where_they_are_named() -> None:
    table = week().rename(columns={"close": "last", "ts": "day"})
    chunk = rows(Bars(table, columns={"close": "last", "ts": "day"}).source("INR"))
    assert chunk["close"][0] == 100_400


def test_further_columns_of_numbers_are_kept() -> None:
    chunk = rows(Bars(week().assign(delivery=0.4, note="x"), extra=["delivery"]).source("INR"))
    assert chunk["delivery"].tolist() == [0.4] * 5
    assert "note" not in chunk.columns


def test_prices_in_decimals_are_exact() -> None:
    table = week().assign(close=[Decimal("1004.05")] * 5)
    assert rows(Bars(table).source("INR"))["close"].tolist() == [100_405] * 5


def test_the_noise_of_single_precision_is_no_finer_price() -> None:
    table = week().assign(close=np.float32(1004.05))
    assert rows(Bars(table).source("INR"))["close"].tolist() == [100_405] * 5


def test_prices_of_instruments_with_different_decimals_are_each_in_their_own_unit() -> None:
    fine = Instrument(InstrumentId("EURINR", "NSE"), "INR", price_decimals=4)
    plain = Instrument(InstrumentId("INFY", "NSE"), "INR")
    both = pd.concat([week("EURINR.NSE"), week("INFY.NSE")])
    source = Bars(both, instruments=[plain, fine]).source("INR")
    assert rows(source)["close"][:2].tolist() == [10_040_000, 100_400]


def test_a_missing_price_is_marked_for_the_quarantine() -> None:
    chunk = rows(Bars(week().assign(high=[np.nan, 1020.0, np.inf, 1032.0, 1019.0])).source("INR"))
    assert chunk["high"].tolist() == [MISSING_PRICE, 102_000, MISSING_PRICE, 103_200, 101_900]
    assert chunk.code.tolist() == [RowCode.MISSING_PRICE, 0, RowCode.MISSING_PRICE, 0, 0]


MINUTES = pd.DataFrame({
    "ts": pd.date_range("2026-05-04 09:15", periods=3, freq="min"),
    "instrument": "INFY.NSE", "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "volume": 1.0,
})  # fmt: skip


@pytest.mark.parametrize(
    ("table", "label", "first"),
    [
        (MINUTES, "open", "03:46"),
        (MINUTES, "close", "03:45"),
        (MINUTES.assign(ts=MINUTES.ts.dt.tz_localize("Asia/Kolkata")), "open", "03:46"),
        (MINUTES.assign(ts=MINUTES.ts.dt.tz_localize("UTC")), "open", "09:16"),
    ],
    ids=["names its open", "names its close", "with a zone", "in UTC"],
)
def test_when_a_bar_of_a_minute_closes(table: pd.DataFrame, label: Any, first: str) -> None:
    chunk = rows(Bars(table, interval="1m", label=label).source("INR"))
    assert chunk.ts_event[0] == pd.Timestamp(f"2026-05-04 {first}", tz="UTC").value // 1000


def test_many_rows_of_one_time_have_the_close_of_that_time() -> None:
    both = pd.concat([MINUTES.assign(instrument=f"S{n}.NSE") for n in range(9)]).sort_values(["ts", "instrument"])
    chunk = rows(Bars(both, interval="1m").source("INR"))
    assert np.unique(chunk.ts_event, return_counts=True)[1].tolist() == [9, 9, 9]
    assert chunk.inst.tolist() == list(range(9)) * 3


def test_a_chunk_goes_in_as_it_is() -> None:
    made = rows(Bars(week()).source("INR"))
    infy = Instrument(InstrumentId("INFY", "NSE"), "INR")
    assert rows(Bars(made, instruments=[infy]).source("INR"))["close"].tolist() == made["close"].tolist()


def test_a_chunk_out_of_order_is_sorted() -> None:
    made = rows(Bars(week()).source("INR"))
    infy = Instrument(InstrumentId("INFY", "NSE"), "INR")
    turned = made.take(np.array([2, 0, 4, 1, 3]))
    assert rows(Bars(turned, instruments=[infy]).source("INR")).ts_event.tolist() == made.ts_event.tolist()


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        (Bars(week().iloc[:0]), "there are no rows\n    mend: hand over at least one bar"),
        (Bars(42), "a int is no table\n    mend: hand over a frame of pandas or polars"),
        (Bars(week().drop(columns="close")), r'no column \'close\'; it has .*\n    mend: give Bars\(table, columns='),
        (Bars(week().drop(columns="volume")), "no column 'volume'"),
        (Bars(week().drop(columns="instrument")), "no column 'instrument'"),
        (Bars(week().drop(columns="ts")), "no column 'ts'"),
        (Bars(week("INFY")), "column 'instrument': 'INFY' is not an instrument.*\n    mend: write SYMBOL.EXCHANGE"),
        (Bars(week().assign(instrument=["INFY.NSE", None] + ["INFY.NSE"] * 3)), "row 1: the instrument is missing"),
        (Bars(week().assign(close="dear")), "column 'close': a column of .*string, and not of numbers"),
        (Bars(week().assign(close=[1004.0, 1015.0, 1030.001, 1012.0, 1005.0])),
         r"row 2, column 'close': .*1030.001.* is finer than 2 decimals\n    mend: give Bars.table, price_decimals=4"),
        (Bars(week().assign(ts=[1, 2, 3, 4, 5])), "a column of int64 does not say what it counts"),
        (Bars(week().assign(ts=[pd.NaT, *week().ts[1:]])), "row 0, column 'ts': the time is missing"),
        (Bars(week().assign(ts="yesterday")), "'yesterday' is not a time stamp"),
        (Bars(MINUTES), r'INFY.NSE has a second time of one day, but interval is \'1d\'\n    mend: .*interval="1m"'),
        (Bars(week(), instruments=[Instrument(InstrumentId("TCS", "NSE"), "INR")]), "INFY.NSE is not among"),
        (Bars(rows(Bars(week()).source("INR"))), r"a Chunk does not say.*\n    mend: give Bars\(chunk, instruments="),
    ],
    ids=lambda one: "" if isinstance(one, Bars) else None,
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_mend(bars: Bars, message: str) -> None:
    with pytest.raises(DataSourceError, match=f"(?s)bars.*{message}"):
        bars.source("INR")


def test_a_million_rows_take_tens_of_nanoseconds_each() -> None:
    """A bound that a loop over rows would break five times over, whatever else the machine does."""
    count = 1_000_000
    ts = pd.date_range("2015-01-01 09:15", periods=count // 50, freq="min").repeat(50)
    price = np.full(count, 100.05)
    names = pd.Categorical([f"S{n:02}.NSE" for n in range(50)] * (count // 50))
    table = pd.DataFrame({
        "ts": ts, "instrument": names, "open": price, "high": price, "low": price, "close": price, "volume": price,
    })  # fmt: skip
    Bars(table.head(100), interval="1m").source("INR")
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        Bars(table, interval="1m").source("INR")
        seconds.append(time.process_time() - begun)
    assert min(seconds) / count < 200e-9


def test_the_close_of_a_session_is_what_is_said() -> None:
    chunk = rows(Bars(week(), timezone="America/New_York", session_close=dt.time(16)).source("USD"))
    assert chunk.ts_event[0] == pd.Timestamp("2026-05-04 20:00", tz="UTC").value // 1000
