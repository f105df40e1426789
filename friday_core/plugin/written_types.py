"""Types in files: a number is no text there, and a truth value is neither.

On the command line and in the environment everything is text, so that text is taken for what it
reads; in a file ``window = "20"`` is a mistake that would hide another one.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, PlainValidator, WrapValidator

#: Where in a value, step by step, and what has to be written there.
Mistyped = tuple[tuple[str | int, ...], str]

_OWN_READING = (BeforeValidator, PlainValidator, WrapValidator)
_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "t", "y", "1"), "true"),
    **dict.fromkeys(("false", "no", "off", "f", "n", "0"), "false"),
}


def mistyped(annotation: Any, value: Any, at: tuple[str | int, ...] = ()) -> Iterator[Mistyped]:
    """Values that the type would take although they are written as another one.

    Only what pydantic converts by itself is told: what it refuses it tells itself, and what a
    field's own validator reads is the author's.
    """
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if isinstance(value, Mapping):
            yield from _in_model(annotation, value, at)
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if not any(isinstance(one, _OWN_READING) for one in arguments[1:]):
            yield from mistyped(arguments[0], value, at)
    elif origin is dict and isinstance(value, Mapping):
        for name, one in value.items():
            yield from mistyped(arguments[1], one, (*at, name))
    elif origin in (tuple, list, set, frozenset) and isinstance(value, list | tuple):
        for n, one in enumerate(value):
            yield from mistyped(_item(arguments, n), one, (*at, n))
    elif wanted := _wanted(_alternatives(annotation), value):
        yield at, wanted


def _in_model(model: type[BaseModel], value: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Mistyped]:
    decorators = model.__pydantic_decorators__.field_validators.values()
    own = {name for one in decorators if one.info.mode != "after" for name in one.info.fields}
    for name, field in model.model_fields.items():
        if name in value and name not in own and not any(isinstance(one, _OWN_READING) for one in field.metadata):
            yield from mistyped(field.annotation, value[name], (*at, name))


def _item(arguments: tuple[Any, ...], n: int) -> Any:
    """The type of an item of a list, or of a tuple with a type for each."""
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0]
    return arguments[n] if n < len(arguments) else (arguments[0] if arguments else Any)


def _alternatives(annotation: Any) -> frozenset[Any]:
    """The types of a union, without that of a value that is not there."""
    if get_origin(annotation) is Annotated:
        own = any(isinstance(one, _OWN_READING) for one in get_args(annotation)[1:])
        return frozenset({Any}) if own else _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        parts = frozenset().union(*map(_alternatives, get_args(annotation)))
        return parts - {types.NoneType}
    return frozenset({annotation})


def _wanted(alternatives: frozenset[Any], value: Any) -> str:
    """What has to be written in place of ``value``; empty if it may stand."""
    if alternatives == {bool}:
        return _truth(value)
    if alternatives and alternatives <= {int, float}:
        if isinstance(value, bool):
            return "a number"
        if isinstance(value, str) and _is_number(value):
            return f"{value.strip()} without quotes"
    return ""


def _truth(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _TRUTH.get(str(value).lower().removesuffix(".0"), "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
