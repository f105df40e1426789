"""Dated rules by which gains are told apart for tax. No advice."""

from __future__ import annotations

import datetime as dt
import enum
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from friday_core.errors import DataError, DataSourceError
from friday_core.market.charges.rows import Percent, Row

_SHIPPED = Path(__file__).parent / "data" / "tax" / "india.toml"


class Category(enum.StrEnum):
    """``SPECULATIVE``: shares that were not delivered. ``FO``: futures and options, a business that is not
    speculative. The others are capital gains on listed shares.
    """

    STCG = "stcg"
    LTCG = "ltcg"
    SPECULATIVE = "speculative"
    FO = "fo"


class HoldingRow(Row):
    """``[[holding]]``: after how many months from its purchase a share is long-term."""

    long_after_months: int = Field(ge=1)


class TaxRateRow(Row):
    """``[[rates]]``: percent of a capital gain."""

    category: Literal[Category.STCG, Category.LTCG]
    percent: Percent


class TurnoverRow(Row):
    """``[[turnover]]``: what counts besides the absolute difference."""

    option_sale_premium: bool


RowT = TypeVar("RowT", bound=Row)


class TaxRules(BaseModel):
    """Rules that somebody looked up on ``checked`` and that answer for no day after ``known_until``.

    Each question is about a day; ``DataError`` names the one that no rule answers for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    checked: dt.date
    known_until: dt.date
    holding: tuple[HoldingRow, ...]
    rates: tuple[TaxRateRow, ...]
    turnover: tuple[TurnoverRow, ...]

    def is_long_term(self, bought: dt.date, sold: dt.date) -> bool:
        """Whether a listed share was held for more than the months that count, by the rule of the day of the sale.

        Sold on the day of the month on which it was bought, it was held for whole months and not more.
        """
        return sold > _months_after(bought, self._on(sold, self.holding, "holding period").long_after_months)

    def percent(self, category: Category, day: dt.date) -> Decimal:
        """The rate of a capital gain of that day, without surcharge and cess."""
        return self._on(day, (row for row in self.rates if row.category == category), f"rate of {category}").percent

    def counts_option_premium(self, day: dt.date) -> bool:
        """Whether the premium of options that were sold is turnover besides the difference."""
        return self._on(day, self.turnover, "rule of turnover").option_sale_premium

    def _on(self, day: dt.date, rows: Iterable[RowT], what: str) -> RowT:
        if day <= self.known_until:
            for row in rows:
                if row.covers(day):
                    return row
        raise DataError(f"no {what} for {day} in the tax rules {self.name!r}, which end on {self.known_until}")


def tax_rules(path: Path = _SHIPPED) -> TaxRules:
    """The rules of a file, else those that come with Friday; ``DataSourceError`` if it is not one."""
    try:
        return TaxRules.model_validate(tomllib.loads(path.read_text("utf-8"), parse_float=Decimal))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise DataSourceError(f"{path} holds no tax rules: {error}") from error


def _months_after(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + years, month + 1, 1)
    following = dt.date(first.year + month // 11, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))
