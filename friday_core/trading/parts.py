"""One trade of the account shared among the orders behind it: parts that sum to the whole, exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Side, WorkingOrder
from friday_core.trading.codes import Code
from friday_core.trading.risk import largest_affordable


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to ``weights`` that sum to ``total``, by largest remainder.

    In a tie the earlier one gets more. None is above its weight if ``total`` is not above their sum.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    divided = [divmod(total * weight, whole) for weight in weights]
    counts = [count for count, _ in divided]
    by_remainder = sorted(range(len(weights)), key=lambda n: -divided[n][1])
    for n in by_remainder[: total - sum(counts)]:
        counts[n] += 1
    return counts


def lots(total: int, weights: Sequence[int], lot_size: int) -> list[int]:
    """``shares`` in whole lots; ``total`` and ``weights`` are multiples of ``lot_size``."""
    return [count * lot_size for count in shares(total // lot_size, [weight // lot_size for weight in weights])]


@dataclass(frozen=True, slots=True)
class Part:
    """What one order gets of a trade; ``notional`` and ``charges`` are its shares of the whole's, in minor units."""

    order: WorkingOrder
    quantity: int
    price: int
    notional: int
    charges: int = 0

    @property
    def strategy(self) -> str:
        return self.order.order.strategy

    @property
    def cost(self) -> int:
        """What it takes from cash; negative if it brings cash."""
        return self.order.order.side.sign * self.notional + self.charges


@dataclass(frozen=True, slots=True)
class Shared:
    """The parts of a trade, and the orders whose cash did not suffice, with the quantity that each should have had."""

    parts: Sequence[Part]
    short: Sequence[tuple[WorkingOrder, int]] = ()


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade of the account at one price. ``charges_of`` gives the charges of a quantity as one fill."""

    instrument: Instrument
    side: Side
    price: int
    charges_of: Callable[[int], int]

    def share(self, quantity: int, orders: Sequence[WorkingOrder], cash: Mapping[str, int]) -> Shared:
        """At most ``quantity`` to the orders, by what remains of each, buys within the ``cash`` of their strategies.

        Orders are asked for their cash in the given order. One that is cut leaves its charges to the
        others: these are asked again. What is cut goes to nobody.
        """
        remaining = [order.remaining for order in orders]
        wanted = lots(min(quantity, sum(remaining)), remaining, self.instrument.lot_size)
        takes = list(wanted)
        while self.side is Side.BUY and (short := self._short(orders, takes, cash)) is not None:
            n, funds = short
            takes[n] = self._affordable(orders, takes, n, funds)
        cut = [(order, wanted[n]) for n, order in enumerate(orders) if takes[n] < wanted[n]]
        return Shared(self._parts(orders, takes), cut)

    def _parts(self, orders: Sequence[WorkingOrder], takes: Sequence[int]) -> list[Part]:
        whole = sum(takes)
        if not whole:
            return []
        notionals = shares(self.instrument.notional(self.price, whole), takes)
        charges = shares(self.charges_of(whole), takes)
        return [
            Part(order, takes[n], self.price, notionals[n], charges[n]) for n, order in enumerate(orders) if takes[n]
        ]

    def _short(
        self, orders: Sequence[WorkingOrder], takes: Sequence[int], cash: Mapping[str, int]
    ) -> tuple[int, int] | None:
        """The position of the first order that costs more than is left of its strategy's cash, and what is left."""
        left = dict(cash)
        for part in self._parts(orders, takes):
            if part.cost > left[part.strategy]:
                return orders.index(part.order), left[part.strategy]
            left[part.strategy] -= part.cost
        return None

    def _affordable(self, orders: Sequence[WorkingOrder], takes: Sequence[int], n: int, funds: int) -> int:
        """The most that order ``n`` can pay for while the others keep theirs; less than it takes now."""

        def cost(quantity: int) -> int:
            changed = [*takes[:n], quantity, *takes[n + 1 :]]
            return sum(part.cost for part in self._parts(orders, changed) if part.order is orders[n])

        lot = self.instrument.lot_size
        return largest_affordable(takes[n] - lot, funds, lot, cost)


def cash_reason(quantity: int, wanted: int, price: int, instrument: Instrument) -> str:
    """Why an order ends of which the cash paid for ``quantity`` instead of ``wanted``."""
    at = f"{instrument.price(price)} {instrument.currency}"
    if quantity == 0:
        return f"{Code.NO_CASH}: the cash pays for none of {wanted} at {at}"
    return f"{Code.CLIPPED_CASH}: the cash pays for {quantity} of {wanted} at {at}"
