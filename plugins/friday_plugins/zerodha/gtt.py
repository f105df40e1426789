"""Good-till-triggered orders at Kite: conditions that outlive a day and this machine, for a person's own use.

No session places them, and none adopts what they trade: see docs/decisions/0023.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from friday_core.api import InDoubt, InstrumentId, Product, Refused, Side
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.orders import PRODUCTS
from friday_plugins.zerodha.token_file import IST

Row = Mapping[str, Any]
#: A trigger is so far from the latest price at least, a quarter of a percent, or Kite refuses it.
_NEAREST = 400
#: Looks at the list after a placement whose outcome is not known, and seconds between them.
_LOOKS, _PAUSE = 4, 2.0


class Leg(NamedTuple):
    """Rupees: once the price meets ``trigger``, a limit order at ``price`` is sent."""

    trigger: Decimal
    price: Decimal


class Gtt(NamedTuple):
    """One leg, or two of which one ends the other: the lower one first."""

    instrument: InstrumentId
    side: Side
    quantity: int
    product: Product
    legs: tuple[Leg, ...]


class Standing(NamedTuple):
    """What has become of one: ``failed`` is why a triggered one is no order that stands."""

    number: int
    status: str
    orders: tuple[str, ...] = ()
    failed: str = ""

    def __str__(self) -> str:
        sent = f", order {', '.join(self.orders)}" if self.orders else ""
        what = f", and its order FAILED: {self.failed}" if self.failed else ""
        return f"{self.status}{sent}{what}"


def standing_of(row: Row) -> Standing:
    """Triggered says only that an order was sent: it stands if its result says so."""
    results = [leg["result"]["order_result"] for leg in row["orders"] if leg.get("result")]
    orders = tuple(str(one["order_id"]) for one in results if one.get("order_id"))
    failed = "; ".join(one.get("rejection_reason") or "no reason given" for one in results if one["status"] == "failed")
    if row["status"] == "triggered" and not results:
        failed = "nothing is told of its order: look at the book"
    return Standing(int(row["id"]), str(row["status"]), orders, failed)


class Gtts:
    """Places, changes, lists and deletes; each change is written down, with its outcome, in ``journal``.

    A request is sent once. After one whose outcome is not known the list is looked at, since it carries no tag.
    """

    def __init__(
        self, connection: Zerodha, journal: Path, *,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(IST), pause: float = _PAUSE,
    ) -> None:  # fmt: skip
        self._connection, self._journal, self._now, self._pause = connection, journal, now, pause

    def rows(self) -> list[Row]:
        """All that Kite tells of; raises as ``Zerodha.read``."""
        return list(self._connection.read("get_gtts"))

    def row(self, number: int) -> Row:
        found: Row = self._connection.read("get_gtt", number)
        return found

    def place(self, gtt: Gtt, last: Decimal | None = None) -> int:
        """Its number. ``Refused`` and ``InDoubt`` as an order; ``last`` stands in for a quote, in rupees."""
        form = self._form(gtt, last)
        before = {int(row["id"]) for row in self.rows()}
        intent = self._note("place", **form)
        try:
            return self._done(intent, self._connection.write("place_gtt", **form)["trigger_id"])
        except InDoubt as error:
            found = self._found(form, before)
            if found is None:
                self._note("in doubt", of=intent, why=str(error))
                raise InDoubt(f"{error}; it is not in Kite's list, so look there again before another one") from error
            return self._done(intent, found)
        except Refused as error:
            self._note("refused", of=intent, why=str(error))
            raise

    def modify(self, number: int, gtt: Gtt, last: Decimal | None = None) -> None:
        """Make another one of it; raises as ``place``. What is not certain is asked again harmlessly."""
        form = self._form(gtt, last)
        self._change("modify", number, lambda: self._connection.write("modify_gtt", number, **form), **form)

    def delete(self, number: int) -> None:
        """Raises as ``place``; what has been triggered is an order, and is cancelled as one."""
        self._change("delete", number, lambda: self._connection.write("delete_gtt", number, urgent=True))

    def _change(self, what: str, number: int, ask: Callable[[], object], **form: Any) -> None:
        intent = self._note(what, number=number, **form)
        try:
            ask()
        except (Refused, InDoubt) as error:
            self._note("refused" if isinstance(error, Refused) else "in doubt", of=intent, why=str(error))
            raise
        self._done(intent, number)

    def _form(self, gtt: Gtt, last: Decimal | None) -> dict[str, Any]:
        """The arguments of the client's ``place_gtt``; ``Refused`` with all that is wrong."""
        listed = self._connection.instruments().of(gtt.instrument)
        if listed is None:
            raise Refused(f"Kite does not list {gtt.instrument} today")
        if last is None:
            row = self._connection.read("ltp", listed.key).get(listed.key)
            if row is None:
                raise Refused(f"Kite has no price of {listed.key}: say it with --last")
            last = Decimal(str(row["last_price"]))
        if wrong := _wrong(gtt, listed, last):
            raise Refused(f"the trigger is not sent: {'; '.join(wrong)}")
        return {
            "trigger_type": "single" if len(gtt.legs) == 1 else "two-leg",
            "tradingsymbol": listed.symbol,
            "exchange": listed.exchange,
            "trigger_values": [float(leg.trigger) for leg in gtt.legs],
            "last_price": float(last),
            "orders": [
                {"transaction_type": gtt.side.name, "quantity": gtt.quantity, "order_type": "LIMIT",
                 "product": PRODUCTS[gtt.product], "price": float(leg.price)} for leg in gtt.legs
            ],
        }  # fmt: skip

    def _found(self, form: Mapping[str, Any], before: set[int]) -> int | None:
        """One that was not there before, and is what was asked for."""
        for look in range(_LOOKS):
            if look:
                time.sleep(self._pause)
            for row in self.rows():
                if int(row["id"]) not in before and row["status"] == "active" and _is_same(row, form):
                    return int(row["id"])
        return None

    def _done(self, intent: str, number: Any) -> int:
        self._note("done", of=intent, number=int(number))
        return int(number)

    def _note(self, what: str, **details: Any) -> str:
        """Write a line and have it on the disk before anything is sent; what it is known by."""
        at = self._now().isoformat(timespec="microseconds")
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(json.dumps({"at": at, "what": what, **details}, separators=(",", ":")) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return at


def _wrong(gtt: Gtt, listed: Listed, last: Decimal) -> list[str]:
    """What Kite would refuse."""
    triggers = [leg.trigger for leg in gtt.legs]
    found = []
    if gtt.product is Product.INTRADAY:
        found.append("intraday positions do not live as long as it does")
    if listed.is_index or gtt.quantity < 1 or gtt.quantity % max(listed.lot, 1):
        found.append(f"{gtt.quantity} of {listed.key} cannot be traded, in lots of {listed.lot}")
    if off := [price for leg in gtt.legs for price in leg if price <= 0 or price % listed.tick]:
        found.append(f"{', '.join(map(str, off))}: no multiple of the tick of {listed.tick}")
    if len(triggers) not in (1, 2):
        found.append(f"it has one or two triggers, not {len(triggers)}")
    if len(triggers) == 2 and not triggers[0] < last < triggers[1]:
        found.append(f"of two triggers one lies below and one above the latest price of {last}")
    if any(abs(trigger - last) * _NEAREST < last for trigger in triggers):
        found.append(f"a trigger is nearer than 0.25% to the latest price of {last}")
    return found


def _is_same(row: Row, form: Mapping[str, Any]) -> bool:
    condition, names = row["condition"], ("transaction_type", "quantity", "product", "price")
    legs: Sequence[Row] = row["orders"]
    return (
        (condition["exchange"], condition["tradingsymbol"]) == (form["exchange"], form["tradingsymbol"])
        and [float(one) for one in condition["trigger_values"]] == form["trigger_values"]
        and [[leg[name] for name in names] for leg in legs] == [[leg[name] for name in names] for leg in form["orders"]]
    )
