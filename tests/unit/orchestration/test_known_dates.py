"""A run whose dates the calendar or the tariff does not know is refused; one near their end is warned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.plugin_list import PluginList
from fakes.schedules import Fixed, day, schedule

from friday_core.domain.instruments import Instrument
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.orders import Side
from friday_core.errors import DataSourceError, FactsError, Problem, ProblemKind
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.broker import ChargesPlan
from friday_core.orchestration.assembly import HOST_CAPABILITIES, Assembly, assemble
from friday_core.orchestration.known_dates import RunDates, date_problems, date_warnings, needed_facts
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.graph import resolve_graph
from friday_core.plugin.spec import ComponentSpec
from friday_settings import load_settings

#: A minute after midnight in India, and still the day before in London.
NOW = int(dt.datetime(2026, 12, 10, 18, 31, tzinfo=dt.UTC).timestamp()) * 1_000_000
TODAY = "2026-12-11"
WALL = "clock.kind=wall"
SESSIONS = schedule("2024-01-02", "2026-12-30", known=("2024-01-01", "2026-12-31"))
RATES = KnownDates(day("2021-04-01"), day("2027-03-31"), "say the rates: [plugins.charges.dated] rates")


class Dated(ChargesPlan):
    """Knows what a test says, or raises it."""

    says: KnownDates | Exception | None = RATES

    def charges(self, side: Side, quantity: int, notional: int) -> int:
        return 0

    def known(self, instruments: Sequence[Instrument]) -> KnownDates | None:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


Assembled = Callable[..., Assembly]


@pytest.fixture
def assembled(monkeypatch: pytest.MonkeyPatch) -> Assembled:
    """An assembly of the default profile with these ``--set`` options; ``says`` is what the tariff knows."""

    def build(*overrides: str, says: Any = RATES) -> Assembly:
        monkeypatch.setattr(Dated, "says", says)
        plugins = PluginList(monkeypatch)
        plugins.plugins += installed_plugins()
        plugins.add(
            ComponentSpec("charges", "dated", Dated), ComponentSpec("calendar", "fixed", lambda: Fixed(SESSIONS))
        )
        chosen = ["plugins.source.synthetic.sessions=5", "account.charges=dated", "data.calendar=fixed", *overrides]
        loaded = load_settings(folder=Path("nowhere"), environ={}, overrides=chosen)
        graph = resolve_graph(loaded, plugins.registry(), HOST_CAPABILITIES)
        return assemble(loaded.settings, graph, Path("nowhere"), SecretRegistry())

    return build


def problems(assembly: Assembly) -> list[Problem]:
    return list(date_problems(assembly, NOW))


@pytest.mark.parametrize(
    "data",
    [
        (),
        ("data.end=2026-12-31",),
        ("data.start=2021-04-01", "data.end=2026-12-31"),
        ("data.start=2026-12-31",),
        (WALL,),
    ],
)
def test_dates_that_both_know_are_no_problem(assembled: Assembled, data: tuple[str, ...]) -> None:
    assert problems(assembled(*data)) == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (("data.end=2027-01-01",), "2027-01-01, the last day of the run"),
        (("data.start=2027-01-01",), "2027-01-01, the first day of the run"),
        (("data.end=2023-12-31",), "2023-12-31, the last day of the run"),
        (
            ("data.start=2027-01-01", "data.end=2027-01-05"),
            "2027-01-01, the first day of the run, and 2027-01-05, the last day of the run",
        ),
    ],
)
def test_sessions_that_the_calendar_does_not_know_are_refused(
    assembled: Assembled, data: tuple[str, ...], told: str
) -> None:
    (problem,) = problems(assembled(*data))
    assert (problem.kind, problem.section, problem.plugin) == (ProblemKind.INVALID_VALUE, "data", "calendar.fixed")
    assert problem.message == f"no sessions are known for {told}: they are known for 2024-01-01 to 2026-12-31"
    assert problem.mend == "keep [data] start and end within these dates, or bring the calendar up to date"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (("data.start=2021-03-31",), "2021-03-31, the first day of the run"),
        (("data.start=2015-02-11", "data.end=2024-06-28"), "2015-02-11, the first day of the run"),
        (
            ("data.start=2015-02-11", "data.end=2027-04-01", "data.calendar="),
            "2015-02-11, the first day of the run, and 2027-04-01, the last day of the run",
        ),
    ],
)
def test_dates_without_rates_are_refused(assembled: Assembled, data: tuple[str, ...], told: str) -> None:
    (problem,) = problems(assembled(*data))
    assert (problem.kind, problem.section, problem.plugin) == (ProblemKind.INVALID_VALUE, "data", "charges.dated")
    assert problem.message == f"no rates are known for {told}: they are known for 2021-04-01 to 2027-03-31"
    assert problem.mend == (
        "keep [data] start and end within these dates, or say the rates: [plugins.charges.dated] rates"
    )


def test_both_are_told_at_once(assembled: Assembled) -> None:
    found = problems(assembled("data.end=2027-04-01"))
    assert [one.plugin for one in found] == ["calendar.fixed", "charges.dated"]


def test_a_tariff_that_says_nothing_of_dates_refuses_none(assembled: Assembled) -> None:
    assert problems(assembled("data.start=1999-01-01", "data.calendar=", says=None)) == []


def test_on_the_wall_clock_it_is_today_in_the_exchanges_zone_that_must_be_known(assembled: Assembled) -> None:
    until_yesterday = KnownDates(day("2021-04-01"), day("2026-12-10"), "say the rates")
    (problem,) = problems(assembled(WALL, "data.start=1999-01-01", says=until_yesterday))
    assert problem.message == (
        f"no rates are known for {TODAY}, which is today: they are known for 2021-04-01 to 2026-12-10"
    )
    assert problem.mend == "say the rates"


def test_past_data_on_the_wall_clock_have_their_own_dates(assembled: Assembled) -> None:
    long_ago = KnownDates(day("2021-04-01"), day("2024-12-31"))
    assert problems(assembled(WALL, "clock.speed=60", "data.end=2024-12-31", says=long_ago)) == []


@pytest.mark.parametrize(
    ("says", "kind", "message", "mend"),
    [
        (FactsError("no day has both\n    mend: trade one"), ProblemKind.INVALID_VALUE, "no day has both", "trade one"),
        (
            DataSourceError("gone"),
            ProblemKind.INVALID_VALUE,
            "gone",
            "report it to the author of charges.dated",
        ),
        (
            KeyError("secret"),
            ProblemKind.FACTORY_FAILED,
            "known() raised KeyError",
            "report it to the author of charges.dated",
        ),
        (
            (1, 2),
            ProblemKind.INVALID_VALUE,
            "charges plan Dated must answer known() with KnownDates or None, not (1, 2)",
            "report it to the author of charges.dated",
        ),
    ],
)
def test_a_tariff_that_cannot_tell_is_a_problem(
    assembled: Assembled, says: Any, kind: ProblemKind, message: str, mend: str
) -> None:
    (problem,) = problems(assembled("data.end=2024-06-28", says=says))
    assert (problem.kind, problem.message, problem.mend) == (kind, message, mend)
    assert (problem.section, problem.plugin) == ("account", "charges.dated")


def warned(assembly: Assembly, last: str) -> list[str]:
    return [told.partition(", and")[0] for told in date_warnings(needed_facts(assembly), day(last))]


def test_thirty_days_before_the_end_is_good_time_and_twenty_nine_are_not(assembled: Assembled) -> None:
    assembly = assembled()
    assert warned(assembly, "2026-12-01") == []
    assert warned(assembly, "2026-12-02") == ["sessions of calendar.fixed are known to 2026-12-31"]
    assert warned(assembly, "2027-03-02") == [
        "sessions of calendar.fixed are known to 2026-12-31",
        "rates of charges.dated are known to 2027-03-31",
    ]


def test_a_warning_names_the_end_of_the_run_and_the_mend(assembled: Assembled) -> None:
    (told,) = date_warnings(needed_facts(assembled("data.calendar=")), day("2027-03-15"))
    assert told == (
        "rates of charges.dated are known to 2027-03-31, and the run goes to 2027-03-15; "
        "say the rates: [plugins.charges.dated] rates"
    )


def test_of_what_is_known_for_any_date_nobody_is_warned(assembled: Assembled) -> None:
    assert needed_facts(assembled("data.calendar=", says=None)) == []


@pytest.mark.parametrize(
    ("data", "dates"),
    [
        ((), (None, None)),
        (("data.start=2024-01-01",), (day("2024-01-01"), None)),
        (("data.end=2024-06-28", "clock.speed=60", WALL), (None, day("2024-06-28"))),
        (("data.end=2024-06-28", WALL), (day(TODAY), day(TODAY))),
    ],
)
def test_the_dates_of_a_run_are_those_of_the_data_or_today(
    assembled: Assembled, data: tuple[str, ...], dates: tuple[int | None, int | None]
) -> None:
    assert RunDates.of(assembled(*data).settings, NOW)[:2] == dates
