"""How a position is held: products in the trade's words, and which kinds of instruments have which."""

from __future__ import annotations

import enum

#: Kinds of instruments that are contracts; any other is delivered for cash.
DERIVATIVES = frozenset({"future", "option"})


class Product(enum.StrEnum):
    """How what an order trades is held; it decides charges, margins, and for how long a position may be kept.

    ======== ==== =========== =================================================================
    product  Kite of          meaning
    ======== ==== =========== =================================================================
    DELIVERY CNC  shares      paid in full and kept; sold only as far as it is held
    INTRADAY MIS  everything  closed in the session in which it was opened; may be sold short
    NORMAL   NRML contracts   kept to the expiry
    MTF      MTF  shares      kept, a part of it lent by the broker; sold only as far as it is held
    ======== ==== =========== =================================================================
    """

    DELIVERY = "delivery"
    INTRADAY = "intraday"
    NORMAL = "normal"
    MTF = "mtf"


_OF_CONTRACTS = frozenset({Product.NORMAL, Product.INTRADAY})
_OF_CASH = frozenset({Product.DELIVERY, Product.INTRADAY, Product.MTF})


def products_of(kind: str) -> frozenset[Product]:
    """The products in which an instrument of a kind can be held."""
    return _OF_CONTRACTS if kind in DERIVATIVES else _OF_CASH


def may_be_short(product: str, kind: str, allowed: bool) -> bool:
    """Whether a position may be sold short; ``allowed`` is what counts for a share whose order names no product."""
    if kind in DERIVATIVES or product == Product.INTRADAY:
        return True
    return allowed and not product
