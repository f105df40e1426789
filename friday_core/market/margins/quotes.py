"""What the market says on a day, as far as margins need it; what is missing is refused with every name."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from friday_core.domain.instruments import InstrumentId
from friday_core.errors import DataError
from friday_core.market.margins.legs import Leg


@dataclass(frozen=True, slots=True)
class Quotes:
    """Prices in price units, and annual volatilities as fractions (0.15 is 15%).

    ``prices`` of everything held and of what options are written on. ``volatilities`` of what
    futures and options are written on, of a day's returns times the root of 252; of an option its own
    (implied) goes before it. ``references`` of what may trade at zero or less: a positive price to
    which percentages and volatilities refer, for example the last settlement before; whoever has
    one is valued with the normal model.
    """

    day: dt.date
    prices: Mapping[InstrumentId, int]
    volatilities: Mapping[InstrumentId, float] = field(default_factory=dict)
    references: Mapping[InstrumentId, int] = field(default_factory=dict)

    def level(self, name: InstrumentId, underlying: InstrumentId) -> int:
        """What a percentage of a price refers to: never below the reference, never negative."""
        return max(abs(self.prices[name]), self.references.get(underlying, 0))

    def volatility(self, leg: Leg) -> float:
        """A leg's own volatility, else that of what it is written on."""
        return self.volatilities.get(leg.instrument.id, self.volatilities[leg.derivative.underlying])

    def check(self, legs: Sequence[Leg]) -> None:
        """``DataError`` with everything that is missing or cannot be, for all legs at once."""
        found = dict.fromkeys([*(fault for leg in legs for fault in self._faults(leg)), *_torn(legs)])
        if found:
            listed = "".join(f"\n  {fault}" for fault in found)
            raise DataError(f"no margin can be estimated for {self.day}:{listed}")

    def _faults(self, leg: Leg) -> Iterator[str]:
        name, contract = leg.instrument.id, leg.contract
        if contract is None:
            yield from self._price_faults([name], may_fall=False)
            return
        may_fall = contract.underlying in self.references
        if contract.expiry < self.day:
            yield f"{name} expired on {contract.expiry}: take it out of the positions"
        if may_fall and self.references[contract.underlying] < 1:
            yield f"the reference of {contract.underlying} is not positive: name a price that is"
        if leg.is_option:
            yield from self._price_faults([contract.underlying], may_fall=may_fall)
            if self.prices.get(name, 0) < 0:
                yield f"the price of {name} is negative: no option's is"
            if name not in self.prices:
                yield f"no price of {name}: give one"
            if contract.strike is not None and contract.strike <= 0 and not may_fall:
                yield f"the strike of {name} is not positive: name a reference of {contract.underlying}"
        else:
            yield from self._price_faults([name], may_fall=may_fall)
        yield from self._volatility_faults(leg)

    def _price_faults(self, names: Iterable[InstrumentId], *, may_fall: bool) -> Iterator[str]:
        for name in names:
            if name not in self.prices:
                yield f"no price of {name}: give one"
            elif self.prices[name] <= 0 and not may_fall:
                yield f"the price of {name} is not positive: correct it, or name a reference of what may fall below 0"

    def _volatility_faults(self, leg: Leg) -> Iterator[str]:
        for name in (leg.derivative.underlying, leg.instrument.id):
            known = self.volatilities.get(name)
            if known is None and name == leg.derivative.underlying:
                yield f"no volatility of {name}: give one, 0.15 for 15% a year"
            elif known is not None and not (math.isfinite(known) and known > 0.0):
                yield f"the volatility of {name} is {known}: it is above 0"


def _torn(legs: Sequence[Leg]) -> Iterator[str]:
    """Underlyings that are of one kind for one leg and of another for the next."""
    kinds: dict[InstrumentId, str] = {}
    for leg in legs:
        if leg.contract is None:
            continue
        underlying, kind = leg.contract.underlying, leg.contract.kind
        if kinds.setdefault(underlying, kind) != kind:
            yield f"{underlying} is of kind {kinds[underlying]} and of kind {kind}: correct one"
