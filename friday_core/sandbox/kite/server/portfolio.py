"""Positions, holdings, money, and what orders would cost, over HTTP."""

from __future__ import annotations

from typing import Any

from friday_core.sandbox.kite.refusals import bad_input
from friday_core.sandbox.kite.server.calls import Call, Route
from friday_core.sandbox.kite.server.parts import Account
from friday_core.sandbox.kite.server.sessions import Sessions

_COMPACT = ("exchange", "tradingsymbol", "instrument_token", "t1_quantity", "quantity")
_SEGMENTS = ("equity", "commodity")
_TRUE = frozenset({"1", "true"})


class Portfolio:
    """Answers about the account and what it holds."""

    def __init__(self, account: Account, sessions: Sessions) -> None:
        self._account, self._sessions = account, sessions

    def routes(self) -> list[Route]:
        account = self._account
        return [
            Route("GET", "/user/profile", lambda _: self._sessions.profile()),
            Route("GET", "/user/margins", lambda _: account.margins()),
            Route("GET", "/user/margins/{segment}", self._segment),
            Route("GET", "/portfolio/positions", lambda _: account.positions()),
            Route("PUT", "/portfolio/positions", lambda call: account.convert(call.form) is not False),
            Route("GET", "/portfolio/holdings", lambda _: account.holdings()),
            Route("GET", "/portfolio/holdings/summary", lambda _: account.holdings_summary()),
            Route("GET", "/portfolio/holdings/compact", lambda _: [_compact(row) for row in account.holdings()]),
            Route("GET", "/portfolio/holdings/auctions", lambda _: account.auctions()),
            Route("POST", "/portfolio/holdings/authorise", lambda call: account.authorise(call.form)),
            Route("POST", "/margins/orders", lambda call: account.order_margins(call.rows())),
            Route("POST", "/margins/basket", self._basket),
            Route("POST", "/charges/orders", lambda call: account.contract_note(call.rows())),
        ]

    def _segment(self, call: Call) -> dict[str, Any]:
        if call.parts["segment"] not in _SEGMENTS:
            raise bad_input("Invalid `segment`.")
        return self._account.margins(call.parts["segment"])

    def _basket(self, call: Call) -> dict[str, Any]:
        asked = {name: values[-1] for name, values in call.query.items()}
        considered = asked.get("consider_positions", "true").lower() in _TRUE
        return self._account.basket_margins(call.rows(), considered, asked.get("mode"))


def _compact(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _COMPACT}
