"""Real minute bars and ticks as the Kite sandbox's market shows them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fakes.kite_markets import at

from friday_core.sandbox.kite.market.market import Market
from friday_core.sandbox.kite.market.opening import open_market

FOLDER = os.environ.get("MARKET_DATA_DIR")
DATA = Path(FOLDER or "nowhere").resolve()
BANKS = DATA / "intraday/kite_1min_banks_2023-04_06.parquet"

pytestmark = pytest.mark.skipif(FOLDER is None, reason="MARKET_DATA_DIR names no folder of market data")


def opened(folder: Path, moment: str, **prices: Any) -> Market:
    return open_market(at(moment), folder, prices={"timezone": "Asia/Kolkata", **prices})


def test_candles_of_a_session_are_the_bars_of_the_file_up_to_now(tmp_path: Path) -> None:
    columns = {"symbol": "tradingsymbol", "timestamp": "Date"}
    market = opened(tmp_path, "2023-05-10 09:00", path=BANKS, interval="1m", columns=columns)
    assert len(market.advance(at("2023-05-10 12:00") - 1)) == 6 * 165 * 4
    bars = pd.read_parquet(BANKS)
    for symbol in ("AXISBANK", "SBIN"):
        token = market.listing.named(f"NSE:{symbol}").token
        told = market.candles(token, "minute", 0, market.now)
        own = bars[(bars["tradingsymbol"] == symbol) & (bars["Date"] < "2023-05-10 12:00")]
        for name in ("open", "high", "low", "close"):
            assert [getattr(one, name) for one in told] == (own[name] * 100).round().astype(int).tolist()
        assert [one.volume for one in told] == own["volume"].tolist()


def test_ticks_as_dirty_as_they_were_found_are_a_day_in_order(tmp_path: Path) -> None:
    (path,) = (DATA / "ticks_nse_2021/24-May-2021").glob("RELIANCE_2021-05-24_.csv.gz")
    market = opened(tmp_path, "2021-05-24 09:00", path=path, kind="ticks", price="ltp", symbol="RELIANCE")
    prints = market.advance(at("2021-05-24 16:00"))
    assert [one.ts for one in prints] == sorted(one.ts for one in prints)
    assert min(one.quantity for one in prints) == 0
    found = market.snapshot(738561)
    assert found is not None
    assert found.low <= found.average_price <= found.high
    assert found.volume == pd.read_csv(path)["volume"].max()
