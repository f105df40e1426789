"""A component together with where it stands in its life."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from friday_core.errors import ComponentError
from friday_core.infrastructure.logging import get_logger
from friday_core.interfaces.component import Component
from friday_core.orchestration.states import TRANSITIONS, ComponentState
from friday_core.orchestration.steps import StepRunner

#: Told of every move: the component's name, the old state and the new one.
StateObserver = Callable[[str, ComponentState, ComponentState], None]


def overrides(component: Component, method: str) -> bool:
    """Whether ``component`` brings a ``method`` of its own instead of the one that does nothing."""
    return getattr(getattr(component, method), "__func__", None) is not getattr(Component, method)


class ManagedComponent:
    """Takes a component through its life, by legal moves only.

    Steps are called by one thread at a time; ``state``, ``reason`` and ``move`` may be used by any.
    A component that brings no step of its own moves without anything being called.
    """

    def __init__(
        self,
        name: str,
        component: Component,
        requires: AbstractSet[str] = frozenset(),
        *,
        steps: StepRunner,
        on_state: StateObserver,
    ) -> None:
        self.name = name
        self.component = component
        self.requires = frozenset(requires)
        #: Has something to release: was initialized, or tried to start, and has not been stopped since.
        self.holds = False
        self._steps = steps
        self._on_state = on_state
        self._lock = threading.Lock()
        self._state = ComponentState.CREATED
        self._reason = ""
        self._initialized = False

    @property
    def state(self) -> ComponentState:
        return self._state

    @property
    def reason(self) -> str:
        """Why it is degraded or failed; empty in other states."""
        return self._reason

    def move(self, to: ComponentState, reason: str = "") -> None:
        """Go to state ``to``; ``ComponentError`` names component, from and to if that is not legal.

        The observer is told afterwards; if it raises, that is logged.
        """
        with self._lock:
            old = self._state
            if to not in TRANSITIONS[old]:
                raise ComponentError(self.name, f"illegal step from {old} to {to}")
            self._state, self._reason = to, reason
        try:
            self._on_state(self.name, old, to)
        except Exception as error:  # noqa: BLE001 - an observer stops nothing
            get_logger("lifecycle").error("an observer of states failed", of=self.name, to=to, exc_info=error)

    def degrade(self, reason: str) -> None:
        """Go from running to degraded; in degraded only the reason changes."""
        with self._lock:
            if self._state is ComponentState.DEGRADED:
                self._reason = reason
                return
        self.move(ComponentState.DEGRADED, reason)

    def initialize(self) -> None:
        """Go to ready; nothing if that has been done. A failed component is initialized anew."""
        if self._initialized:
            return
        self.move(ComponentState.INITIALIZING)
        self._step("initialize")
        self._initialized = self.holds = True
        self.move(ComponentState.READY)

    def start(self) -> None:
        """Go from ready or stopped to running; refused before ``initialize``."""
        if self._state not in (ComponentState.READY, ComponentState.STOPPED):
            raise ComponentError(self.name, f"illegal step from {self._state} to {ComponentState.RUNNING}")
        self.holds = True
        self._step("start")
        self.move(ComponentState.RUNNING)

    def stop(self) -> None:
        """Release what is held; nothing if nothing is. Called once, whatever comes of it."""
        if not self.holds:
            return
        self.move(ComponentState.STOPPING)
        self.holds = False
        try:
            self._step("stop")
        except BaseException:
            self._initialized = False
            raise
        self.move(ComponentState.STOPPED)

    def _step(self, step: str) -> None:
        if not overrides(self.component, step):
            return
        try:
            self._steps.run(self.name, step, getattr(self.component, step))
        except BaseException as error:
            self.move(ComponentState.FAILED, str(error) or f"{step} was interrupted")
            raise
