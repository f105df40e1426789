"""Everything that can be reached from an object without import, frame or module."""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

_LEAVES = (str, bytes, bytearray, int, float, complex, type(None), types.ModuleType)


def reachable(start: object) -> Iterator[tuple[str, object]]:
    """Each object once, with the path that leads to it: attributes, slots, class attributes,
    containers, closures, defaults, and the objects that methods are bound to. The globals of
    functions are left out: every plugin can import what it likes.
    """
    seen: dict[int, object] = {}
    ahead: deque[tuple[str, object]] = deque([("start", start)])
    while ahead:
        path, one = ahead.popleft()
        if id(one) in seen:
            continue
        seen[id(one)] = one  # kept alive, or another object could get its id
        yield path, one
        if not isinstance(one, _LEAVES):
            ahead.extend((f"{path}{step}", part) for step, part in _parts(one))


def _parts(one: Any) -> Iterator[tuple[str, object]]:  # noqa: PLR0912 - one branch for each kind of container
    if isinstance(one, Mapping):
        for key, value in list(one.items()):
            yield f"<key {key!r:.20}>", key
            yield f"[{key!r:.20}]", value
    elif isinstance(one, list | tuple | set | frozenset | deque):
        yield from ((f"[{n}]", part) for n, part in enumerate(list(one)))
    if isinstance(one, types.MethodType | types.BuiltinMethodType):
        yield ".__self__", one.__self__
    if isinstance(one, types.MethodType):
        yield ".__func__", one.__func__
    if isinstance(one, types.FunctionType):
        yield from ((f".<cell {n}>", cell) for n, cell in enumerate(_cells(one)))
        yield ".__defaults__", one.__defaults__
        yield ".__kwdefaults__", one.__kwdefaults__
    if isinstance(one, functools.partial):
        yield ".partial", (one.func, one.args, one.keywords)
    if isinstance(one, types.GeneratorType):
        yield ".locals", one.gi_frame.f_locals if one.gi_frame else {}
    if isinstance(one, type):
        yield from ((f".{name}", value) for name, value in vars(one).items())
        return
    attributes = getattr(one, "__dict__", {})
    if isinstance(attributes, dict):  # and not what an object that has every attribute makes up
        yield from ((f".{name}", value) for name, value in attributes.items())
    for base in type(one).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(one, name):
                yield f".{name}", getattr(one, name)
    yield ".__class__", type(one)


def _cells(function: types.FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
