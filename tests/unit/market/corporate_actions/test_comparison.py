import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

from friday_core.domain.chunk import Array, Float64
from friday_core.domain.sessions import to_days
from friday_core.market.corporate_actions.announcement import Announcement
from friday_core.market.corporate_actions.causes import Cause, Step
from friday_core.market.corporate_actions.comparison import Comparison, compare
from friday_core.market.corporate_actions.terms import Dividend, Kind, Rights, ShareChange

FIRST = dt.date(2024, 1, 1)
#: Two hundred days about 400 rupees, moving by up to 3% a day, and what the price does over night on day 100.
DAYS = 200
PATH = np.rint(40_000 * np.exp(0.05 * np.sin(np.arange(DAYS) / 3.0) + 0.02 * np.sin(np.arange(DAYS) * 2.0)))
EX = 100


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def raw(gap: float = 1.0, keep: Array | None = None) -> dict[str, Array]:
    """Raw prices that fall by ``gap`` over the night before ``EX``."""
    close = np.where(np.arange(DAYS) < EX, PATH, np.rint(PATH / gap)).astype(np.int64)
    opened = np.r_[close[0], close[:-1]]
    opened[EX] = round(close[EX - 1] / gap)
    table = {"session": to_days(FIRST) + np.arange(DAYS), "open": opened, "close": close}
    return table if keep is None else {name: values[keep] for name, values in table.items()}


def vendor(table: dict[str, Array], factor: float = 1.0, amount: float = 0.0) -> dict[str, Array]:
    """What a vendor makes of them: to ticks of five paise, days before ``EX`` divided, or with an amount taken off."""
    before = table["session"] < to_days(day(EX))
    close: Float64 = np.where(before, table["close"] / factor - amount, table["close"])
    return {"session": table["session"], "close": np.rint(close / 5) * 5}


def compared(ours: dict[str, Array], theirs: dict[str, Array], *known: Announcement) -> Comparison:
    return compare("ONE", ours, theirs, known)


def only_step(found: Comparison) -> tuple[Cause, Step]:
    (stretch,) = found.stretches
    assert stretch.step is not None
    assert (stretch.first, stretch.last, stretch.rows) == (day(0), day(EX - 1), EX)
    assert stretch.step.ex_date == day(EX)
    return stretch.cause, stretch.step


def test_equal_series_have_no_stretch() -> None:
    table = raw()
    assert compared(table, vendor(table)) == Comparison("ONE", DAYS, DAYS, ())


def test_a_split_that_is_known_explains_the_prices_before_it() -> None:
    table = raw(5.0)
    split = Announcement("ONE", day(EX), ShareChange(Kind.SPLIT, Fraction(5)))
    assert compared(table, vendor(table, 5.0), split).within == DAYS


def test_a_split_that_is_not_known_is_named() -> None:
    table = raw(5.0)
    cause, step = only_step(compared(table, vendor(table, 5.0)))
    assert (cause, round(step.factor, 3)) == (Cause.SHARES, 5.0)


def test_a_dividend_is_told_by_its_rupees() -> None:
    table = raw(1.03)
    cum = float(table["close"][EX - 1])
    cause, step = only_step(compared(table, vendor(table, cum / (cum - 1_025))))
    assert (cause, step.subtracted) == (Cause.DIVIDEND, False)
    assert step.paise == pytest.approx(1_025, abs=1.0)


def test_a_dividend_that_is_taken_off_is_told_by_its_rupees() -> None:
    table = raw(1.03)
    cause, step = only_step(compared(table, vendor(table, amount=1_200)))
    assert (cause, step.subtracted) == (Cause.DIVIDEND, True)
    assert step.paise == pytest.approx(1_200, abs=2.0)


def test_rights_are_what_is_no_round_dividend() -> None:
    table = raw(1.02)
    cum = float(table["close"][EX - 1])
    cause, _ = only_step(compared(table, vendor(table, cum / (cum - 742.5))))
    assert cause is Cause.RIGHTS


def test_a_demerger_is_adjusted_by_another_factor_than_the_market_fell_by() -> None:
    table = raw(1.30)
    cause, step = only_step(compared(table, vendor(table, 1 / 0.8649)))
    assert (cause, round(1 / step.factor, 4)) == (Cause.DEMERGER, 0.8649)


def test_an_announced_action_that_the_vendor_took_otherwise_is_said_to_be_one() -> None:
    table = raw(1.03)
    cum = float(table["close"][EX - 1])
    dividend = Announcement("ONE", day(EX), Dividend(Kind.DIVIDEND, Fraction(300)))
    cause, _ = only_step(compared(table, vendor(table, cum / (cum - 1_025)), dividend))
    assert cause is Cause.ANNOUNCED_OTHERWISE


def test_announced_rights_explain_the_prices_before_them() -> None:
    table = raw(1.02)
    rights = Rights(1, 14, Fraction(30_000))
    factor = float(rights.factor(Fraction(int(table["close"][EX - 1]))))
    assert compared(table, vendor(table, factor), Announcement("ONE", day(EX), rights)).within == DAYS


def test_two_steps_make_two_stretches_of_which_the_older_has_both() -> None:
    table = raw(1.03)
    theirs = vendor(table, 1.03)
    older = theirs["session"] < to_days(day(40))
    theirs["close"] = np.where(older, theirs["close"] / 1.02, theirs["close"])
    first, second = compared(table, theirs).stretches
    assert (first.rows, second.rows) == (40, EX - 40)
    assert (first.ratio, second.ratio) == (pytest.approx(1 / 1.03 / 1.02, rel=1e-3), pytest.approx(1 / 1.03, rel=1e-3))
    assert first.step is not None
    assert first.step.factor == pytest.approx(1.02, rel=1e-3)


def test_a_day_that_is_not_over_is_told_from_a_step() -> None:
    table = raw()
    theirs = vendor(table)
    theirs["close"][-1] *= 1.01
    found = compared(table, theirs)
    assert [(one.cause, one.rows, one.first) for one in found.stretches] == [(Cause.PARTIAL_DAY, 1, day(DAYS - 1))]
    assert found.within == DAYS - 1


def test_a_row_that_stands_alone_is_no_step() -> None:
    table = raw()
    theirs = vendor(table)
    theirs["close"][70] *= 1.05
    (stretch,) = compared(table, theirs).stretches
    assert (stretch.cause, stretch.first, stretch.beyond) == (Cause.LONE_ROW, day(70), 1)


def test_a_vendor_that_rounds_to_half_a_rupee_differs_by_rounding() -> None:
    table = raw()
    theirs = {"session": table["session"], "close": np.rint(table["close"] / 50) * 50}
    found = compared(table, theirs)
    off = int((np.abs(theirs["close"] - table["close"])[:-1] > 5).sum())
    assert found.by_cause[Cause.ROUNDING] == off > 100
    assert found.within + found.by_cause.total() == DAYS


def test_days_that_only_the_vendor_has_are_missing_or_after_a_change_of_the_name() -> None:
    keep = np.r_[0:50, 52:180]
    found = compared(raw(keep=keep), vendor(raw()))
    assert [(one.cause, one.first, one.rows) for one in found.stretches] == [
        (Cause.MISSING_DAY, day(50), 2),
        (Cause.RENAME, day(180), 20),
    ]
    assert (found.rows, found.within) == (178, 178)


def test_a_split_after_the_vendor_s_last_day_is_not_expected_there() -> None:
    table = raw()
    split = Announcement("ONE", day(DAYS), ShareChange(Kind.SPLIT, Fraction(5)))
    assert compared(table, vendor(table), split).within == DAYS
