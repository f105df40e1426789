"""The wire between a real broker's plugin and its exchange, as a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal

#: What the far end does with a request: takes it, refuses it, or does not answer in time. Of the last
#: two, ``lost`` requests never arrived, ``silent`` ones did and their answer was lost.
Answer = Literal["take", "refuse", "silent", "lost"]


class WireRefusal(Exception):  # noqa: N818 - an answer, not an error
    """The far end says no; a bench turns it into what the vendor's library would raise."""


class ScriptedWire:
    """Stands where the vendor's client would send: a bench calls ``place`` and ``cancel``, and nothing leaves.

    ``placed`` and ``cancelled`` are the tags of all requests in order, each as often as it came.
    After the script every request is taken.
    """

    def __init__(self, script: Iterable[Answer] = ()) -> None:
        self.placed: list[str] = []
        self.cancelled: list[str] = []
        self._script = deque(script)

    def place(self, tag: str) -> str:
        """An order is placed; returns the exchange's number. ``WireRefusal`` or ``TimeoutError`` as the script says."""
        self.placed.append(tag)
        return self._answer(tag)

    def cancel(self, tag: str) -> str:
        """An order is cancelled, as ``place``."""
        self.cancelled.append(tag)
        return self._answer(tag)

    def _answer(self, tag: str) -> str:
        match self._script.popleft() if self._script else "take":
            case "refuse":
                raise WireRefusal(f"order {tag}: insufficient margin")
            case "silent" | "lost":
                raise TimeoutError(f"order {tag}: no answer in time")
        return f"N{len(self.placed)}"
