"""Dated rules by which gains are told apart for tax. No advice."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from pydantic import Field

from friday_core.errors import FactsError
from friday_core.market.fact_file import DatedFile, read_file
from friday_core.market.fact_rows import Percent, Row

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

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("holding",)]


class TaxRateRow(Row):
    """``[[rates]]``: percent of a capital gain."""

    category: Literal[Category.STCG, Category.LTCG]
    percent: Percent

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("rates", self.category)]


class TurnoverRow(Row):
    """``[[turnover]]``: what counts besides the absolute difference."""

    option_sale_premium: bool

    @property
    def keys(self) -> list[tuple[str, ...]]:
        return [("turnover",)]


RowT = TypeVar("RowT", bound=Row)


class TaxRules(DatedFile):
    """Rules that somebody looked up on ``checked`` and that answer for no day after ``known_until``.

    Each question is about a day; ``FactsError`` names the one that no rule answers for.
    """

    called: ClassVar[str] = "file of tax rules"
    form: ClassVar[str] = "friday_core/market/data/tax"
    tables: ClassVar[tuple[str, ...]] = ("holding", "rates", "turnover")

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
        told = f"no {what} for {day} in the tax rules {self.name!r}, which end on {self.known_until}"
        raise FactsError(f"{told}\n    mend: look up the rules of that day, and hand in a file of your own")


def tax_rules(path: Path = _SHIPPED) -> TaxRules:
    """The rules of a file, else those that come with Friday; ``DataSourceError`` names every fault by its line."""
    return read_file(path, TaxRules)


def _months_after(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or that month's last day."""
    years, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + years, month + 1, 1)
    following = dt.date(first.year + month // 11, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))
