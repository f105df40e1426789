"""The orders of a run of the kernel: what was asked, by whom, and why they ended; made when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from friday_core.domain.chunk import Int64, Universe
from friday_core.domain.orders import Order, Side, TimeInForce, WorkingOrder
from friday_core.domain.products import Product
from friday_core.session.brackets import HEAD, closes, left_to_close
from friday_core.session.columns import Coded
from friday_core.session.compiled.texts import Texts, Told
from friday_core.session.custody import HELD_OVER, INTRADAY_ENDS
from friday_core.session.desk import Desk
from friday_core.session.working_orders import tag_of, tags_of
from friday_core.simulation.compiled import words as w
from friday_core.simulation.fill_rules import GTD, NO_PRICE
from friday_core.simulation.matching import DATE_PASSED, DAY_ENDED, date_passed, day_ended
from friday_core.trading.codes import Code
from friday_core.trading.column_orders import CANCELLED, type_of
from friday_core.trading.parts import cash_reason

#: By the words of ``fill_rules``.
VALIDITIES = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD)
#: What the reasons for which orders end begin with.
_HEADS = (
    "", DAY_ENDED, DATE_PASSED, str(Code.NO_CASH), str(Code.CLIPPED_CASH), INTRADAY_ENDS.partition(":")[0], HEAD,
    CANCELLED,
)  # fmt: skip
_DAY_ENDED, _DATE_PASSED, _NO_CASH, _CLIPPED, _SQUARED_OFF, _OF_BRACKET, _ASKED_FOR = range(1, len(_HEADS))
#: By what the kernel says of orders that the host places or withdraws, which is below 0.
_HOSTS = (HELD_OVER, INTRADAY_ENDS)


class Sent:
    """The orders of a run, by their number in the table: those that worked before, then those that it sent.

    ``entries`` are the tags of what opened the brackets that were there before.

    ``objects`` has the working orders that exist as objects. What is made of an order is made once.
    """

    def __init__(
        self,
        rows: Int64,
        objects: Mapping[int, WorkingOrder],
        desks: Sequence[Desk],
        universe: Universe,
        entries: Sequence[str] = (),
    ) -> None:
        self.rows = rows
        self._entries = entries
        #: Whether the table tells what orders name besides: prices, and how long they work.
        self.is_named = rows.shape[1] > w.PLAIN_ORDER_WORDS
        self.objects = dict(objects)
        self.known = len(objects)
        self.reasons = Texts(0, lambda _row: "")
        self._desks = desks
        self._universe = universe
        self._made: dict[int, Order] = {}
        #: Who has them holds the orders: held here, all of it would outlive the log until garbage is collected.
        self._texts: WeakValueDictionary[str, Texts] = WeakValueDictionary()

    @property
    def tags(self) -> Texts:
        """Of no order, then by number."""
        return self._texts.get("tags") or self._shared("tags", Texts(len(self.rows) + 1, self._tag, self._every_tag))

    @property
    def are_hosts(self) -> bool:
        """Whether some of them may have been withdrawn, or placed by the host."""
        return self.is_named or any(desk.products.usual == Product.INTRADAY for desk in self._desks)

    @cached_property
    def has_legs(self) -> bool:
        """Whether some close a bracket."""
        return self.is_named and bool((self.rows[:, w.O_ENTRY] != w.NONE).any())

    def withdrawn(self, ended: Int64) -> tuple[Int64, Int64]:
        """Of the rows of ``ended`` orders those that the host withdrew, and how many orders there were by then."""
        number = ended[:, w.X_ORDER]
        rows = self.rows[number]
        number = number[(rows[:, w.O_STATUS] == w.CANCELLED) & (rows[:, w.O_WANTED] < 0)]
        if self.is_named:  # of one slice they end in the order of their arrival, and were withdrawn in another one
            number = number[np.lexsort((self.rows[number, w.O_NTH], self.rows[number, w.O_PRICE]))]
        return number, self.rows[number, w.O_PRICE]

    def why(self, rows: Int64) -> Told:
        """For what orders were placed, that are not known as objects."""
        decision, reasons = rows[:, w.O_DECISION], self.reasons
        if not (decision < 0).any():
            return Told(decision, reasons)

        def one(place: int) -> str:
            return _HOSTS[place] if place < len(_HOSTS) else reasons.one(place - len(_HOSTS))

        if not self.has_legs:
            return Told(decision + len(_HOSTS), Texts(0, one, lambda: (*_HOSTS, *reasons.all)))
        entries = rows[:, w.O_ENTRY]
        return Told(
            np.arange(len(rows)), Texts(len(rows), lambda row: self._why(int(decision[row]), int(entries[row])))
        )

    @property
    def ends(self) -> Texts:
        return self._texts.get("ends") or self._shared(
            "ends", Texts(len(self.rows), self.end_reason, self._every_end, self._end_heads)
        )

    def _shared(self, name: str, texts: Texts) -> Texts:
        self._texts[name] = texts
        return texts

    def order(self, number: int) -> Order:
        """What was asked."""
        known = self.objects.get(number)
        if known is not None:
            return known.order
        if number not in self._made:
            self._made[number] = self._order(number)
        return self._made[number]

    def end_reason(self, number: int) -> str:
        """Why an order ended, if it did not simply fill."""
        row = self.rows[number].tolist()
        if row[w.O_STATUS] == w.EXPIRED:
            return date_passed(row[w.O_TILL]) if self.is_named and row[w.O_VALIDITY] == GTD else day_ended()
        if row[w.O_STATUS] != w.CANCELLED:
            return ""
        if row[w.O_WANTED] == w.OF_BRACKET:
            return left_to_close(row[w.O_BOOKED], self._entry_tag(row[w.O_ENTRY]))
        if row[w.O_WANTED] == w.ASKED_FOR:
            return self.reasons.one(row[w.O_BOOKED])
        if row[w.O_WANTED] < 0:
            return _HOSTS[row[w.O_WANTED]]
        return cash_reason(row[w.O_BOOKED], row[w.O_WANTED], row[w.O_PRICE], self._universe[row[w.O_INST]])

    def _order(self, number: int) -> Order:
        row = self.rows[number].tolist()
        named = _named(row) if self.is_named else {"time_in_force": VALIDITIES[row[w.O_DECISION] < 0]}
        return Order(
            self._universe[row[w.O_INST]].id,
            Side.BUY if row[w.O_SIDE] > 0 else Side.SELL,
            row[w.O_QUANTITY],
            **named,
            reason=self._why(row[w.O_DECISION], row[w.O_ENTRY] if self.is_named else w.NONE),
            tag=self._tag(number + 1),
            strategy=self._desks[row[w.O_DESK]].name,
            ts_decided=row[w.O_TS],
            product=self._desks[row[w.O_DESK]].products.usual,
        )

    def _why(self, decision: int, entry: int) -> str:
        if decision == w.OF_BRACKET:
            return closes(self._entry_tag(entry))
        return _HOSTS[decision] if decision < 0 else self.reasons.one(decision)

    def _entry_tag(self, entry: int) -> str:
        """The tag of what an order of a bracket closes."""
        return self._entries[w.FIRST_BEFORE - entry] if entry <= w.FIRST_BEFORE else self._tag(entry + 1)

    def _tag(self, place: int) -> str:
        if place == 0:
            return ""
        known = self.objects.get(place - 1)
        if known is not None:
            return known.order.tag
        row = self.rows[place - 1].tolist()
        return tag_of(row[w.O_SESSION], self._desks[row[w.O_DESK]].number, row[w.O_COUNTER])

    def _every_tag(self) -> list[str]:
        new = self.rows[self.known :]
        desks = np.array([desk.number for desk in self._desks])[new[:, w.O_DESK]]
        known = [self.objects[number].order.tag for number in range(self.known)]
        return ["", *known, *tags_of(new[:, w.O_SESSION], desks, new[:, w.O_COUNTER])]

    def _end_heads(self) -> Coded:
        status = self.rows[:, w.O_STATUS]
        short = np.where(self.rows[:, w.O_BOOKED] == 0, _NO_CASH, _CLIPPED)
        if self.are_hosts:
            short = np.where(self.rows[:, w.O_WANTED] < 0, _SQUARED_OFF, short)
            short = np.where(self.rows[:, w.O_WANTED] == w.OF_BRACKET, _OF_BRACKET, short)
            short = np.where(self.rows[:, w.O_WANTED] == w.ASKED_FOR, _ASKED_FOR, short)
        over: Int64 | int = _DAY_ENDED
        if self.is_named:
            over = np.where(self.rows[:, w.O_VALIDITY] == GTD, _DATE_PASSED, _DAY_ENDED)
        return Coded(np.where(status == w.CANCELLED, short, np.where(status == w.EXPIRED, over, 0)), _HEADS)

    def _every_end(self) -> list[str]:
        texts, status = [""] * len(self.rows), self.rows[:, w.O_STATUS]
        for number in np.flatnonzero((status == w.EXPIRED) | (status == w.CANCELLED)).tolist():
            texts[number] = self.end_reason(number)
        return texts


def _named(row: Sequence[int]) -> dict[str, Any]:
    """What an order names besides its instrument, side and quantity."""
    limit, trigger, stop, target = (
        None if row[word] == NO_PRICE else row[word] for word in (w.O_LIMIT, w.O_TRIGGER, w.O_STOP, w.O_TARGET)
    )
    return {
        "type": type_of(limit, trigger), "limit_price": limit, "trigger_price": trigger, "stop_loss": stop,
        "take_profit": target, "time_in_force": VALIDITIES[row[w.O_VALIDITY]],
        "good_till": row[w.O_TILL] if row[w.O_VALIDITY] == GTD else None,
    }  # fmt: skip
