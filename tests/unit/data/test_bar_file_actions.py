"""The setting ``actions`` of sources that read bars from files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import to_days
from friday_core.errors import DataSourceError
from friday_core.interfaces.source import HistoricalData
from friday_plugins.sources.csv import CsvSource
from friday_plugins.sources.parquet import ParquetSource

ACTIONS = """symbol,ex_date,kind,ratio,amount,announced
ONE,2024-01-03,split,2:1,,
ONE,2024-01-04,dividend,,1.50,
OTHER,2024-01-03,split,2:1,,
"""
EX_DATES = [to_days(dt.date(2024, 1, 3)), to_days(dt.date(2024, 1, 4))]
EXPECTED = [
    CorporateAction(InstrumentId("ONE", "NSE"), EX_DATES[0], 2, 1, 0, 2.0),
    CorporateAction(InstrumentId("ONE", "NSE"), EX_DATES[1], 1, 1, 150, 50 / 48.5),
]


def bars() -> pd.DataFrame:
    """Closes of 99, 100, 50 and 49 rupees."""
    days = [f"2024-01-0{number}" for number in (1, 2, 3, 4)]
    closes = [99.0, 100.0, 50.0, 49.0]
    return pd.DataFrame({"symbol": "ONE", "timestamp": days, **dict.fromkeys(["open", "high", "low", "close"], closes),
                         "volume": 10})  # fmt: skip


@pytest.fixture(params=["csv", "parquet"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> HistoricalData:
    (tmp_path / "actions.csv").write_text(ACTIONS)
    given: dict[str, Any] = {"timezone": "Asia/Kolkata", "actions": tmp_path / "actions.csv"}
    if request.param == "csv":
        bars().to_csv(tmp_path / "bars.csv", index=False)
        return CsvSource(CsvSource.Settings(path=tmp_path / "bars.csv", **given))
    bars().to_parquet(tmp_path / "bars.parquet")
    return ParquetSource(ParquetSource.Settings(path=tmp_path / "bars.parquet", **given))


def test_the_actions_of_a_file_are_announced(source: HistoricalData) -> None:
    assert list(source.corporate_actions()) == EXPECTED


def test_without_the_setting_there_are_none(tmp_path: Path) -> None:
    bars().to_csv(tmp_path / "bars.csv", index=False)
    one = CsvSource(CsvSource.Settings(path=tmp_path / "bars.csv", timezone="Asia/Kolkata"))
    assert one.corporate_actions() == ()
    assert not one.announces


def test_only_with_the_setting_do_columns_see_adjusted_prices(source: HistoricalData) -> None:
    assert source.announces


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    bars().to_csv(tmp_path / "bars.csv", index=False)
    (tmp_path / "actions.csv").write_text("symbol,ex_date,kind\nONE,2024-01-03,split\n")
    given: dict[str, Any] = {"timezone": "Asia/Kolkata", "actions": tmp_path / "actions.csv"}
    one = CsvSource(CsvSource.Settings(path=tmp_path / "bars.csv", **given))
    with pytest.raises(DataSourceError, match="line 2: a split needs ratio"):
        one.corporate_actions()
