"""The matcher's and the booking's part of a slice: orders that are active trade, in arrival order."""

from __future__ import annotations

from friday_core.simulation.compiled.bills import open_bill, rise
from friday_core.simulation.compiled.books import apply_fill
from friday_core.simulation.compiled.legs import count_open, follow, place_legs
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.money import amount, charges, notional
from friday_core.simulation.compiled.places import desk_at, inst_at, instrument_at, order_at, pair_at, queue_at
from friday_core.simulation.compiled.words import (
    ACTIVE_FROM,
    AT_CLOSE,
    BAND,
    BEFORE_AT,
    BILL,
    BILL_SESSION,
    BILLED,
    BILLED_QUANTITY,
    BOOKED,
    BRACKETS,
    CANCELLED,
    CASH,
    DECIDED,
    ENDED,
    ENDED_AT,
    ENDED_WORDS,
    EXPIRED,
    F_CHARGES,
    F_ORDER,
    F_PRICE,
    F_QUANTITY,
    F_TS,
    FILL_WORDS,
    FILLED,
    FILLS,
    FILLS_AT,
    HAS_LATEST,
    HELD_OVER,
    ID,
    IMPACT,
    IS_BILLED,
    IS_FILLED,
    IS_OPEN,
    LATENCY,
    LATENCY_US,
    LATEST_SESSION,
    LATEST_TS,
    LOT,
    MOST_BRACKETS,
    NONE,
    O_ACTIVE_FROM,
    O_BOOKED,
    O_DECISION,
    O_FILLED,
    O_OPENED,
    O_PRICE,
    O_STATUS,
    O_TRIGGERED,
    O_WANTED,
    OPEN,
    OPENED,
    ORDER_WIDTH,
    ORDINAL,
    PARTIAL,
    PARTICIPATION,
    PLACE,
    PLAIN_ORDER_WORDS,
    PROTECTION,
    Q_DESK,
    Q_INST,
    Q_LIMIT,
    Q_PROTECTION,
    Q_TILL,
    Q_TRIGGER,
    QUANTITY,
    QUEUE_WORDS,
    RANGE,
    REFERENCE,
    SIDE,
    SLIPPAGE_TICKS,
    SPREAD,
    SQUARED_OFF,
    STATUS,
    TICK,
    TRIGGERED,
    VALIDITY,
    WAITING,
    WORKING,
    X_ORDER,
    X_TS,
)
from friday_core.simulation.fill_rules import (
    NO_PRICE,
    ON_ITS_WAY,
    asked_price,
    bounded,
    can_trade,
    has_arrived,
    impact_slip,
    is_over,
    is_row,
    is_touched,
    lower_band,
    ppm_of,
    protected_bound,
    range_slip,
    slipped,
    spread_slip,
    stop_price,
    upper_band,
    volume_room,
    whole_lots,
    whole_volume,
)


def match(m: Memory, row: int, end: int, session: int) -> None:
    """All orders on one slice; what ended leaves the queue."""
    count = m.s[WORKING]
    if m.c[LATENCY_US] > 0 and m.s[HAS_LATEST] == 1:
        for n in range(count):
            _arrive(m, queue_at(m, n), session)
    for n in range(count):
        _admit(m, queue_at(m, n), row, end, session)
    for n in range(count):
        q = queue_at(m, n)
        if m.s[q + PLACE] >= 0 and m.s[q + STATUS] <= PARTIAL:
            _trade(m, q, _taken(m, n), session)
    if m.s[BRACKETS] > 0:
        place_legs(m, row, session)
        settle(m, m.ts[row])
        count_open(m)
    else:
        settle(m, m.ts[row])


def _arrive(m: Memory, q: int, session: int) -> None:
    """As ``Arrivals.arrive``."""
    s = m.s
    arrives = s[q + DECIDED] + m.c[LATENCY_US]
    if s[q + ACTIVE_FROM] == ON_ITS_WAY and has_arrived(arrives, s[LATEST_TS], s[LATEST_SESSION], session):
        s[q + ACTIVE_FROM] = s[ORDINAL] + m.c[LATENCY]


def row_of(m: Memory, inst: int, row: int, end: int) -> int:
    """The row of an instrument in a slice; ``NONE`` if it has none."""
    low, high = row, end - 1
    while low < high:
        middle = (low + high) // 2
        if inst_at(m, middle) < inst:
            low = middle + 1
        else:
            high = middle
    return low if inst_at(m, low) == inst else NONE


def _admit(m: Memory, q: int, row: int, end: int, session: int) -> None:
    """Opens an order on its first row, ends it where its day is over, and finds its bar otherwise."""
    s = m.s
    s[q + PLACE], s[q + BOOKED] = NONE, 0
    if s[q + ACTIVE_FROM] > s[ORDINAL]:
        return
    place = row_of(m, s[q + Q_INST], row, end)
    if place >= 0 and not is_row(m.open[place], m.high[place], m.low[place], m.close[place]):
        place = NONE
    if is_over(s[q + VALIDITY], s[q + STATUS] != WAITING, s[q + OPENED], s[q + Q_TILL], session):
        s[q + STATUS] = EXPIRED
        return
    if place >= 0 and s[q + STATUS] == WAITING:
        s[q + STATUS], s[q + OPENED] = IS_OPEN, session
    s[q + PLACE] = place


