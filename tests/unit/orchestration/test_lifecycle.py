"""Starting, rolling back and stopping many components in order."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.errors import ComponentError, ComponentTimeout, ConfigurationError
from friday_core.interfaces.component import Component
from friday_core.orchestration.lifecycle import Lifecycle, start_order
from friday_core.orchestration.states import ComponentState

S = ComponentState
LONG = 30.0
#: Three components in a row: the strategy requires the feed, the feed the bus.
CHAIN = {"strategy": {"feed"}, "feed": {"bus"}}


#: What happens in a step, by its name.
Deeds = Mapping[str, Callable[[], Awaitable[None] | None]]


class Step(Component):
    """Writes its steps into a common diary; a step in ``deeds`` does what stands there."""

    def __init__(self, name: str, diary: list[str], deeds: Deeds) -> None:
        self.name, self.diary, self.deeds = name, diary, deeds

    def initialize(self) -> Awaitable[None] | None:
        return self._do("initialize")

    def start(self) -> Awaitable[None] | None:
        return self._do("start")

    def stop(self) -> Awaitable[None] | None:
        return self._do("stop")

    def _do(self, step: str) -> Awaitable[None] | None:
        self.diary.append(f"{step} {self.name}")
        return self.deeds.get(step, lambda: None)()


class Chain:
    """A lifecycle of bus, feed and strategy, given in another order than they start in."""

    def __init__(self, *, timeout: float = LONG, **deeds: Deeds) -> None:
        self.diary: list[str] = []
        self.moves: list[tuple[str, ComponentState, ComponentState]] = []
        components = {name: Step(name, self.diary, deeds.get(name, {})) for name in ("strategy", "bus", "feed")}
        self.lifecycle = Lifecycle(
            components, CHAIN, step_timeout=timeout, on_state=lambda *move: self.moves.append(move)
        )

    def states(self) -> list[ComponentState]:
        return [self.lifecycle.states()[name] for name in ("bus", "feed", "strategy")]


STARTED = [
    "initialize bus",
    "initialize feed",
    "initialize strategy",
    "start bus",
    "start feed",
    "start strategy",
]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    before = set(threading.enumerate())
    made = threading.Event()
    yield made
    made.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(LONG)


def fail(text: str) -> Callable[[], None]:
    def deed() -> None:
        raise ValueError(text)

    return deed


def hang(release: threading.Event) -> Callable[[], None]:
    def deed() -> None:
        release.wait(LONG)

    return deed


def test_all_are_initialized_then_started_after_what_they_require_and_stopped_in_reverse() -> None:
    chain = Chain()
    chain.lifecycle.start()
    assert chain.diary == STARTED
    assert chain.states() == [S.RUNNING] * 3
    assert chain.lifecycle.stop() == ()
    assert chain.diary[6:] == ["stop strategy", "stop feed", "stop bus"]
    assert chain.states() == [S.STOPPED] * 3


def test_the_observer_hears_of_every_move_in_order() -> None:
    chain = Chain()
    chain.lifecycle.start()
    chain.lifecycle.stop()
    assert [(old, new) for name, old, new in chain.moves if name == "feed"] == [
        (S.CREATED, S.INITIALIZING),
        (S.INITIALIZING, S.READY),
        (S.READY, S.RUNNING),
        (S.RUNNING, S.STOPPING),
        (S.STOPPING, S.STOPPED),
    ]
    assert [name for name, _, new in chain.moves if new is S.RUNNING] == ["bus", "feed", "strategy"]


def test_an_observer_that_raises_stops_nothing() -> None:
    def observe(_name: str, _old: ComponentState, _new: ComponentState) -> None:
        raise ValueError("blind")

    lifecycle = Lifecycle({"a": Component()}, {}, step_timeout=LONG, on_state=observe)
    lifecycle.start()
    assert lifecycle.states() == {"a": S.RUNNING}


def test_a_failed_start_stops_everything_that_was_initialized_in_reverse() -> None:
    chain = Chain(feed={"start": fail("no data")})
    with pytest.raises(ComponentError, match="component 'feed': start failed: ValueError: no data") as caught:
        chain.lifecycle.start()
    assert chain.diary == [*STARTED[:5], "stop strategy", "stop feed", "stop bus"]
    assert chain.states() == [S.STOPPED] * 3
    assert isinstance(caught.value.__cause__, ValueError)
    assert ("feed", S.READY, S.FAILED) in chain.moves


def test_a_failed_initialize_stops_only_what_was_initialized_before() -> None:
    chain = Chain(feed={"initialize": fail("no data")})
    with pytest.raises(ComponentError, match="component 'feed': initialize failed: ValueError: no data"):
        chain.lifecycle.start()
    assert chain.diary == ["initialize bus", "initialize feed", "stop bus"]
    assert chain.states() == [S.STOPPED, S.FAILED, S.CREATED]


def test_what_fails_in_the_rollback_becomes_a_note_and_the_rollback_goes_on() -> None:
    chain = Chain(strategy={"start": fail("first"), "stop": fail("second")}, feed={"stop": fail("third")})
    with pytest.raises(ComponentError, match="'strategy': start failed: ValueError: first") as caught:
        chain.lifecycle.start()
    assert [note.partition(" (")[0] for note in caught.value.__notes__] == [
        "while what had been started was stopped: component 'strategy': stop failed: ValueError: second",
        "while what had been started was stopped: component 'feed': stop failed: ValueError: third",
    ]
    assert chain.diary[6:] == ["stop strategy", "stop feed", "stop bus"]
    assert chain.states() == [S.STOPPED, S.FAILED, S.FAILED]


@pytest.mark.parametrize("step", ["initialize", "start"])
def test_a_step_that_hangs_is_named_with_its_limit_and_rolled_back(step: str, release: threading.Event) -> None:
    chain = Chain(timeout=0.15, feed={step: hang(release)})
    with pytest.raises(ComponentTimeout, match=rf"component 'feed': {step} took longer than 0\.15 s"):
        chain.lifecycle.start()
    assert chain.diary[-1] == "stop bus"
    assert chain.states()[0] is S.STOPPED


def test_a_stop_that_hangs_or_fails_is_returned_and_the_others_are_stopped(
    release: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    chain = Chain(timeout=0.15, strategy={"stop": hang(release)}, feed={"stop": fail("stuck")})
    chain.lifecycle.start()
    errors = chain.lifecycle.stop()
    assert [str(error).partition(" (")[0] for error in errors] == [
        "component 'strategy': stop took longer than 0.15 s; if that is no mistake, raise [run] step_timeout",
        "component 'feed': stop failed: ValueError: stuck",
    ]
    assert chain.diary[6:] == ["stop strategy", "stop feed", "stop bus"]
    assert chain.states() == [S.STOPPED, S.FAILED, S.FAILED]
    assert [record.getMessage() for record in caplog.records] == ["a component could not be stopped"] * 2


def test_stopping_again_does_nothing() -> None:
    chain = Chain(feed={"stop": fail("stuck")})
    chain.lifecycle.start()
    assert len(chain.lifecycle.stop()) == 1
    assert chain.lifecycle.stop() == ()
    assert len(chain.diary) == 9


def test_stopping_before_the_start_does_nothing() -> None:
    chain = Chain()
    assert chain.lifecycle.stop() == ()
    assert chain.diary == []


def test_starting_again_after_a_stop_skips_initialize() -> None:
    chain = Chain()
    for _ in range(2):
        chain.lifecycle.start()
        chain.lifecycle.stop()
    assert chain.diary[9:12] == ["start bus", "start feed", "start strategy"]


def test_starting_again_after_a_failed_start_works() -> None:
    deeds = {"start": fail("not yet")}
    chain = Chain(feed=deeds)
    with pytest.raises(ComponentError, match="not yet"):
        chain.lifecycle.start()
    del deeds["start"]
    chain.lifecycle.start()
    assert chain.states() == [S.RUNNING] * 3


def test_starting_what_runs_is_refused_and_disturbs_nothing() -> None:
    chain = Chain()
    chain.lifecycle.start()
    with pytest.raises(ComponentError, match="component 'bus': cannot start: it is running already; stop first"):
        chain.lifecycle.start()
    assert chain.states() == [S.RUNNING] * 3
    assert chain.diary == STARTED


def test_a_component_that_failed_while_running_is_stopped_with_the_others() -> None:
    chain = Chain()
    chain.lifecycle.start()
    chain.lifecycle.mark_failed("feed", "lost its socket")
    assert chain.states() == [S.RUNNING, S.FAILED, S.RUNNING]
    chain.lifecycle.stop()
    assert chain.diary[6:] == ["stop strategy", "stop feed", "stop bus"]


def interrupt_main_thread(release: threading.Event) -> Callable[[], None]:
    main = threading.main_thread().ident
    assert main is not None

    def deed() -> None:
        signal.pthread_kill(main, signal.SIGINT)
        release.wait(LONG)

    return deed


def test_an_interrupt_during_the_start_rolls_back(release: threading.Event) -> None:
    chain = Chain(feed={"start": interrupt_main_thread(release)})
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        chain.lifecycle.start()
    assert chain.diary == [*STARTED[:5], "stop strategy", "stop feed", "stop bus"]
    assert chain.states() == [S.STOPPED] * 3
    assert ("feed", S.READY, S.FAILED) in chain.moves


def test_an_interrupt_during_the_stop_gives_up_one_component_and_stops_the_others(release: threading.Event) -> None:
    chain = Chain(feed={"stop": interrupt_main_thread(release)})
    chain.lifecycle.start()
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        chain.lifecycle.stop()
    assert chain.diary[6:] == ["stop strategy", "stop feed", "stop bus"]
    assert chain.states() == [S.STOPPED, S.FAILED, S.STOPPED]


class Ticker(Component):
    """Its tasks live on the lifecycle's loop until it is stopped."""

    def __init__(self) -> None:
        self.ticked = threading.Event()
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.task: asyncio.Task[None] | None = None

    async def initialize(self) -> None:
        self.loops.append(asyncio.get_running_loop())

    async def start(self) -> None:
        self.loops.append(asyncio.get_running_loop())
        self.task = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        self.loops.append(asyncio.get_running_loop())
        assert self.task is not None
        self.task.cancel()

    async def _tick(self) -> None:
        while True:
            self.ticked.set()
            await asyncio.sleep(0.001)


