"""What can be set: the keys of the model, and the nearest one to a name that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from friday_settings.model import FridaySettings
from friday_settings.origins import Key

PREFIX = "FRIDAY_"
DELIMITER = "__"
#: Variables that choose where settings are read from, and hold none themselves.
PROFILE_VARIABLE = "FRIDAY_PROFILE"
CONFIG_VARIABLE = "FRIDAY_CONFIG"
SECRETS_VARIABLE = "FRIDAY_SECRETS_DIR"
CHOOSING_VARIABLES = (PROFILE_VARIABLE, CONFIG_VARIABLE, SECRETS_VARIABLE)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like ``name``, or an empty string if none is like it."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), "")


def variable(key: Key) -> str:
    """The environment variable of a key: ``FRIDAY_RISK__MAX_DRAWDOWN``."""
    return PREFIX + DELIMITER.join(key).upper()


def annotation_at(annotation: Any, key: Iterable[str | int]) -> Any:
    """The type at a key below a model, a dict or a tuple; ``None`` where the model knows nothing."""
    for step in key:
        annotation = _below(_without_none(annotation), step)
    return _without_none(annotation)


def names_at(key: Iterable[str | int]) -> tuple[str, ...]:
    """The fields of the settings' table at ``key``; empty if it is none or takes any name."""
    table = annotation_at(FridaySettings, key)
    return tuple(table.model_fields) if _is_model(table) else ()


def description_at(key: tuple[str | int, ...]) -> str:
    """What the model says of the field at ``key``, or an empty string."""
    table = annotation_at(FridaySettings, key[:-1])
    field = table.model_fields.get(key[-1]) if _is_model(table) else None
    return (field.description or "") if field is not None else ""


def known_keys(streams: Iterable[str] = ("market_data",)) -> Iterator[Key]:
    """Every key with a value of its own; of the streams those named."""
    for section, field in FridaySettings.model_fields.items():
        if section == "streams":
            for stream in streams:
                yield from (("streams", stream, name) for name in names_at(("streams", stream)))
        elif _is_model(field.annotation):
            yield from ((section, name) for name in names_at((section,)))


def _below(annotation: Any, step: str | int) -> Any:
    if _is_model(annotation):
        field = annotation.model_fields.get(step)
        return None if field is None else field.annotation
    if get_origin(annotation) in (dict, tuple, list):
        arguments = get_args(annotation)
        return arguments[1] if get_origin(annotation) is dict else arguments[0]
    return None


def _without_none(annotation: Any) -> Any:
    """``int | None`` is ``int`` to whoever writes a value; other unions stay as they are."""
    others = [one for one in get_args(annotation) if one is not NoneType]
    return others[0] if len(others) == 1 and NoneType in get_args(annotation) else annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
