"""A plugin's settings with the defaults that hold, so that a later change of a default changes no earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import PurePath
from typing import Any

import tomli_w
from pydantic import BaseModel

from friday_core.plugin.secret_fields import holds_secrets
from friday_core.plugin.spec import USE


def in_full(
    model: type[BaseModel], values: Mapping[str, Any], section: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """``values``, what holds of the weaker ``section``, and every default that TOML can hold.

    Secrets stay where they are. Settings that are not valid stay as they are, and so do those that
    the plugin would take for others if its defaults were written out.
    """
    weaker = {name: value for name, value in (section or {}).items() if name not in values and name != USE}
    short = {**values, **{name: value for name, value in weaker.items() if not _is_secret(model, name)}}
    ran = _judged(model, {**short, **weaker})
    if ran is None:
        return short
    unwritten = [name for name in model.model_fields if name not in {**short, **weaker} and not _is_secret(model, name)]
    full = {**short, **{name: value for name in unwritten for value in _in_toml(getattr(ran, name))}}
    again = _judged(model, {**full, **weaker})
    return full if again is not None and dict(again) == dict(ran) else short


def written(value: Any) -> Any:
    """``value`` in the types of TOML; a key without a value is left out."""
    if isinstance(value, BaseModel):
        return written(value.model_dump())
    if isinstance(value, Mapping):
        return {name: written(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [written(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(written(one) for one in value)
    if isinstance(value, Enum):
        return written(value.value)
    return value.as_posix() if isinstance(value, PurePath) else value


def _is_secret(model: type[BaseModel], name: str) -> bool:
    return name in model.model_fields and holds_secrets(model.model_fields[name].annotation)


def _judged(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel | None:
    try:
        return model.model_validate({name: value for name, value in values.items() if name != USE})
    except Exception:  # noqa: BLE001 - validators are the plugin's code, and told of elsewhere
        return None


def _in_toml(value: Any) -> Iterator[Any]:
    """The value in the types of TOML, if there is one and they can hold it."""
    if value is not None:
        with suppress(TypeError, ValueError):
            plain = written(value)
            tomli_w.dumps({"value": plain})
            yield plain
