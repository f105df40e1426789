"""What every component may do besides its role's work."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable

from friday_core.domain.findings import Finding

#: How closely two runs over the same rows agree: see ``Component.grade``.
Grade = Literal["A", "C"]


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

    A component of the same settings that was given the snapshot answers from then on like the one
    that made it, to the last bit. Bytes that are no snapshot raise. No pickle: a snapshot may come
    from another machine. What is kept per instrument goes by its name, ``str(universe[i].id)``, since
    positions are addresses inside one session; a snapshot may be restored where some instruments are
    new and others are gone. Only what earlier rows left behind belongs into it: not the settings, and
    not a file that the factory reads again.

    Without the two methods a component that remembers rows works in backtests and on paper, and no
    live session with it can be taken up where it stopped; a validator is copied with ``deepcopy``
    instead, and if it cannot be copied either, is asked row by row, which is slow.
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

    ``grade`` is what a component promises about parity. A: after the same rows it answers with the
    same bits, in research, in a backtest and live, however the rows were cut into chunks. C: the
    same to within a tolerance, because the last bits depend on where its memory starts or on the
    versions of what computes them; where a comparison is a tie, decisions may then differ. Grade C
    places no live order unless the configuration allows it. A component that knows that it cannot
    keep A says ``grade = "C"``.
    """

    grade: ClassVar[Grade] = "A"

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

    def preflight(self) -> Sequence[Finding]:
        """What is in order, and what is not, before real money is traded now; nothing, unless overridden.

        Asked when a person arms a session, of a component that was built and not started, in another process than
        the session's. It may ask its vendor, and places no order. A ``FAIL`` refuses the arming; one that
        raises, or takes longer than ``[run] step_timeout``, is a ``FAIL`` too.
        """
        return ()
