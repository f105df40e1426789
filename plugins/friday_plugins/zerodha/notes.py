"""What the day's orders cost by our tables and by Kite's virtual contract note, line by line, to the paisa."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from friday_core.api import (
    ExecutedOrder,
    FridayError,
    IndianTariff,
    InstrumentId,
    Side,
    Tariff,
    get_logger,
    rate_tables,
    to_days,
)
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.orders import PRODUCTS, tag_of
from friday_plugins.zerodha.outcomes import Unanswered
from friday_plugins.zerodha.updates import Traded, time_of, traded

Row = Mapping[str, Any]
#: Rupees by line of an executed order, unrounded, in Friday's words.
Estimate = Callable[[ExecutedOrder], Mapping[str, Decimal]]
#: Kite's lines, and ours of each.
_OURS = {
    "brokerage": ("brokerage",), "transaction_tax": ("stt",), "exchange_turnover_charge": ("exchange", "ipft"),
    "sebi_turnover_charge": ("sebi",), "stamp_duty": ("stamp",), "gst": ("gst",),
}  # fmt: skip
#: Orders that one request asks about.
_AT_ONCE = 100
#: Rupees: two lines that are nearer to one another are the same paisa.
_SAME = Decimal("0.005")
#: A plan may round tax and stamp duty to the rupee as a note does, and the other lines to the paisa; Kite does not.
_SAME_TOTAL = Decimal("1.03")
_WORDS = {word: str(product) for product, word in PRODUCTS.items()}
COLUMNS = ("order_id", "tag", "instrument", "line", "ours", "kite", "differs")


class Charge(NamedTuple):
    """One line of one order, in rupees; ``ours`` is ``None`` where there are no rates.

    ``total`` is what the session's plan charges, without the depository, which no note shows.
    """

    number: str
    tag: str
    instrument: InstrumentId
    line: str
    ours: Decimal | None
    kite: Decimal

    @property
    def differs(self) -> bool:
        return self.ours is None or abs(self.ours - self.kite) >= (_SAME_TOTAL if self.line == "total" else _SAME)

    def __str__(self) -> str:
        ours = "not known" if self.ours is None else f"{self.ours:.2f}"
        return f"order {self.number} ({self.instrument}): {self.line} is {ours} here, and {self.kite:.2f} at Kite"


class Executed(NamedTuple):
    """An order that has traded, as Kite's book has it, and its trades."""

    row: Row
    done: Traded


class DayNotes:
    """The charges of the day's orders beside Kite's, once they are asked for: told, and written into ``folder``.

    ``plan`` is what the session reckons with.
    """

    def __init__(
        self, connection: Zerodha, listed: Callable[[Row], Listed | None], plan: Tariff | None, folder: Path | None
    ) -> None:
        self._connection, self._listed, self._plan, self._folder = connection, listed, plan, folder
        #: What was written.
        self.files: dict[str, str] = {}

    def take(self, deadline: float = 5.0) -> Sequence[Charge]:
        """Never raises: what Kite does not answer is told, and can be asked for again."""
        log = get_logger("zerodha")
        try:
            orders = executed(self._connection, deadline)
            charges = compared(self._connection, orders, self._listed, self._plan, deadline=deadline)
        except (OSError, FridayError, LookupError, TypeError, ValueError) as error:
            log.warning("charges are not compared", why=str(error), mend="friday vendor zerodha charges")
            return []
        for one in charges:
            if one.differs:
                log.warning("charges differ", what=str(one))
        if charges and self._folder is not None:
            path = self._folder / "charges_at_kite.csv"
            write(path, charges)
            self.files = {"charges beside Kite's": str(path)}
        return charges


def executed(connection: Zerodha, deadline: float = 20.0) -> list[Executed]:
    """All of today's, of every session of Friday's; raises as ``Zerodha.read``, also where trades are missing."""
    rows = [row for row in connection.read("orders", deadline=deadline) if _is_ours(row)]
    trades = connection.read("trades", deadline=deadline) if rows else []
    found = []
    for row in rows:
        done = traded(row, (one for one in trades if str(one["order_id"]) == str(row["order_id"])))
        if done.lacks:
            raise Unanswered(f"trades: those of order {row['order_id']} are not all there; ask again")
        found.append(Executed(row, done))
    return found


