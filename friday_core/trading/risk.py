"""Risk: what of a proposed order may be sent. Limits first, then the rules; both only reduce."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from friday_core.domain.instruments import Instrument
from friday_core.domain.money import MINOR_DIGITS
from friday_core.domain.orders import Side
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.strategy import BookView
from friday_core.plugin.sections import RiskSettings

PPM = 1_000_000


def _ppm(share: float | None) -> int | None:
    """Parts per million; ``None``, for no limit, also of an infinite share."""
    return None if share is None or math.isinf(share) else round(share * PPM)


@dataclass(frozen=True, slots=True)
class Limits:
    """``[risk]`` in integers: money in minor units, shares in parts per million."""

    order_value: int | None
    position_ppm: int | None
    gross_ppm: int | None
    drawdown_ppm: int | None
    day_loss_ppm: int | None
    orders_per_session: int | None
    buffer_ppm: int

    @classmethod
    def of(cls, settings: RiskSettings, currency: str) -> Limits:
        value = settings.max_order_value
        return cls(
            None if value is None else value * 10 ** MINOR_DIGITS[currency],
            _ppm(settings.max_position_weight),
            _ppm(settings.max_gross_exposure),
            _ppm(settings.max_drawdown),
            _ppm(settings.max_day_loss),
            settings.max_orders_per_session,
            round(settings.cash_buffer * PPM),
        )


@dataclass(slots=True)
class Exposure:
    """Where a book stands while a slice's orders are admitted, one after the other.

    ``cash`` is what buys may still use: cash less reserves, plus expected proceeds of sells.
    ``gross`` is the value of all positions and working orders, less what market orders will close.
    All in minor units.
    """

    equity: int
    cash: int
    gross: int


class BookRisk:
    """The risk state of one book: peak, day's first equity, orders of the session.

    The drawdown latch stays until the book is built anew; the day's latch until the next session.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._peak = 0
        self._session: int | None = None
        self._day_equity = 0
        self._orders = 0
        self.drawdown_latched = False
        self.day_latched = False
        #: A validator failed: rows may be wrong that nobody judged. Stays until the session ends.
        self.data_in_doubt = False

    def mark(self, session: int, equity_before: int, equity: int) -> None:
        """The book was marked: ``equity_before`` is its equity before the slice."""
        if session != self._session:
            self._session, self._day_equity, self._orders, self.day_latched = session, equity_before, 0, False
        self._peak = max(self._peak, equity_before, equity)
        limits = self._limits
        if limits.drawdown_ppm is not None and (self._peak - equity) * PPM >= limits.drawdown_ppm * self._peak:
            self.drawdown_latched = True
        loss = self._day_equity - equity
        if limits.day_loss_ppm is not None and loss * PPM >= limits.day_loss_ppm * self._day_equity:
            self.day_latched = True

    def latches(self) -> Iterator[Ruling]:
        """Why the book may only reduce, if it may not do more."""
        if self.data_in_doubt:
            yield Ruling(0, "DATA_DOUBT", "a validator failed: only reductions")
        if self.drawdown_latched:
            yield Ruling(0, "DRAWDOWN", "the drawdown limit was reached: only reductions")
        if self.day_latched:
            yield Ruling(0, "DAY_LOSS", "the day's loss limit was reached: only reductions")

    def count_order(self) -> None:
        self._orders += 1

    @property
    def orders_left(self) -> int | None:
        """Orders that may still be sent this session, ``None`` for no limit."""
        most = self._limits.orders_per_session
        return None if most is None else most - self._orders


#: What a quantity at the reference price would take from cash, in minor units.
CostOf = Callable[[int], int]


