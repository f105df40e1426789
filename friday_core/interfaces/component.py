"""What every component may do besides its role's work."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Health:
    """Progress, not a flag: how much useful work was done, and what stands in the way.

    ``progress`` is a count that grows with work done; a component that should be busy and whose
    count stands still is not healthy, whatever it says of itself.
    """

    ok: bool = True
    progress: int = 0
    detail: str = ""


@runtime_checkable
class Stateful(Protocol):
    """A stage of a stream that can hand over what it remembers; optional.

    A component of the same settings, over the same instruments, that was given the snapshot
    answers from then on like the one that made it, to the last bit. Bytes that are no snapshot
    raise. No pickle: a snapshot may come from another machine.
    """

    def snapshot(self) -> bytes:
        """All that earlier rows have left behind."""
        ...

    def restore(self, snapshot: bytes) -> None:
        """Forget everything and go on from there."""
        ...


class Component:
    """Base of all roles: every step is optional, and may be a plain method or ``async``.

    The host calls ``initialize`` once, then ``start``, and ``stop`` at the end or after a failed
    start; after ``stop`` it may call ``start`` again. Each call has a time limit. A step that
    raises fails the start; components already started are stopped in reverse order.
    """

    def initialize(self) -> Awaitable[None] | None:
        """Acquire what the component needs to be ready; no data flows yet."""
        return None

    def start(self) -> Awaitable[None] | None:
        """Begin work."""
        return None

    def stop(self) -> Awaitable[None] | None:
        """Release everything; called once per start, also after a failed start."""
        return None

    def health(self) -> Health:
        """Asked from another thread while the component runs; must return at once."""
        return Health()
