"""One component's life: the table of moves, and what its steps do to it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from friday_core.errors import ComponentError
from friday_core.interfaces.component import Component
from friday_core.orchestration.managed import ManagedComponent
from friday_core.orchestration.states import TRANSITIONS, ComponentState
from friday_core.orchestration.steps import StepRunner

S = ComponentState
LEGAL = {
    (S.CREATED, S.INITIALIZING),
    (S.INITIALIZING, S.READY),
    (S.INITIALIZING, S.FAILED),
    (S.READY, S.RUNNING),
    (S.READY, S.STOPPING),
    (S.READY, S.FAILED),
    (S.RUNNING, S.DEGRADED),
    (S.RUNNING, S.STOPPING),
    (S.RUNNING, S.FAILED),
    (S.DEGRADED, S.RUNNING),
    (S.DEGRADED, S.STOPPING),
    (S.DEGRADED, S.FAILED),
    (S.STOPPING, S.STOPPED),
    (S.STOPPING, S.FAILED),
    (S.STOPPED, S.RUNNING),
    (S.STOPPED, S.FAILED),
    (S.FAILED, S.STOPPING),
    (S.FAILED, S.INITIALIZING),
}
#: A legal way from CREATED to every state.
WAYS = {
    S.CREATED: [],
    S.INITIALIZING: [S.INITIALIZING],
    S.READY: [S.INITIALIZING, S.READY],
    S.RUNNING: [S.INITIALIZING, S.READY, S.RUNNING],
    S.DEGRADED: [S.INITIALIZING, S.READY, S.RUNNING, S.DEGRADED],
    S.STOPPING: [S.INITIALIZING, S.READY, S.STOPPING],
    S.STOPPED: [S.INITIALIZING, S.READY, S.STOPPING, S.STOPPED],
    S.FAILED: [S.INITIALIZING, S.FAILED],
}
PAIRS = list(itertools.product(S, S))


class Recorder(Component):
    """Writes down which steps were called; raises in ``broken``."""

    def __init__(self, broken: str = "") -> None:
        self.calls: list[str] = []
        self.broken = broken

    def initialize(self) -> None:
        self._call("initialize")

    def start(self) -> None:
        self._call("start")

    def stop(self) -> None:
        self._call("stop")

    def _call(self, step: str) -> None:
        self.calls.append(step)
        if step == self.broken:
            raise ValueError(f"no {step}")


def managed(component: Component | None = None, moves: list[Any] | None = None) -> ManagedComponent:
    told: list[Any] = [] if moves is None else moves
    return ManagedComponent(
        "feed", component or Recorder(), {"bus"}, steps=StepRunner(30.0), on_state=lambda *move: told.append(move)
    )


def in_state(state: ComponentState, moves: list[Any] | None = None) -> ManagedComponent:
    one = managed(moves=moves)
    for step in WAYS[state]:
        one.move(step)
    return one


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_move_is_made_or_refused_by_the_table(old: ComponentState, new: ComponentState) -> None:
    moves: list[Any] = []
    one = in_state(old, moves)
    moves.clear()
    if (old, new) in LEGAL:
        one.move(new)
        assert (one.state, moves) == (new, [("feed", old, new)])
    else:
        with pytest.raises(ComponentError, match=f"component 'feed': illegal step from {old} to {new}$"):
            one.move(new)
        assert (one.state, moves) == (old, [])


def test_a_component_knows_its_name_and_what_it_requires() -> None:
    one = managed()
    assert (one.name, one.requires, one.state, one.reason) == ("feed", frozenset({"bus"}), S.CREATED, "")


def test_a_whole_life_calls_every_step_once() -> None:
    moves: list[Any] = []
    component = Recorder()
    one = managed(component, moves)
    one.initialize()
    one.start()
    one.stop()
    assert component.calls == ["initialize", "start", "stop"]
    assert [new for _, _, new in moves] == [S.INITIALIZING, S.READY, S.RUNNING, S.STOPPING, S.STOPPED]


def test_starting_before_initializing_is_refused() -> None:
    component = Recorder()
    with pytest.raises(ComponentError, match="'feed': illegal step from created to running"):
        managed(component).start()
    assert component.calls == []


@pytest.mark.parametrize("state", [S.RUNNING, S.DEGRADED, S.STOPPING, S.FAILED, S.INITIALIZING])
def test_starting_is_refused_unless_ready_or_stopped(state: ComponentState) -> None:
    with pytest.raises(ComponentError, match=f"'feed': illegal step from {state} to running"):
        in_state(state).start()


def test_initializing_twice_is_the_same_as_once() -> None:
    component = Recorder()
    one = managed(component)
    one.initialize()
    one.initialize()
    one.start()
    one.initialize()
    assert (component.calls, one.state) == (["initialize", "start"], S.RUNNING)


def test_a_stopped_component_starts_again_without_being_initialized_again() -> None:
    component = Recorder()
    one = managed(component)
    one.initialize()
    for _ in range(2):
        one.start()
        one.stop()
    assert component.calls == ["initialize", "start", "stop", "start", "stop"]


def test_stopping_what_holds_nothing_does_nothing() -> None:
    component = Recorder()
    one = managed(component)
    one.stop()
    assert (component.calls, one.state) == ([], S.CREATED)
    one.initialize()
    one.stop()
    one.stop()
    assert (component.calls, one.state) == (["initialize", "stop"], S.STOPPED)


def test_a_failed_initialize_leaves_nothing_to_stop_and_may_be_tried_again() -> None:
    component = Recorder(broken="initialize")
    one = managed(component)
    with pytest.raises(ComponentError, match="'feed': initialize failed: ValueError: no initialize"):
        one.initialize()
    assert (one.state, one.holds) == (S.FAILED, False)
    assert one.reason.startswith("component 'feed': initialize failed: ValueError: no initialize (")
    component.broken = ""
    one.initialize()
    assert (one.state, one.reason, component.calls) == (S.READY, "", ["initialize", "initialize"])


def test_a_component_whose_start_failed_is_stopped() -> None:
    component = Recorder(broken="start")
    one = managed(component)
    one.initialize()
    with pytest.raises(ComponentError, match="'feed': start failed: ValueError: no start"):
        one.start()
    assert (one.state, one.holds) == (S.FAILED, True)
    one.stop()
    assert (component.calls, one.state) == (["initialize", "start", "stop"], S.STOPPED)


def test_a_component_whose_stop_failed_is_not_stopped_again_and_begins_anew() -> None:
    component = Recorder(broken="stop")
    one = managed(component)
    one.initialize()
    one.start()
    with pytest.raises(ComponentError, match="'feed': stop failed: ValueError: no stop"):
        one.stop()
    one.stop()
    assert (one.state, component.calls) == (S.FAILED, ["initialize", "start", "stop"])
    one.initialize()
    one.start()
    assert component.calls[3:] == ["initialize", "start"]


def test_a_component_that_failed_while_running_is_still_stopped() -> None:
    component = Recorder()
    one = managed(component)
    one.initialize()
    one.start()
    one.move(S.FAILED, "lost its socket")
    assert one.reason == "lost its socket"
    one.stop()
    assert (component.calls[-1], one.state, one.reason) == ("stop", S.STOPPED, "")


def test_degrading_keeps_the_reason_and_may_be_repeated() -> None:
    moves: list[Any] = []
    one = in_state(S.RUNNING, moves)
    moves.clear()
    one.degrade("slow")
    one.degrade("slower")
    assert (one.state, one.reason, moves) == (S.DEGRADED, "slower", [("feed", S.RUNNING, S.DEGRADED)])


def test_an_observer_that_raises_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def observe(_name: str, _old: ComponentState, _new: ComponentState) -> None:
        raise ValueError("blind")

    one = ManagedComponent("feed", Recorder(), steps=StepRunner(30.0), on_state=observe)
    one.initialize()
    assert one.state is S.READY
    assert [record.getMessage() for record in caplog.records] == ["an observer of states failed"] * 2


def test_steps_that_a_component_does_not_bring_need_no_thread() -> None:
    class NoSteps(StepRunner):
        def run(self, component: str, step: str, method: Any) -> None:
            raise AssertionError(f"{step} was run")

    one = ManagedComponent("quiet", Component(), steps=NoSteps(30.0), on_state=lambda *_: None)
    one.initialize()
    one.start()
    one.stop()
    assert one.state is S.STOPPED
