"""Mutual funds over HTTP: a few schemes, orders that wait for the fund's day, and plans."""

from __future__ import annotations

import csv
import gzip
import io
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from friday_core.sandbox.kite.refusals import bad_input, order_refused
from friday_core.sandbox.kite.server.calls import Call, Csv, Route, stamp
from friday_core.sandbox.kite.server.parts import Facts

_ORDERS, _PLANS = "fund_orders", "fund_plans"
_FREQUENCIES = frozenset({"weekly", "monthly", "quarterly"})
_OPEN, _CANCELLED, _ACTIVE, _PAUSED = "OPEN", "CANCELLED", "ACTIVE", "PAUSED"


class Fund(NamedTuple):
    """A scheme, in the columns of Kite's list."""

    tradingsymbol: str
    amc: str
    name: str
    purchase_allowed: int
    redemption_allowed: int
    minimum_purchase_amount: float
    purchase_amount_multiplier: float
    minimum_additional_purchase_amount: float
    minimum_redemption_quantity: float
    redemption_quantity_multiplier: float
    dividend_type: str
    scheme_type: str
    plan: str
    settlement_type: str
    last_price: float
    last_price_date: str


_FUNDS = {
    one.tradingsymbol: one
    for one in (
        Fund("INF000S01011", "Sandbox_MF", "Sandbox Index Fund", 1, 1, 1000.0, 1.0, 1000.0, 0.001, 0.001, "growth",
             "equity", "direct", "T3", 106.8, "2026-11-20"),
        Fund("INF000S01029", "Sandbox_MF", "Sandbox Liquid Fund", 1, 1, 500.0, 1.0, 500.0, 0.001, 0.001, "growth",
             "liquid", "direct", "T1", 1312.4021, "2026-11-20"),
    )
}  # fmt: skip


