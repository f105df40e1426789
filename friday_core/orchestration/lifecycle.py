"""Starts and stops all components of a run, in the order of their dependencies."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from graphlib import CycleError, TopologicalSorter

from friday_core.errors import ComponentError, ConfigurationError, Problem, ProblemKind
from friday_core.infrastructure.logging import get_logger
from friday_core.interfaces.component import Component
from friday_core.orchestration.health import ComponentHealth, ProgressWatch
from friday_core.orchestration.managed import ManagedComponent, StateObserver
from friday_core.orchestration.states import ComponentState
from friday_core.orchestration.steps import StepRunner


class Lifecycle:
    """The life of a set of components.

    All are initialized, then all are started, each after everything that it requires; they are
    stopped in reverse. No step may take longer than ``step_timeout`` seconds. ``start``, ``stop``
    and ``close`` wait for one another, everything else may be called at any time by any thread.
    ``on_state`` is told of every move, in the thread that makes it, and must return at once.
    """

    def __init__(
        self,
        components: Mapping[str, Component],
        dependencies: Mapping[str, AbstractSet[str]],
        *,
        step_timeout: float,
        on_state: StateObserver = lambda _name, _old, _new: None,
        health_timeout: float = 1.0,
    ) -> None:
        """Raises ``ConfigurationError`` for missing dependencies and for a cycle, which it names."""
        self._steps = StepRunner(step_timeout)
        self._components = {
            name: ManagedComponent(
                name, components[name], dependencies.get(name, frozenset()), steps=self._steps, on_state=on_state
            )
            for name in start_order(tuple(components), dependencies)
        }
        self._watches = {name: ProgressWatch(one, health_timeout) for name, one in self._components.items()}
        self._stepping = threading.RLock()
        self._looking = threading.Lock()
        self._closed = False

    @property
    def order(self) -> tuple[str, ...]:
        """The names in the order of starting: dependencies first, otherwise as they were given."""
        return tuple(self._components)

    def states(self) -> dict[str, ComponentState]:
        """Where every component stands."""
        return {name: one.state for name, one in self._components.items()}

    def start(self) -> None:
        """Initialize what is not initialized, and start everything; also after ``stop``.

        If a step fails, or the calling thread is interrupted, everything that was initialized or
        tried to start is stopped in reverse, and the error is raised with what failed meanwhile
        as notes: a ``ComponentError`` from what the component raised, or a ``ComponentTimeout``.
        """
        with self._stepping:
            self._require_startable()
            for watch in self._watches.values():
                watch.reset()
            try:
                for one in self._components.values():
                    one.initialize()
                for one in self._components.values():
                    one.start()
            except BaseException as error:
                for another in self._stop_all():
                    error.add_note(f"while what had been started was stopped: {another}")
                raise

    def stop(self) -> tuple[ComponentError, ...]:
        """Stop everything that is not stopped, in reverse; does nothing when called again.

        Goes on after a stop that fails, and returns the errors instead of raising them: it is
        called where an exception may be under way already, which must not be hidden. They are
        logged too. An interrupt gives up the stop under way, not the others, and is raised at the
        end.
        """
        with self._stepping:
            errors = self._stop_all()
        for error in errors:
            if not isinstance(error, ComponentError):
                raise error
        return tuple(error for error in errors if isinstance(error, ComponentError))

    def close(self) -> tuple[ComponentError, ...]:
        """Stop, and end the event loop of ``async`` steps with all tasks in it; for good."""
        with self._stepping:
            self._closed = True
            try:
                return self.stop()
            finally:
                if not self._steps.close():
                    get_logger("lifecycle").warning("the event loop of async steps hangs and was abandoned")

    def mark_degraded(self, name: str, reason: str) -> None:
        """The running component ``name`` does not work as it should. ``ComponentError`` if it does not run."""
        self._component(name).degrade(reason)

    def recover(self, name: str) -> None:
        """The degraded component ``name`` works again. ``ComponentError`` if it is not degraded."""
        one = self._component(name)
        if one.state is not ComponentState.DEGRADED:
            raise ComponentError(name, f"cannot recover: it is {one.state}, not degraded")
        one.move(ComponentState.RUNNING)

    def mark_failed(self, name: str, reason: str) -> None:
        """The component ``name`` works no more; ``stop`` will still release what it holds."""
        self._component(name).move(ComponentState.FAILED, reason)

    def health(self, busy: Collection[str] = ()) -> dict[str, ComponentHealth]:
        """How every component does; ``busy`` names those that had work to do since the last call.

        Stalled is who was busy without any progress since the last call, so this belongs to one
        caller, who asks at intervals in which some work must show.
        """
        with self._looking:
            return {name: watch.look(busy=name in busy) for name, watch in self._watches.items()}

    def _component(self, name: str) -> ManagedComponent:
        if name not in self._components:
            raise ComponentError(name, f"is unknown; known are {', '.join(self._components) or 'none'}")
        return self._components[name]

    def _require_startable(self) -> None:
        if self._closed:
            raise ComponentError("lifecycle", "cannot start: it is closed")
        holding = [one for one in self._components.values() if one.holds]
        if holding:
            raise ComponentError(holding[0].name, f"cannot start: it is {holding[0].state} already; stop first")

    def _stop_all(self) -> list[BaseException]:
        errors: list[BaseException] = []
        for one in reversed(self._components.values()):
            try:
                one.stop()
            except BaseException as error:  # noqa: BLE001 - the others must be stopped all the same
                get_logger("lifecycle").error("a component could not be stopped", of=one.name, exc_info=error)
                errors.append(error)
        return errors


def start_order(names: Sequence[str], dependencies: Mapping[str, AbstractSet[str]]) -> tuple[str, ...]:
    """``names`` with dependencies first, otherwise in the given order, whatever the order of the sets.

    Raises ``ConfigurationError`` for dependencies that are not among ``names``, all of them, or
    for a cycle.
    """
    place = {name: position for position, name in enumerate(names)}
    missing = [_missing(name, sorted(needed - place.keys())) for name, needed in dependencies.items()]
    problems = [problem for of_one in missing for problem in of_one]
    if problems:
        raise ConfigurationError(problems)
    sorter = TopologicalSorter({name: sorted(dependencies.get(name, ()), key=place.__getitem__) for name in names})
    try:
        sorter.prepare()
    except CycleError as error:
        raise ConfigurationError([_cycle(error.args[1])]) from error
    return tuple(names[position] for position in _earliest_first(sorter, place))


def _earliest_first(sorter: TopologicalSorter[str], place: Mapping[str, int]) -> Iterator[int]:
    """Positions, always the smallest whose dependencies have been yielded."""
    by_place = {position: name for name, position in place.items()}
    ready = [place[name] for name in sorter.get_ready()]
    heapq.heapify(ready)
    while ready:
        position = heapq.heappop(ready)
        yield position
        sorter.done(by_place[position])
        for name in sorter.get_ready():
            heapq.heappush(ready, place[name])


def _missing(name: str, unknown: Sequence[str]) -> list[Problem]:
    mend = "add it to the configuration, or remove what requires it"
    return [
        Problem(ProblemKind.MISSING_DEPENDENCY, f"it requires {one!r}, which is not there", mend, plugin=name)
        for one in unknown
    ]


def _cycle(predecessors: Sequence[str]) -> Problem:
    """``predecessors``: each is required by the next, the first is also the last."""
    circle = " requires ".join(reversed(predecessors))
    return Problem(ProblemKind.CYCLE, circle, "remove one of these requirements", plugin=predecessors[0])
