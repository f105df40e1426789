"""Orders above the exchange's freeze quantity go as several, each with a tag of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from friday_core.api import BrokerError, Refused, contract_name, instrument_facts
from friday_plugins.zerodha.instruments import Listed

_CONTRACTS = frozenset({"future", "option"})
#: What a tag has room for.
_MOST_SLICES = 99


class FreezeQuantities:
    """What an exchange takes in one order: dated facts of the underlying, or else what the settings assume."""

    def __init__(self, otherwise: Mapping[str, int]) -> None:
        self._facts, self._otherwise = instrument_facts(), otherwise

    def of(self, listed: Listed, day: dt.date) -> int | None:
        """``None`` where no quantity is known: of shares there is none in numbers."""
        if listed.kind not in _CONTRACTS:
            return None
        known = self._facts.known_freeze_quantity(_underlying(listed), day)
        return self._otherwise.get(_underlying(listed)) if known is None else known

    def require(self, traded: Iterable[Listed], day: dt.date) -> None:
        """``BrokerError`` names the underlyings of contracts of which no quantity is known, and where to write it."""
        contracts = [one for one in traded if one.kind in _CONTRACTS]
        if missing := sorted({_underlying(one) for one in contracts if self.of(one, day) is None}):
            example = ", ".join(f"{name} = ..." for name in missing)
            raise BrokerError(
                f"no freeze quantity is known on {day} of {', '.join(missing)}: read it in the exchange's circular of "
                f"this month, and write [plugins.broker.zerodha] freeze_quantities = {{ {example} }}"
            )


def _underlying(listed: Listed) -> str:
    name = contract_name(listed.symbol)
    return listed.name if name is None else name.underlying


def sliced(quantity: int, most: int | None, lot: int) -> list[int]:
    """Quantities of whole lots, none above ``most``, the largest first; one if nothing limits it.

    ``Refused`` where one lot is too much, or there would be more slices than a tag can count.
    """
    if most is None or quantity <= most:
        return [quantity]
    step = most // lot * lot
    if not step:
        raise Refused(f"a lot of {lot} is above the freeze quantity of {most}")
    whole, rest = divmod(quantity, step)
    parts = [step] * whole + [rest] * bool(rest)
    if len(parts) > _MOST_SLICES:
        raise Refused(f"{quantity} are {len(parts)} slices of {step}, and {_MOST_SLICES} are the most")
    return parts
