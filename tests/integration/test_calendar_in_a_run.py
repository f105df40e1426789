"""A run by the dated calendar: month ends decide, holidays are held back, and a half day ends early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fakes.third_party_host import host_with, install

from friday_core.errors import ConfigurationError
from friday_core.orchestration.host import RunResult

MONTHLY = """
from friday_core.api import HOLD, ColumnStrategy, ComponentSpec, hookimpl, where

class Monthly(ColumnStrategy):
    def outputs(self, m):
        return {"target": where(m.month_end, 0.1, HOLD)}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "monthly", Monthly)]
"""

#: Holds from the first bar of a session to the last but one, by the columns of the calendar.
DAY_TRADER = """
from friday_core.api import HOLD, ColumnStrategy, ComponentSpec, hookimpl, where

class DayTrader(ColumnStrategy):
    def outputs(self, m):
        return {"target": where(m.session_start, 0.1, where(m.session_end, 0.0, HOLD))}

@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "day_trader", DayTrader)]
"""

MUMBAI = (
    'data.calendar="exchange"',
    'plugins.calendar.exchange.name="XBOM"',
    "plugins.calendar.exchange.end=2024-12-31",
)
OUT_OF_HOURS = 'streams.market_data.validators=["session_hours"]'


def active(name: str) -> str:
    return f'trading.active_strategies=[{{id = "{name}", use = "{name}"}}]'


def decided(result: RunResult) -> pd.DataFrame:
    """The decisions with their times on India's clock."""
    rows: Any = pq.read_table(result.folder / "decisions.parquet").to_pandas()
    return rows.assign(clock=rows["ts_event"].dt.tz_convert("Asia/Kolkata"))


def test_a_monthly_strategy_decides_on_the_last_session_of_each_month(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugin = install(monkeypatch, MONTHLY)
    result = host_with([plugin], tmp_path, *MUMBAI, OUT_OF_HOURS, active("monthly")).run()
    dates = sorted(set(decided(result)["clock"].dt.date.map(str)))
    # Sixty weekdays from the first of January; Good Friday was 29 March, and the data end before it.
    assert dates == ["2024-01-31", "2024-02-29"]


def test_rows_on_holidays_are_held_back_and_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, MONTHLY)
    result = host_with([plugin], tmp_path, *MUMBAI, OUT_OF_HOURS, active("monthly")).run()
    (counted,) = result.summary["quarantine"]
    assert counted["stage"] == "session_hours"
    assert counted["reason"] == "no session of XBOM on this date"
    held = pq.read_table(result.folder / "quarantine.parquet").to_pandas()["ts_event"]
    assert sorted(set(held.dt.date.map(str))) == ["2024-01-22", "2024-01-26", "2024-03-08"]


def test_a_half_day_begins_and_ends_at_its_own_hours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = install(monkeypatch, DAY_TRADER)
    short = "plugins.calendar.exchange.extra_sessions=[{date = 2024-01-03, open = 10:00:00, close = 12:30:00}]"
    minutes = (
        'plugins.source.synthetic.interval="1m"',
        "plugins.source.synthetic.sessions=3",
        "plugins.source.synthetic.instruments=1",
    )
    hours = 'plugins.validator.session_hours.interval="1m"'
    host = host_with([plugin], tmp_path, *MUMBAI, short, *minutes, OUT_OF_HOURS, hours, active("day_trader"))
    rows = decided(host.run())
    assert [(f"{clock:%d %H:%M}", value) for clock, value in zip(rows["clock"], rows["value"], strict=True)] == [
        ("01 09:16", 0.1), ("01 15:30", 0.0), ("02 09:16", 0.1), ("02 15:30", 0.0), ("03 10:01", 0.1),
        ("03 12:30", 0.0),
    ]  # fmt: skip


def test_without_a_calendar_the_mend_is_the_line_that_names_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugin = install(monkeypatch, MONTHLY)
    with pytest.raises(ConfigurationError, match=r"reads the column 'month_end'[\s\S]*write \[data\] calendar = "):
        host_with([plugin], tmp_path, active("monthly")).run()


def test_a_validator_of_hours_without_a_calendar_is_a_missing_dependency(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'calendar' needs calendar[\s\S]*write in \[data\]: calendar = "):
        host_with([], tmp_path, OUT_OF_HOURS).run()


def test_an_exchange_that_does_not_exist_is_a_problem_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"\[plugins.calendar.exchange\].*no exchange 'XNYSE'[\s\S]*did you mean XNYS"
    ):
        host_with([], tmp_path, 'data.calendar="exchange"', 'plugins.calendar.exchange.name="XNYSE"').run()
