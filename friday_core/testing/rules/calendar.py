"""What a calendar keeps."""

from __future__ import annotations

import numpy as np

from friday_core.domain.schedule import Schedule
from friday_core.testing.outcomes import Broken
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject


def _knows_sessions(subject: Subject) -> None:
    made: object = subject.make().schedule()
    if not isinstance(made, Schedule):
        raise Broken(f"schedule() answers with {made!r:.60}, which is no Schedule")
    if not made.name:
        raise Broken("its schedule has no name, and messages could not say whose dates they are about")


def _is_stable(subject: Subject) -> None:
    one = subject.make()
    first, again, other = one.schedule(), one.schedule(), subject.make().schedule()
    for how, found in (("asked again", again), ("asked of a fresh one", other)):
        same = all(np.array_equal(a, b) for a, b in zip(first.sessions, found.sessions, strict=True))
        if not same or (first.first, first.last) != (found.first, found.last):
            raise Broken(f"{how} its schedule is another one")


RULES = (
    Rule(
        "it answers with a schedule that has a name",
        "month ends, hours of bars and rows out of hours are worked out from it",
        "return friday_core.api.Schedule(name, dates, opens, closes, known=(first, last))",
        _knows_sessions,
    ),
    Rule(
        "the same settings give the same sessions",
        "the host and every component that requires it ask for themselves, and must not differ",
        "compute the sessions from the settings and from data that you ship, not from today's date",
        _is_stable,
    ),
)
