"""One company under its names, and never under another company's."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.errors import DataError
from friday_core.market.instruments.identity import Named, SymbolHistory, symbol_history
from friday_core.market.instruments.symbol_changes import SymbolChange

DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def change(first: str, old: str, new: str, isin: str = "") -> SymbolChange:
    return SymbolChange(day(first), old, new, isin)


CHAIN = SymbolHistory([change("2013-10-04", "SESAGOA", "SSLT"), change("2015-05-07", "SSLT", "VEDL")])
NAMES = (
    Named("SESAGOA", None, day("2013-10-03")),
    Named("SSLT", day("2013-10-04"), day("2015-05-06")),
    Named("VEDL", day("2015-05-07"), None),
)


@pytest.mark.parametrize(
    ("symbol", "asof"), [("SESAGOA", "2010-01-01"), ("SSLT", "2014-01-01"), ("VEDL", "2020-01-01")]
)
def test_every_name_of_a_company_leads_to_all_of_them(symbol: str, asof: str) -> None:
    assert CHAIN.names(symbol, day(asof)) == NAMES


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2013-10-03", "SESAGOA"), ("2013-10-04", "SSLT"), ("2015-05-06", "SSLT"), ("2015-05-07", "VEDL")],
)
def test_a_name_on_a_day_is_found_forwards_and_backwards(on: str, expected: str) -> None:
    assert CHAIN.symbol_on(day(on), "SESAGOA", day("2000-01-03")) == expected
    assert CHAIN.symbol_on(day(on), "VEDL", day("2026-08-21")) == expected


def test_a_symbol_that_never_changed_is_itself() -> None:
    assert CHAIN.names("TCS", day("2020-01-01")) == (Named("TCS", None, None),)
    assert CHAIN.symbol_on(day("1999-01-01"), "TCS", day("2020-01-01")) == "TCS"


REUSED = SymbolHistory([change("2010-01-04", "OLD", "NEW"), change("2015-01-05", "OTHER", "OLD")])


def test_a_symbol_that_somebody_else_took_is_not_joined() -> None:
    assert REUSED.names("OLD", day("2009-01-01")) == (
        Named("OLD", None, day("2010-01-03")),
        Named("NEW", day("2010-01-04"), None),
    )
    assert REUSED.names("OLD", day("2016-01-01")) == (
        Named("OTHER", None, day("2015-01-04")),
        Named("OLD", day("2015-01-05"), None),
    )


def test_a_symbol_that_was_given_up_and_is_there_again_begins_anew() -> None:
    history = SymbolHistory([change("2010-01-04", "OLD", "NEW")])
    assert history.names("OLD", day("2016-01-01")) == (Named("OLD", day("2010-01-04"), None),)
    with pytest.raises(DataError, match="nothing is known of OLD of 2016-01-01 on 2009-01-01: the symbol was another"):
        history.symbol_on(day("2009-01-01"), "OLD", day("2016-01-01"))


def test_a_symbol_that_somebody_takes_had_been_left_before() -> None:
    history = SymbolHistory([change("2012-01-02", "B", "X"), change("2015-01-05", "X", "Z")])
    assert history.names("X", day("2008-01-01")) == (Named("X", None, day("2012-01-01")),)


def test_two_companies_may_change_places_on_one_day() -> None:
    history = SymbolHistory([change("2012-01-02", "A", "X"), change("2012-01-02", "X", "B")])
    assert history.names("X", day("2011-01-01")) == (
        Named("X", None, day("2012-01-01")),
        Named("B", day("2012-01-02"), None),
    )
    assert history.names("X", day("2013-01-01"))[0] == Named("A", None, day("2012-01-01"))


def test_another_issuer_s_number_is_not_joined() -> None:
    history = SymbolHistory(
        [change("2010-01-04", "A", "B", "INE111A01011"), change("2015-01-05", "B", "C", "INE222A01012")]
    )
    assert history.names("A", day("2009-01-01")) == (
        Named("A", None, day("2010-01-03")),
        Named("B", day("2010-01-04"), day("2015-01-04")),
    )
    assert history.names("C", day("2016-01-01")) == (
        Named("B", day("2010-01-04"), day("2015-01-04")),
        Named("C", day("2015-01-05"), None),
    )
    assert history.names("B", day("2012-01-01"), "INE333A01013") == (Named("B", day("2010-01-04"), day("2015-01-04")),)


def test_a_split_that_gave_another_number_to_the_same_issuer_is_joined() -> None:
    history = SymbolHistory(
        [change("2010-01-04", "A", "B", "INE111A01011"), change("2015-01-05", "B", "C", "INE111A01029")]
    )
    assert [one.symbol for one in history.names("A", day("2009-01-01"))] == ["A", "B", "C"]


def test_the_shipped_history_goes_on_under_new_names() -> None:
    history = symbol_history()
    assert history.symbol_on(day("2005-06-01"), "AXISBANK", day("2020-05-29")) == "UTIBANK"
    assert history.symbol_on(day("2026-03-31"), "TELCO", day("2000-01-03")) == "TMPV"


def test_a_change_of_one_s_own_counts_before_the_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("old_symbol,new_symbol,new_first\nUTIBANK,AXISBANK,2007-08-01\nZOMATO,ETERNAL,2025-04-09\n")
    history = symbol_history(path)
    assert history.names("AXISBANK", day("2020-01-01"))[0] == Named("UTIBANK", None, day("2007-07-31"))
    assert history.symbol_on(day("2024-01-01"), "ETERNAL", day("2026-01-01")) == "ZOMATO"
    assert history.symbol_on(day("2005-01-03"), "VEDL", day("2020-01-01")) == "SESAGOA"


STEPS = st.lists(
    st.tuples(st.integers(0, 3000), st.sampled_from("ABCDE"), st.sampled_from("ABCDE")).filter(
        lambda one: one[1] != one[2]
    ),
    max_size=8,
    unique_by=(lambda one: (one[0], one[1]), lambda one: (one[0], one[2])),
)


@given(steps=STEPS, symbol=st.sampled_from("ABCDE"), after=st.integers(-10, 3010))
def test_the_names_of_a_company_follow_one_another_and_each_leads_to_all(
    steps: list[tuple[int, str, str]], symbol: str, after: int
) -> None:
    start = dt.date(2010, 1, 1)
    history = SymbolHistory(SymbolChange(start + DAY * n, old, new) for n, old, new in steps)
    names = history.names(symbol, start + DAY * after)
    assert any(one.symbol == symbol and one.covers(start + DAY * after) for one in names)
    for before, following in pairwise(names):
        assert before.last is not None
        assert following.first == before.last + DAY
    for one in names:
        assert history.names(one.symbol, one.last or one.first or start) == names
