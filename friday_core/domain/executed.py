"""What a tariff is told: how much of one order has traded."""

from __future__ import annotations

import msgspec

from friday_core.domain.instruments import Instrument
from friday_core.domain.orders import Side


class ExecutedOrder(msgspec.Struct, frozen=True, gc=False):
    """What of one order has traded, all its fills together.

    ``notional`` is price times quantity in minor units, over all fills; of options it is the
    premium. ``session`` is the trading date as days since 1970-01-01. ``product`` is how the order
    is held (``delivery``, ``intraday``, ``normal``, ``mtf``); empty leaves it to the tariff.
    ``same_day`` says how many of a delivery order meet an order of the other side in the same
    session, and so are not delivered. ``depository_paid``: the depository has already been paid for
    a sale of this instrument in this session. ``squared_off``: the broker closed it, not we. ``settled``: the
    contract expired, and nothing was traded; of an option ``notional`` is then what it is worth if exercised.
    """

    instrument: Instrument
    side: Side
    quantity: int
    notional: int
    session: int
    product: str = ""
    same_day: int = 0
    depository_paid: bool = False
    squared_off: bool = False
    settled: bool = False

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.notional < 0:
            raise ValueError(
                f"executed order of {self.instrument.id}: {self.quantity} for {self.notional} minor units; "
                "a quantity is at least 1, an amount at least 0"
            )
        if not 0 <= self.same_day <= self.quantity:
            raise ValueError(
                f"executed order of {self.instrument.id}: {self.same_day} of {self.quantity} cannot close the same day"
            )
