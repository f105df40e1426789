import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.data.bar_times import BarTimes, Origin
from friday_core.data.frames import BarReader, in_chunks, merged
from friday_core.domain.chunk import MISSING_PRICE, Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.verdicts import RowCode
from friday_core.errors import DataSourceError

ORIGIN = Origin("bars.csv", "line")
READER = BarReader(BarTimes("Asia/Kolkata"))
UNIVERSE = Universe([Instrument(InstrumentId(symbol, "NSE"), "INR", tick_size=5) for symbol in ("TCS", "INFY")])


def frame(*closes: object, **other: object) -> pd.DataFrame:
    """Rows of INFY on consecutive days; ``other`` columns replace those made here."""
    n = len(closes)
    days = pd.date_range("2024-01-01", periods=n).strftime("%Y-%m-%d")
    columns = {"symbol": ["INFY"] * n, "timestamp": days}
    columns |= dict.fromkeys(("open", "high", "low"), [100.0] * n) | {"close": list(closes), "volume": [10] * n}
    return pd.DataFrame(columns | other, index=pd.RangeIndex(2, n + 2))


def read(given: pd.DataFrame, reader: BarReader = READER) -> Chunk:
    return reader.read(given, UNIVERSE, ORIGIN)


def test_prices_become_whole_units() -> None:
    assert read(frame(1234.55, 0.05))["close"].tolist() == [123455, 5]


@given(st.integers(0, 10**12), st.integers(0, 8))
def test_every_price_on_the_grid_is_exact_and_unmarked(units: int, decimals: int) -> None:
    one = Universe([Instrument(InstrumentId("INFY", "NSE"), "INR", decimals)])
    price = float(f"{units}e-{decimals}")
    chunk = READER.read(frame(price), one, ORIGIN)
    assert (chunk["close"][0], chunk.code[0]) == (units, RowCode.NONE)


@given(st.integers(1, 10**9), st.sampled_from([0.1, 0.25, 0.5, -0.1, 0.9]))
def test_a_price_between_two_units_is_marked_and_becomes_the_nearest(units: int, beside: float) -> None:
    chunk = read(frame((units + beside) / 100))
    assert chunk.code[0] == RowCode.OFF_GRID
    assert abs(chunk["close"][0] - units - beside) <= 0.5 + 1e-6


def test_the_noise_of_single_precision_is_not_a_finer_price() -> None:
    chunk = read(frame(float(np.float32(1234.55))))
    assert (chunk["close"][0], chunk.code[0]) == (123455, RowCode.NONE)


def test_a_column_named_price_holds_price_units_and_others_numbers() -> None:
    reader = BarReader(BarTimes("Asia/Kolkata"), {"price": "last", "turnover": "paid"})
    chunk = read(frame(100.0, 100.0, last=[99.95, 1.005], paid=[99.95, 0.5]), reader)
    assert (chunk["price"].tolist(), chunk["turnover"].tolist()) == ([9995, 100], [99.95, 0.5])
    assert chunk.code.tolist() == [RowCode.NONE, RowCode.OFF_GRID]


def test_a_time_of_day_in_a_column_of_its_own_is_read_after_the_date() -> None:
    reader = BarReader(BarTimes("Asia/Kolkata", "1m", "close"), {"timestamp": "date", "time": "clock"})
    given = frame(100.0, 101.0, date=[20240101, 20240102], clock=[" 09:16", "09:17"])
    expected = np.array(["2024-01-01T03:46", "2024-01-02T03:47"], "datetime64[us]").astype(np.int64)
    assert read(given, reader).ts_event.tolist() == expected.tolist()
    assert reader.kept == READER.kept


def test_a_date_and_a_time_that_cannot_be_read_are_shown_together() -> None:
    reader = BarReader(BarTimes("Asia/Kolkata", "1m"), {"time": "clock"})
    with pytest.raises(DataSourceError, match="line 2, column 'timestamp': '2024-01-01 25:00' is not a time stamp"):
        read(frame(100.0, clock=["25:00"]), reader)


def test_a_column_of_times_that_is_not_there_is_named() -> None:
    reader = BarReader(BarTimes("Asia/Kolkata", "1m"), {"time": "clock"})
    with pytest.raises(DataSourceError, match="there is no column 'clock'"):
        read(frame(100.0), reader)


def test_a_file_without_volume_is_told_how_to_say_so() -> None:
    with pytest.raises(DataSourceError, match="or no_volume = true if there is none"):
        read(frame(100.0).drop(columns="volume"))


@pytest.mark.parametrize("word", ["-", " - ", "", "NA", "n/a", "None"])
def test_words_for_no_value_leave_a_number_unknown(word: str) -> None:
    reader = BarReader(BarTimes("Asia/Kolkata"), {"delivered": "DELIV_PER"})
    assert np.isnan(read(frame(100.0, DELIV_PER=[word]), reader)["delivered"][0])


@pytest.mark.parametrize("absent", [float("nan"), float("inf"), -float("inf"), None])
def test_a_price_that_is_not_there_is_marked(absent: float | None) -> None:
    chunk = read(frame(absent, 100.0))
    assert (chunk["close"].tolist(), chunk.code.tolist()) == ([MISSING_PRICE, 10000], [RowCode.MISSING_PRICE, 0])


