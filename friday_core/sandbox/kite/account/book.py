"""The account's book: a SQLite file that whoever is killed leaves whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from friday_core.errors import BrokerError
from friday_core.sandbox.kite.account.orders import TERMINAL, KiteOrder, KiteTrade
from friday_core.sandbox.locked_folder import locked

T = TypeVar("T", bound=msgspec.Struct)

FILE = "book.sqlite"
_FORMAT = "1"
_TABLES = (
    "orders (id TEXT PRIMARY KEY, day TEXT, row TEXT)",
    "states (number INTEGER PRIMARY KEY, id TEXT, day TEXT, wall INTEGER, row TEXT)",
    "trades (id TEXT PRIMARY KEY, day TEXT, row TEXT)",
    "things (kind TEXT, id TEXT, row TEXT, PRIMARY KEY (kind, id))",
    "ledger (number INTEGER PRIMARY KEY, day TEXT, segment TEXT, what TEXT, paise TEXT)",
    "facts (name TEXT PRIMARY KEY, value TEXT)",
)
_INDEXES = ("orders (day)", "states (id)", "states (wall)", "trades (day)")


class Book:
    """Orders with every state, trades, GTTs, holdings and the ledger of an account, and small facts of others.

    Every change stands inside ``transaction()``, and is on disk when that ends: kill -9 loses nothing that was
    committed and leaves nothing half done. ``changed`` are the orders that transactions saved since somebody emptied
    it. ``epoch`` grows whenever trades are not only added to. What is of the day stands in memory too.
    ``BrokerError`` if another process holds the folder, or if the file is of another format.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(folder, "Kite sandbox")
        self._file = sqlite3.connect(folder / FILE, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        for table in _TABLES:
            self._file.execute(f"CREATE TABLE IF NOT EXISTS {table}")
        for place, index in enumerate(_INDEXES):
            self._file.execute(f"CREATE INDEX IF NOT EXISTS index{place} ON {index}")
        self.changed: list[KiteOrder] = []
        self.epoch = 0
        self._facts: dict[str, str] = {str(name): str(value) for name, value in self._rows("SELECT * FROM facts")}
        if self.fact("format", _FORMAT) != _FORMAT:
            raise BrokerError(f"{folder / FILE} is a book of another version of Friday: use another folder")
        self._load()
        with self.transaction():
            self.note("format", _FORMAT)

    def close(self) -> None:
        self._file.close()
        self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in here is committed at its end, or nothing is; one within another is part of it."""
        if self._file.in_transaction:
            yield
            return
        told = len(self.changed)
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            self._file.execute("ROLLBACK")
            del self.changed[told:]
            self._facts = {str(name): str(value) for name, value in self._rows("SELECT * FROM facts")}
            self._load()
            raise

    # Facts -----------------------------------------------------------------------------------------

    def fact(self, name: str, default: str = "") -> str:
        """What was noted under a name."""
        return self._facts.get(name, default)

    def note(self, name: str, value: object) -> None:
        self._facts[name] = str(value)
        self._file.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, str(value)))

    def next(self, counter: str) -> int:
        """1, 2, 3, ...: a number that is never given twice."""
        number = int(self.fact(counter, "0")) + 1
        self.note(counter, number)
        return number

    @property
    def day(self) -> str:
        """The day of the book, ``2026-11-23``; empty before the first."""
        return self.fact("day")

    def turn_to(self, day: str) -> None:
        """Another day: what has ended is of the past, what still works is of the new one."""
        for order in self.working():
            self.look(msgspec.structs.replace(order, day=day))
        self.note("day", day)
        self._load()

    # Orders and trades -----------------------------------------------------------------------------

    def save(self, order: KiteOrder, wall: int) -> KiteOrder:
        """Write a state of an order: it stands in its history, and somebody may be told."""
        self.look(order)
        row = msgspec.json.encode(order)
        self._file.execute(
            "INSERT INTO states (id, day, wall, row) VALUES (?, ?, ?, ?)", (order.id, order.day, wall, row)
        )
        self.changed.append(order)
        return order

    def look(self, order: KiteOrder) -> KiteOrder:
        """As ``save``, for what only broker and exchange remember of an order: no state of its own."""
        self._file.execute(
            "INSERT OR REPLACE INTO orders VALUES (?, ?, ?)", (order.id, order.day, msgspec.json.encode(order))
        )
        self._orders[order.id] = order
        if order.status in TERMINAL:
            self._working.pop(order.id, None)
        else:
            self._working[order.id] = order
        return order

    def order(self, number: str) -> KiteOrder:
        """An order of the day; ``LookupError`` if there is none of that number."""
        return self._orders[number]

    def orders(self) -> list[KiteOrder]:
        """Those of the day, oldest first."""
        return list(self._orders.values())

    def orders_before(self, wall: int) -> list[KiteOrder]:
        """The day's orders as they stood at a time of the wall clock."""
        rows = self._rows("SELECT row FROM states WHERE wall <= ? AND day = ? ORDER BY number", wall, self.day)
        found = [msgspec.json.decode(row, type=KiteOrder) for (row,) in rows]
        return list({one.id: one for one in found}.values())

    def working(self) -> list[KiteOrder]:
        """Those that have not ended."""
        return list(self._working.values())

    @property
    def is_idle(self) -> bool:
        return not self._working

    def states(self, number: str) -> list[KiteOrder]:
        """Every state that an order has been in, oldest first."""
        rows = self._rows("SELECT row FROM states WHERE id = ? ORDER BY number", number)
        return [msgspec.json.decode(row, type=KiteOrder) for (row,) in rows]

    def states_after(self, number: int) -> tuple[int, list[KiteOrder]]:
        """Every state of any order after a number of states, and the number of the last."""
        rows = self._rows("SELECT number, row FROM states WHERE number > ? ORDER BY number", number)
        found = [msgspec.json.decode(row, type=KiteOrder) for _, row in rows]
        return (int(str(rows[-1][0])) if rows else number), found

    def add_trade(self, trade: KiteTrade) -> None:
        self._file.execute("INSERT INTO trades VALUES (?, ?, ?)", (trade.id, trade.day, msgspec.json.encode(trade)))
        self.trades.append(trade)

    # Everything else -------------------------------------------------------------------------------

    def put(self, kind: str, name: str, thing: msgspec.Struct) -> None:
        """Keep a thing of a kind under a name."""
        row = msgspec.json.encode(thing)
        self._file.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, name, row))
        self._things.pop(kind, None)

    def drop(self, kind: str, name: str | None = None) -> None:
        """Forget a thing of a kind, or all."""
        one = "" if name is None else " AND id = ?"
        self._file.execute(f"DELETE FROM things WHERE kind = ?{one}", (kind, *([] if name is None else [name])))  # noqa: S608
        self._things.pop(kind, None)

    def things(self, kind: str, type_: type[T]) -> dict[str, T]:
        """All things of a kind by their names."""
        if kind not in self._things:
            rows = self._rows("SELECT id, row FROM things WHERE kind = ? ORDER BY length(id), id", kind)
            self._things[kind] = {str(name): msgspec.json.decode(row, type=type_) for name, row in rows}
        return self._things[kind]  # type: ignore[return-value]  # one kind, one type

    def post(self, segment: str, what: str, amount: int) -> None:
        """Book paise in the ledger; what comes to nothing is not booked."""
        if amount:
            row = (self.day, segment, what, str(amount))
            self._file.execute("INSERT INTO ledger (day, segment, what, paise) VALUES (?, ?, ?, ?)", row)
            self._cash.clear()

    def cash(self, segment: str) -> int:
        """The balance of the ledger, in paise."""
        if not self._cash:
            for name, _, amount in self.ledger():
                self._cash[name] = self._cash.get(name, 0) + amount
        return self._cash.get(segment, 0)

    def ledger(self) -> list[tuple[str, str, int]]:
        """Every entry: segment, what it was for, paise."""
        rows = self._rows("SELECT segment, what, paise FROM ledger ORDER BY number")
        return [(str(segment), str(what), int(str(amount))) for segment, what, amount in rows]

    def _load(self) -> None:
        """What stands in memory, from the file."""
        rows = self._rows("SELECT row FROM orders WHERE day = ? ORDER BY id", self.day)
        orders = [msgspec.json.decode(row, type=KiteOrder) for (row,) in rows]
        self._orders = {one.id: one for one in orders}
        self._working = {one.id: one for one in orders if one.status not in TERMINAL}
        rows = self._rows("SELECT row FROM trades WHERE day = ? ORDER BY id", self.day)
        self.trades = [msgspec.json.decode(row, type=KiteTrade) for (row,) in rows]
        self._things: dict[str, dict[str, msgspec.Struct]] = {}
        self._cash: dict[str, int] = {}
        self.epoch += 1

    def _rows(self, query: str, *values: object) -> list[tuple[bytes, ...]]:
        return self._file.execute(query, values).fetchall()
