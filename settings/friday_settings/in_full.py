"""A plugin's settings with the defaults that hold, so that a later change of a default changes no earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from friday_core.plugin.secret_fields import holds_secrets
from friday_core.plugin.spec import USE


def in_full(
    model: type[BaseModel], values: Mapping[str, Any], section: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """``values``, what holds of the weaker ``section``, and every default that TOML can hold.

    Secrets stay where they are. Where a plugin would take the full settings for others than the
    short ones, they stay short.
    """
    own = {name: value for name, value in (section or {}).items() if name not in values and name != USE}
    short = {**values, **{name: one for name, one in own.items() if not _is_secret(model, name)}}
    full = {**short, **{name: one for name, one in _defaults(model).items() if name not in {**own, **values}}}
    return full if _means_the_same(model, {**short, **own}, {**full, **own}) else short


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


def _defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Those that TOML can hold, in its types."""
    found = {}
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        if default is not None and default is not PydanticUndefined and not holds_secrets(field.annotation):
            value = written(default)
            try:
                tomli_w.dumps({name: value})
            except (TypeError, ValueError):
                continue
            found[name] = value
    return found


def _means_the_same(model: type[BaseModel], short: Mapping[str, Any], full: Mapping[str, Any]) -> bool:
    try:
        one, other = (model.model_validate({k: v for k, v in each.items() if k != USE}) for each in (short, full))
    except ValidationError:
        return False
    return dict(one) == dict(other)
