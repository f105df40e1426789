"""Which of a plugin's settings are secrets, and what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Secret, SecretBytes, SecretStr

_SECRETS = (SecretStr, SecretBytes, Secret)


def holds_secrets(annotation: Any, above: frozenset[Any] = frozenset()) -> bool:
    """Whether a secret can stand in a value of this type: in it, in its parts, or in their fields."""
    kind = get_origin(annotation) or annotation
    if isinstance(kind, type) and issubclass(kind, _SECRETS):
        return True
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in above:
        fields = kind.model_fields.values()
        return any(holds_secrets(field.annotation, above | {kind}) for field in fields)
    return any(holds_secrets(part, above) for part in get_args(annotation))


def secret_keys(model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Keys in ``values``, step by step, whose fields hold secrets; tables of sub-models are entered."""
    for name, value in values.items():
        annotation = model.model_fields[name].annotation if name in model.model_fields else None
        inner = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type)]
        tables = [one for one in inner if issubclass(one, BaseModel)]
        if isinstance(value, Mapping) and tables:
            yield from ((name, *rest) for table in tables for rest in secret_keys(table, value))
        elif holds_secrets(annotation):
            yield (name,)


def secrets_in(value: Any) -> Iterator[SecretStr]:
    """Every secret in settings, however deep."""
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, _SECRETS):
        plain = value.get_secret_value()
        yield SecretStr(plain.decode(errors="replace") if isinstance(plain, bytes) else str(plain))
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from secrets_in(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from secrets_in(part)
