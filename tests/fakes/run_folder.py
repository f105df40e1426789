"""Run folders without a run: the tables as a session writes them, from a few rows by hand.

``SMALL`` is three days of one share. 1,000 rupees; nothing on the first day; five bought at 105.00 on the
second, which closes at 110.00, and sold at 108.00 on the third. Each fill costs one rupee.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import tomli_w
from fakes.bars import CLOSE, DAY
from fakes.session_log import log_of

from friday_core.analytics.performance import performance
from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Fill, Side
from friday_core.domain.outcomes import DecisionTaken, EquityPoint, PositionHeld
from friday_core.domain.sessions import to_date
from friday_core.session.log import SessionLog
from friday_core.session.tables import ResultTables

INFY = InstrumentId("INFY", "NSE")
CAPITAL = 100_000
#: 2024-01-01, a Monday, as days since 1970.
FIRST = 19_723
SETTINGS: Mapping[str, Any] = {
    "data": {"timezone": "Asia/Kolkata"},
    "account": {"currency": "INR", "capital": 1000, "charges": "flat_bps"},
    "broker": {"use": "paper"},
    "plugins": {"charges": {"flat_bps": {"bps": 3.0}}, "broker": {"paper": {"slippage_ticks": 1}}},
}


class Price(NamedTuple):
    """One row of the table ``bars``; prices in paise."""

    day: int
    high: int
    low: int
    close: int
    instrument: str = "INFY.NSE"
    factor: float = 1.0


def close_of(day: int) -> int:
    """When a bar of a day closes, in microseconds UTC."""
    return (FIRST + day) * DAY + CLOSE


def equity(day: int, cash: int, value: int = 0, *, strategy: str = "one") -> EquityPoint:
    return EquityPoint(close_of(day), FIRST + day, strategy, cash, value, abs(value), cash + value)


def fill(day: int, quantity: int, price: int, charges: int = 100, *, instrument: InstrumentId = INFY) -> Fill:
    side = Side.BUY if quantity > 0 else Side.SELL
    return Fill(f"T{day}", instrument, "one", side, abs(quantity), price, charges, close_of(day))


def held(day: int, quantity: int, price: int, *, instrument: InstrumentId = INFY) -> PositionHeld:
    value = quantity * price
    return PositionHeld(close_of(day), FIRST + day, "one", instrument, quantity, value, price, value)


def decision(day: int, asked: int, sent: int, code: str, detail: str = "", *, value: float = 1.0) -> DecisionTaken:
    return DecisionTaken(close_of(day), "one", INFY, "signal", value, asked, sent, code, detail, "why", "T")


def small_log() -> SessionLog:
    """The three days."""
    return log_of(
        equity=[equity(0, 100_000), equity(1, 47_400, 55_000), equity(2, 101_300)],
        fills=[fill(1, 5, 10_500), fill(2, -5, 10_800)],
        positions=[held(1, 5, 11_000)],
        decisions=[
            decision(0, 5, 5, "SENT"),
            decision(1, -5, -5, "SENT"),
            decision(2, 5, 0, "MAX_POSITIONS", "1 is held"),
        ],
    )


SMALL_PRICES = (Price(0, 10_100, 9_900, 10_000), Price(1, 11_200, 10_200, 11_000), Price(2, 11_000, 9_800, 9_900))


def write_run(
    folder: Path,
    log: SessionLog,
    prices: Sequence[Price] = (),
    *,
    instruments: Iterable[InstrumentId] = (INFY,),
    settings: Mapping[str, Any] = SETTINGS,
    **summary: Any,
) -> Path:
    """A finished run's folder; ``summary`` replaces parts of ``summary.json``."""
    folder.mkdir(parents=True)
    tables = ResultTables(Universe(Instrument(one, "INR") for one in instruments), "INR").all(log, [])
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    if prices:
        pq.write_table(_bars(prices), folder / "bars.parquet")
    (folder / "resolved.toml").write_text(tomli_w.dumps(settings), encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps({**_summary(log), **summary}), encoding="utf-8")
    return folder


def small_run(folder: Path, **summary: Any) -> Path:
    """The folder of ``SMALL``."""
    return write_run(folder, small_log(), SMALL_PRICES, **summary)


def a_version(day: int = 0, failure: str = "", rows: int = 300) -> dict[str, Any]:
    """A fit at the close of a day, as ``summary.json`` tells of it."""
    made = {"asof": close_of(day), "effective_from": close_of(day), "rows": rows}
    return {**made, "model_id": None if failure else f"{day:064x}", "failure": failure}


def a_model(
    *,
    verdict: str = "Nothing can be said yet: 2 times with predictions that vary, 30 are needed.",
    output: str = "return",
    buckets: Sequence[tuple[float, float]] = ((-0.02, 0.01), (0.03, 0.02)),
    **changes: Any,
) -> dict[str, Any]:
    """``model`` of ``summary.json``; ``buckets`` are mean predictions and outcomes."""
    skill = {
        "pairs": 4,
        "times": 2,
        "ic": [0.05, 1.234, 2],
        "rank_ic": [0.0345, None, 2],
        "timing": [None, None, 0],
        "hit_rate": 0.75,
        "up_rate": 0.5,
        "r2_constant": -0.01,
        "r2_zero": None,
        "calibration": [{"pairs": 2, "prediction": said, "outcome": came} for said, came in buckets],
        "calibration_error": 0.02,
        "verdict": verdict,
    }
    made = {"stream": "predictions", "plugin": "ridge", "output": output, "features": ["momentum"], "horizon": 20}
    return {**made, "rows": 600, "table_sha256": "ef56", "versions": [a_version()], "skill": skill, **changes}


def _summary(log: SessionLog) -> dict[str, Any]:
    traded = sum(one.price * one.quantity for one in log.fills)
    figures = msgspec.to_builtins(performance(CAPITAL, "INR", log.equity, traded))
    dates = [to_date(one.session).isoformat() for one in log.equity] or [None]
    span = {"first_session": dates[0], "last_session": dates[-1]}
    return {
        "status": "finished",
        "error": "",
        "session": {"profile": "small", "mode": "backtest", "settings_hash": "ab12", "plugins": ["friday 0.1.0"]},
        "results": {"currency": "INR", "rows": len(log.equity), "digest": "cd34", **span, **figures},
        "strategies": {"one": {"capital": CAPITAL / 100}},
        "quarantine": [],
        "stopped_strategies": [],
        "validator_faults": [],
        "conventions": {"money": "exact"},
        "files": {},
    }


def _bars(prices: Sequence[Price]) -> pa.Table:
    decimals = pa.decimal128(38, 2)

    def column(name: str) -> pa.Array:
        return pa.array([Decimal(getattr(one, name)).scaleb(-2) for one in prices], decimals)

    return pa.table(
        {
            "ts_event": pa.array([close_of(one.day) for one in prices], pa.timestamp("us", tz="UTC")),
            "session": pa.array([to_date(FIRST + one.day) for one in prices], pa.date32()),
            "instrument": [one.instrument for one in prices],
            "open": column("close"),
            "high": column("high"),
            "low": column("low"),
            "close": column("close"),
            "factor": pa.array([one.factor for one in prices], pa.float64()),
        }
    )
