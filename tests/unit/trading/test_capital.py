"""How the account's capital is shared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.plugin.sections import AccountSettings, StrategyEntry
from friday_core.trading.capital import capital_per_strategy


def entry(name: str, capital: int | None = None) -> StrategyEntry:
    return StrategyEntry(id=name, use="any", capital=capital)


def shares(capital: int, *entries: StrategyEntry, currency: str = "INR") -> dict[str, int]:
    return capital_per_strategy(AccountSettings(currency=currency, capital=capital), entries)


def test_one_strategy_has_all_of_it() -> None:
    assert shares(1_000, entry("a")) == {"a": 100_000}


def test_strategies_share_equally_and_the_first_ones_get_the_odd_paise() -> None:
    assert shares(1, entry("a"), entry("b"), entry("c")) == {"a": 34, "b": 33, "c": 33}


def test_own_capital_comes_first() -> None:
    assert shares(1_000, entry("a"), entry("b", 400), entry("c")) == {"a": 30_000, "b": 40_000, "c": 30_000}


def test_capital_that_nobody_takes_stays_out_of_the_books() -> None:
    assert shares(1_000, entry("a", 300), entry("b", 400)) == {"a": 30_000, "b": 40_000}


def test_a_currency_without_minor_units_is_shared_in_whole_ones() -> None:
    assert shares(5, entry("a"), entry("b"), currency="JPY") == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry("a", 600), entry("b", 500)], "own capital is 1100, the account has 1000: nothing is left for it"),
        ([entry("a", 1_000), entry("b"), entry("c")], "own capital is 1000, .* nothing is left for b, c"),
    ],
)
def test_too_little_capital_is_refused(entries: list[StrategyEntry], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shares(1_000, *entries)


@given(st.integers(100, 10**9), st.lists(st.none() | st.integers(1, 10), min_size=1, max_size=8))
def test_the_shares_are_the_capital_to_the_last_paisa(capital: int, own: list[int | None]) -> None:
    made = shares(capital, *(entry(f"s{n}", one) for n, one in enumerate(own)))
    equal = [made[f"s{n}"] for n, one in enumerate(own) if one is None]
    assert [made[f"s{n}"] for n, one in enumerate(own) if one is not None] == [one * 100 for one in own if one]
    if equal:
        assert sum(made.values()) == capital * 100
        assert max(equal) - min(equal) <= 1
