import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

from friday_core.domain.chunk import Array
from friday_core.domain.sessions import to_days
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.price_check import contradictions
from friday_core.market.corporate_actions.terms import Demerger, Dividend, Kind, ShareChange, Terms

EX_DATE = dt.date(2021, 8, 5)


def said(terms: Terms, day: dt.date = EX_DATE) -> Announcement:
    return Announcement("DVL", day, terms)


def bonus(factor: float) -> ShareChange:
    return ShareChange(Kind.BONUS, Fraction(factor).limit_denominator(10))


def prices(opened: int, close: int, before: int = 30_000) -> dict[str, Array]:
    """The ex-date and the day before it."""
    session = to_days(EX_DATE) + np.array([-1, 0])
    return {"session": session, "open": np.array([before, opened]), "close": np.array([before, close])}


def why(table: dict[str, Array], *announcements: Announcement) -> list[str]:
    return [one.why for one in contradictions(table, announcements)]


def test_an_entry_of_a_bonus_that_never_was_is_contradicted() -> None:
    assert why(prices(30_300, 30_600), said(bonus(1.5))) == [
        "the price went on as if there were none: 0.9852 instead of 1.5"
    ]


def test_an_entry_of_twice_the_ratio_is_contradicted() -> None:
    assert why(prices(4_000, 4_100), said(bonus(15))) == ["the price says 7.408 instead of 15"]


@pytest.mark.parametrize(("opened", "close"), [(20_000, 20_000), (21_000, 22_500), (18_500, 18_000)])
def test_an_entry_that_the_prices_show_is_not(opened: int, close: int) -> None:
    assert why(prices(opened, close), said(bonus(1.5))) == []


def test_two_entries_of_one_day_are_judged_together() -> None:
    both = [said(bonus(2)), said(ShareChange(Kind.SPLIT, Fraction(5)))]
    assert why(prices(3_000, 3_050), *both) == []
    assert len(why(prices(6_000, 6_050), *both)) == 1


@pytest.mark.parametrize(
    "one",
    [
        said(Dividend(Kind.DIVIDEND, Fraction(1_000))),
        said(Demerger(Fraction(1, 2))),
        said(bonus(2), EX_DATE + dt.timedelta(days=9)),
        said(bonus(2), EX_DATE - dt.timedelta(days=1)),
        said(bonus(2), EX_DATE - dt.timedelta(days=9)),
    ],
)
def test_where_prices_say_nothing_nothing_is_contradicted(one: Announcement) -> None:
    assert why(prices(30_000, 30_000), one) == []


def test_an_ex_date_without_a_price_says_nothing() -> None:
    assert why(prices(0, 30_000), said(bonus(2))) == []