def test_tasks_of_async_components_live_from_start_to_stop() -> None:
    ticker = Ticker()
    lifecycle = Lifecycle({"ticker": ticker, "plain": Step("plain", [], {})}, {}, step_timeout=LONG)
    for _ in range(2):
        lifecycle.start()
        ticker.ticked.clear()
        assert ticker.ticked.wait(LONG)
        assert lifecycle.stop() == ()
    assert lifecycle.close() == ()
    assert len(ticker.loops) == 5
    assert len(set(map(id, ticker.loops))) == 1


def test_closing_stops_ends_the_loop_and_is_for_good() -> None:
    chain, ticker = Chain(), Ticker()
    lifecycle = Lifecycle({"ticker": ticker}, {}, step_timeout=LONG)
    lifecycle.start()
    for one in (chain.lifecycle, lifecycle):
        assert one.close() == ()
        assert one.close() == ()
    assert ticker.loops[0].is_closed()
    assert lifecycle.states() == {"ticker": S.STOPPED}
    with pytest.raises(ComponentError, match="'lifecycle': cannot start: it is closed"):
        lifecycle.start()


def test_degrading_and_recovering() -> None:
    chain = Chain()
    chain.lifecycle.start()
    chain.lifecycle.mark_degraded("feed", "late by 3 s")
    assert (chain.states()[1], chain.lifecycle.health()["feed"].reason) == (S.DEGRADED, "late by 3 s")
    chain.lifecycle.recover("feed")
    assert (chain.states()[1], chain.lifecycle.health()["feed"].reason) == (S.RUNNING, "")
    assert chain.moves[-2:] == [("feed", S.RUNNING, S.DEGRADED), ("feed", S.DEGRADED, S.RUNNING)]