def is_forced(m: Memory, q: int) -> bool:
    """Whether the host closes a position with an order: it rests until it has traded, whatever the cash is."""
    why = m.s[order_at(m, m.s[q + ID]) + O_DECISION]
    return why in (SQUARED_OFF, HELD_OVER)


def _taken(m: Memory, n: int) -> int:
    """What orders before this one took of its bar."""
    s, taken = m.s, 0
    place = s[queue_at(m, n) + PLACE]
    for before in range(n):
        q = queue_at(m, before)
        if s[q + PLACE] == place:
            taken += s[q + BOOKED]
    return taken


def _trade(m: Memory, q: int, taken: int, session: int) -> None:
    """One order on its bar: what is wanted at what price, and what its book can pay for."""
    s, at, place = m.s, instrument_at(m, m.s[q + Q_INST]), m.s[q + PLACE]
    bound = _bound(m, q)
    price = _asked(m, q, bound)
    # Memory that is not read is not waited for.
    volume = whole_volume(m.volume[place]) if m.c[PARTICIPATION] > 0 or m.c[IMPACT] > 0 else 0
    room = volume_room(volume, m.c[PARTICIPATION]) - taken
    wanted = whole_lots(s[q + QUANTITY] - s[q + FILLED], room, m.s[at + LOT])
    if price == NO_PRICE or wanted == 0:
        return
    if s[q + Q_LIMIT] == NO_PRICE:
        price = bounded(s[q + SIDE], _slipped(m, q, price, taken + wanted, volume), bound)
        if m.c[BAND] > 0:
            price = bounded(s[q + SIDE], price, _band(m, q, s[q + SIDE]))
    if s[q + BILL_SESSION] != session:
        s[q + BILL_SESSION], s[q + BILLED], s[q + BILLED_QUANTITY], s[q + BILL] = session, 0, 0, NONE
    if m.c[IS_BILLED] == 1:
        open_bill(m, q)
    booked = wanted
    if s[q + SIDE] > 0 and not is_forced(m, q):
        booked = _affordable(m, q, wanted, price)
    if booked > 0:
        _book(m, q, booked, price)
    if booked < wanted:
        s[q + STATUS] = CANCELLED
        o = order_at(m, s[q + ID])
        s[o + O_BOOKED], s[o + O_WANTED], s[o + O_PRICE] = booked, wanted, price


def _bound(m: Memory, q: int) -> int:
    """The price that an order does not trade beyond; ``NO_PRICE`` if there is none."""
    s = m.s
    if s[q + Q_LIMIT] != NO_PRICE:
        return s[q + Q_LIMIT]  # type: ignore[no-any-return]
    share = m.c[PROTECTION] if s[q + Q_PROTECTION] == NONE else s[q + Q_PROTECTION]
    reference = s[q + REFERENCE] if s[q + Q_TRIGGER] == NO_PRICE else s[q + Q_TRIGGER]
    return protected_bound(s[q + SIDE], reference, share, s[instrument_at(m, s[q + Q_INST]) + TICK])


def _asked(m: Memory, q: int, bound: int) -> int:
    """Where the order trades on its row before slippage; ``NO_PRICE`` if it does not. Notes that a stop is touched."""
    s, place, side = m.s, m.s[q + PLACE], m.s[q + SIDE]
    amount(m, m.high[place])
    price, high, low = m.open[place], m.high[place], m.low[place]
    is_touched_now = s[q + Q_TRIGGER] != NO_PRICE and s[q + TRIGGERED] == 0
    if m.c[AT_CLOSE] == 1 and s[q + Q_LIMIT] == NO_PRICE and not is_touched_now:
        price, high, low = m.close[place], m.close[place], m.close[place]
    if is_touched_now:
        if not is_touched(side, s[q + Q_TRIGGER], high, low):
            return NO_PRICE
        s[q + TRIGGERED] = 1
        if s[q + Q_LIMIT] != NO_PRICE:
            return NO_PRICE
        price = stop_price(side, price, s[q + Q_TRIGGER])
    price = asked_price(side, price, bound, high, low)
    if m.c[BAND] == 0 or price == NO_PRICE:
        return price
    is_locked = m.high[place] == m.low[place]
    return price if can_trade(m.s[q + SIDE], price, _band(m, q, -1), _band(m, q, 1), is_locked) else NO_PRICE


def _band(m: Memory, q: int, side: int) -> int:
    """The lower or the upper band of the order's row."""
    before, tick = m.words(m.c[BEFORE_AT])[m.s[q + PLACE]], m.s[instrument_at(m, m.s[q + Q_INST]) + TICK]
    if before != NO_PRICE:
        amount(m, before)
    if side < 0:
        return lower_band(before, m.c[BAND], tick)
    return upper_band(before, m.c[BAND], tick)


