"""The Kite sandbox under load: requests of one client, full packets on one socket, and a day of a hundred shares.

Run with ``python benchmarks/bench_sandbox.py``. Each figure is what the whole machine did, client included: requests
a second of one connection, and full packets a second of the market's own changes at the speed that is given, with
the CPU time of the server for each. The day is replayed as bars of a file, every share in full on one socket, at ten
times the speed that is asked of it (60): it takes 37.5 s if the sandbox keeps pace, and says how far it fell behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from kiteconnect import KiteConnect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fakes.kite_day import MINUTES, SYMBOLS, written

from friday_core.sandbox.kite.server.process import address_of
from friday_core.testing.kite_sandbox import KiteSandbox

_SCENARIO = """
[market]
always_open = true
speed = {speed}

[sessions]
quotes_per_second = 100000
orders_per_second = 100000
orders_per_minute = 1000000
others_per_second = 100000

[rules]
orders_a_day = 1000000
"""
_ORDER = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "1", "product": "MIS",
    "order_type": "LIMIT",
}  # fmt: skip


def cpu_of(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def requests(
    sandbox: KiteSandbox, method: str, path: str, seconds: float, form: object = None
) -> tuple[int, int]:
    """How many were answered, and how many of them well."""
    headers = {"Authorization": f"token {sandbox.api_key}:{sandbox.login()}"}
    end, count, well = time.monotonic() + seconds, 0, 0
    async with aiohttp.ClientSession(sandbox.root, headers=headers) as session:
        while time.monotonic() < end:
            async with session.request(method, path, data=form) as answer:
                await answer.read()
                count, well = count + 1, well + (answer.status == 200)
    return count, well


async def packets(sandbox: KiteSandbox, tokens: list[int], seconds: float) -> int:
    """Full packets that one socket got."""
    query = f"?api_key={sandbox.api_key}&access_token={sandbox.login()}"
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{sandbox.ws_root}/{query}") as socket:
        await socket.send_str(json.dumps({"a": "mode", "v": ["full", tokens]}))
        await asyncio.sleep(2.0)
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            message = await socket.receive()
            if message.type is aiohttp.WSMsgType.BINARY and len(message.data) > 1:
                count += int.from_bytes(message.data[:2], "big")
        return count


def replay_day(folder: Path, speed: float) -> None:
    """From the first bar to the last; behind is how much later than its clock the market came to an end."""
    written(folder / "day.parquet")
    prices = f'[prices]\npath = "{folder / "day.parquet"}"\ninterval = "1m"\n'
    with KiteSandbox(folder / "day", f"[market]\nspeed = 0.0\n{prices}") as box:
        pid, kite = address_of(box.folder).pid, KiteConnect(box.api_key, box.login(), root=box.root)
        tokens = [row["instrument_token"] for row in kite.instruments("NSE") if row["tradingsymbol"] in SYMBOLS]
        began, before, seconds = time.monotonic(), cpu_of(pid), MINUTES * 60 / speed
        opened = box.control("clock", speed=speed)["ts"]
        count = asyncio.run(packets(box, tokens, seconds - 2.0))
        while (passed := (box.state()["ts"] - opened) / 1e6) < MINUTES * 60:
            time.sleep(0.01)
        took, used = time.monotonic() - began, cpu_of(pid) - before
        behind = took - passed / speed
        print(f"a day of {len(tokens)} shares at speed {speed:g}: {took:.1f} s, {behind:.2f} s behind", end=", ")
        print(f"{count} full packets, {used / took:.0%} of a core; one at 60 takes {used / took * 60 / speed:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--day-speed", type=float, default=600.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, KiteSandbox(Path(folder), _SCENARIO.format(speed=asked.speed)) as box:
        pid = address_of(box.folder).pid
        kite = KiteConnect(box.api_key, box.login(), root=box.root)
        resting = {**_ORDER, "price": f"{round(kite.ltp('NSE:INFY')['NSE:INFY']['last_price'] * 0.95)}"}
        rows = [one["instrument_token"] for one in kite.instruments()]
        for method, path, form in (("GET", "/quote?i=NSE:INFY", None), ("POST", "/orders/regular", resting)):
            before = cpu_of(pid)
            count, well = asyncio.run(requests(box, method, path, asked.seconds, form))
            used = (cpu_of(pid) - before) / count * 1_000
            print(f"{method:4} {path:20} {count / asked.seconds:8.0f} /s  {used:6.2f} ms of CPU each  {well} well")
        before = cpu_of(pid)
        count = asyncio.run(packets(box, rows, asked.seconds))
        used = cpu_of(pid) - before
        print(f"full packets of {len(rows)} instruments at speed {asked.speed:g}:", end=" ")
        print(f"{count / asked.seconds:.0f} /s  {used / asked.seconds:.0%} of a core")
    with tempfile.TemporaryDirectory() as folder:
        replay_day(Path(folder), asked.day_speed)


if __name__ == "__main__":
    main()