def test_a_degraded_component_is_stopped_like_any_other() -> None:
    chain = Chain()
    chain.lifecycle.start()
    chain.lifecycle.mark_degraded("feed", "late")
    assert chain.lifecycle.stop() == ()
    assert chain.states() == [S.STOPPED] * 3


def test_only_what_runs_can_degrade_and_only_what_is_degraded_can_recover() -> None:
    chain = Chain()
    with pytest.raises(ComponentError, match="'feed': illegal step from created to degraded"):
        chain.lifecycle.mark_degraded("feed", "late")
    chain.lifecycle.start()
    with pytest.raises(ComponentError, match="'feed': cannot recover: it is running, not degraded"):
        chain.lifecycle.recover("feed")
    with pytest.raises(ComponentError, match="'fed': is unknown; known are bus, feed, strategy"):
        chain.lifecycle.mark_degraded("fed", "late")


def test_missing_dependencies_are_all_named() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"2 problems(.|\n)*requires 'bus', which is not there \(feed\)(.|\n)*requires 'clock'(.|\n)*\(feed\)",
    ):
        Lifecycle({"feed": Component()}, {"feed": {"clock", "bus"}}, step_timeout=LONG)


def test_a_cycle_is_named() -> None:
    with pytest.raises(ConfigurationError, match="dependency cycle: a requires b requires c requires a"):
        start_order(("a", "b", "c", "d"), {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    with pytest.raises(ConfigurationError, match="dependency cycle: a requires a"):
        start_order(("a",), {"a": {"a"}})


def test_without_dependencies_the_order_is_the_given_one() -> None:
    assert start_order(("c", "a", "b"), {}) == ("c", "a", "b")


def test_a_component_waits_only_for_what_it_requires() -> None:
    assert start_order(("z", "y", "x", "w"), {"z": {"x"}}) == ("y", "x", "z", "w")


@given(st.integers(1, 12), st.randoms(use_true_random=False))
def test_dependencies_always_come_first_and_ties_go_by_place(count: int, chance: random.Random) -> None:
    names = [f"n{number}" for number in range(count)]
    earlier = {name: {other for other in names[:place] if chance.random() < 0.3} for place, name in enumerate(names)}
    given_order = chance.sample(names, count)
    order = start_order(given_order, earlier)
    assert sorted(order) == sorted(names)
    for position, name in enumerate(order):
        done = set(order[:position])
        assert earlier[name] <= done
        startable = [one for one in given_order if one not in done and earlier[one] <= done]
        assert name == startable[0]