def _slipped(m: Memory, q: int, price: int, traded: int, volume: int) -> int:
    """The price after slippage, where so much of the bar's volume trades."""
    c, place = m.c, m.s[q + PLACE]
    units = spread_slip(price, c[SPREAD]) + range_slip(m.high[place], m.low[place], c[RANGE])
    if c[IMPACT] > 0:
        units += impact_slip(price, ppm_of(traded, volume), c[IMPACT])
    return slipped(m.s[q + SIDE], price, units, m.s[instrument_at(m, m.s[q + Q_INST]) + TICK], c[SLIPPAGE_TICKS])


def _cost(m: Memory, q: int, quantity: int, price: int) -> int:
    """What a buy takes from cash."""
    worth = notional(m, m.s[q + Q_INST], price, quantity)
    return worth + _charged(m, q, quantity, worth, False)


def _charged(m: Memory, q: int, quantity: int, worth: int, books: bool) -> int:
    """What so much more of an order is charged; with ``books`` it has traded."""
    if m.c[IS_BILLED] == 1:
        return rise(m, m.s[q + Q_INST], m.s[q + BILL], quantity, worth, books)
    billed = m.s[q + BILLED]
    return charges(m, amount(m, billed + worth)) - charges(m, billed)


def _affordable(m: Memory, q: int, wanted: int, price: int) -> int:
    """As ``risk.largest_affordable``: bisection, from a guess that is mostly right."""
    lot: int
    cash, lot = m.s[desk_at(m.s[q + Q_DESK]) + CASH], m.s[instrument_at(m, m.s[q + Q_INST]) + LOT]
    whole = _cost(m, q, wanted, price)
    if whole <= cash:
        return wanted
    low, high = 0, wanted // lot
    guess = high
    # By terms more may cost less, where it meets what was sold before: then the very steps of the bisection count.
    if m.c[IS_BILLED] == 0:
        guess = int(float(wanted // lot) * float(max(cash, 0)) / float(max(whole, 1)))
    if guess < high:
        if _cost(m, q, (guess + 1) * lot, price) <= cash:
            low = guess + 1
        else:
            high = guess
            if guess > 0 and _cost(m, q, guess * lot, price) <= cash:
                low = guess
    while low < high:
        middle = (low + high + 1) // 2
        if _cost(m, q, middle * lot, price) <= cash:
            low = middle
        else:
            high = middle - 1
    return low * lot


def _book(m: Memory, q: int, quantity: int, price: int) -> None:
    s = m.s
    desk, inst, sign = s[q + Q_DESK], s[q + Q_INST], s[q + SIDE]
    worth = notional(m, inst, price, quantity)
    charged = _charged(m, q, quantity, worth, True)
    s[q + BILLED], s[q + BILLED_QUANTITY] = amount(m, s[q + BILLED] + worth), s[q + BILLED_QUANTITY] + quantity
    s[q + BOOKED] = quantity
    s[q + FILLED] += quantity
    s[q + STATUS] = IS_FILLED if s[q + FILLED] == s[q + QUANTITY] else PARTIAL
    ts = m.ts[s[q + PLACE]]
    apply_fill(m, desk, inst, sign, quantity, price, charged, ts)
    s[pair_at(m, desk, inst) + OPEN] -= sign * quantity
    f = m.c[FILLS_AT] + s[FILLS] * FILL_WORDS
    s[f + F_ORDER], s[f + F_QUANTITY], s[f + F_PRICE] = s[q + ID], quantity, price
    s[f + F_CHARGES], s[f + F_TS] = charged, ts
    s[FILLS] += 1
    if m.c[MOST_BRACKETS] > 0:
        follow(m, q, quantity)


def settle(m: Memory, ts: int) -> None:
    """Orders at their end leave the queue, in arrival order."""
    s, kept = m.s, 0
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        if s[q + STATUS] > PARTIAL:
            s[pair_at(m, s[q + Q_DESK], s[q + Q_INST]) + OPEN] -= s[q + SIDE] * (s[q + QUANTITY] - s[q + FILLED])
            o, x = order_at(m, s[q + ID]), m.c[ENDED_AT] + s[ENDED] * ENDED_WORDS
            s[o + O_STATUS], s[o + O_FILLED] = s[q + STATUS], s[q + FILLED]
            s[o + O_OPENED], s[o + O_ACTIVE_FROM] = s[q + OPENED], s[q + ACTIVE_FROM]
            if m.c[ORDER_WIDTH] > PLAIN_ORDER_WORDS:
                s[o + O_TRIGGERED] = s[q + TRIGGERED]
            s[x + X_ORDER], s[x + X_TS] = s[q + ID], ts
            s[ENDED] += 1
            continue
        if kept < n:
            to = queue_at(m, kept)
            for word in range(QUEUE_WORDS):
                s[to + word] = s[q + word]
        kept += 1
    s[WORKING] = kept
