"""The arithmetic of fills on whole numbers: one source for the reference and for a compiled kernel.

Every function is pure, takes and gives ``int`` and ``bool`` only (``whole_volume`` alone takes a float) and
raises nothing. It is exact, and the same in 64 bits, while

- prices, quantities and volumes are 0 to 2 ** 59, shares 0 to 1,000,000 parts per million (``PPM``),
- slippage in ticks is below 2 ** 59 price units.

A price that is absent is ``NO_PRICE``. ``side`` is ``BUY`` or ``SELL``; ``validity`` one of ``DAY``, ``GTC``,
``GTD``, ``AT_CLOSE``. Sessions are days since 1970-01-01, times microseconds UTC. ``docs/fills.md`` works
examples by hand.
"""

from __future__ import annotations

PPM = 1_000_000
BUY, SELL = 1, -1
DAY, GTC, GTD, AT_CLOSE = 0, 1, 2, 3
#: There is no such limit, trigger, band or reference.
NO_PRICE = -(2**63)
#: Nothing holds a quantity back.
UNLIMITED = 2**63 - 1
#: An order is on its way: no slice is known yet from which it may trade.
ON_ITS_WAY = 2**63 - 1
_LARGEST_VOLUME = 2**59
_INFINITE = float("inf")


# Rows ---------------------------------------------------------------------------------------------


def is_row(open_: int, high: int, low: int, close: int) -> bool:
    """Whether orders can trade on a bar: none of its prices is missing or below 1."""
    return min(open_, high, low, close) >= 1


def whole_volume(volume: float) -> int:
    """Shares or contracts, rounded down; 0 for what is unknown (NaN, infinite) or not positive."""
    if not 0.0 < volume < _INFINITE:
        return 0
    if volume >= _LARGEST_VOLUME:
        return _LARGEST_VOLUME
    return int(volume)


# When an order works ------------------------------------------------------------------------------


def has_arrived(arrives: int, ts_before: int, session_before: int, session: int) -> bool:
    """Whether an order that reaches the market at ``arrives`` may trade on a slice of ``session``.

    ``ts_before`` and ``session_before`` are those of the slice before it: the order is there before that
    slice's close, or there is a pause between two sessions to arrive in. So no open is traded at that was
    printed before the order came.
    """
    return ts_before >= arrives or session > session_before


def is_over(validity: int, is_open: bool, opened_in: int, good_till: int, session: int) -> bool:
    """Whether the time of an order is over on a slice of ``session``.

    ``opened_in`` is the session of its first row, ``good_till`` the last session of one that is good till a date.
    """
    if validity == GTC:
        return False
    if validity == GTD:
        return session > good_till
    return is_open and session > opened_in


# Shares and ticks ---------------------------------------------------------------------------------


def share_down(value: int, ppm: int) -> int:
    """``value * ppm / PPM``, rounded down; no step is larger than ``value`` or 10 ** 12."""
    return value // PPM * ppm + value % PPM * ppm // PPM


def share_up(value: int, ppm: int) -> int:
    """``value * ppm / PPM``, rounded up."""
    return value // PPM * ppm + (value % PPM * ppm + PPM - 1) // PPM


def ppm_of(part: int, whole: int) -> int:
    """``part / whole`` in parts per million, rounded down; ``PPM`` for more than the whole, or of nothing."""
    if part >= whole:
        return PPM
    ppm, rest = 0, part
    for _ in range(6):
        ppm = ppm * 10 + rest * 10 // whole
        rest = rest * 10 % whole
    return ppm


def ticks_down(price: int, tick: int) -> int:
    """The price at or below, in whole ticks."""
    return price // tick * tick


def ticks_up(price: int, tick: int) -> int:
    """The price at or above, in whole ticks."""
    return (price + tick - 1) // tick * tick


# Quantity -----------------------------------------------------------------------------------------


def volume_room(volume: int, participation_ppm: int) -> int:
    """What all orders together may take of a bar's volume; a participation of 0 holds nothing back."""
    if participation_ppm == 0:
        return UNLIMITED
    return share_down(volume, participation_ppm)


def whole_lots(wanted: int, available: int, lot: int) -> int:
    """``wanted`` if so much is available, else the whole lots of what is."""
    if available >= wanted:
        return wanted
    return max(available, 0) // lot * lot


