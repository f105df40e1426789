"""Charges and slippage of a session, several times what they are: how much a result hangs on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from friday_core.domain.bill_terms import BillTerms
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.money import divide_half_even
from friday_core.domain.orders import Side
from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.interfaces.broker import Matcher, Tariff
from friday_core.simulation.fill_rules import PPM
from friday_core.simulation.matching import BarMatcher, MatchingRules

#: What of ``MatchingRules`` is slippage, besides ticks.
_SHARES = ("spread_ppm", "impact_ppm", "range_ppm")


class ScaledCharges(Tariff):
    """``scale * charges`` of another plan, rounded half-even to the minor unit. It has no life of its own."""

    def __init__(self, plan: Tariff, scale: float) -> None:
        self._plan = plan
        self._scale = Fraction(str(scale))

    def charges_of(self, order: ExecutedOrder) -> int:
        charged = self._plan.charges_of(order)
        return divide_half_even(charged * self._scale.numerator, self._scale.denominator)

    def shares(self) -> tuple[tuple[int, int], ...] | None:
        of_plan = known_shares(self._plan)
        return None if of_plan is None else (*of_plan, (self._scale.numerator, self._scale.denominator))

    def bill_terms(self, instrument: Instrument, side: Side, product: str, session: int) -> BillTerms | None:
        of_plan = self._plan.bill_terms(instrument, side, product, session) if has_bill_terms(self._plan) else None
        # Terms are rounded after one scale, not after each of two.
        return None if of_plan is None or of_plan.scale != 1 else replace(of_plan, scale=self._scale)

    def known(self, instruments: Sequence[Instrument]) -> KnownDates | None:
        return self._plan.known(instruments)


def known_shares(plan: Tariff) -> tuple[tuple[int, int], ...] | None:
    """``plan.shares()``, unless a class that knows nothing of them has changed what is charged."""
    return plan.shares() if _says_what_it_charges(plan, "shares") else None


def has_bill_terms(plan: Tariff) -> bool:
    """Whether ``plan.bill_terms`` may be asked: the same of ``bill_terms``."""
    if isinstance(plan, ScaledCharges):
        return has_bill_terms(plan._plan)
    return _definer(plan, "bill_terms") is not Tariff and _says_what_it_charges(plan, "bill_terms")


def _says_what_it_charges(plan: Tariff, method: str) -> bool:
    """Whether no class that derives from the one that has the method changes what is charged."""
    said = _definer(plan, method)
    return all(issubclass(said, _definer(plan, name)) for name in ("charges_of", "charges"))


def _definer(plan: Tariff, name: str) -> type:
    return next((kind for kind in type(plan).__mro__ if name in vars(kind)), object)


def scaled_charges(plan: Tariff, scale: float) -> Tariff:
    """The plan itself for a scale of 1."""
    return plan if scale == 1 else ScaledCharges(plan, scale)


def slips_by_rules(matcher: Matcher) -> bool:
    """Whether its slippage is known, and can be scaled: that of ``MatchingRules``."""
    return isinstance(matcher, BarMatcher) and isinstance(getattr(matcher, "rules", None), MatchingRules)


def scaled_slippage(matcher: Matcher, scale: float, broker: str) -> Matcher:
    """The same rules with every kind of slippage times ``scale``, up to whole ticks and parts per million.

    It is the matcher itself for a scale of 1. Shares stop at one: nobody pays more than all of the price.
    ``ConfigurationError`` for a matcher that does not slip by the rules of ``BarMatcher``; ``broker`` is
    the name of the broker that made it.
    """
    if scale == 1:
        return matcher
    if not isinstance(matcher, BarMatcher) or not slips_by_rules(matcher):
        message = f"broker {broker!r} has a matcher of its own ({type(matcher).__name__}), whose slippage is not known"
        mend = "leave slippage_scale out, or derive the matcher from friday_core.api.BarMatcher"
        raise ConfigurationError([Problem(ProblemKind.INVALID_VALUE, message, mend, "broker", f"broker.{broker}")])
    rules, times = matcher.rules, Fraction(str(scale))
    shares = {name: min(PPM, math.ceil(getattr(rules, name) * times)) for name in _SHARES}
    return matcher.with_rules(replace(rules, slippage_ticks=math.ceil(rules.slippage_ticks * times), **shares))
