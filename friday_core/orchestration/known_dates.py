"""Whether the calendar and the tariff know the dates of a run, and for how much longer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from friday_core.domain.known_dates import KnownDates
from friday_core.domain.sessions import SessionDates, to_date, to_days
from friday_core.errors import FridayError, Problem, ProblemKind
from friday_core.market.facts import NOTICE
from friday_core.orchestration.assembly import Assembly
from friday_core.plugin.plan import SettingsSections
from friday_core.plugin.spec import Kind
from friday_core.session.known_rates import known_rates


class RunDates(NamedTuple):
    """First and last date of a run, in days since 1970-01-01, as far as they are known before it starts."""

    first: int | None
    last: int | None
    is_today: bool = False

    @classmethod
    def of(cls, settings: SettingsSections, now: int) -> RunDates:
        """Those of ``[data]``; on the wall clock the date at ``now``, in microseconds UTC.

        Past data that are played on the wall clock keep their own dates.
        """
        clock, data = settings.clock, settings.data
        if clock.kind == "wall" and clock.speed is None:
            today = int(SessionDates(data.timezone).of(np.array([now]))[0])
            return cls(today, today, is_today=True)
        first, last = (None if date is None else to_days(date) for date in (data.start, data.end))
        return cls(first, last)

    def beyond(self, known: KnownDates) -> list[str]:
        """The dates that are not among these, as they are told."""
        places = [(self.first, "the first day of the run"), (self.last, "the last day of the run")]
        if self.is_today:
            places = [(self.last, "which is today")]
        return [f"{to_date(date)}, {place}" for date, place in places if date is not None and not known.knows(date)]


class NeededFacts(NamedTuple):
    """Facts that a run needs, and the component that knows them, as ``kind.name``."""

    what: str
    plugin: str
    dates: KnownDates


def date_problems(assembly: Assembly, now: int) -> Iterator[Problem]:
    """The run begins or ends on a date for which there are no rates, or ends on one that the calendar does not know.

    Dates before the first that the calendar knows are no problem as such: their rows are flagged with NaN.
    """
    run = RunDates.of(assembly.settings, now)
    for one in _sessions(assembly):
        first = None if run.first is None else max(run.first, one.dates.first)
        yield from _unknown(one, run._replace(first=first))
    try:
        rates = list(_rates(assembly))
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything
        yield _silent(assembly, error)
    else:
        for one in rates:
            yield from _unknown(one, run)


def needed_facts(assembly: Assembly) -> list[NeededFacts]:
    """What the calendar and the tariff of an assembly without problems know."""
    return [*_sessions(assembly), *_rates(assembly)]


def date_warnings(facts: Iterable[NeededFacts], last: int) -> list[str]:
    """A sentence with its mend for each of the facts that ends soon after the last day of a run, or before it."""
    return [_told(one, last) for one in facts if one.dates.last - last < NOTICE]


def _sessions(assembly: Assembly) -> Iterator[NeededFacts]:
    if assembly.schedule is not None:
        yield NeededFacts("sessions", f"{Kind.CALENDAR}.{assembly.settings.data.calendar}", assembly.schedule.known)


def _rates(assembly: Assembly) -> Iterator[NeededFacts]:
    rates = known_rates(assembly.charges, tuple(assembly.universe))
    if rates is not None:
        yield NeededFacts("rates", _tariff(assembly), rates)


def _tariff(assembly: Assembly) -> str:
    return f"{Kind.CHARGES}.{assembly.settings.account.charges}"


def _unknown(facts: NeededFacts, run: RunDates) -> Iterator[Problem]:
    """One problem with every date that is not known."""
    beyond = run.beyond(facts.dates)
    if beyond:
        message = f"no {facts.what} are known for {', and '.join(beyond)}: they are known for {facts.dates}"
        keep = "" if run.is_today else "keep [data] start and end within these dates, or "
        yield Problem(ProblemKind.INVALID_VALUE, message, f"{keep}{facts.dates.mend}", "data", facts.plugin)


def _silent(assembly: Assembly, error: Exception) -> Problem:
    """A tariff that cannot tell; of an error that nobody foresaw only the type, as its text may hold a secret."""
    kind, who = ProblemKind.FACTORY_FAILED, _tariff(assembly)
    message, mend = f"known() raised {type(error).__name__}", f"report it to the author of {who}"
    if isinstance(error, FridayError):
        kind = ProblemKind.INVALID_VALUE
        message, _, said = str(error).partition("\n    mend: ")
        mend = said or mend
    return Problem(kind, message, mend, "account", who)


def _told(facts: NeededFacts, last: int) -> str:
    dates = facts.dates
    return (
        f"{facts.what} of {facts.plugin} are known to {to_date(dates.last)}, "
        f"and the run goes to {to_date(last)}; {dates.mend}"
    )
