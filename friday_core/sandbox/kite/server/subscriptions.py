"""What one socket has asked for, and what of it is to be sent now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from friday_core.sandbox.kite.values import SECOND

MODES = ("ltp", "quote", "full")
_FIRST_MODE = "quote"


class Misunderstood(Exception):  # noqa: N818 - it is told to whoever sent it
    """A message that asks for nothing that there is."""


class Subscriptions:
    """Modes by token. A token's tick is sent when it changed, and once in a market second at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.modes: dict[int, str] = {}
        self._changed: dict[int, None] = {}
        self._second: dict[int, int] = {}

    def obey(self, text: str | bytes) -> tuple[str, list[int]]:
        """Do what a message asks for; the word of it and its tokens. ``Misunderstood`` changes nothing."""
        try:
            asked: Any = msgspec.json.decode(text)
            word, value = asked["a"], asked["v"]
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise Misunderstood('write {"a": "subscribe", "v": [token, ...]}') from error
        if word == "mode":
            return "mode", self._set_mode(value)
        if word not in ("subscribe", "unsubscribe"):
            raise Misunderstood(f"Unknown action: {word!s:.40}")
        tokens = _tokens(value)
        if word == "unsubscribe":
            for token in tokens:
                self.modes.pop(token, None)
                self._changed.pop(token, None)
        else:
            self._begin(tokens, _FIRST_MODE)
        return word, tokens

    def changed(self, tokens: Iterable[int]) -> None:
        """These have another price, or another depth."""
        for token in tokens:
            if token in self.modes:
                self._changed[token] = None

    def is_due(self, ts: int) -> bool:
        """Whether anything is to be sent at ``ts``."""
        second = ts // SECOND
        return any(self._second.get(token) != second for token in self._changed)

    def due(self, ts: int) -> list[tuple[int, str]]:
        """Tokens to be sent at ``ts`` with their modes; they count as sent."""
        second = ts // SECOND
        found = [token for token in self._changed if self._second.get(token) != second]
        for token in found:
            del self._changed[token]
            self._second[token] = second
        return [(token, self.modes[token]) for token in found]

    def _set_mode(self, value: Any) -> list[int]:
        if not isinstance(value, list) or len(value) != 2 or value[0] not in MODES:
            raise Misunderstood(f'write {{"a": "mode", "v": [mode, [token, ...]]}} with one of {", ".join(MODES)}')
        tokens = _tokens(value[1])
        self._begin(tokens, value[0])
        return tokens

    def _begin(self, tokens: Iterable[int], mode: str) -> None:
        """They are sent at once, whatever was sent in this second."""
        asked = dict.fromkeys(tokens, mode)
        if len(self.modes.keys() | asked.keys()) > self._most:
            raise Misunderstood(f"Maximum of {self._most} instruments on one connection.")
        self.modes.update(asked)
        for token in asked:
            self._changed[token] = None
            self._second.pop(token, None)


def _tokens(value: Any) -> list[int]:
    if not isinstance(value, list) or not all(type(one) is int for one in value):
        raise Misunderstood("tokens are a list of whole numbers")
    return value
