"""What plugins and their tests may rely on, as lines of text: one for each name, parameter list, field and member.

A line is the same on every Python: annotations are taken as they are written, defaults are shown only
where they are plain values. What a public base provides is told there and not again.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from architecture.written_forms import parameters_of, plain, set_by, shown_signature, written
from pydantic import BaseModel

from friday_core import api
from friday_core.plugin import hookspecs
from friday_core.plugin.deprecation import Deprecated
from friday_core.testing.pytest_plugin import Hooks, friday_check

#: What ``docs/conformance.md`` shows of the kit: whole modules, or names in one.
KIT: Mapping[str, tuple[str, ...]] = {
    "friday_core.testing.builders": (),
    "friday_core.testing.columns": ("values_of",),
    "friday_core.testing.doubles": (),
    "friday_core.testing.markets": ("Market", "Markets"),
    "friday_core.testing.outcomes": ("Broken", "DoesNotApply"),
    "friday_core.testing.rule": ("Check", "Rule"),
    "friday_core.testing.subject": ("Limits", "Provision", "Subject"),
    "friday_core.testing.suites": ("rules_of",),
    "friday_core.testing.wire": (),
}
#: What has a public name because Friday makes it or reads it, and is no plugin's business.
INNER = frozenset(
    {
        *(("constructor", "Col"), ("field", "Col.node"), ("field", "Col.trace"), ("property", "Col.kind")),
        ("constructor", "Market"),
    }
)
#: Methods of the language that are used by writing an operator or a call.
OPERATORS = frozenset(
    f"__{name}__"
    for name in {
        *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod"),
        *("pow", "rpow", "neg", "pos", "abs", "invert", "and", "rand", "or", "ror", "xor", "rxor"),
        *("lt", "le", "gt", "ge", "eq", "ne", "getitem", "contains", "len", "iter", "call", "enter", "exit"),
    }
)


@dataclass(frozen=True)
class Entry:
    """One line: what it is, its name, and what follows the name: parameters, type, value."""

    kind: str
    name: str
    form: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{self.form}"


def public_surface() -> list[Entry]:
    """Everything public, sorted by name."""
    names: dict[str, Any] = {name: getattr(api, name) for name in api.__all__}
    for module in [value for value in names.values() if isinstance(value, types.ModuleType)]:
        names |= {f"{module.__name__.rpartition('.')[2]}.{inner}": getattr(module, inner) for inner in module.__all__}
    names |= dict(_kit())
    going = api._DEPRECATED
    classes = {one: name for name, one in names.items() if isinstance(one, type)}
    handed_out = handed_out_by([*names.values(), *(one.value for one in going.values())], classes)
    classes |= handed_out
    found = [entry for name, value in names.items() for entry in entries_of(name, value, classes)]
    found += [
        entry for one, name in handed_out.items() for entry in ClassSurface(name, one, classes, made=False).entries()
    ]
    found += [_going(entry, one) for name, one in going.items() for entry in entries_of(name, one.value, classes)]
    found += [Entry("hook", name, parameters_of(hook)) for name, hook in _hooks()]
    found += [Entry("group", group) for group in (hookspecs.PLUGIN_GROUP, hookspecs.COMMAND_GROUP)]
    found += [
        Entry("hook", "pytest_friday_provision", parameters_of(Hooks.pytest_friday_provision, bound=True)),
        Entry("fixture", friday_check.__name__, ": Callable[[], None]"),
    ]
    outer = (entry for entry in found if (entry.kind, entry.name) not in INNER)
    return sorted(outer, key=lambda entry: (entry.name, entry.kind != "class", entry.kind))


def handed_out_by(values: Iterable[Any], public: Iterable[type]) -> dict[type, str]:
    """Classes of Friday's without a public name that these return, those return, and so on, each with a name."""
    known, ahead = dict.fromkeys(public), list(values)
    offered = set(known)
    while ahead:
        value = ahead.pop()
        new = [one for function in _functions_of(value) for one in _returned_by(function) if one not in known]
        known |= dict.fromkeys(new)
        ahead += new
    names = [one.__name__ for one in known]

    def name_of(one: type) -> str:
        module = one.__module__.rpartition(".")[2]
        return one.__name__ if names.count(one.__name__) == 1 else f"{module}.{one.__name__}"

    return {one: name_of(one) for one in known if one not in offered}


