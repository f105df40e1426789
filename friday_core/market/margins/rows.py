"""The rows of a margin file: each a fact with its days, its source, and how sure it is."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from friday_core.market.fact_rows import Number, Percent, Row


class Underlying(enum.StrEnum):
    """What a future or an option is written on, as far as margins differ."""

    INDEX = "index"
    STOCK = "stock"
    COMMODITY = "commodity"
    CRUDE = "crude"


class CashProduct(enum.StrEnum):
    """How shares are held: Kite's CNC, MIS and MTF."""

    DELIVERY = "delivery"
    INTRADAY = "intraday"
    MTF = "mtf"


def life(months: int) -> str:
    """The part of a key that says of which contracts a row speaks."""
    return f"over {months} months" if months else "of any life"


Multiple = Annotated[Number, Field(gt=0, le=20, decimal_places=2)]


class CashRow(Row):
    """``[[cash]]``: percent of the value of shares that is tied up."""

    products: tuple[CashProduct, ...] = Field(min_length=1)
    percent: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("cash", product) for product in self.products]


class ScanRow(Row):
    """``[[scan]]``: how far prices and volatilities are moved.

    The price moves by ``sigmas`` daily standard deviations times the root of ``days``, at least by
    ``price_least`` percent; the volatility by ``volatility_share`` percent of that of the
    underlying, at least by ``volatility_least`` points of a percent. Holds for contracts that have
    more than ``over_months`` to live, until a row with more of them does; that is for options alone.
    """

    underlyings: tuple[Underlying, ...] = Field(min_length=1)
    over_months: Literal[0, 9] = 0
    sigmas: Multiple
    days: int = Field(ge=1, le=10)
    price_least: Percent
    volatility_share: Percent
    volatility_least: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("scan", underlying, life(self.over_months)) for underlying in self.underlyings]


class ExposureRow(Row):
    """``[[exposure]]``: percent of the value of futures and of what sold options are written on.

    ``deep`` more for a sold option whose strike is further than ``deep_beyond`` percent out of the money.
    """

    underlyings: tuple[Underlying, ...] = Field(min_length=1)
    over_months: Literal[0, 9] = 0
    percent: Percent
    deep_beyond: Percent | None = None
    deep: Percent = Decimal(0)

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("exposure", underlying, life(self.over_months)) for underlying in self.underlyings]

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.deep_beyond is None) != (self.deep == 0):
            raise ValueError("deep and deep_beyond belong together: write both or none")
        return self


class ShortOptionRow(Row):
    """``[[short_options]]``: percent of what sold options are written on that SPAN is at least."""

    underlyings: tuple[Underlying, ...] = Field(min_length=1)
    least: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("short_options", underlying) for underlying in self.underlyings]


class CalendarRow(Row):
    """``[[calendar]]``: percent of the far contract for a long and a short of different expiries that are
    set off; ``on_expiry_day`` says whether a contract is still set off on its last day.
    """

    underlyings: tuple[Underlying, ...] = Field(min_length=1)
    percent: Percent
    on_expiry_day: bool

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("calendar", underlying) for underlying in self.underlyings]


class ExpiryDayRow(Row):
    """``[[expiry_day]]``: percent of what sold options are written on, more on their last day."""

    underlyings: tuple[Underlying, ...] = Field(min_length=1)
    short_options: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("expiry_day", underlying) for underlying in self.underlyings]


class LastDaysRow(Row):
    """``[[last_days]]``: percent of the value of contracts, more from ``days`` calendar days before the last
    one: of bought options in the money, and of ``others``, which are futures and sold options.
    """

    underlyings: tuple[Underlying, ...] = Field(min_length=1)
    days: int = Field(ge=0, le=31)
    long_options: Percent
    others: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("last_days", underlying, str(self.days)) for underlying in self.underlyings]
