"""Health as progress: what is done counts, not what is said."""

from __future__ import annotations

from concurrent.futures import Future, wait
from dataclasses import dataclass

from friday_core.infrastructure.logging import described
from friday_core.interfaces.component import Component, Health
from friday_core.orchestration.managed import ManagedComponent, overrides
from friday_core.orchestration.states import ComponentState
from friday_core.orchestration.steps import in_thread


@dataclass(frozen=True, slots=True)
class ComponentHealth:
    """How a component does. ``reason`` tells why it is degraded or failed."""

    state: ComponentState
    reason: str
    health: Health
    stalled: bool

    @property
    def ok(self) -> bool:
        """It runs, finds itself well, and is not stalled."""
        return self.state is ComponentState.RUNNING and self.health.ok and not self.stalled


class ProgressWatch:
    """Compares a component's progress from one look to the next, as long as it runs.

    A component is stalled if it was busy, that is, had work to do since the last look, and its
    count has not grown since: only who hands out the work can know that, so it is asked of the
    caller. The first look after a start only takes the count, and a component without a
    ``health`` of its own is never stalled, as nothing is known about it.
    """

    def __init__(self, managed: ManagedComponent, timeout: float) -> None:
        self._managed = managed
        self._timeout = timeout
        self._asked: Future[Health] | None = None
        self._progress: int | None = None

    def reset(self) -> None:
        """Forget the count: the component starts again."""
        self._progress = None

    def look(self, *, busy: bool) -> ComponentHealth:
        """The component's health now; takes no longer than the timeout."""
        state, reason = self._managed.state, self._managed.reason
        if state not in (ComponentState.RUNNING, ComponentState.DEGRADED):
            return ComponentHealth(state, reason, Health(ok=False, detail=f"is {state}"), stalled=False)
        if not overrides(self._managed.component, "health"):
            return ComponentHealth(state, reason, Health(), stalled=False)
        health = self._ask(self._managed.component)
        if isinstance(health, str):
            unknown = Health(ok=False, progress=self._progress or 0, detail=health)
            return ComponentHealth(state, reason, unknown, stalled=False)
        stalled = busy and self._progress is not None and health.progress <= self._progress
        self._progress = health.progress
        return ComponentHealth(state, reason, health, stalled)

    def _ask(self, component: Component) -> Health | str:
        """The component's answer, or why there is none; one that hangs is not asked a second time."""
        if self._asked is None:
            self._asked = in_thread(component.health, f"health {self._managed.name}")
            wait([self._asked], self._timeout)
        if not self._asked.done():
            return f"health() has not answered within {self._timeout:g} s"
        answer, self._asked = self._asked, None
        error = answer.exception()
        if error is not None:
            return f"health() failed: {described(error)}"
        health = answer.result()
        return health if isinstance(health, Health) else f"health() returned {type(health).__name__}, not Health"