def _returned_by(function: Callable[..., Any]) -> list[type]:
    """The classes of Friday's that its return annotation names."""
    annotation = ast.parse(written(inspect.signature(function).return_annotation))
    found = [function.__globals__.get(node.id) for node in ast.walk(annotation) if isinstance(node, ast.Name)]
    return [one for one in found if isinstance(one, type) and one.__module__.startswith("friday_core.")]


def _functions_of(value: Any) -> Iterator[Callable[..., Any]]:
    """A function itself; of a class its public methods and properties, inherited ones too."""
    if inspect.isfunction(value):
        yield value
    elif isinstance(value, type):
        inner = {name for _, name in INNER}
        for name, member in inspect.getmembers_static(value):
            function = _function_in(member)
            if function is not None and _is_public(name) and f"{value.__name__}.{name}" not in inner:
                yield function


def _going(entry: Entry, deprecated: Deprecated) -> Entry:
    since = ".".join(map(str, deprecated.since))
    return Entry(entry.kind, entry.name, f"{entry.form}  # deprecated since {since}, goes with {deprecated.goes}.0")


def _hooks() -> Iterator[tuple[str, Callable[..., Any]]]:
    return ((name, hook) for name, hook in inspect.getmembers(hookspecs, inspect.isfunction) if name[:7] == "friday_")


def _kit() -> Iterator[tuple[str, Any]]:
    for path, names in KIT.items():
        module = importlib.import_module(path)
        for name in names or _written_in(module):
            yield f"{path.removeprefix('friday_core.')}.{name}", getattr(module, name)


def _written_in(module: types.ModuleType) -> Iterator[str]:
    """The public names that a module's own source defines."""
    for node in ast.parse(inspect.getsource(module)).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node]
        names = [getattr(one, "name", getattr(one, "id", "_")) for one in targets]
        yield from (name for name in names if not name.startswith("_"))


def entries_of(name: str, value: Any, classes: Mapping[type, str]) -> Iterator[Entry]:
    """A public name and all that comes with it; ``classes`` are the public ones with their names."""
    if isinstance(value, types.ModuleType):
        yield Entry("module", name)
    elif isinstance(value, type):
        yield from ClassSurface(name, value, classes).entries()
    elif inspect.isfunction(value):
        yield Entry("function", name, parameters_of(value))
    elif name == "API_VERSION":
        yield Entry("constant", name, ": tuple[int, int]")
    elif (text := plain(value)) is not None:
        yield Entry("constant", name, f" = {text}")
    elif typing.get_origin(value) is not None:
        yield Entry("alias", name, f" = {_source_of(name.rpartition('.')[2])}")
    else:
        yield Entry("object", name, f": {type(value).__name__}")


