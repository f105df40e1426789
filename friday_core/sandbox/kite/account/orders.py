"""Orders and trades as the book keeps them."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from friday_core.sandbox.kite.account.prices import COMMODITIES, multiplier_of, paise
from friday_core.sandbox.kite.account.rules import ORDINARY, Fate
from friday_core.sandbox.kite.values import Listed


class Status(enum.StrEnum):
    """What may become of an order: the words of the order book."""

    RECEIVED = "PUT ORDER REQ RECEIVED"
    VALIDATION = "VALIDATION PENDING"
    OPEN_PENDING = "OPEN PENDING"
    OPEN = "OPEN"
    TRIGGER_PENDING = "TRIGGER PENDING"
    MODIFY_VALIDATION = "MODIFY VALIDATION PENDING"
    MODIFY_PENDING = "MODIFY PENDING"
    MODIFIED = "MODIFIED"
    NOT_MODIFIED = "NOT MODIFIED"
    CANCEL_PENDING = "CANCEL PENDING"
    AMO_RECEIVED = "AMO REQ RECEIVED"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


#: What an order never leaves.
TERMINAL = frozenset({Status.COMPLETE, Status.CANCELLED, Status.REJECTED})
#: In which a request may modify or cancel it.
STEADY = frozenset({Status.OPEN, Status.TRIGGER_PENDING, Status.AMO_RECEIVED})
#: In which it may trade: a cancellation on its way loses the race with a fill.
LIVE = frozenset({Status.OPEN, Status.CANCEL_PENDING})
_S = Status
#: Where a status may lead (Kite Connect v3); a second one of its own is a partial fill, or an AMO that changed.
NEXT: dict[Status, frozenset[Status]] = {
    _S.RECEIVED: frozenset({_S.VALIDATION, _S.AMO_RECEIVED}),
    _S.VALIDATION: frozenset({_S.OPEN_PENDING, _S.REJECTED}),
    _S.OPEN_PENDING: frozenset({_S.OPEN, _S.TRIGGER_PENDING, _S.REJECTED}),
    _S.AMO_RECEIVED: frozenset({_S.AMO_RECEIVED, _S.OPEN, _S.TRIGGER_PENDING, _S.CANCELLED, _S.REJECTED}),
    _S.OPEN: frozenset({_S.OPEN, _S.COMPLETE, _S.MODIFY_VALIDATION, _S.CANCEL_PENDING, _S.CANCELLED, _S.REJECTED}),
    _S.TRIGGER_PENDING: frozenset({_S.OPEN, _S.MODIFY_VALIDATION, _S.CANCEL_PENDING, _S.CANCELLED, _S.REJECTED}),
    _S.MODIFY_VALIDATION: frozenset({_S.MODIFY_PENDING, _S.NOT_MODIFIED}),
    _S.MODIFY_PENDING: frozenset({_S.MODIFIED, _S.NOT_MODIFIED}),
    _S.MODIFIED: frozenset({_S.OPEN, _S.TRIGGER_PENDING}),
    _S.NOT_MODIFIED: frozenset({_S.OPEN, _S.TRIGGER_PENDING}),
    _S.CANCEL_PENDING: frozenset({_S.CANCEL_PENDING, _S.CANCELLED, _S.COMPLETE}),
    _S.COMPLETE: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.REJECTED: frozenset(),
}


class Side(enum.StrEnum):
    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def other(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class Owner(enum.StrEnum):
    """Who placed an order: the client of the API, somebody else in the account, the broker, or a GTT."""

    CLIENT = "client"
    EXTERNAL = "external"
    BROKER = "broker"
    GTT = "gtt"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a modification may change. Prices are price units, 0 for none; ``ttl`` is minutes."""

    type: str
    quantity: int
    price: int = 0
    trigger: int = 0
    validity: str = "DAY"
    ttl: int = 0
    disclosed: int = 0
    protection: float = 0.0


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """What an order, a trade and a position are in; of the instrument as it was listed on the day."""

    exchange: str
    symbol: str
    token: int
    kind: str
    decimals: int
    multiplier: int

    @property
    def key(self) -> str:
        return f"{self.exchange}:{self.symbol}"

    @property
    def segment(self) -> str:
        """Whose money it is traded with."""
        return "commodity" if self.exchange in COMMODITIES else "equity"

    def paise(self, worth: int) -> int:
        """What a sum of price units times quantity comes to."""
        return paise(worth, self.decimals, self.multiplier)

    def rupees(self, units: int) -> float:
        """A price as JSON has it."""
        return units / 10.0**self.decimals

    def average(self, worth: int, quantity: int) -> float:
        """The average price of a sum of units times quantity, in rupees."""
        return round(worth / quantity / 10.0**self.decimals, self.decimals + 2) if quantity else 0


def contract_of(listed: Listed) -> Contract:
    return Contract(
        exchange=listed.exchange,
        symbol=listed.symbol,
        token=listed.token,
        kind=listed.kind,
        decimals=listed.decimals,
        multiplier=multiplier_of(listed),
    )


class KiteOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with all that becomes of it.

    ``worth`` is the sum of price units times quantity over its trades. ``ts`` is the market's time at which it came
    or was changed, ``ts_exchange`` that at which the exchange knew it, ``ts_update`` of its last word. ``due`` is
    the wall clock's time of its next step, 0 if it waits for the market. ``wanted`` are the terms of a modification
    on its way. ``live_since`` is the market's time from which prints meet it, ``rests_until`` the wall clock's time
    before which it does not trade again. A ``hidden`` one is not in anybody's book yet; one that is
    ``checked`` ties up money or shares.
    """

    id: str
    owner: Owner
    app: str
    day: str
    placed_by: str
    variety: str
    contract: Contract
    side: Side
    product: str
    terms: Terms
    tick: int
    lot: int
    ts: int
    exchange_id: str = ""
    parent: str = ""
    tag: str = ""
    tags: tuple[str, ...] = ()
    meta: dict[str, Any] = {}
    auction: str = ""
    status: Status = Status.RECEIVED
    words: str = ""
    raw: str = ""
    ts_exchange: int = 0
    ts_update: int = 0
    filled: int = 0
    worth: int = 0
    cancelled: int = 0
    modified: bool = False
    modifications: int = 0
    fate: Fate = ORDINARY
    due: int = 0
    wanted: Terms | None = None
    triggered: bool = False
    live_since: int = 0
    fills: int = 0
    rests_until: int = 0
    hidden: bool = False
    checked: bool = False

    @property
    def remaining(self) -> int:
        """What may still trade."""
        return 0 if self.status in TERMINAL else self.terms.quantity - self.filled

    @property
    def is_stop(self) -> bool:
        return self.terms.type in {"SL", "SL-M"}

    @property
    def waits(self) -> bool:
        """Whether it is a stop that has not been triggered."""
        return self.is_stop and not self.triggered

    @property
    def limit(self) -> int:
        """The price beyond which it does not trade; 0 for none."""
        return 0 if self.terms.type in {"MARKET", "SL-M"} else self.terms.price


class KiteTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One fill, at ``price`` in price units."""

    id: str
    order: str
    exchange_id: str
    day: str
    contract: Contract
    side: Side
    product: str
    quantity: int
    price: int
    ts: int
    order_ts: int