# Price --------------------------------------------------------------------------------------------


def is_touched(side: int, trigger: int, high: int, low: int) -> bool:
    """Whether a bar touches the trigger of a stop: from below for a buy, from above for a sell."""
    if side == BUY:
        return high >= trigger
    return low <= trigger


def protected_bound(side: int, reference: int, protection_ppm: int, tick: int) -> int:
    """The limit that protection makes of a market order or a stop, in whole ticks toward the reference.

    ``NO_PRICE`` without protection, or where the reference is not known.
    """
    if protection_ppm == 0 or reference < 1:
        return NO_PRICE
    away = share_down(reference, protection_ppm)
    if side == BUY:
        return ticks_down(reference + away, tick)
    return max(ticks_up(reference - away, tick), tick)


def stop_price(side: int, open_: int, trigger: int) -> int:
    """Where a stop goes to the market on the row that touches it: at its trigger, or at an open beyond."""
    if side == BUY:
        return max(open_, trigger)
    return min(open_, trigger)


def asked_price(side: int, price: int, bound: int, high: int, low: int) -> int:
    """Where an order trades on a row before slippage; ``NO_PRICE`` if it does not.

    ``price`` is the open, or what ``stop_price`` gives; ``bound`` the order's limit, or ``protected_bound``. With a
    bound it trades if the row passes through that, and not at a touch.
    """
    if bound == NO_PRICE:
        return price
    if side == BUY:
        return min(price, bound) if low < bound else NO_PRICE
    return max(price, bound) if high > bound else NO_PRICE


def bounded(side: int, price: int, bound: int) -> int:
    """The price, or the bound where it is better for the trader; ``NO_PRICE`` bounds nothing."""
    if bound == NO_PRICE:
        return price
    if side == BUY:
        return min(price, bound)
    return max(price, bound)


# Slippage -----------------------------------------------------------------------------------------


def spread_slip(price: int, spread_ppm: int) -> int:
    """Half of a spread that is a share of the price, in price units, rounded up."""
    return (share_up(price, spread_ppm) + 1) // 2


def impact_slip(price: int, volume_ppm: int, impact_ppm: int) -> int:
    """``price * impact * volume_share ** 2`` in price units, rounded up; nothing below a millionth of the price.

    ``volume_ppm`` is what orders take of the bar's volume, this one included. After ``VolumeShareSlippage`` of
    zipline, whose ``price_impact`` is ``impact_ppm / PPM``.
    """
    return share_up(price, share_down(share_down(volume_ppm, volume_ppm), impact_ppm))


def range_slip(high: int, low: int, range_ppm: int) -> int:
    """A share of what the bar's prices spanned, in price units, rounded up."""
    return share_up(high - low, range_ppm)


def slipped(side: int, price: int, units: int, tick: int, ticks: int) -> int:
    """The price made worse by ``ticks`` and by ``units`` up to whole ticks; never below one tick for a sell."""
    moved = ticks * tick + ticks_up(units, tick)
    if side == BUY:
        return price + moved
    return max(price - moved, tick)


# Bands --------------------------------------------------------------------------------------------


def lower_band(previous_close: int, band_ppm: int, tick: int) -> int:
    """The lowest price of a session, in whole ticks; ``NO_PRICE`` without a band or a close before it."""
    if band_ppm == 0 or previous_close < 1:
        return NO_PRICE
    return max(ticks_up(previous_close - share_down(previous_close, band_ppm), tick), tick)


def upper_band(previous_close: int, band_ppm: int, tick: int) -> int:
    """The highest price of a session, in whole ticks; ``NO_PRICE`` without a band or a close before it."""
    if band_ppm == 0 or previous_close < 1:
        return NO_PRICE
    return max(ticks_down(previous_close + share_down(previous_close, band_ppm), tick), tick)


def can_trade(side: int, price: int, lower: int, upper: int, is_locked: bool) -> bool:
    """Whether the bands let an order trade at ``price``, slippage apart.

    Not beyond a band. Nor at one on a bar that is locked there, all its prices the same: at the upper there is
    nobody to buy from, at the lower nobody to sell to; the other side trades.
    """
    if lower == NO_PRICE:
        return True
    if price < lower or price > upper:
        return False
    if side == BUY:
        return not (is_locked and price == upper)
    return not (is_locked and price == lower)
