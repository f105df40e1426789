from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.market.corporate_actions.terms import (
    Demerger,
    Dividend,
    Kind,
    NoEffect,
    Rights,
    ShareChange,
    Terms,
    place,
)

PRICES = st.integers(2, 10**9).map(Fraction)
TERMS: st.SearchStrategy[Terms] = st.one_of(
    st.builds(ShareChange, st.just(Kind.SPLIT), st.sampled_from([Fraction(2), Fraction(5, 2), Fraction(10)])),
    st.builds(Rights, st.integers(1, 9), st.integers(1, 99), st.integers(0, 10**8).map(Fraction)),
    st.builds(Demerger, st.fractions(Fraction(1, 100), Fraction(99, 100))),
    st.builds(Dividend, st.just(Kind.DIVIDEND), st.just(Fraction(1))),
    st.builds(NoEffect, st.sampled_from([Kind.BUYBACK, Kind.MEETING, Kind.OTHER])),
)


def test_a_split_of_ten_rupees_into_two_makes_five_shares() -> None:
    split = ShareChange(Kind.SPLIT, Fraction(10, 2))
    assert (split.factor(Fraction(1000)), split.shares, split.paid(Fraction(1000))) == (5, 5, 0)


def test_a_bonus_of_one_for_two_makes_three_shares_of_two() -> None:
    assert ShareChange(Kind.BONUS, Fraction(3, 2)).factor(Fraction(1000)) == Fraction(3, 2)


def test_rights_are_worth_what_the_price_falls_to_the_theoretical_one() -> None:
    # 14 shares at 739.40 and one at 535: 15 shares are worth 10,886.60, one 725.77.
    rights = Rights(1, 14, Fraction(535_00))
    cum = Fraction(739_40)
    assert round(float(rights.terp(cum)), 1) == 72_577.3
    assert rights.factor(cum) == cum / rights.terp(cum)
    assert rights.paid(cum) == cum - rights.terp(cum)
    assert rights.shares == 1


def test_rights_above_the_market_change_nothing() -> None:
    rights = Rights(1, 2, Fraction(200_00))
    assert (rights.factor(Fraction(150_00)), rights.paid(Fraction(150_00))) == (1, 0)


def test_of_a_demerger_the_part_that_leaves_is_paid() -> None:
    demerger = Demerger(Fraction(3, 5))
    assert (demerger.factor(Fraction(500)), demerger.paid(Fraction(500))) == (Fraction(5, 3), 200)


def test_a_dividend_is_taken_off_the_price_before() -> None:
    dividend = Dividend(Kind.INTERIM_DIVIDEND, Fraction(10_25))
    assert dividend.factor(Fraction(388_55)) == Fraction(388_55, 378_30)
    assert dividend.paid(Fraction(388_55)) == 10_25


@pytest.mark.parametrize("paise", [500, 501])
def test_a_dividend_that_is_not_below_the_price_is_refused(paise: int) -> None:
    with pytest.raises(ValueError, match=f"a dividend of {paise}.0 paise is not below the price of 500.0"):
        Dividend(Kind.DIVIDEND, Fraction(paise)).factor(Fraction(500))


def test_a_buyback_leaves_no_step() -> None:
    assert NoEffect(Kind.BUYBACK).factor(Fraction(500)) == 1


@given(TERMS, PRICES)
def test_what_is_paid_and_what_remains_are_what_was_before(terms: Terms, cum: Fraction) -> None:
    after = cum / terms.factor(cum)
    assert after * terms.shares + terms.paid(cum) == cum


@given(TERMS, PRICES)
def test_no_factor_is_below_one_but_that_of_a_consolidation(terms: Terms, cum: Fraction) -> None:
    assert terms.factor(cum) >= 1


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: ShareChange(Kind.SPLIT, Fraction(1)), "a split of one share into 1 is none"),
        (lambda: ShareChange(Kind.SPLIT, Fraction(1, 2)), "a split does not make 1/2 of one share"),
        (lambda: ShareChange(Kind.CONSOLIDATION, Fraction(2)), "a consolidation does not make 2 of one share"),
        (lambda: ShareChange(Kind.RIGHTS, Fraction(2)), "rights changes no number of shares"),
        (lambda: Rights(0, 1, Fraction(1)), "rights of 0 for 1"),
        (lambda: Demerger(Fraction(1)), "between 0 and 1 stays, not 1.0"),
        (lambda: Dividend(Kind.BONUS, Fraction(1)), "bonus is no dividend"),
        (lambda: Dividend(Kind.DIVIDEND, Fraction(0)), "a dividend of 0.0 paise is none"),
        (lambda: NoEffect(Kind.SPLIT), "a split has an effect"),
    ],
)
def test_terms_that_cannot_be_are_refused(made: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made()  # type: ignore[operator]


def test_of_one_day_the_dividend_comes_before_the_rights_and_those_before_the_split() -> None:
    split, rights = ShareChange(Kind.SPLIT, Fraction(2)), Rights(1, 2, Fraction(100))
    dividend, demerger = Dividend(Kind.DIVIDEND, Fraction(100)), Demerger(Fraction(1, 2))
    assert sorted([split, rights, demerger, dividend], key=place) == [dividend, demerger, rights, split]
