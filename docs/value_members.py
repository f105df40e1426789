"""What a name of ``friday_core.api`` is, read from its source: signature, words, fields and methods."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from interface_members import Member, class_source, code_of, comment_above, declared

from friday_core import api
from friday_core.interfaces.component import Component

#: How an author writes what a method of this name answers.
_SPOKEN = {"__getitem__": "[{}]", "__len__": "len()", "__iter__": "iter()", "__contains__": "in"}
_SENTENCE = re.compile(r"(.+?\.)(?:\s|$)", re.DOTALL)


@cache
def homes() -> dict[str, str]:
    """Name to the module in which it is written."""
    return {name: _home(name, module) for name, module in _imported(api).items()}


def _home(name: str, module: str) -> str:
    further = _imported(importlib.import_module(module)).get(name)
    return _home(name, further) if further else module


def _imported(module: ModuleType) -> dict[str, str]:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return {one.asname or one.name: str(node.module) for node in imports for one in node.names}


def words_of(name: str) -> str:
    """The docstring of a class or a function, or the comment above a constant; empty if there is none."""
    value = getattr(api, name)
    if isinstance(value, ModuleType) or inspect.isfunction(value):
        return inspect.getdoc(value) or ""
    if inspect.isclass(value) and value.__module__ == homes()[name]:
        own = inspect.cleandoc(vars(value).get("__doc__") or "")
        # A dataclass without a docstring is given its signature for one.
        return "" if own.startswith(f"{value.__name__}(") else own
    node, lines = _assignment(name)
    return comment_above(node, lines)


def first_sentence(text: str) -> str:
    """The beginning of a docstring, up to the first full stop or the end of the paragraph."""
    paragraph = text.partition("\n\n")[0]
    found = _SENTENCE.match(paragraph)
    return " ".join((found[1] if found else paragraph).split())


def signature_of(name: str) -> str:
    """How it is called or what it is; empty for a class that is made of its fields."""
    value = getattr(api, name)
    if isinstance(value, ModuleType):
        return ""
    if inspect.isfunction(value):
        return f"{name}{_arguments(value)}"
    if inspect.isclass(value) and value.__module__ == homes()[name]:
        makers = [base for base in value.__mro__ if "__init__" in vars(base) and base.__module__.startswith("friday_")]
        written = [base for base in makers if _is_written(vars(base)["__init__"])]
        return f"{name}{_arguments(vars(written[0])['__init__'])}" if written and not _is_enum(value) else ""
    node, _ = _assignment(name)
    return f"{name} = {code_of(node.value)}" if isinstance(node, ast.Assign | ast.AnnAssign) else name


def members_of(name: str) -> list[Member]:
    """Fields, properties and methods of a class, those of its bases in Friday first; private ones are left out."""
    value = getattr(api, name)
    if not inspect.isclass(value) or value.__module__ != homes()[name]:
        return []
    found: dict[str, Member] = {}
    for base in reversed(value.__mro__):
        if base.__module__.startswith("friday_core.") and base is not Component:
            body, lines = class_source(base)
            for one in (*declared(body, lines), *_spoken(body)):
                before = found.get(one.name, one)
                found[one.name] = replace(one, meaning=one.meaning or before.meaning)
    return [one for one in found.values() if one.name != "model_config"]


def _spoken(body: Sequence[ast.stmt]) -> Iterator[Member]:
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in _SPOKEN:
            arguments = re.sub(r"^self(, )?", "", code_of(node.args))
            name = _SPOKEN[node.name].format(arguments)
            yield Member(name, f" -> {code_of(node.returns)}", "", ast.get_docstring(node) or "", is_method=True)


def _arguments(function: Any) -> str:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)
    arguments = re.sub(r"^(self|cls)(, )?", "", code_of(node.args))
    returns = "" if node.name == "__init__" else f" -> {code_of(node.returns)}"
    return f"({arguments}){returns}"


def _assignment(name: str) -> tuple[ast.stmt, list[str]]:
    """Where a constant or a type is set, in the module that it comes from."""
    source = inspect.getsource(importlib.import_module(homes()[name]))
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(one, ast.Name) and one.id == name for one in targets):
            return node, source.splitlines()
    raise LookupError(f"friday_core.api.{name} is set nowhere in {homes()[name]}")


def _is_written(function: Any) -> bool:
    """Whether an author wrote it: those of dataclasses and protocols are made."""
    written = inspect.isfunction(function) and not function.__code__.co_filename.startswith("<")
    return written and function.__module__.startswith("friday_")


def _is_enum(value: type) -> bool:
    return issubclass(value, enum.Enum)
