"""The paper broker's book: a SQLite file that whoever is killed leaves whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from friday_core.domain.orders import OrderStatus
from friday_core.errors import BrokerError
from friday_core.sandbox.locked_folder import locked
from friday_core.sandbox.paper.messages import BookOrder, Part, Position, Received, Trade

T = TypeVar("T", bound=msgspec.Struct)

FILE = "book.sqlite"
_FORMAT = "1"
_WORKING = tuple(str(one) for one in (OrderStatus.ACKED, OrderStatus.OPEN, OrderStatus.PARTIAL))
#: Sums of large prices are beyond SQLite's integers.
_TEXT = frozenset({"worth", "notional"})
_KEYS = {"orders": "number", "trades": "number", "parts": '"order", part', "requests": "number"}
#: P1000000 comes after P999999.
_IN_ORDER = {"orders": "length(number), number", "trades": "length(number), number"}
_INDEXES = ("orders (status)", "orders (tag)", "updates (wall)")


class Book:
    """Orders, trades, parts to come, requests that arrived, and what faults have met, in one file.

    Every change stands inside ``transaction()``, and is on disk when that ends: kill -9 loses nothing that was
    committed and leaves nothing half done. ``changed`` are the orders that a transaction saved, in order.
    ``BrokerError`` if another process holds the folder, or if the file is of another format.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(folder, "paper broker")
        self._file = sqlite3.connect(folder / FILE, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self.changed: list[BookOrder] = []
        with self.transaction():
            for name, kind in (("orders", BookOrder), ("trades", Trade), ("parts", Part), ("requests", Received)):
                self._file.execute(_table(name, kind))
            self._file.execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT)")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS updates (number INTEGER PRIMARY KEY, wall INTEGER, row TEXT)"
            )
            for place, index in enumerate(_INDEXES):
                self._file.execute(f"CREATE INDEX IF NOT EXISTS index{place} ON {index}")
        if self.fact("format", _FORMAT) != _FORMAT:
            raise BrokerError(f"{folder / FILE} is a book of another version of Friday: use another folder")
        with self.transaction():
            self.note("format", _FORMAT)

    def close(self) -> None:
        self._file.close()
        self._lock.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in here is committed at its end, or nothing is."""
        self.changed = []
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            self.changed = []
            raise
        self._file.execute("COMMIT")

    # Facts -----------------------------------------------------------------------------------------

    def fact(self, name: str, default: str = "") -> str:
        """What was noted under a name."""
        found = self._file.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return default if found is None else str(found[0])

    def note(self, name: str, value: object) -> None:
        self._file.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, str(value)))

    def next(self, name: str) -> int:
        """1, 2, 3, ...: a number that is never given twice."""
        number = int(self.fact(name, "0")) + 1
        self.note(name, number)
        return number

    @property
    def day(self) -> int:
        return int(self.fact("day", "1"))

    # Rows ------------------------------------------------------------------------------------------

    def save(self, order: BookOrder, wall: int) -> BookOrder:
        """Write an order as it stands now; ``wall`` is the wall clock's time, for whoever asks how it stood."""
        self._put("orders", order)
        row = msgspec.json.encode(order).decode()
        self._file.execute("INSERT INTO updates (wall, row) VALUES (?, ?)", (wall, row))
        self.changed.append(order)
        return order

    def look(self, order: BookOrder) -> None:
        """As ``save``, for what only the exchange itself remembers of an order: nobody is told."""
        self._put("orders", order)

    def add_trade(self, trade: Trade) -> None:
        self._put("trades", trade)

    def receive(self, request: Received) -> None:
        self._put("requests", request)

    def plan(self, part: Part) -> None:
        self._put("parts", part)

    def forget(self, order: str, part: int | None = None) -> None:
        """Parts of an order that are not to come: one, or all."""
        chosen = "" if part is None else " AND part = ?"
        self._file.execute(f'DELETE FROM parts WHERE "order" = ?{chosen}', (order, *(() if part is None else (part,))))  # noqa: S608

    def order(self, number: str) -> BookOrder:
        """``LookupError`` if there is none of that number."""
        return self._one("number = ?", (number,))

    def orders(self, day: int | None = None, tag: str | None = None) -> list[BookOrder]:
        """All orders, oldest first: of one day, of one tag."""
        given = [(name, value) for name, value in (("day", day), ("tag", tag)) if value is not None]
        return self._orders(" AND ".join(f"{name} = ?" for name, _ in given) or "1", [value for _, value in given])

    def orders_before(self, wall: int) -> list[BookOrder]:
        """The day's orders as they stood at a time of the wall clock."""
        rows = self._file.execute("SELECT row FROM updates WHERE wall <= ? ORDER BY number", (wall,))
        found = [msgspec.json.decode(row, type=BookOrder) for (row,) in rows]
        return list({one.number: one for one in found if one.day == self.day}.values())

    def working(self) -> list[BookOrder]:
        """Those that have not ended."""
        return self._orders(f"status IN ({', '.join('?' * len(_WORKING))})", _WORKING)

    def parts(self, until: int | None = None) -> list[Part]:
        """Parts to come, the earliest first; those that are due by ``until``."""
        where, values = ("1", ()) if until is None else ("due <= ?", (until,))
        return self._rows(Part, "parts", where, values, by='due, "order", part')

    def trades(self) -> list[Trade]:
        return self._rows(Trade, "trades")

    def requests(self) -> list[Received]:
        """Every request of an account that arrived, whatever became of it."""
        return self._rows(Received, "requests")

    def positions(self) -> list[Position]:
        """What is held, by instrument and product; those that are flat are left out."""
        return positions_of(self.trades())

    def _put(self, table: str, row: msgspec.Struct) -> None:
        values = msgspec.structs.asdict(row)
        bound = [str(value) if name in _TEXT else value for name, value in values.items()]
        self._file.execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(bound))})", bound)  # noqa: S608

    def _one(self, where: str, values: Sequence[object]) -> BookOrder:
        found = self._orders(where, values)
        if not found:
            raise LookupError(f"there is no order {', '.join(map(str, values))}")
        return found[-1]

    def _orders(self, where: str, values: Sequence[object]) -> list[BookOrder]:
        return self._rows(BookOrder, "orders", where, values)

    def _rows(
        self, kind: type[T], table: str, where: str = "1", values: Sequence[object] = (), by: str = ""
    ) -> list[T]:
        return _read(self._file, kind, table, where, values, by=by)


