"""The account's own limits, asked once more about what is about to go to the broker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.money import format_money
from friday_core.domain.orders import Order
from friday_core.interfaces.risk_rule import Ruling
from friday_core.trading.codes import Code
from friday_core.trading.exposure import Claim, Exposure
from friday_core.trading.ledger import Account
from friday_core.trading.limits import Limits
from friday_core.trading.sharing import Sharing
from friday_core.trading.sizing import units_worth

_CODES = {
    Code.GROSS_EXPOSURE: Code.ACCOUNT_GROSS_EXPOSURE,
    Code.ORDER_VALUE: Code.ACCOUNT_ORDER_VALUE,
    Code.ARMED_CAPITAL: Code.ARMED_CAPITAL,
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An order of the account, at its reference price in price units.

    ``closing`` is how much of it closes positions of the books that it is for.
    """

    order: Order
    price: int
    closing: int = 0


class AccountRisk:
    """``max_order_value`` and ``max_gross_exposure`` of the account, whose positions are the sums over the books.

    What closes a position of the account, or of a book, passes: so no limit can hold a book in a
    position. Positions that books have against each other are none of the account's.
    """

    def __init__(self, limits: Limits, account: Account, universe: Universe) -> None:
        self._limits = limits
        #: What all positions and orders may be worth at most, in minor units, by a person's word; ``None`` for no word.
        self.armed: int | None = None
        self._account = account
        self._universe = universe

    @property
    def limits_nothing(self) -> bool:
        return self._limits.order_value is None and self._limits.gross_ppm is None and self.armed is None

    def rulings(self, asked: Sequence[Outgoing], at_broker: Iterable[Outgoing]) -> list[Ruling]:
        """How much of each order may go to the broker, where the orders ``at_broker`` already work."""
        held = self._account.positions()
        before = [self._claim(one, held) for one in at_broker]
        claims = [self._claim(one, held) for one in asked]
        alone = [self._worth(claim) for claim in claims]
        kept = [
            Claim(one.order, one.instrument, one.price, one.mark, one.reducing, ruling.quantity - one.reducing)
            for one, ruling in zip(claims, alone, strict=True)
        ]
        gross = sum(abs(self._value(name, quantity)) for name, quantity in self._account.positions().items())
        # Cash and charges are the books': here an order costs nothing.
        exposure = Exposure(self._account.equity, 0, gross + sum(claim.gross(claim.adding) for claim in before))
        together = Sharing(self._limits, exposure, kept, lambda *_: 0, armed=self.armed).rulings()
        return [
            _passing(one, two if two.code else first) for one, first, two in zip(asked, alone, together, strict=True)
        ]

    def _claim(self, one: Outgoing, held: dict[InstrumentId, int]) -> Claim:
        """The order, split by what the account holds after the orders before it."""
        order, sign = one.order, one.order.side.sign
        left = held.get(order.instrument, 0)
        reducing = min(order.quantity, max(0, -sign * left))
        held[order.instrument] = left + sign * reducing
        mark = self._account.price(order.instrument) if reducing else 0
        instrument = self._universe.instrument(order.instrument)
        return Claim(order, instrument, one.price, mark, reducing, order.quantity - reducing)

    def _worth(self, claim: Claim) -> Ruling:
        """The limit of one order, on what it opens."""
        most, instrument = self._limits.order_value, claim.instrument
        whole = claim.reducing + claim.adding
        if most is None or not claim.adding:
            return Ruling(whole)
        fits = units_worth(most, claim.price, instrument) // instrument.lot_size * instrument.lot_size
        if fits >= claim.adding:
            return Ruling(whole)
        worth = instrument.notional(claim.price, claim.adding)
        detail = f"{format_money(worth, instrument.currency)}, limit {format_money(most, instrument.currency)}"
        return Ruling(claim.reducing + fits, Code.ORDER_VALUE, detail)

    def _value(self, name: InstrumentId, quantity: int) -> int:
        return self._universe.instrument(name).notional(self._account.price(name), quantity)


def _passing(asked: Outgoing, ruling: Ruling) -> Ruling:
    """The ruling in the account's name; what closes something for a book passes."""
    quantity = max(ruling.quantity, min(asked.closing, asked.order.quantity))
    if quantity == asked.order.quantity:
        return Ruling(quantity)
    return Ruling(quantity, _CODES[Code(ruling.code)], ruling.detail)
