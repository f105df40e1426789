"""Orders, trades and GTTs over HTTP."""

from __future__ import annotations

import difflib
from typing import Any

from friday_core.sandbox.kite.faults.fate import first
from friday_core.sandbox.kite.faults.fault import Do
from friday_core.sandbox.kite.refusals import bad_input
from friday_core.sandbox.kite.server.calls import Call, Route
from friday_core.sandbox.kite.server.limits import Category
from friday_core.sandbox.kite.server.parts import Account
from friday_core.sandbox.kite.values import SECOND

VARIETIES = ("regular", "amo", "co", "iceberg", "auction")


class Orders:
    """Answers about orders."""

    def __init__(self, account: Account, *, legacy: bool = False) -> None:
        self._account, self._legacy = account, legacy

    def routes(self) -> list[Route]:
        order, other = Category.ORDER, Category.OTHER
        return [
            Route("POST", "/orders/{variety}", self._place, order),
            Route("PUT", "/orders/{variety}/{order_id}", self._modify, order),
            Route("DELETE", "/orders/{variety}/{order_id}", self._cancel, order),
            Route("GET", "/orders", self._orders, other),
            Route("GET", "/orders/{order_id}", self._history, other),
            Route("GET", "/orders/{order_id}/trades", lambda call: self._account.trades(call.parts["order_id"]), other),
            Route("GET", "/trades", lambda _: self._account.trades(), other),
            Route("GET", "/gtt/triggers", lambda _: self._account.gtts(), other),
            Route("POST", "/gtt/triggers", lambda call: self._account.place_gtt(call.form), other),
            Route("GET", "/gtt/triggers/{trigger_id}", self._gtt, other),
            Route("PUT", "/gtt/triggers/{trigger_id}", self._modify_gtt, other),
            Route("DELETE", "/gtt/triggers/{trigger_id}", self._delete_gtt, other),
        ]

    def _place(self, call: Call) -> Any:
        placed = self._account.place(
            _variety(call), call.form, call.ts, call.wall, fate=call.fate, app=call.app
        )  # fmt: skip
        return {"order_id": placed} if isinstance(placed, str) else placed.answer()

    def _modify(self, call: Call) -> dict[str, str]:
        number = call.parts["order_id"]
        self._account.modify(_variety(call), number, call.form, call.ts, call.wall, fate=call.fate)
        return {"order_id": number}

    def _cancel(self, call: Call) -> dict[str, str]:
        number = call.parts["order_id"]
        self._account.cancel(_variety(call), number, call.ts, call.wall, fate=call.fate)
        return {"order_id": number}

    def _orders(self, call: Call) -> list[dict[str, Any]]:
        stale = first(call.taken, Do.STALE_BOOK)
        return self._shown(self._account.orders(None if stale is None else call.wall - round(stale.seconds * SECOND)))

    def _history(self, call: Call) -> list[dict[str, Any]]:
        return self._shown(self._account.history(call.parts["order_id"]))

    def _shown(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Cover orders had a product of their own once."""
        if not self._legacy:
            return rows
        return [{**row, "product": "CO"} if row["variety"] == "co" else row for row in rows]

    def _gtt(self, call: Call) -> Any:
        return self._account.gtt(call.number("trigger_id"))

    def _modify_gtt(self, call: Call) -> dict[str, int]:
        return self._account.modify_gtt(call.number("trigger_id"), call.form)

    def _delete_gtt(self, call: Call) -> dict[str, int]:
        return self._account.delete_gtt(call.number("trigger_id"))


def _variety(call: Call) -> str:
    variety = call.parts["variety"]
    if variety not in VARIETIES:
        nearest = difflib.get_close_matches(variety, VARIETIES, 1)
        raise bad_input(f"Invalid `variety`.{f' Write {nearest[0]}.' if nearest else ''}")
    return variety
