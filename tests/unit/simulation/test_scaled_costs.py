"""Charges and slippage times a number."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.market import Bar
from friday_core.domain.orders import Side, WorkingOrder
from friday_core.errors import ConfigurationError
from friday_core.interfaces.broker import ChargesPlan, Execution
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.simulation.scaled_costs import scaled_charges, scaled_slippage, slips_by_rules


class Permille(ChargesPlan):
    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return notional // 1_000


class OwnMatcher:
    latency = 0

    def match(
        self, ordinal: int, bars: Sequence[Bar], orders: Sequence[WorkingOrder]
    ) -> Generator[Execution, int, None]:
        yield from ()


def on(notional: int) -> ExecutedOrder:
    return ExecutedOrder(Instrument(InstrumentId("A", "NSE"), "INR"), Side.BUY, 1, notional, 19_000)


def test_charges_are_the_plans_times_the_scale_to_the_even_minor_unit() -> None:
    plan = Permille()
    for scale, charged in ((0.0, 0), (2.0, 10), (0.5, 2), (0.7, 4), (1.5, 8)):
        assert scaled_charges(plan, scale).charges_of(on(5_000)) == charged


def test_at_another_scale_the_plan_knows_the_same_dates() -> None:
    class Dated(Permille):
        def known(self, instruments: Sequence[Instrument]) -> KnownDates:
            return KnownDates(1, len(instruments))

    instruments = [Instrument(InstrumentId("A", "NSE"), "INR")] * 5
    assert scaled_charges(Dated(), 2.0).known(instruments) == KnownDates(1, 5)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from([0.0, 0.1, 0.3, 2.0, 7.7]))
def test_more_never_costs_less(one: int, two: int, scale: float) -> None:
    plan, (less, more) = scaled_charges(Permille(), scale), sorted((one, two))
    assert plan.charges_of(on(less)) <= plan.charges_of(on(more))


@pytest.mark.parametrize(("scale", "ticks"), [(0.0, 0), (0.1, 1), (0.5, 2), (2.0, 6)])
def test_slippage_is_scaled_up_to_whole_ticks_and_the_other_rules_stay(scale: float, ticks: int) -> None:
    matcher = BarMatcher(MatchingRules(latency=2, slippage_ticks=3, participation_ppm=5))
    scaled = scaled_slippage(matcher, scale, "paper")
    assert isinstance(scaled, BarMatcher)
    assert scaled.rules == MatchingRules(latency=2, slippage_ticks=ticks, participation_ppm=5)
    assert matcher.rules.slippage_ticks == 3


def test_every_kind_of_slippage_is_scaled_and_none_beyond_all_of_the_price() -> None:
    matcher = BarMatcher(MatchingRules(spread_ppm=500, impact_ppm=100_001, range_ppm=600_000, band_ppm=50_000))
    scaled = scaled_slippage(matcher, 2.5, "paper")
    assert isinstance(scaled, BarMatcher)
    assert scaled.rules == MatchingRules(spread_ppm=1_250, impact_ppm=250_003, range_ppm=1_000_000, band_ppm=50_000)


def test_a_scale_of_one_is_the_thing_itself() -> None:
    plan, matcher, own = Permille(), BarMatcher(MatchingRules()), OwnMatcher()
    assert scaled_charges(plan, 1.0) is plan
    assert scaled_slippage(matcher, 1.0, "paper") is matcher
    assert scaled_slippage(own, 1.0, "own") is own


def test_the_slippage_of_a_matcher_with_other_rules_is_not_guessed() -> None:
    with pytest.raises(ConfigurationError, match=r"broker 'own' has a matcher of its own \(OwnMatcher\)"):
        scaled_slippage(OwnMatcher(), 2.0, "own")


class Forgetful(BarMatcher):
    """Keeps no rules."""

    def __init__(self) -> None:
        pass


def test_slippage_is_known_of_a_bar_matcher_that_has_its_rules() -> None:
    class Own(BarMatcher):
        pass

    matchers = BarMatcher(MatchingRules()), Own(MatchingRules()), Forgetful(), OwnMatcher()
    assert [slips_by_rules(one) for one in matchers] == [True, True, False, False]


def test_a_matcher_that_does_not_keep_its_rules_is_not_scaled() -> None:
    with pytest.raises(ConfigurationError, match=r"derive the matcher from friday_core\.api\.BarMatcher"):
        scaled_slippage(Forgetful(), 2.0, "own")
