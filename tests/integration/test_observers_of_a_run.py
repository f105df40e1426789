"""An observer sees a run and cannot change, break or delay it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.components import Watching
from fakes.installed import Installed, UserFolder

from friday_core.api import ComponentSpec, Notification, Notifier, OrderEnded, OrderStatus, hookimpl
from friday_core.orchestration import host as host_module
from friday_core.orchestration.host import RunResult

#: Let go at the end of each test.
RELEASED = threading.Event()
#: Long enough that a run which waits for its observers cannot be overlooked.
DRAIN = 0.3


class Raising(Watching):
    @hookimpl
    def friday_component_state(self, component: str, old: str, new: str) -> None:
        raise RuntimeError(f"{component} again")

    @hookimpl
    def friday_session_opened(self, profile: str, mode: str) -> None:
        raise SystemExit(0)

    @hookimpl
    def friday_order_terminal(self, order: OrderEnded) -> None:
        raise RuntimeError(order.tag)

    @hookimpl
    def friday_session_closed(self, summary: dict[str, Any]) -> None:
        summary.clear()
        raise KeyboardInterrupt


class Hanging(Watching):
    @hookimpl
    def friday_session_opened(self, profile: str, mode: str) -> None:
        RELEASED.wait()


class Diary(Watching):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []

    @hookimpl
    def friday_component_state(self, component: str, old: str, new: str) -> None:
        self.told.append(f"{component} {new}")

    @hookimpl
    def friday_session_opened(self, profile: str, mode: str) -> None:
        self.told.append(f"opened {profile} {mode}")

    @hookimpl
    def friday_order_terminal(self, order: OrderEnded) -> None:
        self.told.append(order)

    @hookimpl
    def friday_session_closed(self, summary: dict[str, Any]) -> None:
        self.told.append(summary)


class HangingNotifier(Notifier):
    def notify(self, notification: Notification) -> None:
        RELEASED.wait()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.setattr(host_module, "DRAIN_SECONDS", DRAIN)
    RELEASED.clear()
    before = set(threading.enumerate())
    yield Installed(monkeypatch)
    RELEASED.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def run_with(folder: UserFolder, *observers: str, **options: Any) -> RunResult:
    listed = ", ".join(f'"{name}"' for name in observers)
    return folder.host(overrides=[f"run.observers=[{listed}]", *options.get("overrides", ())]).run()


def digest(result: RunResult) -> str:
    return str(result.summary["results"]["digest"])


@pytest.mark.parametrize("observer", [Raising, Hanging])
def test_a_run_finishes_with_the_same_digest_and_in_time_whatever_an_observer_does(
    installed: Installed, folder: UserFolder, observer: type[Watching]
) -> None:
    undisturbed = digest(run_with(folder))
    installed.add(ComponentSpec("observer", "odd", observer))
    began = time.monotonic()
    result = run_with(folder, "odd")
    assert time.monotonic() - began < DRAIN + 5.0
    assert (result.status, digest(result)) == ("finished", undisturbed)


def test_an_observer_that_raises_is_named_in_the_log_with_what_it_raised(
    installed: Installed, folder: UserFolder
) -> None:
    installed.add(ComponentSpec("observer", "odd", Raising))
    log = (run_with(folder, "odd").folder / "log.jsonl").read_text()
    assert '"event":"an event handler failed"' in log
    assert '"subscriber":"observer observer.odd instance"' in log
    assert "source.synthetic again" in log


def test_an_observer_that_hangs_is_named_in_the_log(installed: Installed, folder: UserFolder) -> None:
    installed.add(ComponentSpec("observer", "odd", Hanging))
    log = (run_with(folder, "odd").folder / "log.jsonl").read_text()
    assert '"event":"a subscriber did not drain"' in log
    assert '"subscriber":"observer observer.odd instance"' in log


def test_the_other_observers_are_told_everything_in_order(installed: Installed, folder: UserFolder) -> None:
    diary = Diary()
    for name, made in (("raising", Raising), ("hanging", Hanging), ("diary", lambda: diary)):
        installed.add(ComponentSpec("observer", name, made))
    result = run_with(folder, "raising", "hanging", "diary")
    texts = [one if isinstance(one, str) else type(one).__name__ for one in diary.told]
    opened = texts.index("opened backtest backtest")
    assert texts[opened - 1] == "observer.diary running"
    assert texts[-1] == "dict"
    assert diary.told[-1] == result.summary
    ended = [one for one in diary.told if isinstance(one, OrderEnded)]
    assert [one.status for one in ended] == [OrderStatus.FILLED] * result.summary["results"]["fills"]
    assert opened < texts.index("OrderEnded") < texts.index("source.synthetic stopping")


def test_an_observer_that_empties_the_summary_empties_its_own(installed: Installed, folder: UserFolder) -> None:
    installed.add(ComponentSpec("observer", "odd", Raising))
    result = run_with(folder, "odd")
    assert result.summary["status"] == "finished"


def test_one_observer_may_be_named_twice_and_is_two(installed: Installed, folder: UserFolder) -> None:
    made: list[Diary] = []

    def factory() -> Diary:
        made.append(Diary())
        return made[-1]

    installed.add(ComponentSpec("observer", "diary", factory))
    assert run_with(folder, "diary", "diary").status == "finished"
    assert len(made) == 2
    assert made[0].told == made[1].told
    assert made[0].told[-1]["status"] == "finished"


def test_a_module_may_observe_beside_the_component_that_it_offers(installed: Installed, folder: UserFolder) -> None:
    modes: list[str] = []

    @hookimpl
    def friday_session_opened(mode: str) -> None:
        modes.append(mode)

    installed.add(ComponentSpec("observer", "plain", Watching), friday_session_opened=friday_session_opened)
    run_with(folder, "plain")
    assert modes == ["backtest"]


def test_an_installed_observer_that_nobody_names_is_told_nothing(installed: Installed, folder: UserFolder) -> None:
    diary = Diary()
    installed.add(ComponentSpec("observer", "diary", lambda: diary))
    run_with(folder)
    assert diary.told == []


def test_a_notifier_that_hangs_delays_the_end_by_no_more_than_its_time(
    installed: Installed, folder: UserFolder
) -> None:
    class Stopping(Watching):
        pass

    installed.add(ComponentSpec("notifier", "odd", HangingNotifier))
    installed.add(ComponentSpec("observer", "plain", Stopping))
    began = time.monotonic()
    result = run_with(folder, "plain", overrides=["notify.use=['odd']"])
    assert time.monotonic() - began < 2 * DRAIN + 5.0
    assert result.status == "finished"
