"""What loops by hand share, and the loop of an engine by hand: one that has every type of order."""

# ruff: noqa: PLR0917 - loops by hand know no names of arguments

from __future__ import annotations

from typing import Any

import numba
import numpy as np

#: 0.03%: of a million.
CHARGE = 300


def charged(worth: int) -> int:
    rest = worth * CHARGE % 1_000_000
    whole = worth * CHARGE // 1_000_000
    return whole + 1 if rest > 500_000 or (rest == 500_000 and whole % 2 == 1) else whole


_charged = numba.njit(charged)


def affordable(shares: int, price: int, cash: int) -> int:
    """The most whole shares that the cash pays for, charges included."""
    while shares > 0 and shares * price + _charged(shares * price) > cash:
        short = shares * price + _charged(shares * price) - cash
        shares -= max(1, short // (price + 1 + price * CHARGE // 1_000_000))
    return shares


_affordable = numba.njit(affordable)

# Orders, a row each ------------------------------------------------------------------------------------------------

MARKET, LIMIT, STOP, STOP_LIMIT = range(4)
DAY, GTC, GTD = range(3)
KIND, SIDE, QUANTITY, TRIGGER, LIMIT_PRICE, IS_TOUCHED, VALIDITY, GOOD_TILL, OPENED, ACTIVE, SIBLING, TAKE, LOSS, ID = (
    range(14)
)
WORDS = 14
NEVER = -1
#: Orders that may work at one time.
ROOM = 16


def placed(orders: Any, count: int, number: int, kind: int, side: int, quantity: int, active: int) -> int:
    """One more order for its day, without prices and bracket; how many there are then."""
    one = orders[count]
    one[KIND], one[SIDE], one[QUANTITY], one[ACTIVE], one[ID] = kind, side, quantity, active, number
    one[TRIGGER], one[LIMIT_PRICE], one[IS_TOUCHED] = NEVER, NEVER, 0
    one[VALIDITY], one[GOOD_TILL], one[OPENED] = DAY, NEVER, NEVER
    one[SIBLING], one[TAKE], one[LOSS] = NEVER, NEVER, NEVER
    return count + 1


def is_over(one: Any, session: int) -> bool:
    if one[VALIDITY] == GTC:
        return False
    if one[VALIDITY] == GTD:
        return bool(session > one[GOOD_TILL])
    return bool(one[OPENED] != NEVER and session > one[OPENED])


def limit_price(side: int, limit: int, opened: int, high: int, low: int) -> int:
    """The open where it is better, the limit where the bar goes through it."""
    if side > 0:
        return opened if opened <= limit else limit if low < limit else NEVER
    return opened if opened >= limit else limit if high > limit else NEVER


_limit_price = numba.njit(limit_price)


def price_of(one: Any, opened: int, high: int, low: int) -> int:
    """What an order trades at on a bar, ``NEVER`` if it does not; a trigger that is touched is remembered."""
    kind, side, trigger = one[KIND], one[SIDE], one[TRIGGER]
    if kind == MARKET:
        return opened
    if kind == LIMIT or one[IS_TOUCHED]:
        return _limit_price(side, one[LIMIT_PRICE], opened, high, low)  # type: ignore[no-any-return]
    if (high < trigger) if side > 0 else (low > trigger):
        return NEVER
    at: int = max(opened, trigger) if side > 0 else min(opened, trigger)
    if kind == STOP:
        return at
    one[IS_TOUCHED] = 1
    is_within = at <= one[LIMIT_PRICE] if side > 0 else at >= one[LIMIT_PRICE]
    return at if is_within else NEVER


_placed, _is_over, _price_of = numba.njit(placed), numba.njit(is_over), numba.njit(price_of)


def bracketed(orders: Any, count: int, number: int, entry: int, quantity: int, row: int) -> Any:
    """The legs that close what an entry opened: each ends the other. How many orders there are then."""
    for kind, word, other in ((LIMIT, LIMIT_PRICE, number + 1), (STOP, TRIGGER, number)):
        leg = orders[count]
        count = _placed(
            orders, count, number + (1 if kind == STOP else 0), kind, -orders[entry][SIDE], quantity, row + 1
        )
        leg[word] = orders[entry][TAKE] if kind == LIMIT else orders[entry][LOSS]
        leg[VALIDITY], leg[SIBLING] = GTC, other
    return count


_bracketed = numba.njit(bracketed)


def stops_among_all_orders(  # noqa: PLR0912, PLR0915 - one loop
    opened: Any, high: Any, low: Any, close: Any, session: Any, cash: int, equity: Any, orders: Any
) -> int:
    """``stops_by_hand`` on an engine: every working order is asked on every bar what its type trades at."""
    fills, shares, cost, highest, fast, slow = 0, 0, 0, 0, 0, 0
    count, number = 0, 0
    reach, was_up = 0.0, False
    for t in range(len(close)):
        kept, there = 0, count
        for place in range(there):
            one = orders[place]
            if one[ID] == NEVER or _is_over(one, session[t]):
                continue
            price = NEVER
            if one[ACTIVE] <= t:
                one[OPENED] = session[t] if one[OPENED] == NEVER else one[OPENED]
                price = _price_of(one, opened[t], high[t], low[t])
            if price == NEVER:
                orders[kept] = one
                kept += 1
                continue
            quantity = one[QUANTITY]
            if one[SIDE] > 0:
                quantity = _affordable(quantity, price, cash)
            if one[SIBLING] != NEVER:
                for other in range(count):
                    if orders[other][ID] == one[SIBLING]:
                        orders[other][ID] = NEVER
            if quantity > 0:
                worth = quantity * price
                cash -= one[SIDE] * worth + _charged(worth)
                cost += worth if one[SIDE] > 0 else -cost * quantity // shares
                shares += one[SIDE] * quantity
                fills += 1
                if one[TAKE] != NEVER:
                    count = _bracketed(orders, count, number, place, quantity, t)
                    number += 2
        for place in range(there, count):
            orders[kept] = orders[place]
            kept += 1
        count = kept
        last = close[t]
        fast += last
        slow += last
        if t >= 10:
            fast -= close[t - 10]
        if t >= 30:
            slow -= close[t - 30]
        if t >= 1:
            before = close[t - 1]
            widest = max(high[t] - low[t], abs(high[t] - before), abs(low[t] - before)) / 100.0
            reach += (widest - reach) / t if t <= 14 else (1 / 14) * (widest - reach)
        highest = last if shares == 0 or last > highest else highest
        equity[t] = cash + shares * last
        up = 3 * fast > slow
        if t >= 30 and shares == 0:
            if up and not was_up:
                bought = _affordable(cash // last, last, cash)
                count, number = _placed(orders, count, number, MARKET, 1, bought, t + 1), number + 1
        elif t >= 30 and (
            last / 100.0 < cost / (shares * 100.0) - 2.0 * reach or last / 100.0 < highest / 100.0 - 3.0 * reach
        ):
            count, number = _placed(orders, count, number, MARKET, -1, shares, t + 1), number + 1
        was_up = up
    return fills


# One limit order at a time, and what closes what it bought ----------------------------------------------------------

#: Shares of an order; its limit, stop and target as parts of the close.
SHARES, LIMIT_AT, LOSS_AT, TAKE_AT = 10, 0.9995, 0.996, 1.004


def ticks_of(price: float, up: bool) -> int:
    """Price units, of which a rupee has a hundred, rounded from thousandths."""
    whole = int(np.rint(price * 100_000.0))
    return -(-whole // 1_000) if up else whole // 1_000


_ticks_of = numba.njit(ticks_of)


def brackets_by_hand(opened: Any, high: Any, low: Any, close: Any, session: Any, cash: int, equity: Any) -> int:
    """In with a limit below a close above its average of 30, for the day; out at a stop or a target. Fills."""
    fills, shares, slow = 0, 0, 0
    limit, loss, take, day, stop, target = NEVER, 0, 0, NEVER, 0, 0
    for t in range(len(close)):
        exit_at = NEVER
        if shares > 0:
            if low[t] <= stop:
                exit_at = min(opened[t], stop)
            elif high[t] > target:
                exit_at = max(opened[t], target)
        if exit_at != NEVER:
            cash += shares * exit_at - _charged(shares * exit_at)
            shares, fills = 0, fills + 1
        elif limit != NEVER:
            day = session[t] if day == NEVER else day
            if session[t] > day:
                limit = NEVER
            elif low[t] < limit:
                price = min(opened[t], limit)
                shares = _affordable(SHARES, price, cash)
                cash -= shares * price + _charged(shares * price)
                limit, stop, target, fills = NEVER, loss, take, fills + (shares > 0)
        last = close[t]
        slow += last
        if t >= 30:
            slow -= close[t - 30]
        equity[t] = cash + shares * last
        if t >= 29 and shares == 0 and limit == NEVER and 30 * last > slow:
            at = last / 100.0
            limit, day = _ticks_of(at * LIMIT_AT, False), NEVER
            loss, take = _ticks_of(at * LOSS_AT, False), _ticks_of(at * TAKE_AT, True)
    return fills


def room_for_orders() -> Any:
    return np.zeros((ROOM, WORDS), np.int64)
