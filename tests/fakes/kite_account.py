"""A market that stands where a test puts it, and an account in it."""

from __future__ import annotations

import datetime as dt
import enum
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from friday_core.sandbox.kite.account.account import Account
from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.values import IST, SECOND, Level, Listed, Print, Snapshot

DAY = dt.date(2026, 11, 23)
INFY = Listed(408065, "NSE", "INFY", "INFOSYS", "NSE", "EQ", 10, 1, isin="INE009A01021")
SBIN = Listed(779521, "NSE", "SBIN", "STATE BANK", "NSE", "EQ", 5, 1, isin="INE062A01020")
NIFTY = Listed(256265, "NSE", "NIFTY 50", "NIFTY 50", "INDICES", "EQ", 5, 0)
FUTURE = Listed(10_000_130, "NFO", "NIFTY26NOVFUT", "NIFTY", "NFO-FUT", "FUT", 10, 65, dt.date(2026, 11, 24))
CALL = Listed(10_000_386, "NFO", "NIFTY26NOV24000CE", "NIFTY", "NFO-OPT", "CE", 5, 65, dt.date(2026, 11, 24), 2_400_000)
DOLLAR = Listed(412675, "CDS", "USDINR26NOVFUT", "USDINR", "CDS-FUT", "FUT", 25_000, 1, dt.date(2026, 11, 26))
GOLD = Listed(58_424_839, "MCX", "GOLDPETAL26NOVFUT", "GOLDPETAL", "MCX-FUT", "FUT", 100, 1, dt.date(2026, 11, 30))
ALL = (INFY, SBIN, NIFTY, FUTURE, CALL, DOLLAR, GOLD)
NO_DELAY = Rules(validation=0, routing=0, exchange=0, modification=0, cancellation=0, part_delay=0)


class Phase(enum.StrEnum):
    CLOSED = "closed"
    PRE_OPEN = "pre_open"
    CONTINUOUS = "continuous"
    CLOSING_AUCTION = "closing_auction"
    POST_CLOSE = "post_close"


def at(text: str, day: dt.date = DAY) -> int:
    """A time of India's clock, microseconds UTC."""
    return round(dt.datetime.combine(day, dt.time.fromisoformat(text), IST).timestamp()) * SECOND


class Listing:
    def __init__(self, rows: Iterable[Listed]) -> None:
        self.rows = {one.key: one for one in rows}

    def by_key(self, key: str) -> Listed | None:
        return self.rows.get(key)

    def by_token(self, token: int) -> Listed | None:
        return next((one for one in self.rows.values() if one.token == token), None)


