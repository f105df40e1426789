"""Whether a session's slices can be the kernel's, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from friday_core.interfaces.broker import Matcher, Tariff
from friday_core.session.compiled.wishes import ORDER, SIGNAL, TARGET
from friday_core.session.desk import Desk
from friday_core.simulation.compiled.rates import is_known
from friday_core.simulation.matching import BarMatcher
from friday_core.simulation.matching_rules import FillAt, MatchingRules
from friday_core.trading.column_orders import CANCEL
from friday_core.trading.column_runner import ColumnRunner
from friday_core.trading.limits import Limits

#: What of limits and of matching rules the kernel knows: with anything else, slices are the driver's.
_LIMITS = frozenset({
    "order_value", "min_order_value", "position_ppm", "gross_ppm", "concentration_positions", "drawdown_ppm", "tiers",
    "day_loss_ppm", "orders_per_session", "open_orders", "allow_short", "buffer_ppm", "margin", "margin_buffer_ppm",
})  # fmt: skip
_RULES = frozenset({
    "latency", "slippage_ticks", "participation_ppm", "spread_ppm", "impact_ppm", "range_ppm", "protection_ppm", "fill",
    "band_ppm", "latency_us",
})  # fmt: skip


#: What of the account's limits the kernel knows, and what makes no difference to them.
_ACCOUNT = frozenset({"order_value", "gross_ppm", "allow_short"})


def obstacles(desks: Sequence[Desk], matcher: Matcher, charges: Tariff, *, nets: bool, limits: Limits) -> list[str]:
    """Why each slice is stepped in Python, in words for the user; empty where the kernel serves.

    ``nets`` says whether what several strategies order is netted, ``limits`` are the account's.
    """
    found = [] if desks else ["there is no strategy"]
    for desk in desks:
        found += [f"strategy {desk.name}: {reason}" for reason in _of_desk(desk)]
    found += _of_matcher(matcher)
    if not is_known(charges):
        found.append(
            f"charges plan {type(charges).__name__} charges more than shares of the notional, and has no terms"
        )
    if nets:
        found.append("what several strategies order is netted ([trading] netting)")
    found += [f"the limit {name} is set ([account])" for name in _others(limits, _ACCOUNT)]
    return found


def _of_desk(desk: Desk) -> Iterator[str]:
    runner = desk.runner
    if type(runner) is not ColumnRunner:
        yield "it is not written in columns"
        return
    program = runner.program
    decides = [name for name in (SIGNAL, TARGET, ORDER) if name in program.outputs]
    if len(decides) > 1:
        yield f"it returns both {decides[0]}s and {decides[1]}s"
    elif not decides:
        yield "it returns neither signals nor targets nor orders"
    elif CANCEL in program.outputs and (program.cone or ORDER not in decides):
        yield "its columns cancel, and read the book" if ORDER in decides else "it cancels, and does not order"
    elif SIGNAL in program.outputs and desk.share is None:
        yield "the sizer does more with a signal than to multiply its strength by a share"
    yield from _of_limits(desk.risk.limits)


def _of_limits(limits: Limits) -> Iterator[str]:
    for name in _others(limits, _LIMITS):
        yield f"the limit {name} is set ([risk])"


def _others(limits: Limits, known: frozenset[str]) -> Iterator[str]:
    """The names of limits that are set, besides those that are known."""
    for one in fields(limits):
        if one.name not in known and getattr(limits, one.name) != one.default:
            yield one.name


def _of_matcher(matcher: Matcher) -> Iterator[str]:
    if type(matcher) is not BarMatcher:
        yield f"the broker has a matcher of its own ({type(matcher).__name__})"
        return
    rules: MatchingRules = matcher.rules
    if rules.fill is FillAt.THIS_CLOSE:
        yield "orders trade at the close that decided them"
    for one in fields(rules):
        if one.name not in _RULES and getattr(rules, one.name) != one.default:
            yield f"the broker's rules have {one.name}"
