"""Every code that Friday itself gives a decision, or the end of an order: one meaning each, for ever."""

from __future__ import annotations

import enum
from typing import Self


class Code(enum.StrEnum):
    """Why a decision became what it became. ``Code.X.__doc__`` is the meaning of one.

    Risk rules bring codes of their own; theirs are refusals too.
    """

    def __new__(cls, name: str, meaning: str = "") -> Self:
        code = str.__new__(cls, name)
        code._value_ = name
        code.__doc__ = meaning
        return code

    # Nothing was refused ------------------------------------------------------------------------
    SENT = "SENT", "all that was asked for was sent"
    CANCEL_SENT = "CANCEL_SENT", "a working order was cancelled, as asked"
    NO_CHANGE = "NO_CHANGE", "what is wanted is held, or on its way, already; or no order works that could be cancelled"
    SUPERSEDED = "SUPERSEDED", "a later signal or target of the same slice counts instead"

    # It cannot be carried out as it is ----------------------------------------------------------
    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT", "the instrument is not in the strategy's universe"
    UNPRICED = "UNPRICED", "the slice has no bar of the instrument, or one without a positive close"
    UNDECLARED_TYPE = "UNDECLARED_TYPE", "the order's type is not among those that the strategy declares"
    OFF_TICK = "OFF_TICK", "a price of the order is not a positive multiple of the tick size"
    BAD_PRICES = "BAD_PRICES", "the prices of the order contradict one another: its stop is beyond its target"
    OFF_LOT = "OFF_LOT", "the order's quantity is not a multiple of the lot size"
    NO_TARGET = (
        "NO_TARGET",
        "the sizer or a risk adjuster made no target of it, as while a column is not known",
    )
    ZERO_SIZE = "ZERO_SIZE", "the weight is worth less than one lot, or the order is for less"
    ADJUSTED = "ADJUSTED", "risk adjusters made the target so small that it is worth less than one lot"
    WRONG_PRODUCT = "WRONG_PRODUCT", "instruments of this kind cannot be held in the order's product"
    OTHER_PRODUCT = "OTHER_PRODUCT", "the instrument is held, or on order, in another product"
    EXPIRED_INSTRUMENT = "EXPIRED_INSTRUMENT", "the contract trades no more"
    DELISTED = "DELISTED", "the instrument is listed no more"
    OVERFLOW = "OVERFLOW", "the quantity, or what it is worth, does not fit into 64 bits"
    SIZER_RAISED = "SIZER_RAISED", "the sizer raised, or answered with something else than a target"
    ADJUSTER_RAISED = "ADJUSTER_RAISED", "a risk adjuster raised, or would have enlarged the target"

    # Limits of one order ------------------------------------------------------------------------
    HALTED = "HALTED", "a person paused the session: only reductions, until somebody re-arms it"
    BOOK_DIFFERS = "BOOK_DIFFERS", "the broker holds something else than the books: only reductions in the instrument"
    DATA_DOUBT = "DATA_DOUBT", "a validator failed, so that rows may be wrong: only reductions"
    ROWS_MISSING = "ROWS_MISSING", "rows that should have come did not: only reductions until they do"
    DRAWDOWN = "DRAWDOWN", "max_drawdown was reached: only reductions"
    DRAWDOWN_TIER = "DRAWDOWN_TIER", "drawdown_tiers allow a part of the position only, or reductions only"
    DAY_LOSS = "DAY_LOSS", "max_day_loss was reached in this session: only reductions"
    ORDER_COUNT = "ORDER_COUNT", "max_orders_per_session are sent"
    ORDER_RATE = "ORDER_RATE", "max_orders_per_minute or max_orders_per_second are sent"
    OPEN_ORDERS = "OPEN_ORDERS", "max_open_orders work already"
    SHORT_DELIVERY = (
        "SHORT_DELIVERY",
        "a short in an instrument of cash delivery, without allow_short, or in product delivery or mtf",
    )
    NOT_SHORTABLE = "NOT_SHORTABLE", "a short in what was not on the list of shortable on the day"
    NOT_IN_UNIVERSE = "NOT_IN_UNIVERSE", "an entry in what was not in the universe on the day"
    INTRADAY_CUT_OFF = "INTRADAY_CUT_OFF", "an intraday entry when it was too late for one"
    ORDER_VALUE = "ORDER_VALUE", "worth more than max_order_value"
    MIN_ORDER_VALUE = "MIN_ORDER_VALUE", "what is left of the order is worth less than min_order_value"
    POSITION_WEIGHT = "POSITION_WEIGHT", "the position would be heavier than max_position_weight"
    RULE_RAISED = "RULE_RAISED", "a risk rule raised, or answered with something else than a ruling"

    # Limits of the book, shared by all orders of a slice ------------------------------------------
    GROSS_EXPOSURE = "GROSS_EXPOSURE", "all positions together would be worth more than max_gross_exposure"
    NET_EXPOSURE = "NET_EXPOSURE", "longs less shorts would be more than max_net_exposure, either way"
    CONCENTRATION = "CONCENTRATION", "the largest positions together would be worth more than max_concentration"
    CLIPPED_CASH = "CLIPPED_CASH", "the cash does not pay for all of it, charges and buffer included"
    NO_CASH = "NO_CASH", "at the fill the cash paid for none of it"
    MARGIN = "MARGIN", "margin_check: the margin of all positions and the charges would be more than the equity"

    # Limits of the account, on what all books together send ----------------------------------------
    ACCOUNT_ORDER_VALUE = "ACCOUNT_ORDER_VALUE", "what is opened is worth more than max_order_value of the account"
    ACCOUNT_GROSS_EXPOSURE = (
        "ACCOUNT_GROSS_EXPOSURE",
        "the account's positions would be worth more than its max_gross_exposure",
    )

    # Real money -----------------------------------------------------------------------------------
    ARMED_CAPITAL = "ARMED_CAPITAL", "the account's positions would be worth more than a person armed the session for"
    NOT_ARMED = "NOT_ARMED", "the end of an order that adds to a position while nobody has armed the session"

    @property
    def refuses(self) -> bool:
        """Whether something that was asked for did not come about."""
        return self not in _FINE


_FINE = frozenset({Code.SENT, Code.CANCEL_SENT, Code.NO_CHANGE, Code.SUPERSEDED})
