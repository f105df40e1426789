"""Settings in the words of whoever writes TOML: their type, their limits, their default."""

from __future__ import annotations

import datetime as dt
import enum
import json
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    Path: "path",
    dt.date: "date",
    dt.time: "time",
    SecretStr: "secret text",
    Any: "anything",
}
_BOUNDS = {Gt: ("gt", ">"), Ge: ("ge", ">="), Lt: ("lt", "<"), Le: ("le", "<=")}


def type_of(field: FieldInfo) -> str:
    """``integer, >= 1``; what is literally to be written stands in backticks."""
    word = _word(field.annotation)
    limits = []
    for constraint in field.metadata:
        if type(constraint) in _BOUNDS:
            attribute, sign = _BOUNDS[type(constraint)]
            limits.append(f"{sign} {getattr(constraint, attribute):g}")
        elif isinstance(constraint, MinLen) and constraint.min_length > 1:
            limits.append(f"at least {constraint.min_length} long")
        elif isinstance(constraint, MaxLen):
            limits.append(f"at most {constraint.max_length} long")
    return ", ".join([word, *limits])


def _word(annotation: Any) -> str:
    """A type in the words of whoever writes TOML."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    arguments = [one for one in get_args(annotation) if one is not NoneType]
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(f"`{one}`" for one in arguments)
    if origin in (tuple, list, frozenset):
        item = arguments[0]
        return f"list of {'tables' if isinstance(item, type) and issubclass(item, BaseModel) else _word(item)}"
    if origin is dict:
        return f"table of {_word(arguments[1])}"
    if arguments:
        return " or ".join(_word(one) for one in arguments)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return " or ".join(f"`{one.value}`" for one in annotation)
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def default_of(field: FieldInfo, packaged: Any = None) -> str:
    """The value that holds if nobody sets one, in backticks, or why there is none; ``packaged`` goes before it."""
    value = packaged if packaged is not None else field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "required"
    if value is None:
        return "not set"
    if isinstance(value, dt.date | dt.time | Path):
        return f"`{value}`"
    return f"`{json.dumps(value, default=str)}`"
