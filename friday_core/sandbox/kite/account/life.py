"""The states of an order: what each leads to, and when; every one that it passes stands in its history."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.money import Money
from friday_core.sandbox.kite.account.orders import NEXT, TERMINAL, KiteOrder, KiteTrade, Owner, Side, Status, Terms
from friday_core.sandbox.kite.account.placement import beyond_limits
from friday_core.sandbox.kite.account.prices import Prices
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.refusals import KiteRefusal
from friday_core.sandbox.kite.values import SECOND

_S = Status
_EVER = 1 << 62


class Life:
    """Moves orders from state to state, each inside the caller's transaction.

    ``ts`` is the market's time and ``wall`` the wall clock's. Delays run by the wall clock.
    """

    def __init__(self, book: Book, market: Prices, money: Money, rules: Rules) -> None:
        self._book, self._market, self._money, self._rules = book, market, money, rules
        self._steps: dict[Status, Callable[[KiteOrder, int, int], KiteOrder]] = {
            _S.RECEIVED: self._received,
            _S.VALIDATION: self._validated,
            _S.OPEN_PENDING: self._routed,
            _S.MODIFY_VALIDATION: self._modification_validated,
            _S.MODIFY_PENDING: self._modification_routed,
            _S.MODIFIED: self._back,
            _S.NOT_MODIFIED: self._back,
            _S.CANCEL_PENDING: lambda order, ts, wall: self.end(order, _S.CANCELLED, ts, wall),
        }

    def moved(self, order: KiteOrder, status: Status, ts: int, wall: int, **changes: object) -> KiteOrder:
        """The order in another state, which may follow the one it is in; ``ValueError`` if it may not."""
        if status not in NEXT[order.status]:
            raise ValueError(f"order {order.id} cannot go from {order.status} to {status}")
        after = msgspec.structs.replace(order, status=status, ts_update=max(ts, order.ts_update), **changes)
        return self._book.save(after, wall)

    def progress(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """Everything that has become due by now happens to it, each state after its delay."""
        while 0 < order.due <= wall and order.status not in TERMINAL:
            if order.hidden:
                due = order.due + _micros(self._rules.validation)
                order = msgspec.structs.replace(order, hidden=False, ts=ts, due=due)
                order = self._book.save(order, wall)
            elif order.fate.stuck == order.status:
                order = self._stuck(order)
            else:
                order = self._steps[order.status](order, ts, wall)
        return order

    def opened(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """The exchange has it: a stop waits for its trigger, anything else for its price."""
        status = _S.TRIGGER_PENDING if order.waits else _S.OPEN
        number = order.exchange_id or f"{1_100_000_000_000_000 + self._book.next('exchange_orders')}"
        seen = {"live_since": ts, "ts_exchange": ts, "exchange_id": number, "due": 0, "checked": True}
        return self.moved(order, status, ts, wall, **seen, **_resting(order, status, wall))

    def triggered(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """A stop's price has traded."""
        resting = _resting(order, _S.OPEN, wall)
        return self.moved(order, _S.OPEN, ts, wall, triggered=True, live_since=ts, ts_exchange=ts, **resting)

    def rejected(self, order: KiteOrder, words: str, ts: int, wall: int, raw: str = "") -> KiteOrder:
        return self.moved(order, _S.REJECTED, ts, wall, words=words, raw=raw or words, due=0)

    def end(self, order: KiteOrder, status: Status, ts: int, wall: int, words: str = "") -> KiteOrder:
        """CANCELLED with what has not traded; COMPLETE without."""
        left = order.terms.quantity - order.filled if status is _S.CANCELLED else 0
        return self.moved(order, status, ts, wall, cancelled=left, due=0, words=words, raw=words, wanted=None)

    def cancelled(self, order: KiteOrder, ts: int, wall: int, words: str = "") -> KiteOrder:
        """Without a request: by the day's end, by IOC, by the broker. What it passes through is passed at once."""
        if order.hidden:
            order = self._book.save(msgspec.structs.replace(order, hidden=False), wall)
        while order.status not in TERMINAL and _S.CANCELLED not in NEXT[order.status]:
            order = self.hurried(order, ts, wall)
        return order if order.status in TERMINAL else self.end(order, _S.CANCELLED, ts, wall, words)

    def modify(self, order: KiteOrder, wanted: Terms, ts: int, wall: int, delay: float) -> KiteOrder:
        """A modification is on its way; the order does not trade until it is decided."""
        order = msgspec.structs.replace(order, modifications=order.modifications + 1, ts=ts)
        if order.status is _S.AMO_RECEIVED:
            return self.moved(order, _S.AMO_RECEIVED, ts, wall, terms=wanted, modified=True)
        due = wall + _micros(delay or self._rules.modification)
        return self.moved(order, _S.MODIFY_VALIDATION, ts, wall, wanted=wanted, due=due)

    def cancel(self, order: KiteOrder, ts: int, wall: int, delay: float) -> KiteOrder:
        """A cancellation is on its way; a fill may still come before it."""
        if order.status is _S.AMO_RECEIVED:
            return self.end(order, _S.CANCELLED, ts, wall)
        due = wall + _micros(delay or self._rules.cancellation)
        return self.moved(order, _S.CANCEL_PENDING, ts, wall, due=due)

    def fill(self, order: KiteOrder, quantity: int, price: int, ts: int, wall: int) -> KiteOrder:
        """So many trade at a price; ``ValueError`` for more than are left."""
        if not 0 < quantity <= order.remaining:
            raise ValueError(f"order {order.id} has {order.remaining} left, not {quantity}")
        filled, fills = order.filled + quantity, order.fills + 1
        done = filled == order.terms.quantity
        trade = KiteTrade(
            id=f"{10_000_000 + self._book.next('trades')}", order=order.id, exchange_id=order.exchange_id,
            day=self._book.day, contract=order.contract, side=order.side, product=order.product, quantity=quantity,
            price=price, ts=ts, order_ts=order.ts,
        )  # fmt: skip
        self._book.add_trade(trade)
        return self.moved(
            order, _S.COMPLETE if done else order.status, ts, wall, filled=filled, fills=fills,
            worth=order.worth + quantity * price, ts_exchange=ts, due=0 if done else order.due,
            rests_until=wall + _micros(self._rules.part_delay) if _in_parts(order, self._rules) else order.rests_until,
        )  # fmt: skip

    # One step each ---------------------------------------------------------------------------------

    def _received(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        if order.variety == "amo":
            return self.moved(order, _S.AMO_RECEIVED, ts, wall, due=0)
        return self.moved(order, _S.VALIDATION, ts, wall, due=order.due + _micros(self._rules.routing))

    def _validated(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        refusal = None if order.checked else self._money.refusal(order)
        if refusal is not None:
            return self.rejected(order, refusal.message, ts, wall, raw_words(refusal, self._rules.user))
        due = order.due + _micros(self._rules.exchange)
        return self.moved(order, _S.OPEN_PENDING, ts, wall, due=due, checked=True)

    def _routed(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        words = order.fate.reject or self._outside(order, order.terms)
        return self.rejected(order, words, ts, wall) if words else self.opened(order, ts, wall)

    def _modification_validated(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        assert order.wanted is not None
        refusal = self._money.refusal(order, order.wanted)
        if refusal is not None:
            return self._not_modified(order, refusal.message, ts, wall)
        return self.moved(order, _S.MODIFY_PENDING, ts, wall, due=order.due + _micros(self._rules.modification))

    def _modification_routed(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        wanted = order.wanted
        assert wanted is not None
        if words := order.fate.reject or self._outside(order, wanted):
            return self._not_modified(order, words, ts, wall)
        fate = msgspec.structs.replace(order.fate, stuck="" if order.fate.stuck in _PASSED else order.fate.stuck)
        return self.moved(
            order, _S.MODIFIED, ts, wall, terms=wanted, wanted=None, modified=True, ts_exchange=ts, fate=fate,
            words="", raw="",
        )  # fmt: skip

    def _not_modified(self, order: KiteOrder, words: str, ts: int, wall: int) -> KiteOrder:
        fate = msgspec.structs.replace(order.fate, reject="")
        return self.moved(order, _S.NOT_MODIFIED, ts, wall, wanted=None, words=words, raw=words, fate=fate)

    def _back(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """To where it came from, with its old terms or its new ones."""
        status = _S.TRIGGER_PENDING if order.waits else _S.OPEN
        return self.moved(order, status, ts, wall, live_since=ts, due=0, **_resting(order, status, wall))

    def hurried(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """The next step now, whatever its time."""
        fate = msgspec.structs.replace(order.fate, stuck="")
        return self._steps[order.status](msgspec.structs.replace(order, due=max(order.due, 1), fate=fate), ts, wall)

    def _stuck(self, order: KiteOrder) -> KiteOrder:
        """It stays for a time, or for ever."""
        seconds = order.fate.stuck_seconds
        fate = msgspec.structs.replace(order.fate, stuck="")
        later = order.due + _micros(seconds)
        stays = {"due": later, "fate": fate} if seconds else {"due": 0}
        return self._book.look(msgspec.structs.replace(order, **stays))

    def _outside(self, order: KiteOrder, terms: Terms) -> str:
        """What the exchange says of a price that has come to lie outside the day's range."""
        listed = self._market.listing.by_key(order.contract.key)
        snapshot = None if listed is None else self._market.snapshot(listed.token)
        if listed is None or snapshot is None or order.owner is Owner.BROKER or not terms.price:
            return ""
        return beyond_limits(listed, terms.price, snapshot)


_PASSED = frozenset({_S.MODIFY_VALIDATION, _S.MODIFY_PENDING, _S.MODIFIED})


def raw_words(refusal: KiteRefusal, user: str) -> str:
    """What the risk system itself says."""
    if refusal.error_type != "MarginException":
        return f"RMS:Rule: Check holdings for entity account-{user} across exchange across segment across product "
    needed, _, rest = refusal.message.removeprefix("Insufficient funds. Required margin is ").partition(
        " but available margin is "
    )
    free = rest.removesuffix(". Check the orderbook for open orders.")
    return (
        f"RMS:Margin Exceeds,Required:{needed}, Available:{free} for entity account-{user} "
        "across exchange across segment across product "
    )


def largest_part(order: KiteOrder, rules: Rules) -> int:
    """How much of an order may trade at once; 0 if nothing ever does again."""
    fate = order.fate.parts
    if fate >= 0 and order.fills >= fate:
        return 0
    parts = max(rules.parts, fate + 1)
    lots = order.terms.quantity // order.lot
    part = min(-(-lots // parts) * order.lot, order.remaining)
    # Of one that is to stop, something is left.
    return min(part, order.remaining - order.lot) if fate >= 0 else part


def may_trade(order: KiteOrder, side: Side, price: int) -> bool:
    """Whether a price is within the limit of an order of that side."""
    return not order.limit or (order.limit - price) * side.sign >= 0


def _in_parts(order: KiteOrder, rules: Rules) -> bool:
    return max(rules.parts, order.fate.parts + 1) > 1


def _resting(order: KiteOrder, status: Status, wall: int) -> dict[str, object]:
    """One that is to stay in a state does nothing there, for a time or for ever."""
    if order.fate.stuck != status:
        return {}
    seconds = order.fate.stuck_seconds
    return {"rests_until": wall + _micros(seconds) if seconds else _EVER}


def _micros(seconds: float) -> int:
    return round(seconds * SECOND)
