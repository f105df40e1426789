"""What the kernel wrote, as rows of the log and as intents; texts are made when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import MISSING_PRICE, Array, Float64, Int64, Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Fill, OrderStatus, OrderType, Side
from friday_core.session.columns import Coded, Late
from friday_core.session.compiled.details import detail_of, details_of
from friday_core.session.compiled.ruled import Ruled
from friday_core.session.compiled.sent import VALIDITIES, Sent
from friday_core.session.compiled.texts import Texts, Told
from friday_core.session.compiled.wishes import ORDER, Wishes
from friday_core.session.custody import BORROW_FEE
from friday_core.session.desk import Desk
from friday_core.session.log import SessionLog
from friday_core.session.quiet.points import equity_rows
from friday_core.simulation.compiled import words as w
from friday_core.simulation.fill_rules import GTD, NO_PRICE
from friday_core.trading.column_orders import CANCEL, CANCELLED, whole_lots
from friday_core.trading.limits import Limits

_STATUS = (
    OrderStatus.INTENT, OrderStatus.OPEN, OrderStatus.PARTIAL,
    OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED,
)  # fmt: skip
_FILL_DEFAULTS = {one.name: one.default for one in msgspec.structs.fields(Fill) if not one.required}
_SIDES = (Side.SELL, Side.BUY)


@dataclass(frozen=True, slots=True)
class _Values:
    """What the numbers in tables stand for: instruments, strategies, and the products of their orders."""

    ids: tuple[InstrumentId, ...]
    names: tuple[str, ...]
    products: tuple[str, ...]


class Written:
    """The rows of a block, for the log; ``wishes`` are those of the desks."""

    def __init__(
        self,
        universe: Universe,
        desks: Sequence[Desk],
        rows: Mapping[str, Array],
        wishes: Sequence[Wishes],
        *,
        ruled: Ruled,
        assumed: bool,
    ) -> None:
        self._universe = universe
        self._told = _Values(
            tuple(one.id for one in universe),
            tuple(desk.name for desk in desks),
            tuple(desk.products.usual for desk in desks),
        )
        self._limits = [desk.risk.limits for desk in desks]
        self._lots = np.array([one.lot_size for one in universe])
        self._ruled = ruled
        self._rows = rows
        self._wishes = wishes
        self._assumed = assumed

    def decisions(self, log: SessionLog, table: Int64, sent: Sent) -> None:
        """Comes first: the words of orders are those of their decisions."""
        desk, row = table[:, w.D_DESK], table[:, w.D_ROW].copy()
        words = _Words(desk, row, self._wishes)
        kinds = [one.kind for one in self._wishes]
        is_cancel = np.isin(table[:, w.D_CODE], (w.C_CANCEL_SENT, w.C_NO_ORDER))
        if is_cancel.any():
            sent.reasons = Texts(len(table), partial(_of_cancels, is_cancel, words))
        else:
            sent.reasons = Texts(len(table), words.one, words.every)
        if not len(table):
            return
        # Rows and wishes are not kept for what is made later: of them what decided is taken at once.
        told, lots = self._told, self._lots
        weight, inst = words.of_desks([one.targets[row] for one in self._wishes]), self._rows["inst"][row]
        ruled = self._ruled
        details = _Details(table, weight, inst, universe=self._universe, limits=self._limits, ruled=ruled)
        log.decisions.extend({
            "ts_event": self._rows["ts"][row],
            "strategy": Late(lambda: Coded(desk, told.names)),
            "instrument": Late(lambda: Coded(inst, told.ids)),
            "kind": Late(lambda: Coded(np.where(is_cancel, len(kinds), desk), (*kinds, CANCEL))),
            "value": Late(
                lambda: words.of_desks([
                    np.where(is_cancel, 0.0, whole_lots(shown[ORDER], lots[inst])) if kind == ORDER else shown[kind]
                    for shown, kind in zip(words.shown, kinds, strict=True)
                ])
            ),
            "asked": Late(lambda: table[:, w.D_ASKED]),
            "sent": Late(lambda: table[:, w.D_SENT]),
            "code": Late(lambda: Coded(table[:, w.D_CODE], ruled.codes)),
            "detail": Late(lambda: Told(np.arange(len(table)), Texts(len(table), details.one, details.every))),
            "reason": Late(lambda: Told(np.arange(len(table)), sent.reasons)),
            "tag": Late(lambda: Told(table[:, w.D_ORDER] + 1, sent.tags)),
        })  # fmt: skip

    def orders(self, log: SessionLog, sent: Sent) -> None:
        """Those that were sent, in order: as objects where they work still."""
        first = sent.known
        for number in [*sorted(n for n in sent.objects if n >= first), len(sent.rows)]:
            self._ended_orders(log, sent, first, number)
            if number < len(sent.rows):
                log.orders.append(sent.objects[number])
            first = number + 1

    def _ended_orders(self, log: SessionLog, sent: Sent, first: int, last: int) -> None:
        if first >= last:
            return
        rows, told = sent.rows[first:last], self._told
        columns = {
            **_named(told, rows, lambda: slice(None)),
            "quantity": Late(lambda: rows[:, w.O_QUANTITY]),
            "reason": Late(lambda: sent.why(rows)),
            "tag": Late(lambda: Told(np.arange(first + 1, last + 1), sent.tags)),
            "ts_decided": Late(lambda: rows[:, w.O_TS]),
            "product": Late(lambda: Coded(rows[:, w.O_DESK], told.products)),
            "status": Late(lambda: Coded(rows[:, w.O_STATUS], _STATUS)),
            "filled": Late(lambda: rows[:, w.O_FILLED]),
            "status_reason": Late(lambda: Told(np.arange(first, last), sent.ends)),
            "active_from": Late(lambda: rows[:, w.O_ACTIVE_FROM]),
            "session": Late(lambda: rows[:, w.O_OPENED]),
        }
        if sent.is_named:
            columns |= _priced(rows)
        elif sent.are_hosts:
            columns["time_in_force"] = Late(lambda: Coded((rows[:, w.O_DECISION] < 0).astype(np.int8), VALIDITIES))
        log.orders.extend(columns, last - first)

    def fills(self, log: SessionLog, table: Int64, sent: Sent) -> None:
        told = self._told

        def number() -> Int64:
            return table[:, w.F_ORDER]

        if len(table):
            columns = {
                **_FILL_DEFAULTS,
                **_named(told, sent.rows, number),
                "tag": Late(lambda: Told(number() + 1, sent.tags)),
                "quantity": Late(lambda: table[:, w.F_QUANTITY]),
                "price": Late(lambda: table[:, w.F_PRICE]),
                "charges": Late(lambda: table[:, w.F_CHARGES]),
                "ts_event": Late(lambda: table[:, w.F_TS]),
                "assumed": self._assumed,
                "product": Late(lambda: Coded(sent.rows[number(), w.O_DESK], told.products)),
            }
            log.fills.extend(columns, len(table))

    def ended(self, log: SessionLog, table: Int64, sent: Sent) -> None:
        told = self._told

        def number() -> Int64:
            return table[:, w.X_ORDER]

        if len(table):
            columns = {
                **_named(told, sent.rows, number),
                "tag": Late(lambda: Told(number() + 1, sent.tags)),
                "status": Late(lambda: Coded(sent.rows[number(), w.O_STATUS], _STATUS)),
                "filled": Late(lambda: sent.rows[number(), w.O_FILLED]),
                "reason": Late(lambda: Told(number(), sent.ends)),
                "ts_event": Late(lambda: table[:, w.X_TS]),
            }
            del columns["side"]
            log.ended.extend(columns, len(table))

    def positions(self, log: SessionLog, table: Int64) -> None:
        told = self._told
        if len(table):
            columns = {
                "ts_event": Late(lambda: table[:, w.P_TS]),
                "session": Late(lambda: table[:, w.P_SESSION]),
                "strategy": Late(lambda: Coded(table[:, w.P_DESK], told.names)),
                "instrument": Late(lambda: Coded(table[:, w.P_INST], told.ids)),
                "quantity": Late(lambda: table[:, w.P_QUANTITY]),
                "cost": Late(lambda: table[:, w.P_COST]),
                "price": Late(lambda: table[:, w.P_MARK]),
                "value": Late(lambda: table[:, w.P_WORTH]),
            }
            log.positions.extend(columns, len(table))

    def postings(self, log: SessionLog, table: Int64) -> None:
        told = self._told
        if len(table):
            columns = {
                "ts_event": Late(lambda: table[:, w.Y_TS]),
                "session": Late(lambda: table[:, w.Y_SESSION]),
                "strategy": Late(lambda: Coded(table[:, w.Y_DESK], told.names)),
                "instrument": Late(lambda: Coded(table[:, w.Y_INST], told.ids)),
                "kind": BORROW_FEE,
                "quantity": Late(lambda: table[:, w.Y_QUANTITY]),
                "price": Late(lambda: table[:, w.Y_PRICE]),
                "amount": Late(lambda: -table[:, w.Y_FEE]),
            }
            log.postings.extend(columns, len(table))

    def equity(self, log: SessionLog, begins: Int64 | slice, columns: Mapping[str, Int64]) -> None:
        """A row for each slice, which begins there, and each desk: what is held is worth the rest of the equity."""
        if len(columns["equity"]):
            ts, session = _at(self._rows["ts"], begins), _at(self._rows["session"], begins)
            points = equity_rows(self._told.names, ts, session, columns)
            sessions, cash, equity = np.asarray(points["session"]), columns["cash"], columns["equity"]
            log.equity.extend({
                "gross": Late(lambda: np.abs(equity - cash)),
                **points,
                "session": Late(lambda: sessions.astype(np.int64)),
                "value": Late(lambda: equity - cash),
            })  # fmt: skip


def _of_cancels(is_cancel: npt.NDArray[np.bool_], words: _Words, row: int) -> str:
    """The reason of a decision where some cancel."""
    return f"{CANCELLED}: {words.one(row)}" if is_cancel[row] else words.one(row)


def _priced(orders: Int64) -> dict[str, Any]:
    """What orders with prices are besides those without."""
    kinds = 2 * (orders[:, w.O_TRIGGER] != NO_PRICE) + (orders[:, w.O_LIMIT] != NO_PRICE)
    last = np.where(orders[:, w.O_VALIDITY] == GTD, orders[:, w.O_TILL], MISSING_PRICE)
    return {
        "type": Coded(kinds.astype(np.int8), (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT)),
        "limit_price": orders[:, w.O_LIMIT],
        "trigger_price": orders[:, w.O_TRIGGER],
        "stop_loss": orders[:, w.O_STOP],
        "take_profit": orders[:, w.O_TARGET],
        "good_till": last,
        "time_in_force": Coded(orders[:, w.O_VALIDITY], VALIDITIES),
        "triggered": orders[:, w.O_TRIGGERED] == 1,
    }


def _named(told: _Values, orders: Int64, rows: Callable[[], Int64 | slice]) -> dict[str, Any]:
    """What orders, and all that is told of them, have in common."""
    return {
        "instrument": Late(lambda: Coded(orders[rows(), w.O_INST], told.ids)),
        "strategy": Late(lambda: Coded(orders[rows(), w.O_DESK], told.names)),
        "side": Late(lambda: Coded((orders[rows(), w.O_SIDE] > 0).astype(np.int8), _SIDES)),
    }


def _at(column: Array, rows: Int64 | slice) -> Array:
    """The column at these rows; without copying where each row is meant."""
    if isinstance(rows, slice):
        return column[rows]
    first, last = int(rows[0]), int(rows[-1])
    return column[first : last + 1] if last - first + 1 == len(rows) else column[rows]


class _Words:
    """What ``ValueRunner`` shows of the values that decided; ``desk`` and ``row`` are those of the decisions."""

    def __init__(self, desk: Int64, row: Int64, wishes: Sequence[Wishes]) -> None:
        self._desk = desk
        #: The outputs of each desk, on the rows of all decisions.
        self.shown = [one.at(row) for one in wishes]

    def of_desks(self, columns: Sequence[Float64]) -> Float64:
        """Of each decision the value in its desk's column."""
        return columns[0] if len(columns) == 1 else np.array(columns)[self._desk, np.arange(len(self._desk))]

    def one(self, row: int) -> str:
        columns = self.shown[int(self._desk[row])]
        return ", ".join(f"{name} {column[row]:.6g}" for name, column in columns.items())

    def every(self) -> Sequence[str]:
        if len(self.shown) == 1:
            return self._of(0, slice(None))
        texts = np.empty(len(self._desk), object)
        for number in range(len(self.shown)):
            own = np.flatnonzero(self._desk == number)
            texts[own] = self._of(number, own)
        return texts.tolist()

    def _of(self, number: int, rows: Int64 | slice) -> Sequence[str]:
        """What one desk showed on these rows."""
        shown = self.shown[number].items()
        parts = [[f"{name} {value:.6g}" for value in column[rows].tolist()] for name, column in shown]
        return parts[0] if len(parts) == 1 else list(map(", ".join, zip(*parts, strict=True)))


class _Details:
    """What stands in the details of decisions, the rows of a table."""

    def __init__(
        self,
        table: Int64,
        weight: Float64,
        inst: Int64,
        *,
        universe: Universe,
        limits: Sequence[Limits],
        ruled: Ruled,
    ) -> None:
        self._table, self._weight, self._inst = table, weight, inst
        self._universe, self._limits, self._ruled = universe, limits, ruled

    def one(self, place: int) -> str:
        row, instrument = self._table[place].tolist(), self._universe[int(self._inst[place])]
        return detail_of(row, float(self._weight[place]), instrument, self._limits[row[w.D_DESK]], self._ruled)

    def every(self) -> Sequence[str]:
        return details_of(
            self._table, self._weight, self._inst, universe=self._universe, limits=self._limits, ruled=self._ruled
        )
