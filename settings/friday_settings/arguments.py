"""``--set section.key=value``: the strongest layer."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from friday_core.errors import Problem, ProblemKind
from friday_settings.layers import RawLayer, Reading
from friday_settings.literals import read_literal
from friday_settings.origins import Layer, Origin


def read_overrides(overrides: Sequence[str]) -> Reading:
    """A layer for each ``key=value``; the last of the same key wins.

    Keys are written as in TOML (``streams."a b".source``), values as TOML or JSON, bare words
    are text.
    """
    reading = Reading([], [])
    for override in overrides:
        key, equals, text = override.partition("=")
        values = _nested(key.strip(), read_literal(text.strip())) if equals else None
        if values is None:
            reading.problems.append(
                Problem(
                    ProblemKind.INVALID_VALUE,
                    f"--set {key.strip()} does not read section.key=value",
                    "write for example --set risk.max_drawdown=0.2",
                )
            )
        else:
            reading.layers.append(RawLayer(Origin(Layer.ARGUMENT, f"--set {key.strip()}"), values))
    return reading


def _nested(key: str, value: Any) -> dict[str, Any] | None:
    """``{"risk": {"max_drawdown": value}}``, or ``None`` if ``key`` is no TOML key."""
    if "\n" in key or "#" in key:
        return None
    try:
        table: dict[str, Any] = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return None
    inner = table
    while isinstance(following := next(iter(inner.values())), dict):
        inner = following
    inner[next(iter(inner))] = value
    return table
