"""Rows of the files of dated facts about instruments, each with its days, its source, and how sure it is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, model_validator

from friday_core.market.fact_rows import Row

_T = TypeVar("_T", dt.date, Decimal)

Symbol = Annotated[str, Field(min_length=1)]
Price = Annotated[Decimal, Field(ge=0, decimal_places=4)]

#: What a tick may depend on; ``stock_future`` and ``index_future`` by what they are on.
TickKind = Literal["share", "etf", "stock_future", "index_future", "option"]
Cycle = Literal["weekly", "monthly"]
#: Monday first, as ``datetime.date.weekday`` counts.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class FactRow(Row):
    """A fact of which no two may answer for the same question."""

    def meets(self, other: Self) -> bool:
        """Whether both answer for some day, and for whatever else they are asked about."""
        return _overlap((self.first, self.until), (other.first, other.until))


class LotRow(FactRow):
    """``[[lots]]``: units of one contract, on days of trading, for contracts that expire in a span."""

    underlying: Symbol
    lot: int = Field(ge=1)
    expiry_from: dt.date | None = None
    expiry_until: dt.date | None = None

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("lot", self.underlying)]

    @model_validator(mode="after")
    def _expiries_in_order(self) -> Self:
        if self.expiry_from is not None and self.expiry_until is not None and self.expiry_until < self.expiry_from:
            raise ValueError(f"expiry_until {self.expiry_until} is before expiry_from {self.expiry_from}")
        return self

    def meets(self, other: Self) -> bool:
        own, its = ((one.expiry_from or dt.date.min, one.expiry_until) for one in (self, other))
        return super().meets(other) and _overlap(own, its)

    def is_of(self, expiry: dt.date) -> bool:
        """Whether the row answers for contracts of this expiry."""
        return (self.expiry_from or expiry) <= expiry <= (self.expiry_until or expiry)


class FreezeRow(FactRow):
    """``[[freeze]]``: the largest quantity of one order, by underlying."""

    quantities: dict[Symbol, Annotated[int, Field(ge=1)]] = Field(min_length=1)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("freeze quantity", underlying) for underlying in self.quantities]


class TickRow(FactRow):
    """``[[ticks]]``: the step of prices, for closes of the month before from ``least`` to ``most``."""

    kinds: tuple[TickKind, ...] = Field(min_length=1)
    tick: Annotated[Decimal, Field(gt=0, decimal_places=4)]
    least: Price = Decimal(0)
    most: Price | None = None

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("tick", kind) for kind in self.kinds]

    @model_validator(mode="after")
    def _prices_in_order(self) -> Self:
        if self.most is not None and self.most < self.least:
            raise ValueError(f"most {self.most} is below least {self.least}")
        return self

    def meets(self, other: Self) -> bool:
        own, its = ((one.least, one.most) for one in (self, other))
        return super().meets(other) and _overlap(own, its)

    def is_of(self, price: Decimal) -> bool:
        return self.least <= price <= (price if self.most is None else self.most)


class ExpiryDayRow(FactRow):
    """``[[expiry_days]]``: the day of the week on which contracts expire, if no holiday moves them."""

    underlyings: tuple[Symbol, ...] = Field(min_length=1)
    cycle: Cycle
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday"]

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [(self.cycle, underlying) for underlying in self.underlyings]


class SymbolChangeRow(FactRow):
    """``[[changes]]``: a share that traded as ``old`` up to ``last``, and as ``new`` since ``from``."""

    old: Symbol
    new: Symbol
    last: dt.date | None = None
    isin: str = Field("", pattern=r"^([A-Z]{2}[A-Z0-9]{9}\d)?$")

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("symbol change", self.old, str(self.first))]


def _overlap(one: tuple[_T, _T | None], other: tuple[_T, _T | None]) -> bool:
    """Whether two spans, ends included, have something in common; one without an end goes on for ever."""
    return (other[1] is None or one[0] <= other[1]) and (one[1] is None or other[0] <= one[1])