def compared(
    connection: Zerodha, orders: Sequence[Executed], listed: Callable[[Row], Listed | None],
    plan: Tariff | None = None, *, deadline: float = 20.0, estimate: Estimate | None = None,
) -> list[Charge]:  # fmt: skip
    """Every line of these orders, and of each the total where there is a plan.

    Raises as ``Zerodha.read``; ``Unanswered`` for an answer of another shape.
    """
    if not orders:
        return []
    estimate = estimate or zerodha_estimate()
    found: list[Charge] = []
    for first in range(0, len(orders), _AT_ONCE):
        part = orders[first : first + _AT_ONCE]
        notes = connection.read("get_virtual_contract_note", [_asked(one) for one in part], deadline=deadline)
        if not isinstance(notes, list) or len(notes) != len(part):
            raise Unanswered("the contract note does not have the orders that were asked about")
        for order, note in zip(part, notes, strict=True):
            found += _lines(order, note["charges"], _as_executed(order, listed(order.row)), plan, estimate)
    return found


def zerodha_estimate() -> Estimate:
    """By the dated tables that are shipped; ``DataError`` where they have no rates."""
    tariff = IndianTariff(rate_tables("zerodha"))
    return lambda order: {str(line): Decimal(parts).scaleb(-14) for line, parts in tariff.estimate(order).parts.items()}


def write(path: Path, charges: Iterable[Charge]) -> None:
    """As CSV, in rupees; what was there is replaced."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for one in charges:
            ours, differs = "" if one.ours is None else f"{one.ours:.4f}", str(one.differs).lower()
            writer.writerow((one.number, one.tag, one.instrument, one.line, ours, f"{one.kite:.4f}", differs))
    temporary.replace(path)


def _is_ours(row: Row) -> bool:
    return tag_of(str(row.get("tag") or "")).is_fridays and int(row.get("filled_quantity") or 0) > 0


def _asked(order: Executed) -> dict[str, Any]:
    """In the words of the book, and at the exact average: the book's own is rounded."""
    names = ("order_id", "exchange", "tradingsymbol", "transaction_type", "variety", "product", "order_type")
    average = order.done.paise / order.done.quantity / 100
    return {name: order.row[name] for name in names} | {"quantity": order.done.quantity, "average_price": average}


def _as_executed(order: Executed, listed: Listed | None) -> ExecutedOrder | None:
    row, (quantity, paise, _) = order
    day = time_of(row.get("order_timestamp"))
    if listed is None or day is None or row["product"] not in _WORDS:
        return None
    side, product = Side[row["transaction_type"]], _WORDS[row["product"]]
    return ExecutedOrder(listed.instrument(), side, quantity, paise, to_days(day.date()), product)


def _lines(
    order: Executed, kite: Mapping[str, Any], done: ExecutedOrder | None, plan: Tariff | None, estimate: Estimate
) -> list[Charge]:
    ours: Mapping[str, Decimal] | None = None
    total: Decimal | None = None
    try:
        if done is not None:
            ours = estimate(done)
            total = None if plan is None else Decimal(plan.charges_of(done)).scaleb(-2) - ours["depository"]
    except FridayError as error:
        get_logger("zerodha").warning("an order has no charges here", number=order.row["order_id"], why=str(error))
    known = (str(order.row["order_id"]), tag_of(str(order.row["tag"])).order)
    name = InstrumentId(order.row["tradingsymbol"], order.row["exchange"])
    found = []
    for line, parts in _OURS.items():
        mine = None if ours is None else sum((ours[one] for one in parts), Decimal())
        paid = kite["gst"]["total"] if line == "gst" else kite[line]
        found.append(Charge(*known, name, line, mine, Decimal(str(paid))))
    if plan is not None:
        found.append(Charge(*known, name, "total", total, Decimal(str(kite["total"]))))
    return found
