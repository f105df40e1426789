import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.sessions import to_days
from friday_core.errors import DataSourceError
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.booking import booked
from friday_core.market.corporate_actions.terms import Demerger, Dividend, Kind, NoEffect, Rights, ShareChange, Terms

FIRST = to_days(dt.date(2024, 1, 1))
ONE, TWO = InstrumentId("ONE", "NSE"), InstrumentId("TWO", "NSE")
UNIVERSE = Universe([Instrument(ONE, "INR"), Instrument(TWO, "INR", price_decimals=4)])
SESSIONS = FIRST + np.arange(4).repeat(2)
#: ONE closes at 100.00 to 103.00 rupees, TWO at 50.
ROWS = Chunk(
    SESSIONS * 86_400_000_000,
    np.tile([0, 1], 4),
    {"close": np.array([10_000, 500_000, 10_100, 500_000, 10_200, 500_000, 10_300, 500_000])},
)
SPLIT = ShareChange(Kind.SPLIT, Fraction(5, 2))


def on(day: int, terms: Terms, symbol: str = "ONE", announced: int | None = None) -> Announcement:
    first = dt.date(2024, 1, 1)
    known = None if announced is None else first + dt.timedelta(days=announced)
    return Announcement(symbol, first + dt.timedelta(days=day), terms, known)


def found(*announcements: Announcement) -> list[CorporateAction]:
    return booked(announcements, UNIVERSE, ROWS, SESSIONS)


def test_a_split_changes_the_holding_by_its_exact_ratio() -> None:
    assert found(on(2, SPLIT)) == [CorporateAction(ONE, FIRST + 2, 5, 2, 0, 2.5)]


def test_a_dividend_is_paid_in_price_units_and_adjusts_by_the_close_before() -> None:
    assert found(on(2, Dividend(Kind.DIVIDEND, Fraction(100)))) == [
        CorporateAction(ONE, FIRST + 2, dividend=100, factor=10_100 / 10_000)
    ]


def test_paise_become_units_of_the_instrument() -> None:
    (action,) = found(on(2, Dividend(Kind.DIVIDEND, Fraction(4545, 100)), "TWO"))
    assert (action.dividend, action.factor) == (4_545, pytest.approx(50 / 49.5455))


def test_a_part_of_a_unit_is_rounded_half_to_even() -> None:
    (action,) = found(on(2, Dividend(Kind.DIVIDEND, Fraction(45, 2))))
    assert action.dividend == 22


def test_a_right_is_paid_at_what_it_is_worth() -> None:
    # One for one at 81 rupees after a close of 101: the price falls to 91.
    (action,) = found(on(2, Rights(1, 1, Fraction(8_100))))
    assert action == CorporateAction(ONE, FIRST + 2, dividend=1_000, factor=101 / 91)


def test_a_demerged_part_is_paid_at_its_share_of_the_close() -> None:
    (action,) = found(on(2, Demerger(Fraction(3, 4))))
    assert action == CorporateAction(ONE, FIRST + 2, dividend=2_525, factor=4 / 3)


def test_of_one_day_the_dividend_is_of_the_old_share() -> None:
    first, second = found(on(2, SPLIT), on(2, Dividend(Kind.DIVIDEND, Fraction(100))))
    assert (first.dividend, second.numerator) == (100, 5)


def test_what_has_no_effect_is_not_booked() -> None:
    assert found(on(2, NoEffect(Kind.BUYBACK)), on(2, Rights(1, 1, Fraction(99_900)))) == []


def test_before_the_first_row_only_what_needs_no_price_is_booked() -> None:
    assert found(on(0, Dividend(Kind.DIVIDEND, Fraction(100))), on(0, SPLIT)) == [
        CorporateAction(ONE, FIRST, 5, 2, 0, 2.5)
    ]


def test_what_is_announced_late_takes_effect_then() -> None:
    (action,) = found(on(1, Demerger(Fraction(3, 4)), announced=3))
    assert (action.session, action.dividend) == (FIRST + 3, 2_500)


def test_symbols_of_no_instrument_here_are_left_out() -> None:
    assert found(on(2, SPLIT, "OTHER"), on(2, SPLIT, "ONE.BSE")) == []


def test_a_symbol_may_name_its_exchange() -> None:
    assert [one.instrument for one in found(on(2, SPLIT, "TWO.NSE"))] == [TWO]


def test_a_symbol_of_two_exchanges_has_to_name_one() -> None:
    both = Universe([Instrument(ONE, "INR"), Instrument(InstrumentId("ONE", "BSE"), "INR")])
    with pytest.raises(DataSourceError, match=r"'ONE' on 2024-01-03: there are ONE\.BSE and ONE\.NSE; name one"):
        booked([on(2, SPLIT)], both, ROWS, SESSIONS)


def test_a_dividend_above_the_price_is_an_error_of_the_source() -> None:
    with pytest.raises(DataSourceError, match=r"ONE 2024-01-03: a dividend of .* is not below the price"):
        found(on(2, Dividend(Kind.DIVIDEND, Fraction(99_900))))