class RiskEngine:
    """Asks every limit and every rule about one order; the smallest ruling wins.

    A part of an order that only reduces a position passes every limit, so that a limit can never
    hold a book in a position. Rules see the whole order and may hold back what they like.
    """

    def __init__(self, limits: Limits, rules: Mapping[str, RiskRule]) -> None:
        self.limits = limits
        self._rules = rules

    def check(self, proposal: Proposal, state: BookRisk, exposure: Exposure, cost_of: CostOf, book: BookView) -> Ruling:
        """How much may be sent, in whole lots, and why not all of it.

        ``exposure`` is without what the order itself closes.
        """
        asked, lot = proposal.order.quantity, proposal.instrument.lot_size
        reducing = reducing_part(proposal)
        verdict = Ruling(asked)
        for ruling in self._rulings(proposal, state, exposure, cost_of, book):
            # What a split left of a lot can only be closed as a whole.
            whole = reducing if reducing <= ruling.quantity < asked else 0
            quantity = asked if ruling.quantity >= asked else whole + (max(0, ruling.quantity) - whole) // lot * lot
            if quantity < verdict.quantity:
                verdict = Ruling(quantity, ruling.code, ruling.detail)
        return verdict

    def _rulings(
        self, proposal: Proposal, state: BookRisk, exposure: Exposure, cost_of: CostOf, book: BookView
    ) -> Iterator[Ruling]:
        reducing = reducing_part(proposal)
        adding = proposal.order.quantity - reducing
        if adding:
            for ruling in self._limit_rulings(proposal, state, exposure, cost_of, adding):
                yield Ruling(reducing + max(0, ruling.quantity), ruling.code, ruling.detail)
        for name, rule in self._rules.items():
            yield _asked(name, rule, proposal, book)

    def _limit_rulings(
        self, proposal: Proposal, state: BookRisk, exposure: Exposure, cost_of: CostOf, adding: int
    ) -> Iterator[Ruling]:
        limits, instrument, price = self.limits, proposal.instrument, proposal.price
        equity, reducing = max(exposure.equity, 0), proposal.order.quantity - adding
        yield from state.latches()
        if state.orders_left is not None and state.orders_left < 1:
            yield Ruling(0, "ORDER_COUNT", f"more than {limits.orders_per_session} orders in this session")
        if limits.order_value is not None:
            most = _units_worth(limits.order_value, price, instrument)
            yield Ruling(most, "ORDER_VALUE", "larger than max_order_value")
        if limits.position_ppm is not None:
            most = _units_worth(limits.position_ppm * equity // PPM, price, instrument)
            held = abs(proposal.after) - adding
            yield Ruling(most - held, "POSITION_WEIGHT", "position heavier than max_position_weight")
        if limits.gross_ppm is not None:
            room = limits.gross_ppm * equity // PPM - exposure.gross
            yield Ruling(_units_worth(room, price, instrument), "GROSS_EXPOSURE", "above max_gross_exposure")
        if proposal.order.side is Side.BUY:
            most = largest_affordable(adding, exposure.cash, instrument.lot_size, lambda part: cost_of(reducing + part))
            yield Ruling(most, "CLIPPED_CASH", "not enough cash")


def _asked(name: str, rule: RiskRule, proposal: Proposal, book: BookView) -> Ruling:
    """A rule's ruling; one that raises, or answers with something else, denies the order."""
    try:
        ruling = rule.check(proposal, book)
        quantity = operator.index(ruling.quantity)
        return Ruling(quantity, str(ruling.code) or name.upper(), str(ruling.detail))
    except Exception as error:  # noqa: BLE001 - a rule that raises denies
        return Ruling(0, "RULE_RAISED", f"{name}: {type(error).__name__}: {error}")


def reducing_part(proposal: Proposal) -> int:
    """How much of the order only brings the position closer to zero.

    Working orders of the same side come first; those of the other side may never fill.
    """
    before = proposal.after - proposal.order.side.sign * proposal.order.quantity
    against = -proposal.order.side.sign * before
    return min(proposal.order.quantity, max(0, against))


def _units_worth(amount: int, price: int, instrument: Instrument) -> int:
    """The largest quantity whose notional, before rounding, does not exceed ``amount`` minor units."""
    if amount <= 0 or price <= 0:
        return 0
    shift = instrument.price_decimals - MINOR_DIGITS[instrument.currency]
    return amount * int(10 ** max(shift, 0)) // (price * int(10 ** max(-shift, 0)))


def largest_affordable(quantity: int, cash: int, lot_size: int, cost_of: CostOf) -> int:
    """Bisection over whole lots; ``cost_of`` must not fall with the quantity."""
    if cost_of(quantity) <= cash:
        return quantity
    low, high = 0, quantity // lot_size
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cost_of(middle * lot_size) <= cash else (low, middle - 1)
    return low * lot_size