class FakeMarket:
    """Continuous from 09:15 to 15:30 on weekdays, pre-open from 09:00, post-close from 15:40 to 16:00."""

    def __init__(self, ts: int) -> None:
        self.listing = Listing(ALL)
        self.now = ts
        self.snapshots: dict[int, Snapshot] = {}

    def snapshot(self, token: int) -> Snapshot | None:
        return self.snapshots.get(token)

    def day(self, ts: int) -> dt.date:
        return dt.datetime.fromtimestamp(ts // SECOND, IST).date()

    def phase(self, listed: Listed, ts: int) -> Phase:
        local = dt.datetime.fromtimestamp(ts // SECOND, IST)
        text = f"{local:%H:%M}"
        if local.weekday() > 4:
            return Phase.CLOSED
        if "09:00" <= text < "09:08":
            return Phase.PRE_OPEN
        if "09:15" <= text < "15:30":
            return Phase.CONTINUOUS
        return Phase.POST_CLOSE if "15:40" <= text < "16:00" else Phase.CLOSED

    def put(self, listed: Listed, price: float, *, free: int = 1_000, tick: float = 0.0, close: float = 0.0) -> None:
        """Stand at a price, with so many free at a tick below and at it on both sides; limits are 20 % away."""
        last, step = listed.units(price), listed.units(tick) or listed.tick
        asks = tuple(Level(last + step * n, free, 1) for n in range(5)) if free else ()
        bids = tuple(Level(last - step * (n + 1), free, 1) for n in range(5)) if free else ()
        before = listed.units(close) or last
        self.snapshots[listed.token] = Snapshot(
            listed.token, self.now, self.now, last, 1, last, 1, free * 5, free * 5, last, last, last, before, 0, 0, 0,
            before * 8 // 10, before * 12 // 10, bids, asks,
        )  # fmt: skip


class Desk:
    """An account, its market, and a hand on both clocks."""

    def __init__(self, folder: Path, rules: Rules = NO_DELAY, time: str = "10:00:00", **changes: Any) -> None:
        self.market = FakeMarket(at(time))
        for listed, price in ((INFY, 1500.0), (SBIN, 800.0), (NIFTY, 24_000.0), (FUTURE, 24_050.0), (CALL, 120.0)):
            self.market.put(listed, price)
        self.market.put(DOLLAR, 84.5)
        self.market.put(GOLD, 7_000.0)
        self.rules = msgspec.structs.replace(rules, **changes)
        self.folder = folder
        self.wall = 1_000_000 * SECOND
        self.account = Account(Book(folder), self.market, self.rules)

    def place(self, listed: Listed = INFY, side: str = "BUY", quantity: int = 10, **form: Any) -> str:
        """A LIMIT order in CNC or NRML, unless the form says otherwise; its number."""
        variety, known = form.pop("variety", "regular"), {"fate", "owner", "app"} & form.keys()
        given = {name: form.pop(name) for name in known}
        placed = self.account.place(
            variety, self.form(listed, side, quantity, **form), self.market.now, self.wall, **given
        )
        assert isinstance(placed, str)
        return placed

    def form(self, listed: Listed = INFY, side: str = "BUY", quantity: object = 10, **form: Any) -> dict[str, str]:
        usual = {
            "exchange": listed.exchange, "tradingsymbol": listed.symbol, "transaction_type": side,
            "quantity": quantity, "product": "CNC" if listed.kind == "EQ" else "NRML", "order_type": "LIMIT",
            "validity": "DAY",
        }  # fmt: skip
        return {name: str(value) for name, value in {**usual, **form}.items() if value is not None}

    def step(self, seconds: float = 0.0, *prints: tuple[Listed, float, int], wall: float | None = None) -> None:
        """Both clocks go on; prints come at the new time of the market."""
        self.market.now += round(seconds * SECOND)
        self.wall += round((seconds if wall is None else wall) * SECOND)
        found = [Print(self.market.now, one.token, one.units(price), quantity) for one, price, quantity in prints]
        self.account.step(found, self.market.now, self.wall)

    def until(self, time: str, day: dt.date = DAY) -> None:
        self.step((at(time, day) - self.market.now) / SECOND)

    def row(self, number: str) -> dict[str, Any]:
        return next(one for one in self.account.orders() if one["order_id"] == number)

    def statuses(self, number: str) -> list[str]:
        return [one["status"] for one in self.account.history(number)]

    def net(self) -> float:
        return float(self.account.margins("equity")["net"])

    def again(self) -> None:
        """The process is killed, and another one opens the book."""
        self.account.book.close()
        self.account = Account(Book(self.folder), self.market, self.rules)


def gtt_form(listed: Listed, triggers: list[float], last: float, orders: list[dict[str, Any]]) -> dict[str, str]:
    """As the official client sends it."""
    condition = {
        "exchange": listed.exchange, "tradingsymbol": listed.symbol, "trigger_values": triggers, "last_price": last,
    }  # fmt: skip
    full = [
        {"exchange": listed.exchange, "tradingsymbol": listed.symbol, "order_type": "LIMIT", "product": "CNC", **one}
        for one in orders
    ]
    kind = "single" if len(triggers) == 1 else "two-leg"
    return {"condition": json.dumps(condition), "orders": json.dumps(full), "type": kind}
