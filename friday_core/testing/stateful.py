"""Snapshots of stages: whether there are any, and where they are taken."""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any, NamedTuple

from friday_core.domain.chunk import Chunk
from friday_core.errors import PluginContractError
from friday_core.flow.stage_memory import StageMemory
from friday_core.interfaces.component import Stateful
from friday_core.testing.outcomes import Broken, DoesNotApply


class _Words(NamedTuple):
    sentence: str
    why: str
    mend: str


SNAPSHOTS = _Words(
    "one that is restored from its snapshot goes on with the same bits",
    "a live session that starts again takes up where it was, and must not decide otherwise for it",
    "let snapshot() hold all that earlier rows left behind, by the names of instruments, and restore() forget "
    "everything else; both as friday_core.api.Stateful says, and without pickle: json and arrays' bytes will do",
)
#: What every pickle of protocol 2 and above begins with.
_PICKLE = b"\x80"
_NO_SNAPSHOTS = (b"", b"\x80\x04K\x01.", b"no snapshot")


def snapshot_rows(chunk: Chunk) -> tuple[int, ...]:
    """Rows before which a snapshot is taken: none yet, within a slice, late."""
    return (0, 61, len(chunk) // 2 + 1, len(chunk) - 3)


def require_snapshots(component: Any, show: Callable[[Any], object]) -> None:
    """``DoesNotApply`` for what has none, ``Broken`` for one that takes bytes which are no snapshot."""
    if not isinstance(component, Stateful):
        memory = StageMemory("it", component)
        memory.begin()
        show(component)
        try:
            memory.snapshot()
        except PluginContractError:
            raise DoesNotApply("it remembers rows and is not Stateful: no session with it can be taken up") from None
        raise DoesNotApply("it remembers nothing")
    show(component)
    refuses_others(component)


def refuses_others(component: Stateful) -> None:
    """``Broken`` if it takes bytes that are no snapshot of it; its state is lost."""
    own: object = component.snapshot()
    if not isinstance(own, bytes):
        raise Broken(f"its snapshot() is {own!r:.60}, not bytes")
    if _is_pickle(own):
        raise Broken("its snapshot() is a pickle: whoever restores one runs what stands in it")
    for wrong in (*_NO_SNAPSHOTS, own[: len(own) // 2]):
        if _is_taken(component, wrong):
            raise Broken(f"it takes {wrong[:20]!r} for a snapshot")


def _is_pickle(data: bytes) -> bool:
    """Whether it reads as a pickle from its first byte to a stop; nothing is loaded."""
    if not data.startswith(_PICKLE):
        return False
    try:
        return any(opcode.name == "STOP" for opcode, _, _ in pickletools.genops(data))
    except Exception:  # noqa: BLE001 - whatever it stumbles over: other bytes
        return False


def _is_taken(component: Stateful, data: bytes) -> bool:
    try:
        component.restore(data)
    except Exception:  # noqa: BLE001 - whatever it raises: it was refused
        return False
    return True
