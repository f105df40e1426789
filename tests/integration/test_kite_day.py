"""A day of a hundred instruments on the Kite sandbox, at sixty times real time."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import aiohttp
import pytest
from fakes.kite_day import MINUTES, SYMBOLS, closes, written
from kiteconnect import KiteConnect

from friday_core.testing.kite_sandbox import KiteSandbox

SPEED, SECONDS = 60.0, 6.0


async def packets(sandbox: KiteSandbox, token: str, instruments: list[int], seconds: float) -> int:
    """How many a socket gets that wants all of them in full."""
    url, count = f"{sandbox.ws_root}/?api_key={sandbox.api_key}&access_token={token}", 0
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_str(json.dumps({"a": "mode", "v": ["full", instruments]}))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.BINARY and len(message.data) > 1:
                count += int.from_bytes(message.data[:2], "big")
    return count


@pytest.fixture
def sandbox(tmp_path: Path) -> KiteSandbox:
    written(tmp_path / "day.parquet")
    prices = f'[prices]\npath = "{tmp_path / "day.parquet"}"\ninterval = "1m"\n'
    return KiteSandbox(tmp_path / "kite", f"[market]\nspeed = 0.0\n{prices}")


def test_a_hundred_instruments_keep_pace_with_sixty_times_real_time(sandbox: KiteSandbox) -> None:
    with sandbox:
        token = sandbox.login()
        rows = KiteConnect(sandbox.api_key, token, root=sandbox.root).instruments("NSE")
        instruments = [row["instrument_token"] for row in rows if row["tradingsymbol"] in SYMBOLS]
        assert len(instruments) == len(SYMBOLS) == 100
        began = sandbox.control("clock", speed=SPEED)["ts"]
        before = time.monotonic()
        count = asyncio.run(packets(sandbox, token, instruments, SECONDS))
        passed = (sandbox.state()["ts"] - began) / 1e6
        assert passed == pytest.approx(SPEED * (time.monotonic() - before), rel=0.1)
        # Four prints a bar, each in a second of its own.
        assert count > 0.9 * 4 * len(SYMBOLS) * (passed / 60 - 1)


def test_a_whole_day_ends_with_the_closes_of_its_file(sandbox: KiteSandbox) -> None:
    with sandbox:
        kite = KiteConnect(sandbox.api_key, sandbox.login(), root=sandbox.root)
        sandbox.advance(MINUTES * 60)
        found = kite.ohlc([f"NSE:{symbol}" for symbol in SYMBOLS])
        assert {key: one["last_price"] for key, one in found.items()} == closes()
        token = found[f"NSE:{SYMBOLS[0]}"]["instrument_token"]
        candles = kite.historical_data(token, "2026-11-20 09:15:00", "2026-11-20 15:30:00", "minute")
        assert len(candles) == MINUTES
