"""Members without prices are found, under whatever name their prices are."""

from __future__ import annotations

import datetime as dt

import pytest

from friday_core.errors import DataError
from friday_core.market.instruments.identity import SymbolHistory
from friday_core.market.instruments.symbol_changes import SymbolChange
from friday_core.market.universes.membership import Membership, Spell
from friday_core.market.universes.survivorship import Unpriced, unpriced


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


FIRST, LAST = SPAN = (day("2019-01-01"), day("2020-12-31"))
INDEX = Membership(
    [
        Spell("I", "A", day("2010-01-01")),
        Spell("I", "B", day("2010-01-01"), day("2019-06-30")),
        Spell("I", "LEFT", day("2010-01-01"), day("2018-12-31")),
        Spell("I", "SPLIT", day("2010-01-01"), day("2019-12-31"), "medium"),
        Spell("I", "SPLIT", day("2020-01-01"), None, "high"),
    ]
)
ALL = {"A": SPAN, "B": SPAN, "SPLIT": SPAN}


def test_members_with_prices_for_their_days_are_not_named() -> None:
    assert unpriced(INDEX, "I", SPAN, ALL) == ()


def test_a_member_that_did_not_survive_is_named_with_its_days() -> None:
    found = unpriced(INDEX, "I", SPAN, {"A": SPAN, "SPLIT": SPAN})
    assert found == (Unpriced("B", FIRST, day("2019-06-30"), None),)
    assert str(found[0]) == "B: a member from 2019-01-01 to 2019-06-30, no prices"


def test_spells_that_follow_one_another_are_one_stay() -> None:
    assert unpriced(INDEX, "I", SPAN, {"A": SPAN, "B": SPAN}) == (Unpriced("SPLIT", FIRST, LAST, None),)


def test_prices_that_begin_late_or_end_early_are_named_with_the_days_that_lack() -> None:
    priced = (day("2019-03-01"), day("2020-06-30"))
    assert unpriced(INDEX, "I", SPAN, {**ALL, "A": priced}) == (
        Unpriced("A", FIRST, day("2019-02-28"), priced),
        Unpriced("A", day("2020-07-01"), LAST, priced),
    )


def test_a_few_days_are_week_ends_and_holidays() -> None:
    priced = (day("2019-01-07"), day("2020-12-25"))
    assert unpriced(INDEX, "I", SPAN, {**ALL, "A": priced}) == ()
    assert len(unpriced(INDEX, "I", SPAN, {**ALL, "A": priced}, slack=6)) == 2


def test_prices_under_another_name_of_the_company_count() -> None:
    history = SymbolHistory([SymbolChange(day("2020-06-01"), "A", "NEW")])
    index = Membership([Spell("I", "A", day("2019-01-01"), day("2020-05-31"))])
    assert len(unpriced(index, "I", SPAN, {"NEW": SPAN})) == 1
    assert unpriced(index, "I", SPAN, {"NEW": SPAN}, names=history) == ()


def test_a_membership_that_uses_names_of_today_says_so() -> None:
    history = SymbolHistory([SymbolChange(day("2020-06-01"), "OLD", "NEW")])
    index = Membership([Spell("I", "NEW", day("2019-01-01"), day("2020-05-31"))])
    prices = {"OLD": (day("2019-01-01"), day("2020-05-31"))}
    assert len(unpriced(index, "I", SPAN, prices, names=history)) == 1
    assert unpriced(index, "I", SPAN, prices, names=history, named_on=day("2026-01-01")) == ()


def test_an_index_that_there_is_not_is_refused() -> None:
    with pytest.raises(DataError, match="no index 'J' in the membership"):
        unpriced(INDEX, "J", SPAN, ALL)
