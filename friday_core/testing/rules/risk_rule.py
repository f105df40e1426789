"""What a risk rule keeps: it makes orders, or targets, smaller, and never keeps anybody in a position."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from friday_core.domain.signals import Target
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.risk_rule import Bound, Proposal, RiskRule, Ruling
from friday_core.session.compiled.ruled import has_order_terms
from friday_core.testing import moments
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.subject import Subject
from friday_core.testing.timing import seconds_per_call
from friday_core.testing.watching import watching

_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_Question = tuple[Any, ...]


def _only_reduces(subject: Subject) -> None:
    made = subject.started()
    for question in _questions(subject):
        if isinstance(made, RiskAdjuster):
            _require_smaller(question[0], made.adjust(*question))
        else:
            _require_ruling(question[0], made.check(*question))


def _require_ruling(proposal: Proposal, ruling: object) -> None:
    order = proposal.order
    asked = f"asked to {order.side} {order.quantity} with {proposal.position} held it answers"
    if not isinstance(ruling, Ruling) or type(ruling.quantity) is not int:
        raise Broken(f"{asked} {ruling!r:.80}, which is no Ruling of a whole quantity")
    if not 0 <= ruling.quantity <= order.quantity:
        raise Broken(f"{asked} with {ruling.quantity}")
    if ruling.quantity < order.quantity and not _CODE.fullmatch(ruling.code):
        raise Broken(f"{asked} with {ruling.quantity} and the code {ruling.code!r}, which says nothing")


def _require_smaller(target: Target, answer: object) -> None:
    asked = f"given the weight {target.weight} of {target.instrument} it answers"
    if answer is None:
        return
    if not isinstance(answer, Target):
        raise Broken(f"{asked} {answer!r:.80}, which is neither a Target nor None")
    wording.require_target(asked, answer, target.instrument, target.weight)
    if abs(answer.weight) > abs(target.weight):
        raise Broken(f"{asked} with {answer.weight}, which is more")


def _lets_reductions_pass(subject: Subject) -> None:
    made = subject.started()
    if isinstance(made, RiskAdjuster):
        raise DoesNotApply("an adjuster is not asked about being flat")
    for proposal, book in _questions(subject):
        if moments.reduces(proposal):
            ruling = made.check(proposal, book)
            if ruling.quantity < proposal.order.quantity:
                wish = f"{proposal.order.side} {proposal.order.quantity} with {proposal.position} held"
                raise Broken(f"of {wish} it lets {ruling.quantity} pass ({ruling.code}: {ruling.detail})")


def _says_its_terms(subject: Subject) -> None:
    made = subject.started()
    if isinstance(made, RiskAdjuster) or not has_order_terms(made):
        raise DoesNotApply("it says no terms of orders: check is asked about each")
    for proposal, book in _questions(subject):
        order, ruling = proposal.order, made.check(proposal, book)
        terms = made.order_terms(proposal.instrument, proposal.session)
        asked = f"asked to {order.side} {order.quantity} with {proposal.position} held check answers {ruling!r:.80}"
        if terms is None:
            continue
        if terms.bound is Bound.ASKED:
            if ruling.quantity < proposal.reducing:
                raise Broken(f"{asked}, and by its terms {proposal.reducing} pass, which reduce")
        elif (expected := terms.ruling(proposal, book)) != ruling:
            raise Broken(f"{asked}, and its terms say {expected!r:.80}")


def _is_pure(subject: Subject) -> None:
    questions, ask = list(_questions(subject)), _asking(subject.started())
    there = [ask(one) for one in questions]
    again = [ask(one) for one in reversed(questions)][::-1]
    for question, first, second in zip(questions, there, again, strict=True):
        if first != second:
            raise Broken(f"asked twice about {question[0]!r:.120} it answers {first!r:.80} and then {second!r:.80}")


def _looks_at_nothing_else(subject: Subject) -> None:
    ask = _asking(subject.started())
    questions = list(_questions(subject))[:300]
    with watching(subject.packages) as watch:
        for one in questions:
            ask(one)
    wording.require_none(watch)


def _in_time(subject: Subject) -> None:
    timing = seconds_per_call(_asking(subject.started()), list(_questions(subject)), subject.seconds)
    wording.require_in_time(timing, subject.limits.row)


def _asking(made: RiskRule | RiskAdjuster) -> Callable[[_Question], object]:
    method: Callable[..., object] = made.adjust if isinstance(made, RiskAdjuster) else made.check
    return lambda question: method(*question)


def _questions(subject: Subject) -> Iterator[_Question]:
    """What the engine would hand over: (proposal, book), or (target, bar, book, state)."""
    made, market = subject.make(), subject.markets.daily
    if isinstance(made, RiskAdjuster):
        for bar in moments.bars(market, made.inputs)[::3]:
            for book in moments.books(bar):
                for target in moments.targets(bar.instrument.id):
                    yield from ((target, bar, book, state) for state in moments.STATES)
        return
    for bar in moments.bars(market)[::20]:
        yield from moments.proposals(bar.instrument, bar.raw.close)


RULES = (
    Rule(
        "it can only make smaller, and says why",
        "the engine takes the smallest ruling; one that is larger, of another side or without a code sends nothing",
        "answer Ruling(quantity, CODE, detail) with a quantity from 0 to what was asked, or a Target no larger than "
        "the one that was given, or None",
        _only_reduces,
    ),
    Rule(
        "an order that only reduces a position passes",
        "no number may hold a book in a position: reductions pass every limit of Friday's own",
        "return Ruling(proposal.order.quantity) where proposal.after is nearer to 0 than proposal.position and of the "
        "same side",
        _lets_reductions_pass,
    ),
    Rule(
        "its terms say what it checks",
        "a kernel that cannot ask takes its terms instead, and its result would be another one than the driver's",
        "answer from the terms in check, or leave order_terms out",
        _says_its_terms,
    ),
    Rule(
        "the same question has the same answer",
        "a refusal that depends on what was asked before cannot be repeated or explained",
        "judge by what is handed in, and keep nothing in self",
        _is_pure,
    ),
    Rule(wording.TOLD, wording.TOLD_WHY, wording.TOLD_MEND, _looks_at_nothing_else),
    Rule("it takes little time for each order", wording.TIME_WHY, wording.TIME_MEND, _in_time),
)
