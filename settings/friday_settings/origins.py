"""Where a value came from, and what its key is called."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: A key as its steps: ``("risk", "max_drawdown")``.
Key = tuple[str, ...]

#: The entries of the list of strategies, which ``--set`` and variables call by their ids.
ENTRIES: Key = ("trading", "active_strategies")

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Layer(enum.IntEnum):
    """The layers by strength: a higher one wins."""

    CODE = 0
    DEFAULT = 1
    PROFILE = 2
    USER = 3
    SECRETS = 4
    ENVIRONMENT = 5
    ARGUMENT = 6

    @property
    def label(self) -> str:
        """The layer in the user's words."""
        return _LABELS[self]


_LABELS = {
    Layer.CODE: "code",
    Layer.DEFAULT: "default",
    Layer.PROFILE: "profile",
    Layer.USER: "user's file",
    Layer.SECRETS: "secrets folder",
    Layer.ENVIRONMENT: "environment",
    Layer.ARGUMENT: "argument",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The layer and its file, variable or option; prints as the latter."""

    layer: Layer
    name: str

    @property
    def may_hold_secrets(self) -> bool:
        """True of the environment and the secrets folder, of nothing else."""
        return self.layer in (Layer.SECRETS, Layer.ENVIRONMENT)

    @property
    def is_text(self) -> bool:
        """True of everything but files and code: there ``20`` and ``"20"`` are written alike."""
        return self.layer in (Layer.SECRETS, Layer.ENVIRONMENT, Layer.ARGUMENT)

    def __str__(self) -> str:
        return self.name


#: A default of the section's or the plugin's own model.
CODE = Origin(Layer.CODE, "code")


def dotted(key: tuple[str | int, ...]) -> str:
    """``risk.max_drawdown``, ``streams."a b".source``, ``trading.active_strategies[0].use``."""
    text = ""
    for step in key:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            quoted = step if _BARE.fullmatch(step) else '"' + step.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{quoted}" if text else quoted
    return text


def leaves(table: Mapping[str, Any], key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every value below ``table`` that is not a table itself, with its key; lists are values."""
    for step, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*key, step))
        else:
            yield (*key, step), value