def test_missing_is_told_before_off_the_grid() -> None:
    assert read(frame(None, open=[100.001])).code[0] == RowCode.MISSING_PRICE


def test_a_price_too_large_for_whole_units_is_marked() -> None:
    assert read(frame(1e300)).code[0] == RowCode.OFF_GRID


def test_the_place_of_an_instrument_is_that_in_the_sorted_universe() -> None:
    assert read(frame(1.0, 1.0, symbol=["TCS", "INFY"])).inst.tolist() == [1, 0]


def test_an_instrument_may_be_named_with_its_exchange() -> None:
    given = frame(1.0, instrument=["TCS.NSE"]).drop(columns="symbol")
    assert read(given).inst.tolist() == [1]


def test_rows_are_sorted_by_time_and_instrument_and_equal_ones_keep_their_order() -> None:
    days = ["2024-01-02", "2024-01-01", "2024-01-01", "2024-01-01"]
    chunk = read(frame(1.0, 2.0, 3.0, 4.0, timestamp=days, symbol=["INFY", "TCS", "INFY", "INFY"]))
    assert chunk["close"].tolist() == [300, 400, 200, 100]
    assert chunk.seq.tolist() == [0, 1, 2, 3]


def test_further_columns_are_kept_as_numbers() -> None:
    reader = BarReader(BarTimes("Asia/Kolkata"), {"open_interest": "OI"})
    chunk = read(frame(1.0, 2.0, OI=[7, None], note=["x", "y"]), reader)
    assert reader.kept == ("open", "high", "low", "close", "volume", "open_interest")
    assert tuple(chunk.columns) == reader.kept
    assert chunk["open_interest"][0] == 7.0
    assert np.isnan(chunk["open_interest"][1])


def test_a_missing_column_is_an_error_that_offers_the_nearest() -> None:
    with pytest.raises(DataSourceError, match=r"no column 'close', the nearest is 'Close';[^\n]*\n.*close = \"Close\""):
        read(frame(1.0).rename(columns={"close": "Close"}))


def test_text_in_a_number_is_an_error_that_names_line_column_and_value() -> None:
    with pytest.raises(DataSourceError, match=r"bars\.csv, line 3, column 'close': '1,234\.5' is not a number"):
        read(frame("1.0", "1,234.5", "x"))


def test_numbers_as_text_are_read() -> None:
    assert read(frame("1.05", "", None))["close"].tolist() == [105, MISSING_PRICE, MISSING_PRICE]


def test_an_unknown_instrument_is_an_error_that_names_the_line() -> None:
    with pytest.raises(DataSourceError, match="line 3, column 'symbol': 'WIPRO' is not one of"):
        read(frame(1.0, 1.0, symbol=["TCS", "WIPRO"]))


def test_a_row_without_a_symbol_is_an_error_that_names_the_line() -> None:
    with pytest.raises(DataSourceError, match="line 3, column 'symbol': the symbol is missing"):
        read(frame(1.0, 1.0, symbol=["TCS", None]))


def test_one_symbol_on_two_exchanges_must_be_written_in_full() -> None:
    both = Universe([Instrument(InstrumentId("INFY", exchange), "INR") for exchange in ("BSE", "NSE")])
    with pytest.raises(DataSourceError, match=r"'INFY' is listed on two exchanges\n.*SYMBOL.EXCHANGE"):
        READER.read(frame(1.0), both, ORIGIN)


def test_a_frame_without_rows_is_an_error() -> None:
    with pytest.raises(DataSourceError, match=r"bars\.csv: there are no rows"):
        read(frame())


def test_two_columns_of_one_name_are_an_error() -> None:
    given = frame(1.0)
    with pytest.raises(DataSourceError, match="two columns are named 'close'"):
        read(pd.concat([given, given[["close"]]], axis=1))


def test_minute_bars_read_as_daily_are_an_error_that_names_the_mend() -> None:
    with pytest.raises(DataSourceError, match=r"line 3.*second time of one day[^\n]*\n.*interval = \"1m\""):
        read(frame(1.0, 1.0, timestamp=["2024-01-01 09:15", "2024-01-01 09:16"]))


def test_two_bars_of_one_time_are_left_to_validators() -> None:
    assert read(frame(1.0, 2.0, timestamp=["2024-01-01"] * 2))["close"].tolist() == [100, 200]


@given(st.integers(1, 40), st.integers(1, 50))
def test_a_cut_changes_no_row(rows: int, size: int) -> None:
    whole = read(frame(*np.arange(1.0, rows + 1)))
    cut = list(in_chunks(whole, size))
    assert max(len(one) for one in cut) <= size
    assert Chunk.concat(cut)["close"].tolist() == whole["close"].tolist()


def test_merged_rows_stand_in_time_order() -> None:
    later, earlier = read(frame(1.0, 2.0, 3.0)).take(slice(1, 3)), read(frame(1.0))
    assert merged([later, earlier])["close"].tolist() == [100, 200, 300]
    assert merged([later, earlier]).seq.tolist() == [0, 1, 2]
