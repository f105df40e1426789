"""Who may log in, and how often anybody may ask: section ``[sessions]`` of a scenario."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: What ``friday sandbox kite`` is asked with unless a scenario names others.
API_KEY, API_SECRET = "sandbox", "sandbox-secret"


class SessionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``apps`` are secrets by API key, all of one account.

    A request token lives ``request_minutes`` of the wall clock; an access token until the market's next 06:00 IST.
    ``refresh`` hands out refresh tokens, as approved platforms get them. The counts are per calendar second of the
    wall clock (``orders_per_minute``: per calendar minute), and after one order request too many all of them are
    refused for ``cool_down`` seconds. ``updates_first``: an order's update leaves before the answer to the request
    that caused it. Postbacks go to ``postback_url``, signed with the secret of the app that placed the order.
    """

    apps: Mapping[str, str] = msgspec.field(default_factory=lambda: {API_KEY: API_SECRET})
    user_id: str = "AB1234"
    user_name: str = "Sandbox Trader"
    redirect_url: str = ""
    postback_url: str = ""
    request_minutes: float = 5.0
    refresh: bool = False
    quotes_per_second: int = 1
    historical_per_second: int = 3
    orders_per_second: int = 10
    orders_per_minute: int = 400
    others_per_second: int = 10
    cool_down: float = 10.0
    connections: int = 3
    instruments: int = 3_000
    updates_first: bool = True

    def __post_init__(self) -> None:
        if not self.apps or not all(self.apps.values()):
            raise ValueError("apps names at least one API key, each with a secret")
        counts = (
            self.quotes_per_second, self.historical_per_second, self.orders_per_second, self.orders_per_minute,
            self.others_per_second, self.connections, self.instruments,
        )  # fmt: skip
        if min(counts) < 1 or min(self.request_minutes, self.cool_down) < 0:
            raise ValueError("counts are at least 1, request_minutes and cool_down not negative")
