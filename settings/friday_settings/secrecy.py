"""Which values nobody may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, SecretBytes, SecretStr

from friday_settings.catalogue import annotation_at
from friday_settings.origins import Key, Origin, leaves

#: The settings' model of each plugin, by kind and name.
PluginModels = Mapping[tuple[str, str], type[BaseModel]]

MASK = "**********"


def secret_keys(plain: Mapping[str, Any], origin_of: Callable[[Key], Origin], models: PluginModels) -> Iterator[Key]:
    """The keys in ``plain``, the settings as tables, whose values are secret.

    A model says so by ``SecretStr``; where none is known, whatever may have come from a secret's
    place is one. Entries of ``trading.active_strategies`` are counted: ``("trading",
    "active_strategies", "0", "settings", "pin")``.
    """
    for key, value in leaves(plain["plugins"], ("plugins",)):
        model = models.get((key[1], key[2]))
        unknown = model is None and origin_of(key).may_hold_secrets
        if unknown or isinstance(value, SecretStr) or (model is not None and is_secret(model, key[3:])):
            yield key
    for position, entry in enumerate(plain["trading"]["active_strategies"]):
        model = models.get(("strategy", entry["use"]))
        for key, _ in leaves(entry["settings"]):
            if model is not None and is_secret(model, key):
                yield ("trading", "active_strategies", str(position), "settings", *key)


def is_secret(model: type[BaseModel], key: Key) -> bool:
    """Whether the model declares the field at ``key`` as a secret."""
    return mentions(annotation_at(model, key), (SecretStr, SecretBytes))


def mentions(annotation: Any, types: tuple[type, ...]) -> bool:
    """Whether one of ``types`` occurs anywhere in an annotation."""
    return annotation in types or any(mentions(one, types) for one in get_args(annotation))


def mask(plain: dict[str, Any], keys: Iterable[Key]) -> None:
    """Put a mask in place of the values at ``keys``."""
    for key in keys:
        _table_of(plain, key)[key[-1]] = MASK


def remove(plain: dict[str, Any], keys: Iterable[Key]) -> None:
    """Take the values at ``keys`` out."""
    for key in keys:
        del _table_of(plain, key)[key[-1]]


def _table_of(plain: dict[str, Any], key: Key) -> Any:
    table: Any = plain
    for step in key[:-1]:
        table = table[step] if isinstance(table, dict) else table[int(step)]
    return table
