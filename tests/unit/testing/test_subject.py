"""How a component comes to the rules: its settings, its requirements, and what a failure says."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field

from friday_core.api import Calendar, ComponentSpec, Notification, Notifier, PluginSettings, Universe
from friday_core.testing.markets import Market, Markets
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Check, Rule
from friday_core.testing.subject import Limits, Provision, Subject
from friday_core.testing.timing import seconds_per_call

MARKETS = Markets(sessions=60)


class Told(Notifier):
    """Keeps what it was made from."""

    def __init__(self, settings: Any = None, **handed: Any) -> None:
        self.settings, self.handed = settings, handed

    def notify(self, notification: Notification) -> None:
        pass


class Reads(PluginSettings):
    path: Path = Field(description="A file.")


class Needs(PluginSettings):
    rate: float = Field(gt=0, description="Per second.")


def rule(test: Any) -> Rule:
    return Rule("it does what it should", "somebody relies on it", "do it", test)


def failure(subject: Subject, test: Any) -> str:
    with pytest.raises(Broken, match="breaks the rule: it does what it should") as caught:
        Check(subject, rule(test))()
    return str(caught.value)


def test_a_path_that_must_be_given_is_the_market_as_a_file() -> None:
    subject = Subject(ComponentSpec("notifier", "told", Told, Reads), markets=MARKETS)
    made = subject.make(MARKETS.minutes)
    assert made.settings.path.read_text("utf-8") == MARKETS.minutes.as_csv


def test_another_future_is_in_the_file_too() -> None:
    subject = Subject(ComponentSpec("notifier", "told", Told, Reads), markets=MARKETS)
    other = MARKETS.daily.with_future(100, "cut off")
    assert len(subject.make(other).settings.path.read_text("utf-8").splitlines()) == 101


def test_requirements_are_served_by_doubles_of_the_market() -> None:
    requires = {"universe": "universe", "calendar": "calendar", "folder": "run_folder"}
    subject = Subject(ComponentSpec("notifier", "told", Told, requires=requires), markets=MARKETS)
    made = subject.make()
    universe, calendar = made.handed["universe"], made.handed["calendar"]
    assert isinstance(universe, Universe)
    assert isinstance(calendar, Calendar)
    assert calendar.schedule() is MARKETS.daily.schedule
    assert made.handed["folder"].is_dir()


def test_an_author_serves_what_the_kit_cannot() -> None:
    spec = ComponentSpec("notifier", "told", Told, requires={"moon": "strategy:moon"})

    def provide(_key: str, _market: Market, _folder: Path) -> Provision:
        return Provision(requirements={"moon": "full"})

    assert Subject(spec, provide=provide, markets=MARKETS).make().handed == {"moon": "full"}
    with pytest.raises(Broken, match="nothing stands in for 'strategy:moon'"):
        Subject(spec, markets=MARKETS).built()


def test_what_cannot_be_made_breaks_one_rule_and_the_others_do_not_apply() -> None:
    subject = Subject(ComponentSpec("notifier", "told", Told, Needs), markets=MARKETS)
    with pytest.raises(DoesNotApply, match="it cannot be made: rate: Field required"):
        subject.make()


class Opens(Told):
    """Notes the steps of its life, one of them without blocking anybody."""

    steps: ClassVar[list[str]] = []

    def initialize(self) -> None:
        self.steps.append(f"initialize {self.settings.path.name}")

    async def start(self) -> None:
        self.steps.append("start")

    def stop(self) -> None:
        self.steps.append("stop")


def test_what_is_started_is_initialized_with_its_own_market_and_stopped_after_the_rule() -> None:
    subject = Subject(ComponentSpec("notifier", "opens", Opens, Reads), markets=MARKETS)
    other = MARKETS.daily.with_future(100, "cut off")

    def starts(one: Subject) -> None:
        one.started()
        Opens.steps.clear()
        one.started(other)

    Check(subject, rule(starts))()
    assert Opens.steps == ["initialize daily-100-cut-off.csv", "start", "stop", "stop"]


class NeverStarts(Told):
    def start(self) -> None:
        raise RuntimeError("no permission")


def test_what_cannot_be_started_breaks_one_rule_and_the_others_do_not_apply() -> None:
    subject = Subject(ComponentSpec("notifier", "never", NeverStarts), markets=MARKETS)
    with pytest.raises(DoesNotApply, match=r"it cannot be started: .*start failed: RuntimeError: no permission"):
        subject.started()


class Connects(Told):
    def start(self) -> None:
        socket.create_connection(("prices.example", 443))


def test_what_connects_when_it_starts_is_not_to_blame() -> None:
    subject = Subject(ComponentSpec("notifier", "connects", Connects), markets=MARKETS)
    with pytest.raises(DoesNotApply, match=r"it connects to 'prices.example', and the kit's network is down"):
        subject.started()


def test_the_folder_of_a_subject_goes_with_it() -> None:
    subject = Subject(ComponentSpec("notifier", "told", Told), markets=MARKETS)
    folder = subject.folder
    assert folder.is_dir()
    del subject
    assert not folder.exists()


def test_what_a_component_raises_is_told_with_its_own_line() -> None:
    def stumble(_subject: Subject) -> None:
        raise KeyError("volume")

    subject = Subject(ComponentSpec("notifier", "told", Told), markets=MARKETS)
    assert "seen: the plugin raised KeyError: 'volume' (test_subject.py, line " in failure(subject, stumble)


def test_what_does_not_come_back_is_told_in_time() -> None:
    subject = Subject(ComponentSpec("notifier", "told", Told), limits=Limits(check=0.05), markets=MARKETS)
    assert "seen: it did not come back within 0.05 s" in failure(subject, lambda _subject: time.sleep(1.0))


def test_what_does_not_apply_says_why() -> None:
    def refuse(_subject: Subject) -> None:
        raise DoesNotApply("it remembers nothing")

    with pytest.raises(DoesNotApply, match=r"^it remembers nothing$"):
        Check(Subject(ComponentSpec("notifier", "told", Told), markets=MARKETS), rule(refuse))()


def test_calls_that_take_ever_longer_are_told_from_calls_that_are_slow() -> None:
    clock = [0.0]

    def takes(seconds: float) -> None:
        clock[0] += seconds

    def measured(seconds: Sequence[float]) -> bool:
        return seconds_per_call(takes, seconds, now=lambda: clock[0]).grows

    assert measured([number * 1e-5 for number in range(1_000)])
    assert not measured([0.02] * 1_000)
