"""What an interface declares, read from its source: members with their types, defaults and comments."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from friday_core.interfaces.component import Component

_PACKAGE = "friday_core.interfaces."


@dataclass(frozen=True)
class Member:
    """An attribute, a property or a method, as its author wrote it; ``meaning`` is its comment or docstring."""

    name: str
    annotation: str
    value: str
    meaning: str
    is_method: bool = False
    is_abstract: bool = False

    def __str__(self) -> str:
        if self.is_method:
            return f"{self.name}{self.annotation}"
        annotated = f"{self.name}: {self.annotation}" if self.annotation else self.name
        return f"{annotated} = {self.value}" if self.value else annotated


def members(role: type) -> list[Member]:
    """What a class and its bases among the interfaces declare; private names are left out.

    What every component may do is told of ``Component`` alone, and a method that a class writes for
    its base without a word of its own is no longer anybody's to write.
    """
    found: dict[str, Member] = {}
    for base in reversed(role.__mro__):
        if base.__module__.startswith(_PACKAGE) and (base is not Component or role is Component):
            for one in declared(*class_source(base)):
                before = found.pop(one.name, one)
                if one.meaning or before is one or not one.is_method:
                    found[one.name] = _over(one, before)
    return list(found.values())


def explained_names(module: ModuleType) -> list[Member]:
    """Types and constants of a module that a comment explains."""
    source = inspect.getsource(module)
    found = declared(ast.parse(source).body, source.splitlines())
    return [one for one in found if not one.is_method and one.meaning]


def _over(one: Member, before: Member) -> Member:
    """A member that a class declares anew, with what its base says of it."""
    return replace(one, annotation=one.annotation or before.annotation, meaning=one.meaning or before.meaning)


def class_source(base: type) -> tuple[list[ast.stmt], list[str]]:
    """The statements of a class, and the lines that they stand on."""
    source = inspect.getsource(base)
    (written,) = ast.parse(source).body
    assert isinstance(written, ast.ClassDef)
    return written.body, source.splitlines()


def declared(body: Iterable[ast.stmt], lines: Sequence[str]) -> list[Member]:
    """The members among some statements, without private ones."""
    found = [_member(node, lines) for node in body]
    return [one for one in found if one is not None and not one.name.startswith("_")]


def _member(node: ast.stmt, lines: Sequence[str]) -> Member | None:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)):
            annotation = re.sub(r"^ClassVar\[(.*)\]$", r"\1", code_of(node.annotation))
            default, description = _field(node.value)
            return Member(name, annotation, default, comment_above(node, lines) or description)
        case ast.Assign(targets=[ast.Name(id=name)]):
            return Member(name, "", code_of(node.value), comment_above(node, lines))
        case ast.FunctionDef(name=name):
            marks = {code_of(mark) for mark in node.decorator_list}
            meaning, returns = ast.get_docstring(node) or "", code_of(node.returns)
            if marks & {"property", "cached_property"}:
                return Member(name, returns, "", meaning)
            arguments = re.sub(r"^(self|cls)(, )?", "", code_of(node.args))
            return Member(name, f"({arguments}) -> {returns}", "", meaning, True, "abstractmethod" in marks)
    return None


def _field(value: ast.expr | None) -> tuple[str, str]:
    """Default and description of a field; of settings, what stands in the call that declares it."""
    if not (isinstance(value, ast.Call) and code_of(value.func) in ("Field", "field")):
        return code_of(value), ""
    words = {word.arg: word.value for word in value.keywords}
    default = code_of(value.args[0]) if value.args else code_of(words.get("default"))
    if "default_factory" in words:
        default = f"{code_of(words['default_factory'])}()"
    description = ast.literal_eval(words["description"]) if "description" in words else ""
    return default.replace("...", ""), description


def code_of(node: ast.AST | None) -> str:
    """What was written, in one line; empty for nothing."""
    return "" if node is None else ast.unparse(node).replace("'", '"')


def comment_above(node: ast.stmt, lines: Sequence[str]) -> str:
    """The lines right above that begin with ``#:``."""
    first = node.lineno - 1
    while first > 0 and lines[first - 1].strip().startswith("#:"):
        first -= 1
    return "\n".join(line.strip().removeprefix("#:").strip() for line in lines[first : node.lineno - 1])
