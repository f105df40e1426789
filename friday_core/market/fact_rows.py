"""What every dated fact says of itself: its days, its source, and how sure it is."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Certainty(enum.StrEnum):
    """``CERTAIN``: in the words of whoever decides it. ``OBSERVED``: computed back from figures that the broker
    published. ``SECONDARY``: read in a list by somebody else. ``UNCERTAIN``: the amount or one of the dates
    is from memory.
    """

    CERTAIN = "certain"
    OBSERVED = "observed"
    SECONDARY = "secondary"
    UNCERTAIN = "uncertain"


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError(f"{value!r:.40} is not a number")
    return value


#: An exact number, and no text that looks like one.
Number = Annotated[Decimal, BeforeValidator(_number)]
#: With at most 7 decimals, so that amounts are exact.
Percent = Annotated[Number, Field(ge=0, le=100, decimal_places=7)]


class Row(BaseModel):
    """A fact that holds from ``first`` (``from`` in the file) to ``until``, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: dt.date = Field(alias="from")
    until: dt.date | None = None
    source: str = Field(min_length=1)
    certainty: Certainty

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until < self.first:
            raise ValueError(f"until {self.until} is before from {self.first}")
        return self

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """What the fact is about: on each day one row at most has a key."""
        raise NotImplementedError

    def covers(self, day: dt.date) -> bool:
        return self.first <= day and (self.until is None or day <= self.until)
