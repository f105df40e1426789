"""Targets pass the risk adjusters, which can only make them smaller."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.domain.market import Bar
from friday_core.domain.signals import Target
from friday_core.errors import PluginContractError
from friday_core.interfaces.risk_adjuster import RiskAdjuster, RiskState
from friday_core.interfaces.strategy import BookView


def adjusted(
    adjusters: Mapping[str, RiskAdjuster], target: Target, bar: Bar, book: BookView, state: RiskState
) -> tuple[Target | None, str]:
    """What the adjusters leave of a target, one after the other, and in words who made it smaller.

    ``None`` if one of them decides nothing, and who. ``PluginContractError`` names one that answers
    with another instrument, the other side, a larger weight or no target at all. What an adjuster
    raises is not caught here. Flat stays flat, unasked.
    """
    steps = []
    for name, adjuster in adjusters.items():
        if target.ppm == 0:
            break
        answer = adjuster.adjust(target, bar, book, state)
        if answer is None:
            return None, f"{name} made no target of it"
        if not _is_reduction(answer, target):
            raise PluginContractError(f"{name} may only reduce a target: it made {answer!r:.120} of {target!r:.120}")
        if answer.weight != target.weight:
            steps.append(f"{name}: weight {target.weight:.6f} -> {answer.weight:.6f}")
        target = answer
    return target, "; ".join(steps)


def _is_reduction(answer: object, target: Target) -> bool:
    return (
        isinstance(answer, Target)
        and answer.instrument == target.instrument
        and abs(answer.weight) <= abs(target.weight)
        and answer.weight * target.weight >= 0.0
    )
