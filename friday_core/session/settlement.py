"""At what price a position is ended that nobody closed, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.sessions import to_date
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending


class Settled(NamedTuple):
    """The price in price units, and why it is this one."""

    code: Code
    price: int
    reason: str


def settled(
    instrument: Instrument, ending: Ending, mark: int, closes: Mapping[InstrumentId, tuple[int, int]]
) -> Settled:
    """The settlement of a position with this mark; ``closes`` has last closes in price units with their sessions.

    An option without a close of what it is written on is settled at its own mark, and says so; so does a price that
    is older than the last session.
    """
    day = to_date(ending.session)
    word = "DELISTED" if ending.code == Code.DELISTED else "SETTLED"
    price, how = _price(instrument, ending, mark, closes)
    physical = "; shares would be delivered, here their worth is" if ending.delivers else ""
    return Settled(ending.code, price, f"{word}: the last session was that of {day}, {how}{physical}")


def _price(
    instrument: Instrument, ending: Ending, mark: int, closes: Mapping[InstrumentId, tuple[int, int]]
) -> tuple[int, str]:
    if ending.price is not None:
        return ending.price, "at the stated price"
    if ending.option is not None:
        underlying = ending.option.underlying
        if underlying.id in closes:
            close, session = closes[underlying.id]
            price = ending.option.intrinsic(instrument, close)
            return price, f"at its intrinsic value by the close of {underlying.id}{_stale(ending, session)}"
        return mark, f"at its last close, as no close of {underlying.id} is known"
    _, session = closes.get(instrument.id, (mark, ending.session))
    return mark, f"at its last close{_stale(ending, session)}"


def _stale(ending: Ending, session: int) -> str:
    return "" if session >= ending.session else f", which is stale, of {to_date(session)}"
