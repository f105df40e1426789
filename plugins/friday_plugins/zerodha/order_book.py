"""What is known of the day's orders and trades at Kite, in which nothing ever goes back."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from friday_core.api import InstrumentId, OrderUpdate, Refused, Side
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.orders import Tag, tag_of
from friday_plugins.zerodha.outcomes import TokenDead, Unanswered
from friday_plugins.zerodha.updates import TERMINAL, Traded, has_another_day, joined, time_of, traded, update_of

Row = Mapping[str, Any]
#: Seconds between two readings of trades that lack what the orders tell of, and how often.
_AGAIN, _TIMES = 0.3, 8
#: Seconds that trades of what was told elsewhere are asked for.
_CATCH_UP = 5.0
#: Seconds for which an order that has a number is looked for.
_PATIENCE = 60.0
#: Seconds after which a slice that nobody saw will not turn up any more.
_LATE = 15.0


class OrderBook:
    """Rows by Kite's number. A reading adds to them: one that is stale, or lacks a row, takes nothing away."""

    def __init__(self, connection: Zerodha) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._rows: dict[str, Row] = {}
        self._trades: dict[str, dict[str, Row]] = defaultdict(dict)
        #: Numbers that Kite has answered a placement with.
        self._expected: dict[str, float] = {}
        #: When the last slice of an order was sent, by its tag.
        self._sliced: dict[str, float] = {}
        #: Whether a cancelled order was ended by its day.
        self.ended_with_day: Callable[[Row], bool] = has_another_day

    def expect(self, number: str) -> None:
        """Kite has given this number to an order of ours."""
        with self._lock:
            self._expected[number] = time.monotonic()

    def slicing(self, tag: str) -> None:
        """A slice of this order is about to be sent, or what nobody else waits for: it may turn up for a while."""
        with self._lock:
            self._sliced[tag] = time.monotonic()

    def sliced(self, tag: str) -> None:
        """No further slice of this order will be sent, and none is in doubt."""
        with self._lock:
            self._sliced.pop(tag, None)

    def rows(self, tag: str | None = None) -> list[Row]:
        """All that is known, or what is known of an order by its own tag, in the order of placing."""
        with self._lock:
            found = sorted(self._rows.values(), key=lambda row: str(row["order_id"]).zfill(20))
        return [row for row in found if tag is None or tag_of(str(row.get("tag") or "")).order == tag]

    def traded(self) -> dict[InstrumentId, int]:
        """What the orders of the day have traded, whoever placed them, signed."""
        found: dict[InstrumentId, int] = defaultdict(int)
        for row in self.rows():
            sign = Side[row["transaction_type"]].sign
            found[InstrumentId(row["tradingsymbol"], row["exchange"])] += sign * int(row.get("filled_quantity") or 0)
        return found

    @property
    def works(self) -> bool:
        """Whether an order has not ended, or has a number and was not seen yet, or a slice of one may turn up."""
        with self._lock:
            late = time.monotonic() - _LATE - 2 * _AGAIN
            self._sliced = {tag: at for tag, at in self._sliced.items() if at > late}
            return bool(self._expected or self._sliced) or any(
                row["status"] not in TERMINAL for row in self._rows.values()
            )

    def take_in(self, row: Row) -> None:
        """A row from elsewhere than the book: a hint, for which nothing goes back either."""
        with self._lock:
            self._merge(row)

    def read(self, deadline: float = 20.0) -> list[OrderUpdate]:
        """Read the whole book, and say where every order of the day stands.

        ``Refused`` and ``Unanswered`` as ``Zerodha.read``; never an answer that is short.
        """
        end = time.monotonic() + deadline
        found = self._connection.read("orders", deadline=deadline)
        if not isinstance(found, list):
            raise Unanswered("orders: the answer is no list")
        with self._lock:
            self._forget_other_days(found)
            for row in found:
                self._merge(row)
        self._connection.limiter.seen_today(len(found))
        self._look_for_missing()
        return self.caught_up(end)

    def caught_up(self, end: float | None = None) -> list[OrderUpdate]:
        """Where every order stands, once the trades that rows tell of are known; reads them if they are not.

        ``end`` is by ``time.monotonic``. Raises as ``read``.
        """
        end = time.monotonic() + _CATCH_UP if end is None else end
        for _ in range(_TIMES):
            if not self._lacking():
                return self.updates()
            self._read_trades(end)
            if self._lacking():
                time.sleep(_AGAIN)
        raise Unanswered("trades: the list lacks trades that the orders tell of")

    def updates(self) -> list[OrderUpdate]:
        """Where every order stands by what is known now; a sliced one once."""
        with self._lock:
            rows = self.rows()
            slices: dict[Tag, list[tuple[Row, Traded]]] = defaultdict(list)
            found = []
            for row in rows:
                tag, done = tag_of(str(row.get("tag") or "")), self._traded(row)
                if tag.slice:
                    slices[tag._replace(slice=0)].append((row, done))
                else:
                    found.append(update_of(row, done, self.ended_with_day))
            now = time.monotonic()
            for tag, parts in slices.items():
                late = now - self._sliced.get(tag.order, float("-inf")) > _LATE
                found.append(joined(tag, parts, complete=late, ended_with_day=self.ended_with_day))
        return found

    def _traded(self, row: Row) -> Traded:
        return traded(row, self._trades[str(row["order_id"])].values())

    def _lacking(self) -> bool:
        with self._lock:
            return any(self._traded(row).lacks for row in self._rows.values())

    def _read_trades(self, end: float) -> None:
        found: Iterable[Row] = self._connection.read("trades", deadline=max(end - time.monotonic(), 1.0))
        with self._lock:
            for one in found:
                self._trades[str(one["order_id"])][str(one["trade_id"])] = one

    def _look_for_missing(self) -> None:
        """Orders that Kite has numbered and its book lacks are asked for by their number: the book may be stale."""
        with self._lock:
            missing = list(self._expected)
            late = time.monotonic() - _PATIENCE
            self._expected = {number: at for number, at in self._expected.items() if at > late}
        for number in missing:
            try:
                history = self._connection.read("order_history", number)
            except TokenDead:
                raise
            except Refused:
                continue  # not known by its number either, or not yet
            with self._lock:
                if history:
                    self._merge(history[-1])

    def _merge(self, row: Row) -> None:
        number = str(row["order_id"])
        before = self._rows.get(number)
        if before is None or _is_further(row, before):
            self._rows[number] = {**(before or {}), **row}
        elif int(row.get("filled_quantity") or 0) > int(before.get("filled_quantity") or 0):
            # A trade that is told after the end is real all the same.
            self._rows[number] = {**before, "filled_quantity": row["filled_quantity"]}
        self._expected.pop(number, None)

    def _forget_other_days(self, rows: Iterable[Row]) -> None:
        days = {found.date() for row in rows if (found := time_of(row.get("order_timestamp"))) is not None}
        if days:
            today: dt.date = max(days)
            stale = [
                number
                for number, row in self._rows.items()
                if (made := time_of(row.get("order_timestamp"))) is not None and made.date() < today
            ]
            for number in stale:
                del self._rows[number]
                self._trades.pop(number, None)


def _is_further(row: Row, before: Row) -> bool:
    if before["status"] in TERMINAL:
        return False
    if row["status"] in TERMINAL:
        return True
    return int(row.get("filled_quantity") or 0) >= int(before.get("filled_quantity") or 0)