class Funds:
    """Answers about mutual funds. An order stays OPEN until it is cancelled: no fund settles in the sandbox."""

    def __init__(self, book: Facts) -> None:
        self._book = book

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/mf/instruments", lambda _: _listed([*_FUNDS.values()])),
            Route("GET", "/mf/holdings", lambda _: []),
            Route("GET", "/mf/orders", lambda _: [*self._rows(_ORDERS).values()]),
            Route("POST", "/mf/orders", self._place),
            Route("GET", "/mf/orders/{number}", lambda call: self._row(_ORDERS, call)),
            Route("DELETE", "/mf/orders/{number}", self._cancel),
            Route("GET", "/mf/sips", lambda _: [*self._rows(_PLANS).values()]),
            Route("POST", "/mf/sips", self._plan),
            Route("GET", "/mf/sips/{number}", lambda call: self._row(_PLANS, call)),
            Route("PUT", "/mf/sips/{number}", self._change_plan),
            Route("DELETE", "/mf/sips/{number}", self._end_plan),
        ]

    def _place(self, call: Call) -> dict[str, str]:
        fund, side = _fund(call.form), call.form.get("transaction_type", "")
        if side not in ("BUY", "SELL"):
            raise bad_input("Invalid `transaction_type`.")
        if side == "SELL":
            raise order_refused("Insufficient units to redeem.")  # nothing settles, so that nothing is held
        amount = _amount(call.form, "amount")
        if amount < fund.minimum_purchase_amount:
            raise bad_input(f"Minimum purchase amount is {fund.minimum_purchase_amount:g}.")
        number = str(uuid.uuid4())
        self._keep(_ORDERS, number, {
            "order_id": number, "exchange_order_id": None, "tradingsymbol": fund.tradingsymbol, "fund": fund.name,
            "status": _OPEN, "status_message": "Insufficient fund. 1/5", "folio": None, "settlement_id": None,
            "order_timestamp": stamp(call.ts), "exchange_timestamp": None, "transaction_type": side,
            "purchase_type": "FRESH", "variety": "regular", "amount": amount, "quantity": 0.0, "average_price": 0.0,
            "last_price": fund.last_price, "last_price_date": fund.last_price_date, "placed_by": call.app,
            "tag": call.form.get("tag"),
        })  # fmt: skip
        return {"order_id": number}

    def _cancel(self, call: Call) -> dict[str, str]:
        row = self._row(_ORDERS, call)
        if row["status"] != _OPEN:
            raise order_refused("Order is not open.")
        self._keep(_ORDERS, row["order_id"], {**row, "status": _CANCELLED})
        return {"order_id": row["order_id"]}

    def _plan(self, call: Call) -> dict[str, str]:
        fund, frequency = _fund(call.form), call.form.get("frequency", "")
        if frequency not in _FREQUENCIES:
            raise bad_input("Invalid `frequency`.")
        number = str(self._next())
        instalments = int(_amount(call.form, "instalments"))
        self._keep(_PLANS, number, {
            "sip_id": number, "tradingsymbol": fund.tradingsymbol, "fund": fund.name, "dividend_type": "growth",
            "transaction_type": "BUY", "status": _ACTIVE, "created": stamp(call.ts), "frequency": frequency,
            "instalment_amount": _amount(call.form, "amount"), "instalments": instalments, "last_instalment": "",
            "next_instalment": "", "pending_instalments": instalments, "completed_instalments": 0, "trigger_price": 0,
            "instalment_day": int(_amount(call.form, "instalment_day", "0")), "sip_type": "sip", "sip_reg_num": None,
            "step_up": {}, "tag": call.form.get("tag"),
        })  # fmt: skip
        return {"sip_id": number}

    def _change_plan(self, call: Call) -> dict[str, str]:
        row, form = self._row(_PLANS, call), call.form
        status = form.get("status", row["status"].lower()).upper()
        frequency = form.get("frequency", row["frequency"])
        if status not in (_ACTIVE, _PAUSED) or frequency not in _FREQUENCIES:
            raise bad_input("Invalid `status`." if frequency in _FREQUENCIES else "Invalid `frequency`.")
        changed = {
            **row, "status": status, "frequency": frequency,
            "instalment_amount": _amount(form, "amount", str(row["instalment_amount"])),
            "instalments": int(_amount(form, "instalments", str(row["instalments"]))),
            "instalment_day": int(_amount(form, "instalment_day", str(row["instalment_day"]))),
        }  # fmt: skip
        self._keep(_PLANS, row["sip_id"], changed)
        return {"sip_id": row["sip_id"]}

    def _end_plan(self, call: Call) -> dict[str, str]:
        row = self._row(_PLANS, call)
        if row["status"] == _CANCELLED:
            raise bad_input("SIP is cancelled already.")
        self._keep(_PLANS, row["sip_id"], {**row, "status": _CANCELLED})
        return {"sip_id": row["sip_id"]}

    def _row(self, kind: str, call: Call) -> dict[str, Any]:
        row = self._rows(kind).get(call.parts["number"])
        if row is None:
            raise bad_input("Invalid `order_id`." if kind == _ORDERS else "Invalid `sip_id`.")
        return row

    def _rows(self, kind: str) -> dict[str, dict[str, Any]]:
        return msgspec.json.decode(self._book.fact(kind, "{}"), type=dict[str, dict[str, Any]])

    def _keep(self, kind: str, number: str, row: Mapping[str, Any]) -> None:
        with self._book.transaction():
            self._book.note(kind, msgspec.json.encode({**self._rows(kind), number: row}).decode())

    def _next(self) -> int:
        with self._book.transaction():
            return self._book.next("fund_plan")


def _fund(form: Mapping[str, str]) -> Fund:
    found = _FUNDS.get(form.get("tradingsymbol", ""))
    if found is None:
        raise bad_input("Invalid `tradingsymbol`.")
    return found


def _amount(form: Mapping[str, str], name: str, default: str = "") -> float:
    try:
        found = float(form.get(name) or default)
    except ValueError as error:
        raise bad_input(f"Invalid `{name}`.") from error
    if not -2 < found < 1e12:
        raise bad_input(f"Invalid `{name}`.")
    return found


def _listed(funds: Sequence[Fund]) -> Csv:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Fund._fields)
    writer.writerows(funds)
    return Csv(gzip.compress(text.getvalue().encode(), 1, mtime=0))
