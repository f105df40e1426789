"""Values that are written as text: on the command line and in the environment."""

from __future__ import annotations

import json
import tomllib
from typing import Any


def read_literal(text: str) -> Any:
    """``text`` as a TOML value, or as a JSON list or table; anything else is text itself.

    ``0.2`` is a number, ``["a"]`` a list, ``"0.2"`` with its quotes and a bare ``paper`` are text.
    JSON's ``null`` is not read: a key without a value is left out.
    """
    value = _toml(text.strip())
    if value is None:
        value = _json(text.strip())
    return text if value is None else value


def _toml(text: str) -> Any:
    opens = text[:1]
    if opens not in ("[", "{", '"', "'") and ("#" in text or "\n" in text):
        return None
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return None
    return table["value"] if len(table) == 1 else None


def _json(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return None if _has_null(value) else value


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    if isinstance(value, list):
        return any(map(_has_null, value))
    return value is None
