"""What a stage of a stream remembers, as bytes, and back."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

import numpy as np

from friday_core.domain.chunk import Array
from friday_core.errors import InvariantError, PluginContractError
from friday_core.interfaces.component import Component, Stateful


class StageMemory:
    """The state of one component, which is its own business if it is ``Stateful``.

    Any other component must remember nothing: it is compared with how it was before its first
    row. What it keeps outside its attributes cannot be seen.
    """

    def __init__(self, name: str, component: Component) -> None:
        self._name = name
        self._component = component
        self._at_first: dict[str, Any] | None = None
        self._begun = False

    def begin(self) -> None:
        """The first row comes next."""
        if self._begun:
            return
        self._begun = True
        if isinstance(self._component, Stateful):
            return
        try:
            self._at_first = copy.deepcopy(vars(self._component))
        except Exception:  # noqa: BLE001 - whatever cannot be copied: it is taken to remember something
            self._at_first = None

    def snapshot(self) -> bytes | None:
        """``None`` for nothing; ``PluginContractError`` for something that it cannot hand over."""
        if isinstance(self._component, Stateful):
            state: object = self._component.snapshot()
            if not isinstance(state, bytes):
                raise PluginContractError(f"{self._name}: its snapshot() must return bytes, not {state!r:.80}")
            return state
        if self._begun and (self._at_first is None or not _same(self._at_first, vars(self._component))):
            rule = "write snapshot() and restore() for it, as friday_core.api.Stateful says"
            raise PluginContractError(f"{self._name} remembers rows and cannot hand over what it remembers: {rule}")
        return None

    def restore(self, state: bytes | None) -> None:
        """Raises ``InvariantError`` for a state that the component does not take."""
        if state is None:
            return
        if not isinstance(self._component, Stateful):
            raise InvariantError(f"the snapshot holds a state of {self._name}, which takes none")
        try:
            self._component.restore(state)
        except Exception as error:
            raise InvariantError(f"{self._name} does not take its snapshot: {error}") from error


def _same(before: object, after: object) -> bool:
    """Whether nothing has changed; what cannot be compared has."""
    try:
        return _equal(before, after)
    except (TypeError, ValueError, RecursionError):
        return False


def _equal(before: Any, after: Any) -> bool:
    if before is after or type(before) is not type(after):
        return before is after
    if isinstance(before, np.ndarray):
        return _same_array(before, after)
    if isinstance(before, dict):
        return list(before) == list(after) and all(_equal(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple | deque):
        return len(before) == len(after) and all(map(_equal, before, after))
    if hasattr(before, "__dict__"):
        return _equal(vars(before), vars(after))
    return bool(before == after)


def _same_array(before: Array, after: Array) -> bool:
    return before.dtype == after.dtype and before.shape == after.shape and before.tobytes() == after.tobytes()
