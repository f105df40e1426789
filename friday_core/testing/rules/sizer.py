"""What a sizer keeps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from friday_core.domain.market import Bar
from friday_core.domain.signals import Signal, Target
from friday_core.interfaces.strategy import BookView
from friday_core.testing import moments
from friday_core.testing.outcomes import Broken
from friday_core.testing.rule import Rule
from friday_core.testing.rules import wording
from friday_core.testing.subject import Subject
from friday_core.testing.timing import seconds_per_call
from friday_core.testing.watching import watching

#: Times the equity that a position may be: more is a mistake of the unit.
_LARGEST = 10.0
_Asked = tuple[Signal, Bar, BookView]


def _answers_within_bounds(subject: Subject) -> None:
    sizer = subject.started()
    for signal, bar, book in _questions(subject):
        answer: object = sizer.size(signal, bar, book)
        asked = f"asked about strength {signal.strength} of {signal.instrument} it answers"
        if answer is None:
            continue
        if not isinstance(answer, Target):
            raise Broken(f"{asked} {answer!r:.80}, which is neither a Target nor None")
        wording.require_target(asked, answer, signal.instrument, signal.strength)
        if signal.strength == 0.0 and answer.weight != 0.0:
            raise Broken(f"{asked} with the weight {answer.weight}, and 0 means flat")
        if abs(answer.weight) > _LARGEST:
            raise Broken(f"{asked} with {answer.weight:g} times the equity")


def _answers_to_flat(subject: Subject) -> None:
    sizer = subject.started()
    for signal, bar, book in _questions(subject):
        if signal.strength == 0.0 and sizer.size(signal, bar, book) is None:
            missing = [name for name in sizer.inputs if math.isnan(bar[name])]
            raise Broken(f"it has no answer to strength 0 of {signal.instrument} where {', '.join(missing)} is NaN")


def _is_pure(subject: Subject) -> None:
    questions, sizer = list(_questions(subject)), subject.started()
    there = [sizer.size(*one) for one in questions]
    back = [subject.started().size(*one) for one in questions[:20]]
    again = [sizer.size(*one) for one in reversed(questions)][::-1]
    for (signal, bar, _), first, second in zip(questions, there, again, strict=True):
        if first != second:
            asked = f"strength {signal.strength} of {signal.instrument} at {bar.ts_event}"
            raise Broken(f"asked twice about {asked} it answers {first!r:.80} and then {second!r:.80}")
    if back != there[: len(back)]:
        raise Broken("a fresh one answers otherwise than one that was asked before")


def _looks_at_nothing_else(subject: Subject) -> None:
    sizer = subject.started()
    questions = list(_questions(subject))[:300]
    with watching(subject.packages) as watch:
        for one in questions:
            sizer.size(*one)
    wording.require_none(watch)


def _in_time(subject: Subject) -> None:
    sizer = subject.started()
    timing = seconds_per_call(lambda one: sizer.size(*one), list(_questions(subject)), subject.seconds)
    wording.require_in_time(timing, subject.limits.row)


def _questions(subject: Subject) -> Iterator[_Asked]:
    made: Any = subject.make()
    for bar in moments.bars(subject.markets.daily, made.inputs):
        for book in moments.books(bar):
            for signal in moments.signals(bar.instrument.id):
                yield signal, bar, book


RULES = (
    Rule(
        "a target is of the signal's instrument and side, and of a size that somebody could mean",
        "a weight of the wrong side or unit is an order, as far as the limits let it pass",
        "scale signal.strength by a share of the equity between 0 and 1, and answer None where a column is NaN",
        _answers_within_bounds,
    ),
    Rule(
        "a signal to be flat is always answered",
        "whoever wants out must not be kept in because a column is missing",
        "answer Target(signal.instrument, 0.0, signal.reason) for strength 0 before anything else",
        _answers_to_flat,
    ),
    Rule(
        "the same question has the same answer",
        "sizes that depend on what was asked before cannot be repeated or explained",
        "compute from signal, bar and book only, and keep nothing in self",
        _is_pure,
    ),
    Rule(wording.TOLD, wording.TOLD_WHY, wording.TOLD_MEND, _looks_at_nothing_else),
    Rule("it takes little time for each decision", wording.TIME_WHY, wording.TIME_MEND, _in_time),
)
