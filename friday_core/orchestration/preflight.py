"""What is in order, and what is not, before a session trades real money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from friday_core.domain.findings import Finding, Outcome
from friday_core.domain.records import Armed
from friday_core.domain.sessions import SessionDates, to_date, to_datetime
from friday_core.errors import FridayError, JournalError
from friday_core.interfaces.component import Component
from friday_core.interfaces.connection import Connection
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.checks import mode_of
from friday_core.orchestration.journaling import folder_of
from friday_core.orchestration.known_dates import date_warnings, needed_facts
from friday_core.plugin.sections import RiskSettings
from friday_core.plugin.time_limit import OverdueError, within
from friday_core.session.on_disk.armed_file import ArmedFile, SessionStanding
from friday_core.session.on_disk.holder import is_held

_SECOND = 1_000_000
#: Seconds by which what a session tells of itself may be old.
_OLD = 15.0


@dataclass(frozen=True, slots=True)
class Preflight:
    """Where a profile is armed, and what was found; nothing is looked for where no money is at stake."""

    folder: Path
    mode: str
    findings: tuple[Finding, ...] = ()


def preflight(assembly: Assembly, profile: str, now: int, place: Path | None = None) -> Preflight:
    """Of a configuration without problems, at ``now`` (microseconds UTC). Components are asked, and none is started.

    ``place`` stands for the folder where the profile keeps its journals.
    """
    mode = mode_of(assembly)
    folder = place or folder_of(assembly.settings, profile, mode) or Path()
    if mode != "live":
        return Preflight(folder, mode)
    found = [
        *limits(assembly.settings.risk),
        *_calendar(assembly, now),
        *_components(assembly),
        *_session(assembly, folder, now),
    ]
    return Preflight(folder, mode, tuple(found))


def armed_finding(folder: Path, now: int) -> Finding:
    """Whether a person has armed the sessions of a folder."""
    try:
        armed = ArmedFile(folder).read()
    except JournalError as error:
        return Finding(Outcome.WARN, "armed", str(error), "friday arm")
    if armed is None:
        return Finding(Outcome.WARN, "armed", "nobody has armed it: no order that adds is sent", "friday arm")
    if armed.until <= now:
        return Finding(Outcome.WARN, "armed", f"it was armed, {told(armed)}: that is over", "friday arm")
    return Finding(Outcome.OK, "armed", told(armed))


def told(armed: Armed) -> str:
    """Who armed a session, for how long, for how much and why."""
    until = f"{to_datetime(armed.until):%Y-%m-%d %H:%M} UTC"
    return f"by {armed.who or 'somebody'} until {until}, for {armed.capital:,} at most: {armed.reason}"


def limits(risk: RiskSettings) -> Iterator[Finding]:
    """What has to be limited where money is real."""
    wanted = {
        "max_drawdown": ("how much may be lost from the peak", "0.2"),
        "max_day_loss": ("how much may be lost in a day", "0.03"),
        "max_order_value": ("what an order may be worth", "100_000"),
        "max_orders_per_session": ("how many orders a session may send", "200"),
    }
    missing = [key for key in wanted if getattr(risk, key) is None]
    for key in missing:
        what, example = wanted[key]
        yield Finding(
            Outcome.FAIL, "limits", f"nothing says {what}", f"set [risk] {key}, for example {key} = {example}"
        )
    if not missing:
        yield Finding(Outcome.OK, "limits", ", ".join(f"{key} {getattr(risk, key)}" for key in wanted))


def _calendar(assembly: Assembly, now: int) -> Iterator[Finding]:
    """That today's session is known, and for how much longer facts are; a date that is not known refuses the start."""
    today = int(SessionDates(assembly.settings.data.timezone).of(np.array([now]))[0])
    if assembly.schedule is None:
        mend = 'write [data] calendar = "indian", or the calendar of your exchange'
        yield Finding(Outcome.FAIL, "calendar", "no calendar tells whether the exchange trades today", mend)
    elif int(assembly.schedule.on(np.array([today]))[0]) < 0:
        yield Finding(Outcome.WARN, "calendar", f"{to_date(today)} is no session", "arm it on the day of one")
    else:
        yield Finding(Outcome.OK, "calendar", f"{to_date(today)} is a session of {assembly.schedule.name}")
    warnings = date_warnings(needed_facts(assembly), today)
    for one in warnings:
        yield Finding(Outcome.WARN, "facts", one, "bring the facts up to date")
    if not warnings:
        yield Finding(Outcome.OK, "facts", "calendar and charges are known for weeks to come")


def _components(assembly: Assembly) -> Iterator[Finding]:
    """Connections first: without them nothing else of their vendor can be in order."""
    ordered = sorted(assembly.components.items(), key=lambda one: not isinstance(one[1], Connection))
    for name, component in ordered:
        yield from asked(name, component, assembly.settings.run.step_timeout)


def asked(name: str, component: Component, limit: float) -> Sequence[Finding]:
    """What a component finds; one that cannot tell is not in order."""
    if getattr(component.preflight, "__func__", None) is Component.preflight:
        return ()
    try:
        return tuple(within(limit, component.preflight, f"preflight {name}"))
    except OverdueError:
        evidence, mend = f"preflight() took longer than {limit:g} s", "look at its service, or raise [run] step_timeout"
    except FridayError as error:
        evidence, mend = f"preflight() failed: {error}", "mend that"
    except Exception as error:  # noqa: BLE001 - the author's code may raise anything, and its text hold a secret
        evidence, mend = f"preflight() raised {type(error).__name__}", f"report it to the author of {name}"
    return (Finding(Outcome.FAIL, name, evidence, mend),)


def _session(assembly: Assembly, folder: Path, now: int) -> Iterator[Finding]:
    """What the session that runs knows of its broker and of its rows."""
    if not is_held(folder):
        mend = "friday run, with the same profile: it sends nothing that adds before it is armed"
        yield Finding(Outcome.FAIL, "session", f"none runs in {folder}: nobody has read the broker's book", mend)
        return
    standing = ArmedFile(folder).standing()
    if standing is None or now - standing.ts > _OLD * _SECOND:
        mend = "wait until it has read the broker's book; see its log"
        yield Finding(Outcome.FAIL, "session", "it runs and has not told how it stands", mend)
        return
    yield from _reconciled(standing, assembly.settings.broker.read_every)
    if standing.missing or not standing.latest_row:
        evidence = standing.missing or "no row has come yet"
        yield Finding(Outcome.FAIL, "data", evidence, "wait for rows, or look at the source")
    else:
        yield Finding(
            Outcome.OK, "data", f"the last row is of {to_datetime(standing.latest_row):%Y-%m-%d %H:%M:%S} UTC"
        )


def _reconciled(standing: SessionStanding, read_every: float) -> Iterator[Finding]:
    old = (standing.ts - standing.book_read) / _SECOND
    for one in standing.unclear:
        yield Finding(Outcome.FAIL, "reconciliation", one, "friday reconcile; when you have looked: friday rearm")
    if not standing.book_read or old > 2 * read_every + _OLD:
        evidence = f"the broker's book was read {old:.0f} s ago" if standing.book_read else "the book was not read yet"
        yield Finding(Outcome.FAIL, "reconciliation", evidence, "friday reconcile")
    elif not standing.unclear:
        yield Finding(Outcome.OK, "reconciliation", f"the books agree with the broker's, read {old:.0f} s ago")
