"""The rows of a rate file: each a fact with its days, its source, and how sure it is."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from friday_core.market.charges.lines import Line
from friday_core.market.fact_rows import Number, Percent, Row


class Segment(enum.StrEnum):
    """How something is traded, as far as charges differ; ``EXERCISE`` is that of an option."""

    DELIVERY = "delivery"
    INTRADAY = "intraday"
    MTF = "mtf"
    FUTURES = "futures"
    OPTIONS = "options"
    EXERCISE = "exercise"


Rupees = Annotated[Number, Field(ge=0, le=1_000_000, decimal_places=2)]


class LevyRow(Row):
    """``[[levies]]``: a share of what was bought and of what was sold, on these exchanges in these segments."""

    levy: Literal[Line.STT, Line.EXCHANGE, Line.IPFT, Line.SEBI, Line.STAMP]
    exchanges: tuple[str, ...] = Field(min_length=1)
    segments: tuple[Segment, ...] = Field(min_length=1)
    buy: Percent
    sell: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [(self.levy, exchange, segment) for exchange in self.exchanges for segment in self.segments]


class GstRow(Row):
    """``[[gst]]``: the tax on services, and the lines that it is charged on."""

    percent: Annotated[Number, Field(ge=0, le=100, decimal_places=1)]
    on: tuple[Line, ...]

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("gst",)]


class RoundingRow(Row):
    """``[[rounding]]``: paise to whose nearest multiple lines are rounded, in a contract note and
    in the broker's estimate of one order; 0 leaves the estimate exact. ``ties`` go up or to the even one.
    """

    lines: tuple[Line, ...] = Field(min_length=1)
    note: int = Field(ge=1, le=100)
    estimate: int = Field(ge=0, le=100)
    ties: Literal["up", "even"] = "up"

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("rounding", line) for line in self.lines]


class BrokerageRow(Row):
    """``[[brokerage]]``: rupees per executed order: ``flat`` and a ``percent`` of what was traded,
    together at least ``least`` and at most ``most``.
    """

    segments: tuple[Segment, ...] = Field(min_length=1)
    percent: Percent = Decimal(0)
    flat: Rupees = Decimal(0)
    least: Rupees = Decimal(0)
    most: Rupees | None = None

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("brokerage", segment) for segment in self.segments]

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.most is not None and self.most < self.least:
            raise ValueError(f"most {self.most} is below least {self.least}")
        return self


class FeeRow(Row):
    """``[[fees]]``: rupees before GST, for a day's delivery sales of one share or for an order that the
    broker squares off; some are lower where the first holder of the account is a woman.
    """

    fee: Literal[Line.DEPOSITORY, Line.SQUARE_OFF]
    holder: Literal["any", "woman"] = "any"
    rupees: Rupees

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [(self.fee, self.holder)]


class InterestRow(Row):
    """``[[interest]]``: percent per calendar day of what the broker has lent."""

    percent_per_day: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("interest",)]
