"""Risk: what of proposed orders may be sent. Limits and rules, and all of them only reduce."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from friday_core.domain.market import Bar
from friday_core.domain.money import format_money
from friday_core.domain.orders import Side
from friday_core.domain.products import may_be_short
from friday_core.domain.signals import Target
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_core.trading.adjusting import adjusted
from friday_core.trading.book_risk import BookRisk
from friday_core.trading.codes import Code
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.exposure import Claim, CostOf, Exposure
from friday_core.trading.ledger import Book, FrozenBook
from friday_core.trading.limits import PPM, Limits
from friday_core.trading.sharing import Sharing
from friday_core.trading.sizing import units_worth

#: With these a rule's cut would look as if nothing had been cut.
_NO_REASONS = frozenset({"", *(code.value for code in Code if not code.refuses)})


class Queue(msgspec.Struct, frozen=True):
    """What stands before an order: orders of its book that work, and those that its slice let through.

    ``equity`` is the book's, in minor units, ``ts_event`` the slice's time.
    """

    ts_event: int
    equity: int
    working: int = 0
    ahead: int = 0


class RiskEngine:
    """Adjusts targets, asks every limit and every rule about one order, then shares what the book has.

    A part of an order that only reduces a position passes every limit, so that a limit can never
    hold a book in a position. Rules see the whole order and may hold back what they like. ``entries`` are what the
    market says of the day.
    """

    def __init__(
        self, limits: Limits, rules: Mapping[str, RiskRule | RiskAdjuster], entries: EntryRules | None = None
    ) -> None:
        self.limits = limits
        self.entries = entries
        self._rules = {name: rule for name, rule in rules.items() if isinstance(rule, RiskRule)}
        self._adjusters = {name: rule for name, rule in rules.items() if isinstance(rule, RiskAdjuster)}

    @property
    def rules(self) -> Mapping[str, RiskRule]:
        """What judges orders besides limits, by name, in the order in which they are asked."""
        return self._rules

    @property
    def asks_about_orders(self) -> bool:
        """Whether anything but limits judges orders: rules that are written in Python."""
        return bool(self._rules)

    @property
    def asks_about_wishes(self) -> bool:
        """Whether adjusters are asked before there is an order."""
        return bool(self._adjusters)

    def adjust(self, target: Target, bar: Bar, book: BookView, state: BookRisk) -> tuple[Target | None, str]:
        """What the adjusters leave of a target, and who made it smaller; raises what they raise."""
        return adjusted(self._adjusters, target, bar, book, state.view()) if self._adjusters else (target, "")

    def check(self, proposal: Proposal, state: BookRisk, queue: Queue, book: BookView) -> Ruling:
        """How much of one order may be sent by itself, in whole lots, and why not all of it.

        The smallest ruling wins. What orders of a slice share is not looked at here.
        """
        return _smallest(proposal, self._rulings(proposal, state, queue, book))

    def is_no_entry(self, proposal: Proposal, ts_event: int) -> bool:
        """Whether the market says something of what an order adds to a position."""
        if self.entries is None or proposal.reducing == proposal.order.quantity:
            return False
        return next(self.entries.rulings(proposal, ts_event), None) is not None

    def ruled(self, proposal: Proposal, book: Book) -> Ruling:
        """What rules leave of an order that passes every limit whole, while no other order works."""
        if not self._rules:
            return Ruling(proposal.order.quantity)
        view = FrozenBook(book, {})
        return _smallest(proposal, (_asked(name, rule, proposal, view) for name, rule in self._rules.items()))

    def share(self, exposure: Exposure, claims: Sequence[Claim], cost_of: CostOf) -> list[Ruling]:
        """How much of each claim may be sent, since all of them draw on the same book."""
        return Sharing(self.limits, exposure, claims, cost_of).rulings()

    def _rulings(self, proposal: Proposal, state: BookRisk, queue: Queue, book: BookView) -> Iterator[Ruling]:
        reducing = proposal.reducing
        adding = proposal.order.quantity - reducing
        if adding:
            if self.entries is not None:
                yield from _alone(reducing, self.entries.rulings(proposal, queue.ts_event))
            yield from _alone(reducing, state.latches())
            yield from _alone(reducing, state.differing(proposal.instrument.id))
            yield from _alone(reducing, state.crowded(queue.ts_event, queue.ahead))
            yield from _alone(reducing, self._limit_rulings(proposal, queue, adding))
            if (ruling := state.scaled(reducing, adding, proposal.after)) is not None:
                yield ruling
        for name, rule in self._rules.items():
            yield _asked(name, rule, proposal, book)

    def _limit_rulings(self, proposal: Proposal, queue: Queue, adding: int) -> Iterator[Ruling]:
        """What of the adding part may be sent."""
        limits, instrument, price = self.limits, proposal.instrument, proposal.price
        open_orders = queue.working + queue.ahead
        if limits.open_orders is not None and open_orders >= limits.open_orders:
            yield Ruling(0, Code.OPEN_ORDERS, f"{open_orders} orders work, limit {limits.open_orders}")
        if proposal.order.side is Side.SELL and not may_be_short(
            proposal.order.product, instrument.kind, limits.allow_short
        ):
            how = f"held as {proposal.order.product}" if proposal.order.product else "delivered for cash"
            yield Ruling(0, Code.SHORT_DELIVERY, f"a short of {adding}: {instrument.kind} is {how}, limit 0")
        if limits.order_value is not None:
            worth = instrument.notional(price, adding)
            yield Ruling(
                units_worth(limits.order_value, price, instrument),
                Code.ORDER_VALUE,
                f"{_money(worth, proposal)}, limit {_money(limits.order_value, proposal)}",
            )
        if limits.position_ppm is not None:
            most = limits.position_ppm * max(queue.equity, 0) // PPM
            worth = instrument.notional(price, proposal.after)
            detail = f"a position of {proposal.after} worth {_money(worth, proposal)}, limit {_money(most, proposal)}"
            held = abs(proposal.after) - adding
            yield Ruling(units_worth(most, price, instrument) - held, Code.POSITION_WEIGHT, detail)


def _smallest(proposal: Proposal, rulings: Iterable[Ruling]) -> Ruling:
    """The smallest of the rulings about an order, in whole lots."""
    asked, lot = proposal.order.quantity, proposal.instrument.lot_size
    reducing = proposal.reducing
    verdict = Ruling(asked)
    for ruling in rulings:
        # What a split left of a lot can only be closed as a whole.
        whole = reducing if reducing <= ruling.quantity < asked else 0
        quantity = asked if ruling.quantity >= asked else whole + (max(0, ruling.quantity) - whole) // lot * lot
        if quantity < verdict.quantity:
            verdict = Ruling(quantity, ruling.code, ruling.detail)
    return verdict


def _alone(reducing: int, rulings: Iterator[Ruling]) -> Iterator[Ruling]:
    """Rulings about the adding part as rulings about the whole order: what reduces passes."""
    for ruling in rulings:
        yield Ruling(reducing + max(0, ruling.quantity), ruling.code, ruling.detail)


def _asked(name: str, rule: RiskRule, proposal: Proposal, book: BookView) -> Ruling:
    """A rule's ruling; one that raises, or answers with something else, denies the order."""
    try:
        ruling = rule.check(proposal, book)
        quantity = operator.index(ruling.quantity)
        return Ruling(quantity, code_of_rule(name, str(ruling.code)), str(ruling.detail))
    except Exception as error:  # noqa: BLE001 - a rule that raises denies
        return Ruling(0, Code.RULE_RAISED, f"{name}: {type(error).__name__}: {error}")


def code_of_rule(name: str, code: str) -> str:
    """The code of a rule's ruling: the rule's name where it gives none, or one that is no reason."""
    return name.upper() if code in _NO_REASONS else code


def _money(minor: int, proposal: Proposal) -> str:
    return format_money(minor, proposal.instrument.currency)


def largest_affordable(quantity: int, cash: int, lot_size: int, cost_of: Callable[[int], int]) -> int:
    """Bisection over whole lots; ``cost_of`` must not fall with the quantity."""
    if cost_of(quantity) <= cash:
        return quantity
    low, high = 0, quantity // lot_size
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cost_of(middle * lot_size) <= cash else (low, middle - 1)
    return low * lot_size
