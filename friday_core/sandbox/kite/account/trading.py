"""A step of the exchange: triggers, fills, orders that the clock ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from friday_core.sandbox.kite.account.book import Book
from friday_core.sandbox.kite.account.life import Life, may_trade
from friday_core.sandbox.kite.account.matching import Depth, Part, Tape, capped, first_trigger, in_priority
from friday_core.sandbox.kite.account.money import Money
from friday_core.sandbox.kite.account.orders import LIVE, TERMINAL, KiteOrder, Side, Status
from friday_core.sandbox.kite.account.prices import Prices
from friday_core.sandbox.kite.account.rules import Rules
from friday_core.sandbox.kite.values import SECOND, Listed, Print, Snapshot

_MINUTE = 60 * SECOND
#: A market that is closed, and still is so many minutes later, has ended its day; between its phases there are gaps.
_LOOK_AHEAD = (0, 5, 10)
_SHUT = frozenset({"CLOSED", "POST_CLOSE"})


class Trading:
    """Holds the working orders against the market, inside the caller's transaction.

    ``done`` is called with every order that a step has completed.
    """

    def __init__(
        self,
        book: Book,
        market: Prices,
        life: Life,
        money: Money,
        *,
        rules: Rules,
        done: Callable[[KiteOrder, int, int], None],
    ) -> None:
        self._book, self._market, self._life, self._money = book, market, life, money
        self._rules, self._done = rules, done
        self._depth = Depth()
        #: How an order stood when it last met the market, the market it met, and the minute: phases change by minutes.
        self._seen: dict[str, tuple[KiteOrder, Snapshot | None, int]] = {}
        self._over: dict[tuple[str, str], tuple[int, bool]] = {}

    def is_due(self, prints: Sequence[Print], ts: int, wall: int) -> bool:
        """Whether a step may change anything."""
        traded = {one.token for one in prints}
        return any(self._moves(order, traded, ts, wall) for order in self._book.working())

    def step(self, prints: Sequence[Print], ts: int, wall: int) -> None:
        """Delays end, then the market meets what is there, then the clock ends what it ends."""
        for order in self._book.working():
            if 0 < order.due <= wall and order.status is not Status.CANCEL_PENDING:
                self._life.progress(order, ts, wall)
        tape = Tape(prints, self._rules)
        for order in in_priority(one for one in self._book.working() if not one.hidden):
            after = self._met(order, tape, ts, wall)
            if after.status is Status.CANCEL_PENDING:
                after = self._life.progress(after, ts, wall)
            if after.status not in TERMINAL:
                after = self._timed_out(after, ts, wall)
            if after.status is Status.COMPLETE:
                self._done(after, ts, wall)
            if after.status in TERMINAL:
                self._seen.pop(after.id, None)
            else:
                self._seen[after.id] = (after, self._snapshot(after), ts // _MINUTE)

    def is_over(self, listed: Listed, ts: int) -> bool:
        """Whether the day of an instrument has ended."""
        known = self._over.get((listed.exchange, listed.key))
        if known is None or known[0] != ts // _MINUTE:
            over = all(self._market.phase(listed, ts + _MINUTE * more).name in _SHUT for more in _LOOK_AHEAD)
            known = self._over[listed.exchange, listed.key] = (ts // _MINUTE, over)
        return known[1]

    def _moves(self, order: KiteOrder, traded: set[int], ts: int, wall: int) -> bool:
        if 0 < order.due <= wall or order.status is Status.AMO_RECEIVED:
            return True
        listed = self._market.listing.by_key(order.contract.key)
        if listed is None or order.hidden:
            return listed is None
        seen, rested = self._seen.get(order.id), 0 < order.rests_until <= wall
        return (
            listed.token in traded or rested or seen != (order, self._market.snapshot(listed.token), ts // _MINUTE)
            or self.is_over(listed, ts) or order.terms.validity != "DAY"
        )  # fmt: skip

    def _snapshot(self, order: KiteOrder) -> Snapshot | None:
        listed = self._market.listing.by_key(order.contract.key)
        return None if listed is None else self._market.snapshot(listed.token)

    def _met(self, order: KiteOrder, tape: Tape, ts: int, wall: int) -> KiteOrder:
        """The order after it has met the market as it is."""
        listed = self._market.listing.by_key(order.contract.key)
        if listed is None:
            return order
        snapshot = self._market.snapshot(listed.token)
        if order.status is Status.OPEN and not tape.of(listed.token) and not _in_reach(order, snapshot):
            return order
        phase = self._market.phase(listed, ts).name
        if order.status is Status.AMO_RECEIVED and phase == "CONTINUOUS" and not order.hidden:
            order = self._at_the_open(order, ts, wall)
        if order.status is Status.TRIGGER_PENDING and order.rests_until <= wall and phase not in _SHUT:
            when = first_trigger(order, tape.of(listed.token), snapshot)
            order = self._life.triggered(order, when, wall) if when else order
        if order.status not in LIVE or order.waits:
            return order
        if phase == "CONTINUOUS" and snapshot is not None and (most := capped(order, self._rules, wall)):
            order = self._filled(order, list(self._depth.parts(order, snapshot, most)), ts, wall)
        if phase != "CLOSED" and order.status in LIVE and (most := capped(order, self._rules, wall)):
            auction = not order.fills and self._market.phase(listed, order.live_since).name != "CONTINUOUS"
            parts = list(tape.parts(order, listed.token, most, at_print=auction))
            order = self._filled(order, parts, ts, wall)
        return order

    def _filled(self, order: KiteOrder, parts: Sequence[Part], ts: int, wall: int) -> KiteOrder:
        for part in parts:
            if not capped(order, self._rules, wall):
                break
            order = self._life.fill(order, part.quantity, part.price, max(min(part.ts, ts), order.live_since), wall)
        return order

    def _at_the_open(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """An after-market order meets the checks that others meet as they are placed."""
        refusal = self._money.refusal(order)
        if order.fate.reject or refusal is not None:
            words = order.fate.reject or (refusal.message if refusal is not None else "")
            return self._life.rejected(order, words, ts, wall)
        return self._life.opened(order, ts, wall)

    def _timed_out(self, order: KiteOrder, ts: int, wall: int) -> KiteOrder:
        """What its validity or the end of the day leaves of an order."""
        if order.status is Status.AMO_RECEIVED:
            return order
        if order.status is Status.OPEN and order.rests_until <= wall:
            if order.terms.validity == "IOC" and not _goes_on(order, self._rules):
                return self._life.cancelled(order, ts, wall)
            if order.terms.validity == "TTL" and ts >= order.live_since + order.terms.ttl * _MINUTE:
                return self._life.cancelled(order, ts, wall)
        listed = self._market.listing.by_key(order.contract.key)
        if listed is None or self.is_over(listed, ts):
            return self._life.cancelled(order, ts, wall)
        return order


def _in_reach(order: KiteOrder, snapshot: Snapshot | None) -> bool:
    """Whether the best price of the other side is within the limit of an order."""
    levels = () if snapshot is None else snapshot.asks if order.side is Side.BUY else snapshot.bids
    return bool(levels) and may_trade(order, order.side, levels[0].price)


def _goes_on(order: KiteOrder, rules: Rules) -> bool:
    """Whether the next part of an order is still to come."""
    return bool(order.fills) and rules.parts > order.fills
