"""How a signature, an annotation and a value are written down: the same on every Python."""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
import typing
from collections.abc import Callable, Iterator
from typing import Any


class Verbatim:
    """Stands for an annotation or a default in a signature, which then prints this text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def parameters_of(function: Callable[..., Any], *, bound: bool = False) -> str:
    """``(one: int, *, other: str = 'x') -> bool``; of a method that is ``bound``, without the first."""
    signature = inspect.signature(function)
    is_init = function.__name__ == "__init__"
    if bound or is_init:
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    return shown_signature(signature.replace(return_annotation=signature.empty) if is_init else signature)


def shown_signature(signature: inspect.Signature, *, typed: bool = True) -> str:
    """A signature with annotations as they are written; a default that is no plain value is ``...``."""
    parameters = [
        one.replace(
            annotation=Verbatim(written(one.annotation)) if typed and one.annotation is not one.empty else one.empty,
            default=one.empty if one.default is one.empty else Verbatim(plain(one.default) or "..."),
        )
        for one in signature.parameters.values()
    ]
    returned = signature.return_annotation
    told = Verbatim(written(returned)) if typed and returned is not signature.empty else signature.empty
    return str(signature.replace(parameters=parameters, return_annotation=told))


def written(annotation: Any) -> str:
    """An annotation as the source has it."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    return str(getattr(annotation, "__qualname__", annotation))


def plain(value: Any) -> str | None:
    """A value in words that every Python shares; ``None`` if it is not made of numbers, texts, members and names."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return repr(value)
    if isinstance(value, type) or inspect.isroutine(value):
        return str(value.__qualname__) if "<" not in value.__qualname__ else None
    if isinstance(value, tuple | list | set | frozenset):
        inner = [text for one in value if (text := plain(one)) is not None]
        first, last = "[]" if isinstance(value, list) else "()" if isinstance(value, tuple) else "{}"
        text = ", ".join(sorted(inner) if first == "{" else inner) + ("," if first == "(" and len(inner) == 1 else "")
        return f"{first}{text}{last}" if len(inner) == len(value) else None
    return None


def set_by(init: Callable[..., Any]) -> dict[str, str]:
    """The attributes that a constructor sets on itself."""
    parameters = inspect.signature(init).parameters
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(init)))):
        for target, value in _assigned(node):
            if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
                known = parameters.get(getattr(value, "id", ""))
                annotation = written(known.annotation) if known else ""
                found[target.attr] = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else annotation
    return found


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Each target of an assignment with what is assigned to it, as far as that can be read off."""
    if isinstance(node, ast.AnnAssign):
        yield node.target, node.value
    if isinstance(node, ast.Assign):
        for target in node.targets:
            targets = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from zip(targets, values if len(values) == len(targets) else [None] * len(targets), strict=True)
