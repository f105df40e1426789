"""A market, an account, a book and an audit that do as they are told, for tests of the server alone."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from kiteconnect import KiteConnect

from friday_core.sandbox.kite.faults.fault import Do, Fault
from friday_core.sandbox.kite.faults.rules import Faults
from friday_core.sandbox.kite.market.clock import Clock
from friday_core.sandbox.kite.market.listing import Listing
from friday_core.sandbox.kite.refusals import KiteRefusal, bad_input
from friday_core.sandbox.kite.server.app import Kite
from friday_core.sandbox.kite.server.calls import stamp, wall_now
from friday_core.sandbox.kite.server.parts import Rooms
from friday_core.sandbox.kite.server.settings import API_KEY, SessionSettings
from friday_core.sandbox.kite.values import SECOND, Level, Listed, Print, Snapshot

#: 2026-11-23 10:00:00 IST.
START = 1_795_408_200 * SECOND
INFY, TCS, NIFTY = 408_065, 2_953_217, 256_265
#: An order that the official client is to place.
ORDER = {
    "variety": "regular", "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1,
    "product": "MIS", "order_type": "LIMIT", "price": 100.0, "tag": "A",
}  # fmt: skip


class StandInBook:
    """Facts in memory."""

    def __init__(self) -> None:
        self.facts: dict[str, str] = {}

    def transaction(self) -> nullcontext[None]:
        return nullcontext()

    def fact(self, name: str, default: str = "") -> str:
        return self.facts.get(name, default)

    def note(self, name: str, value: object) -> None:
        self.facts[name] = str(value)

    def next(self, name: str) -> int:
        self.note(name, int(self.fact(name, "0")) + 1)
        return int(self.fact(name))


class StandInBar(msgspec.Struct):
    ts: int
    open: int = 100_00
    high: int = 102_00
    low: int = 99_00
    close: int = 101_00
    volume: int = 10
    oi: int = 7


class StandInMarket:
    """Prints what a test has scripted; ``asked`` are calls of faults and candles."""

    def __init__(self, tokens: Sequence[int] = (INFY, TCS, NIFTY)) -> None:
        names = {INFY: ("INFY", "NSE"), TCS: ("TCS", "NSE"), NIFTY: ("NIFTY 50", "INDICES")}
        rows = []
        for token in tokens:
            symbol, segment = names.get(token, (f"S{token >> 8}", "NSE"))
            rows.append(Listed(token, "NSE", symbol, symbol, segment, "EQ", 5, 0 if segment == "INDICES" else 1))
        self.listing = Listing(rows)
        self.now = START
        self.prints: list[Print] = []
        self.asked: list[tuple[Any, ...]] = []
        self._seen = {one.token: snapshot(one.token, START) for one in rows}

    def advance(self, ts: int) -> list[Print]:
        found = [one for one in self.prints if self.now < one.ts <= ts]
        self.now = ts
        for one in found:
            before = self._seen[one.token]
            self._seen[one.token] = msgspec.structs.replace(
                before, ts=one.ts, last_price=one.price, volume=before.volume + one.quantity
            )
        return found

    def snapshot(self, token: int) -> Snapshot | None:
        return self._seen.get(token)

    def candles(self, token: int, interval: str, first_ts: int, last_ts: int, *, continuous: bool = False) -> list[Any]:
        self.asked.append((token, interval, first_ts, last_ts, continuous))
        return [StandInBar(first_ts)]

    def halt(self, *given: Any) -> None:
        self.asked.append(("halt", *given))

    def freeze(self, *given: Any) -> None:
        self.asked.append(("freeze", *given))

    def gap(self, *given: Any) -> None:
        self.asked.append(("gap", *given))

    def spike(self, *given: Any) -> None:
        self.asked.append(("spike", *given))

    def stale(self, *given: Any) -> None:
        self.asked.append(("stale", *given))

    def clear(self) -> None:
        self.asked.append(("clear",))

    def reissue(self, key: str) -> Listed:
        return self.listing.reissue(key)

    def state(self) -> bytes:
        return b"[]"


class StandInAccount:
    """Every order is COMPLETE at once; ``asked`` are the calls with what they were given."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.states: list[tuple[int, dict[str, Any]]] = []
        self.changed: list[dict[str, Any]] = []
        self.asked: list[tuple[Any, ...]] = []

    def place(
        self, variety: str, form: Mapping[str, str], ts: int, wall: int, *,
        fate: Any = None, owner: str = "client", app: str = "",
    ) -> str:  # fmt: skip
        if not form.get("quantity", "").isdigit():
            raise bad_input("Invalid `quantity`.")
        number = f"{len(self.rows) + 1:015}"
        self.asked.append(("place", variety, dict(form), fate, app))
        quantity = int(form["quantity"])
        self._save({
            "order_id": number, "exchange": form["exchange"], "tradingsymbol": form["tradingsymbol"],
            "tag": form.get("tag"), "status": "COMPLETE", "quantity": quantity, "filled_quantity": quantity,
            "order_timestamp": stamp(ts), "variety": variety,
        })  # fmt: skip
        return number

    def modify(
        self, variety: str, order_id: str, form: Mapping[str, str], ts: int, wall: int, *, fate: Any = None
    ) -> str:
        self._known(order_id)
        self.asked.append(("modify", variety, order_id, dict(form), fate))
        return order_id

    def cancel(self, variety: str, order_id: str, ts: int, wall: int, *, fate: Any = None) -> str:
        self.asked.append(("cancel", variety, order_id, fate))
        self._save({**self._known(order_id), "status": "CANCELLED"})
        return order_id

    def orders(self, before: int | None = None) -> list[dict[str, Any]]:
        if before is None:
            return list(self.rows.values())
        return list({row["order_id"]: row for wall, row in self.states if wall <= before}.values())

    def history(self, order_id: str) -> list[dict[str, Any]]:
        return [self._known(order_id)]

    def trades(self, order_id: str | None = None) -> list[dict[str, Any]]:
        return []

    def positions(self) -> dict[str, Any]:
        return {"net": [], "day": []}

    def margins(self, segment: str | None = None) -> dict[str, Any]:
        return {"net": 1.0} if segment else {"equity": {"net": 1.0}, "commodity": {"net": 0.0}}

    def order_margins(self, rows: Any) -> list[dict[str, Any]]:
        return [{"total": 1.0} for _ in rows]

    def basket_margins(self, rows: Any, consider_positions: bool, mode: str | None) -> dict[str, Any]:
        self.asked.append(("basket", rows, consider_positions, mode))
        return {"initial": {}, "final": {}, "orders": []}

    def place_gtt(self, form: Mapping[str, str]) -> dict[str, int]:
        self.asked.append(("gtt", dict(form)))
        return {"trigger_id": 123}

    def external(self, form: Mapping[str, str], ts: int, wall: int) -> str:
        self.asked.append(("external", dict(form)))
        return self.place("regular", form, ts, wall)

    def square_off(self, product: str, ts: int, wall: int) -> list[str]:
        self.asked.append(("square_off", product))
        return []

    def next_day(self, ts: int, wall: int) -> None:
        self.rows.clear()

    def states_after(self, number: int) -> tuple[int, list[dict[str, Any]]]:
        return len(self.states), [row for _, row in self.states[number:]]

    def step(self, prints: Any, ts: int, wall: int) -> None:
        pass

    def _known(self, order_id: str) -> dict[str, Any]:
        if order_id not in self.rows:
            raise KiteRefusal(404, "DataException", "Couldn't find that `order_id`.")
        return self.rows[order_id]

    def _save(self, row: dict[str, Any]) -> None:
        self.rows[row["order_id"]] = row
        self.states.append((wall_now(), row))
        self.changed.append({**row, "unfilled_quantity": 0})


