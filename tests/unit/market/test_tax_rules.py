"""Dated rules of tax."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from friday_core.errors import DataError, DataSourceError
from friday_core.market.tax_rules import Category, tax_rules

RULES = tax_rules()
D = dt.date.fromisoformat


@pytest.mark.parametrize(
    ("category", "day", "percent"),
    [
        (Category.STCG, "2024-07-22", "15"),
        (Category.STCG, "2024-07-23", "20"),
        (Category.LTCG, "2024-07-22", "10"),
        (Category.LTCG, "2024-07-23", "12.5"),
    ],
)
def test_rates_changed_on_23_july_2024(category: Category, day: str, percent: str) -> None:
    assert RULES.percent(category, D(day)) == Decimal(percent)


def test_a_business_has_no_rate_of_its_own() -> None:
    with pytest.raises(DataError, match="no rate of speculative for 2025-01-01"):
        RULES.percent(Category.SPECULATIVE, D("2025-01-01"))


def test_a_month_without_that_day_ends_earlier() -> None:
    # Twelve months after 29 February 2024 are over on 28 February 2025.
    assert [RULES.is_long_term(D("2024-02-29"), D(sold)) for sold in ("2025-02-28", "2025-03-01")] == [False, True]


def test_months_are_counted_over_the_end_of_a_year() -> None:
    assert [RULES.is_long_term(D("2023-12-31"), D(sold)) for sold in ("2024-12-31", "2025-01-01")] == [False, True]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("name = 1\n", "utf-8")
    with pytest.raises(DataSourceError, match=r"mine\.toml is not a file of tax rules:\n  line 1: checked: "):
        tax_rules(path)


def test_ones_own_rules_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nchecked = 2026-11-20\nknown_until = 2030-03-31\nrates = []\nturnover = []\n'
        '[[holding]]\nlong_after_months = 24\nfrom = 2020-01-01\nsource = "x"\ncertainty = "certain"\n',
        "utf-8",
    )
    rules = tax_rules(path)
    assert [rules.is_long_term(D("2024-01-10"), D(sold)) for sold in ("2026-01-10", "2026-01-11")] == [False, True]
