import datetime as dt
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Array
from friday_core.domain.sessions import to_days
from friday_core.errors import DataError
from friday_core.market.corporate_actions.adjustment import Adjustment, adjusted
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.terms import Demerger, Dividend, Kind, Rights, ShareChange, Terms

FIRST = dt.date(2024, 1, 1)
SPLIT = ShareChange(Kind.SPLIT, Fraction(10))
DIVIDEND = Dividend(Kind.DIVIDEND, Fraction(50))


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def on(number: int, terms: Terms, announced: int | None = None) -> Announcement:
    return Announcement("ONE", day(number), terms, None if announced is None else day(announced))


def rows(*closes: int) -> dict[str, Array]:
    """A row a day, in paise; the open is a paisa below the close."""
    close = np.array(closes)
    session = to_days(FIRST) + np.arange(len(close))
    return {"session": session, "open": close - 1, "close": close, "volume": np.full(len(close), 900.0)}


def closes(found: dict[str, Array]) -> list[float]:
    return [float(one) for one in found["close"]]


def test_prices_before_the_ex_date_are_divided_and_volumes_multiplied() -> None:
    found = adjusted(rows(1_000, 1_010, 102), [on(2, SPLIT)], day(2))
    assert closes(found) == [100.0, 101.0, 102.0]
    assert found["open"].tolist() == [99.9, 100.9, 101.0]
    assert found["volume"].tolist() == [9_000.0, 9_000.0, 900.0]


def test_nothing_is_adjusted_before_the_ex_date_has_come() -> None:
    found = adjusted(rows(1_000, 1_010, 102), [on(2, SPLIT)], day(1))
    assert closes(found) == [1_000.0, 1_010.0]


def test_what_is_announced_after_the_ex_date_counts_from_then_on() -> None:
    actions = [on(2, SPLIT, announced=3)]
    assert closes(adjusted(rows(1_000, 1_010, 102, 103), actions, day(2))) == [1_000.0, 1_010.0, 102.0]
    assert closes(adjusted(rows(1_000, 1_010, 102, 103), actions, day(3))) == [100.0, 101.0, 102.0, 103.0]


def test_what_is_announced_long_before_counts_from_the_ex_date_on() -> None:
    actions = [on(2, SPLIT, announced=0)]
    assert closes(adjusted(rows(1_000, 1_010, 102), actions, day(1))) == [1_000.0, 1_010.0]


def test_several_actions_multiply() -> None:
    actions = [on(3, ShareChange(Kind.BONUS, Fraction(2))), on(1, SPLIT)]
    assert closes(adjusted(rows(1_000, 100, 101, 50), actions, day(3))) == [50.0, 50.0, 50.5, 50.0]


def test_dividends_count_only_if_they_are_asked_for() -> None:
    actions = [on(1, DIVIDEND)]
    assert closes(adjusted(rows(1_000, 960), actions, day(1))) == [1_000.0, 960.0]
    assert closes(adjusted(rows(1_000, 960), actions, day(1), dividends=True)) == [950.0, 960.0]


def test_a_dividend_on_the_day_of_a_split_is_of_the_old_share() -> None:
    # 1,000 less 50 is 950, a tenth of it 95.
    found = adjusted(rows(1_000, 96), [on(1, SPLIT), on(1, DIVIDEND)], day(1), dividends=True)
    assert closes(found) == [95.0, 96.0]


def test_rights_are_taken_at_the_last_close_that_is_a_price() -> None:
    found = adjusted(rows(1_000, 0, 910), [on(2, Rights(1, 1, Fraction(800)))], day(2))
    assert closes(found)[0] == pytest.approx(900.0, abs=1e-9)


def test_an_action_with_nothing_before_it_adjusts_nothing() -> None:
    found = adjusted(rows(1_000, 960), [on(-5, DIVIDEND), on(0, SPLIT)], day(1), dividends=True)
    assert closes(found) == [1_000.0, 960.0]


def test_an_ex_date_without_a_row_adjusts_what_is_before_it() -> None:
    table = {name: values[[0, 1, 3]] for name, values in rows(1_000, 1_010, 0, 102).items()}
    assert closes(adjusted(table, [on(2, SPLIT)], day(3))) == [100.0, 101.0, 102.0]


def test_a_dividend_larger_than_the_price_is_an_error_that_names_it() -> None:
    actions = [on(1, Dividend(Kind.DIVIDEND, Fraction(5_000)))]
    with pytest.raises(DataError, match=r"ONE 2024-01-02: a dividend of 5000\.0 paise"):
        adjusted(rows(1_000, 960), actions, day(1), dividends=True)


ACTIONS = st.lists(
    st.builds(
        on,
        st.integers(-1, 12),
        st.one_of(
            st.sampled_from([SPLIT, ShareChange(Kind.BONUS, Fraction(7, 5)), Rights(3, 7, Fraction(123))]),
            st.builds(Demerger, st.sampled_from([Fraction(6885, 10_000), Fraction(1, 3)])),
            st.sampled_from(
                [Dividend(Kind.DIVIDEND, Fraction(9, 10)), ShareChange(Kind.CONSOLIDATION, Fraction(1, 3))]
            ),
        ),
        st.none() | st.integers(-5, 15),
    ),
    max_size=6,
)


@given(st.lists(st.integers(1_000, 2**46), min_size=1, max_size=12), ACTIONS, st.integers(0, 15))
def test_adjusted_prices_become_raw_again_to_the_paisa(prices: list[int], actions: list[Announcement], at: int) -> None:
    table = rows(*prices)
    factors = Adjustment.of(table, actions, day(at), dividends=True)
    again = factors.raw(factors.adjusted(table))
    assert again["close"].tolist() == table["close"].tolist()
    assert again["open"].tolist() == table["open"].tolist()
    assert again["volume"].tolist() == table["volume"].tolist()


@given(st.lists(st.integers(1_000, 10**6), min_size=3, max_size=12), ACTIONS, st.integers(1, 12))
def test_later_rows_change_no_earlier_view(prices: list[int], actions: list[Announcement], at: int) -> None:
    known = min(at, len(prices) - 1)
    short, long = rows(*prices[: known + 1]), rows(*prices)
    assert closes(adjusted(short, actions, day(known))) == closes(adjusted(long, actions, day(known)))


@given(st.lists(st.integers(1_000, 10**6), min_size=2, max_size=12), ACTIONS)
def test_the_newest_row_is_raw(prices: list[int], actions: list[Announcement]) -> None:
    last = day(len(prices) - 1)
    assert closes(adjusted(rows(*prices), actions, last, dividends=True))[-1] == prices[-1]