class StandInAudit:
    """Lines in memory."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, kind: str, **fields: Any) -> None:
        self.lines.append({"kind": kind, **fields})

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.lines if one["kind"] == kind]


class Served:
    """A server in a thread of its own, with everything behind it in reach."""

    def __init__(self, folder: Path, settings: SessionSettings, tokens: Sequence[int] = (INFY, TCS, NIFTY)) -> None:
        self.market, self.account, self.book, self.audit = (
            StandInMarket(tokens), StandInAccount(), StandInBook(), StandInAudit()
        )  # fmt: skip
        self.clock = Clock(START, 0.0, wall_now())
        self.faults = Faults(self.book)
        self.stopped = threading.Event()
        rooms: Any = Rooms(
            self.market, self.clock, self.account, self.book, self.faults, self.audit, folder / "audit.jsonl",  # type: ignore[arg-type]
            lambda _: ("client", API_KEY), API_KEY,
        )  # fmt: skip
        self.kite = Kite(rooms, settings, self.stopped.set)
        self.port = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def session(self) -> str:
        """An access token."""
        return str(self.kite.sessions.begin(API_KEY, self.market.now)["access_token"])

    @contextmanager
    def running(self) -> Iterator[Served]:
        loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

        async def serve() -> None:
            runner = web.AppRunner(self.kite.application(), access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.port = runner.addresses[0][1]
            ready.set()
            await over.wait()
            await runner.cleanup()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        assert ready.wait(10.0)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join(10.0)
            loop.close()


def snapshot(token: int, ts: int) -> Snapshot:
    """An instrument at 100.00, bid 99.95 and asked 100.05, after 99.00 the day before."""
    bids, asks = (Level(9_995, 50, 2),), (Level(10_005, 70, 3),)
    return Snapshot(
        token, ts, ts, 10_000, 5, 9_990, 1_000, 50, 70, 9_950, 10_100, 9_900, 9_900, 0, 0, 0, 7_920, 11_880, bids, asks
    )


def fail(served: Served, do: Do, **rule: Any) -> None:
    served.faults.add([Fault(do, **rule)])


def kite_of(served: Served) -> Any:
    """A client on the session that stands: a new login would end it."""
    return KiteConnect(API_KEY, served.kite.sessions.token(API_KEY), root=served.root)


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 20.0
    while not until():
        assert time.monotonic() < end
        time.sleep(0.01)
