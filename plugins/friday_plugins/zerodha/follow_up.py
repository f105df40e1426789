"""What has to be looked after once an order is at Kite: cancels that did nothing, market orders that rest, copies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from friday_core.api import InDoubt, Refused, Side, get_logger
from friday_plugins.zerodha.checks import Bands
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.order_book import OrderBook
from friday_plugins.zerodha.orders import AUTOMATIC, CLOSING, closes_copy, in_ticks, tag_of
from friday_plugins.zerodha.outcomes import TokenDead
from friday_plugins.zerodha.updates import STEADY, TERMINAL

Row = Mapping[str, Any]
#: Seconds between two cancels of an order that does not end, and how many there are at most.
_AGAIN, _MOST_CANCELS = 2.0, 15


@dataclass(slots=True)
class _Case:
    """One order at Kite: what was done about it, and when."""

    since: float
    next: float = 0.0
    count: int = 0
    told: bool = False
    price: Decimal = field(default_factory=Decimal)


class FollowUp:
    """Looks at the rows of our orders after each reading of the book; ``listed`` finds a row's instrument.

    A market order is a limit order at Kite: one that has rested for ``patience`` seconds gets a price ``percent``
    beyond the latest one, again and again. Where the price stands at its limit it is left there: nothing trades beyond.
    """

    def __init__(
        self, connection: Zerodha, book: OrderBook, bands: Bands, listed: Callable[[Row], Listed | None], *,
        patience: float, percent: float,
    ) -> None:  # fmt: skip
        self._connection, self._book, self._bands, self._listed = connection, book, bands, listed
        self._patience, self._share = patience, Decimal(str(percent)) / 100
        self._lock = threading.Lock()
        self._cancels: dict[str, _Case] = {}
        self._resting: dict[str, _Case] = {}
        self._copies: dict[str, _Case] = {}

    def cancel(self, tag: str) -> None:
        """Ask for the end of all that there is of an order, now and until it has come.

        ``Refused`` if nothing of it is known at Kite, or all of it has ended. Doubts are followed up and not raised.
        """
        rows = self._book.rows(tag)
        if not rows:
            self._book.read()
            rows = self._book.rows(tag)
        working = [row for row in rows if row["status"] not in TERMINAL]
        if not working:
            ended = f"has ended at Kite as {rows[-1]['status']}" if rows else "is not in Kite's book"
            raise Refused(f"order {tag} {ended}: there is nothing to cancel")
        now = time.monotonic()
        for row in working:
            with self._lock:
                case = self._cancels.setdefault(str(row["order_id"]), _Case(now))
            self._try_cancel(row, case)

    def begin(self) -> None:
        """Copies that are there by now are told; what they traded was there before this process, and is left alone."""
        for row in self._copies_in(self._book.rows()):
            self._copies[str(row["order_id"])].told = True

    def look(self) -> None:
        """After a reading of the book: do what is due. ``TokenDead`` where there is no session."""
        rows = {str(row["order_id"]): row for row in self._book.rows()}
        now = time.monotonic()
        self._look_for_copies(rows.values())
        for number, case in list(self._cancels.items()):
            row = rows.get(number)
            if row is None or row["status"] in TERMINAL:
                self._cancels.pop(number, None)
            elif now >= case.next and row["status"] in STEADY:
                self._try_cancel(row, case)
        for number, row in rows.items():
            if _rests(row) and number not in self._cancels:
                self._look_at_resting(number, row, now)
            elif row["status"] in TERMINAL:
                self._resting.pop(number, None)

    def _try_cancel(self, row: Row, case: _Case) -> None:
        """It is harmless to ask twice; what became of it is in the book."""
        if case.count >= _MOST_CANCELS:
            if not case.told:
                case.told = True
                get_logger("zerodha").error("an order does not end", number=row["order_id"], cancels=case.count)
            return
        case.count += 1
        case.next = time.monotonic() + _AGAIN
        try:
            self._connection.write("cancel_order", row["variety"], str(row["order_id"]), urgent=True)
        except TokenDead:
            raise
        except (Refused, InDoubt) as error:
            get_logger("zerodha").info("a cancel is looked after", number=row["order_id"], why=str(error))

    def _look_for_copies(self, rows: Iterable[Row]) -> None:
        """Two orders under one tag: the younger one is ended, what it traded is closed, and a person must know."""
        for row in self._copies_in(rows):
            case = self._copies[str(row["order_id"])]
            if row["status"] not in TERMINAL:
                self._cancels.setdefault(str(row["order_id"]), case)
            elif int(row.get("filled_quantity") or 0) and not case.told:
                case.told = True
                self._close(row)

    def _copies_in(self, rows: Iterable[Row]) -> Iterator[Row]:
        first: dict[str, str] = {}
        for row in sorted(rows, key=lambda one: str(one["order_id"]).zfill(20)):
            tag, number = str(row.get("tag") or ""), str(row["order_id"])
            if not tag_of(tag).is_fridays or row["status"] == "REJECTED" or first.setdefault(tag, number) == number:
                continue
            if number not in self._copies:
                self._copies[number] = _Case(time.monotonic())
                get_logger("zerodha").error("an order is at Kite twice", tag=tag, first=first[tag], second=number)
            yield row

    def _close(self, row: Row) -> None:
        """Once, whatever becomes of it: another attempt might be one too many."""
        side = Side[row["transaction_type"]]
        form = {
            **{name: row[name] for name in ("variety", "exchange", "tradingsymbol", "product")},
            "transaction_type": (Side.SELL if side is Side.BUY else Side.BUY).name,
            "quantity": int(row["filled_quantity"]), "order_type": "MARKET", "market_protection": int(AUTOMATIC),
            "validity": "DAY", "tag": f"{tag_of(str(row['tag'])).order}{CLOSING}",
        }  # fmt: skip
        self._book.slicing(str(form["tag"]))  # it is looked for, whatever is answered
        try:
            self._book.expect(str(self._connection.write("place_order", urgent=True, places=True, **form)))
        except TokenDead:
            raise
        except (Refused, InDoubt) as error:
            get_logger("zerodha").error(
                "what a second order traded is perhaps not closed", number=row["order_id"], why=str(error)
            )

    def _look_at_resting(self, number: str, row: Row, now: float) -> None:
        case = self._resting.setdefault(number, _Case(now, now + self._patience))
        if now < case.next:
            return
        case.next = now + self._patience
        listed = self._listed(row)
        if listed is None:
            return
        side = Side[row["transaction_type"]]
        band = self._bands.fresh(listed.key)
        if not band.last:
            return
        price = in_ticks(band.last * (1 + side.sign * self._share), listed, side)
        if band.upper:
            price = min(max(price, band.lower), band.upper)
        is_shut = not (band.sellers if side is Side.BUY else band.buyers)
        if is_shut or price == Decimal(str(row["price"])):
            if not case.told:
                case.told = True
                get_logger("zerodha").error(
                    "an order cannot trade: nobody is on the other side",
                    number=number,
                    instrument=listed.key,
                    left=True,
                )
            return
        self._reprice(number, row, price)

    def _reprice(self, number: str, row: Row, price: Decimal) -> None:
        try:
            self._connection.limiter.modification(number)
        except Refused as error:
            get_logger("zerodha").error(
                "a market order that does not trade is cancelled", number=number, why=str(error)
            )
            self._try_cancel(row, self._cancels.setdefault(number, _Case(time.monotonic())))
            return
        try:
            self._connection.write(
                "modify_order", row["variety"], number, order_type="LIMIT", price=str(price), urgent=True
            )
        except TokenDead:
            raise
        except (Refused, InDoubt) as error:  # what became of it is in the book
            get_logger("zerodha").warning("a market order rests", number=number, why=str(error))
        else:
            get_logger("zerodha").info("a market order that rests has another price", number=number, price=str(price))


def _rests(row: Row) -> bool:
    """Whether it was a market order, and waits at a price."""
    written = str(row.get("tag") or "")
    tag = tag_of(written)
    was_market = (tag.is_fridays and tag.is_market) or closes_copy(written)
    return was_market and row["status"] == "OPEN" and row["order_type"] == "LIMIT"