def tables_of(folder: Path) -> Mapping[str, Sequence[Any]]:
    """``orders``, ``trades`` and ``requests`` of a book, also while a server writes it; ``BrokerError`` without one."""
    path = folder / FILE
    if not path.exists():
        raise BrokerError(f"there is no book in {folder}: name the folder of `friday sandbox paper`")
    kinds = {"orders": BookOrder, "trades": Trade, "requests": Received}
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA query_only = 1")
        file.execute("BEGIN")  # one moment for all tables
        return {name: _read(file, kind, name) for name, kind in kinds.items()}


def positions_of(trades: Iterable[Trade]) -> list[Position]:
    """What these trades leave."""
    held: dict[tuple[str, str, int, str], int] = {}
    for one in trades:
        key = (one.instrument, one.product, one.price_decimals, one.currency)
        held[key] = held.get(key, 0) + one.side.sign * one.quantity
    return [
        Position(instrument, product, quantity, decimals, currency)
        for (instrument, product, decimals, currency), quantity in sorted(held.items())
        if quantity
    ]


def _read(
    file: sqlite3.Connection,
    kind: type[T],
    table: str,
    where: str = "1",
    values: Sequence[object] = (),
    *,
    by: str = "",
) -> list[T]:
    names = kind.__struct_fields__
    columns = ", ".join(f'"{name}"' for name in names)
    by = by or _IN_ORDER.get(table, _KEYS[table])
    found = file.execute(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {by}", values)  # noqa: S608
    return [msgspec.convert(dict(zip(names, row, strict=True)), kind, strict=False) for row in found]


def _table(name: str, kind: type[msgspec.Struct]) -> str:
    columns = ", ".join(f'"{one}"' for one in kind.__struct_fields__)
    return f"CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({_KEYS[name]}))"
