"""Whether the grades of a session's components suffice for its mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from friday_core.errors import Problem, ProblemKind

#: Kinds whose numbers become orders.
_JUDGED = frozenset({"strategy", "transformer", "feature_set"})


def check_grades(mode: str, grades: Mapping[str, str], allowed: bool) -> Iterator[Problem]:
    """Components that may not place live orders, unless it is ``allowed`` that they do.

    ``grades`` maps components by their id in the graph (``strategy.first``) to their grade. Only
    grade A is bit for bit the same live as in a backtest: every other one is a problem in mode
    ``live``, and none is in any other mode.
    """
    if mode != "live" or allowed:
        return
    for component, grade in grades.items():
        kind, _, _ = component.partition(".")
        if kind in _JUDGED and grade != "A":
            message = f"{component} is of grade {grade}: live it may decide otherwise than in a backtest"
            mend = "set [trading] allow_grade_c = true, or use a component that is written in columns or by events"
            yield Problem(ProblemKind.MODE_CONFLICT, message, mend, "trading", component)
