"""The states of a component's life and the steps between them."""

from __future__ import annotations

import enum


class ComponentState(enum.StrEnum):
    """Where a component stands. ``DEGRADED`` runs, but not as it should; ``FAILED`` broke a step."""

    CREATED = "created"
    INITIALIZING = "initializing"
    READY = "ready"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


_S = ComponentState
#: From each state, the states that may follow. STOPPED may run again as it is; FAILED is either
#: stopped, to release what it holds, or initialized anew.
TRANSITIONS: dict[ComponentState, frozenset[ComponentState]] = {
    _S.CREATED: frozenset({_S.INITIALIZING}),
    _S.INITIALIZING: frozenset({_S.READY, _S.FAILED}),
    _S.READY: frozenset({_S.RUNNING, _S.STOPPING, _S.FAILED}),
    _S.RUNNING: frozenset({_S.DEGRADED, _S.STOPPING, _S.FAILED}),
    _S.DEGRADED: frozenset({_S.RUNNING, _S.STOPPING, _S.FAILED}),
    _S.STOPPING: frozenset({_S.STOPPED, _S.FAILED}),
    _S.STOPPED: frozenset({_S.RUNNING, _S.FAILED}),
    _S.FAILED: frozenset({_S.STOPPING, _S.INITIALIZING}),
}