class ClassSurface:
    """The lines of a class: what a public base provides in the same form is left out."""

    def __init__(self, name: str, cls: type, classes: Mapping[type, str], *, made: bool = True) -> None:
        """``made`` is whether others than Friday make objects of it, and rely on how that is done."""
        self.name, self.cls, self._classes, self._made = name, cls, classes, made

    def entries(self) -> Iterator[Entry]:
        bases = list(dict.fromkeys(self._bases(self.cls)))
        yield Entry("class", self.name, f"({', '.join(bases)})" if bases else "")
        if self._made and (constructor := self._constructor()):
            yield Entry("constructor", self.name, constructor)
        above = [one for one in self.cls.__mro__[1:] if one in self._classes]
        inherited = {entry for one in above for entry in ClassSurface("", one, self._classes).members()}
        for entry in self.members():
            if entry not in inherited:
                yield Entry(entry.kind, f"{self.name}{entry.name}", entry.form)

    def members(self) -> Iterator[Entry]:
        """Its fields, methods and the rest, each with a dot before its name."""
        for name, value in self._own_members().items():
            yield from self._member(name, value)
        for name, annotation in self._own_fields().items():
            yield Entry("field", f".{name}", f": {annotation}{self._default(name)}")
        for name, annotation in self._set_when_made().items():
            yield Entry("field", f".{name}", f": {annotation}" if annotation else "")

    def _bases(self, cls: type) -> Iterator[str]:
        for base in cls.__bases__:
            if base in self._classes:
                yield self._classes[base]
            elif _is_ours(base):
                yield from self._bases(base)
            elif base.__name__ not in {"object", "ABC", "Generic"}:
                yield base.__name__

    @cached_property
    def _hidden(self) -> list[type]:
        """The class and those of its bases that are told here: ours, not public, and not above a public one."""
        told = {over for base in self.cls.__mro__[1:] if base in self._classes for over in base.__mro__}
        return [one for one in self.cls.__mro__ if one is self.cls or (_is_ours(one) and one not in told)]

    def _constructor(self) -> str:
        """Its parameters if one of the classes told here has its own; of data, without types: fields have those."""
        if issubclass(self.cls, enum.Enum) or getattr(self.cls, "_is_protocol", False):
            return ""
        if not _is_data(self.cls):
            inits = [vars(one)["__init__"] for one in self._hidden if _is_written(vars(one).get("__init__"))]
            return parameters_of(inits[0]) if inits else ""
        return shown_signature(inspect.signature(self.cls), typed=False) if self._own_fields() else ""

    def _default(self, name: str) -> str:
        """What stands in the class for its plugins to leave or to replace; of data, the constructor says it."""
        text = plain(getattr(self.cls, name)) if hasattr(self.cls, name) and not _is_data(self.cls) else None
        return "" if text is None else f" = {text}"

    def _set_when_made(self) -> dict[str, str]:
        """Attributes that ``__init__`` sets, with their type where it is written or is that of a parameter."""
        found: dict[str, str] = {}
        for one in reversed(self._hidden):
            init = vars(one).get("__init__")
            found |= set_by(init) if init is not None and _is_written(init) else {}
        slots = {name for name, value in self._own_members().items() if inspect.ismemberdescriptor(value)}
        taken = {*self._own_fields(), *self._own_members()} - slots
        return {name: annotation for name, annotation in found.items() if _is_public(name) and name not in taken}

    def _own_fields(self) -> dict[str, str]:
        """Annotated names, with the annotation as it is written."""
        found: dict[str, str] = {}
        for one in reversed(self._hidden):
            for name, annotation in inspect.get_annotations(one).items():
                if _is_public(name):
                    found[name] = written(annotation)
        return found

    def _own_members(self) -> dict[str, Any]:
        fields = {name for one in self.cls.__mro__ if _is_ours(one) for name in inspect.get_annotations(one)}
        found: dict[str, Any] = {}
        for one in reversed(self._hidden):
            found |= {name: value for name, value in vars(one).items() if _is_public(name) and name not in fields}
        return {name: value for name, value in found.items() if name not in OPERATORS or _is_written(value)}

    def _member(self, name: str, value: Any) -> Iterator[Entry]:
        full = f".{name}"
        abstract = "abstract " if getattr(value, "__isabstractmethod__", False) else ""
        function = _function_in(value)
        if isinstance(value, type):
            yield from ClassSurface(full, value, self._classes).entries()
        elif isinstance(value, property | cached_property):
            returned = inspect.signature(function).return_annotation if function else inspect.Signature.empty
            yield Entry(f"{abstract}property", full, f": {written(returned)}")
        elif function is not None:
            static = "static " if isinstance(value, staticmethod) else ""
            kind = "class " if isinstance(value, classmethod) else static
            yield Entry(f"{abstract}{kind}method", full, parameters_of(function, bound=not static))
        elif isinstance(value, self.cls) and isinstance(value, enum.Enum):
            yield Entry("member", full, f" = {value.value!r}")
        elif (text := plain(value)) is not None:
            yield Entry("attribute", full, f" = {text}")


def _source_of(name: str) -> str:
    """What an alias stands for, as the module that defines it writes it."""
    for module in _modules_behind(api):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == [name]:
                return ast.unparse(node.value)
    raise LookupError(name)


def _modules_behind(module: types.ModuleType) -> Iterable[types.ModuleType]:
    """The modules that this one imports names from, and those of the kit."""
    imports = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ImportFrom)]
    return [importlib.import_module(path) for path in (*(node.module or "" for node in imports), *KIT)]


def _function_in(value: Any) -> Callable[..., Any] | None:
    inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None) or value
    return inner if inspect.isfunction(inner) else None


def _is_written(function: Any) -> bool:
    """Whether somebody wrote a function: those of dataclasses and protocols are made up."""
    return inspect.isfunction(function) and function.__module__ != "typing" and function.__code__.co_filename[0] != "<"


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] not in {"builtins", "abc", "enum", "typing", "msgspec", "pydantic"}


def _is_public(name: str) -> bool:
    return name in OPERATORS or not (name.startswith("_") or name == "model_config")


def _is_data(cls: type) -> bool:
    """Whether its constructor is made from its fields."""
    marks = ("__struct_fields__", "__dataclass_fields__", "_fields")
    return issubclass(cls, BaseModel) or any(hasattr(cls, mark) for mark in marks)
