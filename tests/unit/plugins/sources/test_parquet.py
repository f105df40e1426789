from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.api import Chunk, DataSourceError
from friday_plugins.sources.parquet import ParquetSource


def bars(**columns: Any) -> pd.DataFrame:
    made = {
        "symbol": ["TCS", "INFY"],
        "timestamp": pd.to_datetime(["2024-01-02", "2024-01-01"]),
        "open": [1.0, 2.0],
        "high": [1.5, 2.5],
        "low": [0.5, 1.5],
        "close": [1.05, 2.05],
        "volume": [10, 20],
    }
    return pd.DataFrame(made | columns)


def source(path: Path, **settings: Any) -> ParquetSource:
    return ParquetSource(ParquetSource.Settings(path=path, **{"timezone": "Asia/Kolkata", **settings}))


def test_a_file_is_read_in_time_order(tmp_path: Path) -> None:
    bars().to_parquet(tmp_path / "bars.parquet")
    one = source(tmp_path / "bars.parquet")
    chunk = Chunk.concat(list(one.bars()))
    assert [str(instrument.id) for instrument in one.instruments()] == ["INFY.NSE", "TCS.NSE"]
    assert (chunk["close"].tolist(), chunk.inst.tolist()) == ([205, 105], [0, 1])
    assert chunk.ts_event[0] == np.datetime64("2024-01-01T10:00:00", "us").astype(int)


def test_times_stored_as_an_index_are_a_column(tmp_path: Path) -> None:
    bars().set_index("timestamp").to_parquet(tmp_path / "bars.parquet")
    assert source(tmp_path).row_count() == 2


def test_times_with_a_zone_need_no_setting_for_intraday_bars(tmp_path: Path) -> None:
    stamps = pd.to_datetime(["2024-01-01 09:16", "2024-01-01 09:17"]).tz_localize("Asia/Kolkata")
    bars(timestamp=stamps).to_parquet(tmp_path / "bars.parquet")
    (chunk,) = source(tmp_path, timezone=None, interval="1m", label="close").bars()
    assert chunk.ts_event[0] == np.datetime64("2024-01-01T03:46:00", "us").astype(int)


def test_prices_in_single_precision_are_exact(tmp_path: Path) -> None:
    bars(close=np.array([1234.55, 2.05], np.float32)).to_parquet(tmp_path / "bars.parquet")
    (chunk,) = source(tmp_path).bars()
    assert (chunk["close"].tolist(), chunk.code.tolist()) == ([205, 123455], [0, 0])


def test_a_truncated_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    bars().to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataSourceError, match=r"bars\.parquet: it is not a readable Parquet file.*\n.*fetch it again"):
        source(path).instruments()


@pytest.mark.parametrize("content", [b"", b"symbol,timestamp\n"])
def test_a_file_of_another_kind_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bars.parquet"
    path.write_bytes(content)
    with pytest.raises(DataSourceError, match=r"bars\.parquet: it is not a readable Parquet file"):
        source(path).instruments()


@given(st.integers(0), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_read_or_refused_by_name(tmp_path_factory: Any, place: int, damage: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    bars().to_parquet(path)
    content = path.read_bytes()
    at = place % len(content)
    path.write_bytes(content[:at] + damage + content[at + len(damage) :])
    refused = ""
    try:
        source(path).instruments()
    except DataSourceError as error:
        refused = str(error)
    assert not refused or "damaged.parquet" in refused


def test_text_in_a_number_is_an_error_that_names_the_row(tmp_path: Path) -> None:
    bars(close=["1.05", "high"]).to_parquet(tmp_path / "bars.parquet")
    with pytest.raises(DataSourceError, match="row 2, column 'close': 'high' is not a number"):
        source(tmp_path).instruments()


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DataSourceError, match=r"none\.parquet: there is no such file or folder"):
        source(tmp_path / "none.parquet").instruments()
