"""Members of an index as of a day, and as of what was known on a day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.errors import DataError
from friday_core.market.universes.membership import Membership, Spell


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def spell(symbol: str, first: str, last: str = "", index: str = "NIFTY 50", **more: str) -> Spell:
    known = {name: day(more[name]) for name in ("announced", "end_announced") if name in more}
    return Spell(index, symbol, day(first), day(last) if last else None, more.get("confidence", ""), **known)


INDEX = Membership(
    [
        spell("HDFC", "2010-01-04", "2023-07-12"),
        spell("LTIM", "2023-07-13", "2025-03-27"),
        spell("TCS", "2010-01-04"),
        spell("SBIN", "2010-01-04", "2015-01-01"),
        spell("SBIN", "2018-01-01"),
    ]
)


@pytest.mark.parametrize(
    ("asof", "expected"),
    [
        ("2010-01-04", ("HDFC", "SBIN", "TCS")),
        ("2015-01-01", ("HDFC", "SBIN", "TCS")),
        ("2015-01-02", ("HDFC", "TCS")),
        ("2023-07-12", ("HDFC", "SBIN", "TCS")),
        ("2023-07-13", ("LTIM", "SBIN", "TCS")),
        ("2030-01-01", ("SBIN", "TCS")),
    ],
)
def test_members_are_those_of_the_day_and_not_those_who_survived(asof: str, expected: tuple[str, ...]) -> None:
    assert INDEX.members("NIFTY 50", day(asof)) == expected


def test_a_change_that_was_not_announced_is_not_known_before_its_day() -> None:
    assert INDEX.members("NIFTY 50", day("2023-08-01"), known=day("2023-07-12")) == ("HDFC", "SBIN", "TCS")
    assert INDEX.members("NIFTY 50", day("2023-08-01"), known=day("2023-07-13")) == ("LTIM", "SBIN", "TCS")


def test_a_change_that_was_announced_is_known_from_then_on() -> None:
    index = Membership(
        [
            spell("HDFC", "2010-01-04", "2023-07-12", end_announced="2023-07-05"),
            spell("LTIM", "2023-07-13", announced="2023-07-05"),
        ]
    )
    assert index.members("NIFTY 50", day("2023-08-01"), known=day("2023-07-04")) == ("HDFC",)
    assert index.members("NIFTY 50", day("2023-08-01"), known=day("2023-07-05")) == ("LTIM",)
    assert index.members("NIFTY 50", day("2023-07-12"), known=day("2023-07-05")) == ("HDFC",)


def test_what_was_known_later_than_the_day_changes_nothing() -> None:
    assert INDEX.members("NIFTY 50", day("2023-07-12"), known=day("2026-01-01")) == ("HDFC", "SBIN", "TCS")


def test_spells_of_little_confidence_can_be_left_out() -> None:
    index = Membership([spell("A", "2010-01-04", confidence="high"), spell("B", "2010-01-04", confidence="medium")])
    assert index.members("NIFTY 50", day("2020-01-01"), confidence={"high"}) == ("A",)
    assert index.members("NIFTY 50", day("2020-01-01")) == ("A", "B")


def test_a_day_that_the_spells_do_not_reach_is_refused() -> None:
    with pytest.raises(DataError, match="the members of 'NIFTY 50' are known for 2010-01-04 on, not for 2009-12-31"):
        INDEX.members("NIFTY 50", day("2009-12-31"))
    closed = Membership([spell("A", "2010-01-04", "2020-01-01")])
    with pytest.raises(DataError, match="are known for 2010-01-04 to 2020-01-01, not for 2020-01-02\n    mend: extend"):
        closed.members("NIFTY 50", day("2020-01-02"))


def test_an_index_that_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match="no index 'NIFTY50' in the membership; did you mean NIFTY 50"):
        INDEX.members("NIFTY50", day("2020-01-01"))
    with pytest.raises(DataError, match="no index 'X' in the membership; there are none"):
        Membership([]).span("X")


def test_the_span_is_open_while_somebody_is_a_member() -> None:
    assert INDEX.span("NIFTY 50") == (day("2010-01-04"), None)
    assert Membership([spell("A", "2010-01-04", "2020-01-01")]).span("NIFTY 50")[1] == day("2020-01-01")


def test_indices_and_spells_are_told_in_order() -> None:
    both = Membership([spell("B", "2010-01-04", index="Z"), spell("C", "2010-01-04"), spell("A", "2010-01-04")])
    assert both.indices() == ("NIFTY 50", "Z")
    assert [one.symbol for one in both.of("NIFTY 50")] == ["A", "C"]


DAYS = st.dates(dt.date(2010, 1, 1), dt.date(2012, 12, 31))


@given(first=DAYS, length=st.integers(0, 500), asof=DAYS)
def test_one_who_asks_on_the_day_itself_knows_everything(first: dt.date, length: int, asof: dt.date) -> None:
    last = first + dt.timedelta(days=length)
    index = Membership([Spell("I", "A", first, last), Spell("I", "B", dt.date(2010, 1, 1))])
    expected = ("A", "B") if first <= asof <= last else ("B",)
    assert index.members("I", asof) == expected
