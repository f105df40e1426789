"""From a row of a day's list of instruments to what a margin is asked for."""

from __future__ import annotations

from friday_core.domain.instruments import InstrumentId
from friday_core.errors import DataError
from friday_core.market.instruments.listing import Listing
from friday_core.market.margins.legs import Contract, Leg, Right
from friday_core.market.margins.rows import Underlying

_RIGHTS = {"CE": Right.CALL, "PE": Right.PUT}


def listed_leg(
    listing: Listing,
    quantity: int,
    underlying: InstrumentId | None = None,
    kind: Underlying | None = None,
    product: str = "",
) -> Leg:
    """A leg of ``quantity`` units; a future or an option needs to be told what it is written on.

    ``DataError`` for a contract without that or without an expiry, for a strike between two price
    units, and for what cannot be traded.
    """
    instrument = listing.instrument()
    if instrument.kind not in {"future", "option"}:
        return Leg(instrument, quantity, product)
    if underlying is None or kind is None or listing.expiry is None:
        raise DataError(f"{listing}: a contract needs its underlying, the kind of that, and an expiry")
    if listing.strike is None:
        return Leg(instrument, quantity, product, Contract(underlying, kind, listing.expiry))
    try:
        strike = instrument.units(listing.strike)
    except ValueError as error:
        raise DataError(f"{listing}: {error}") from error
    return Leg(instrument, quantity, product, Contract(underlying, kind, listing.expiry, strike, _RIGHTS[listing.kind]))
