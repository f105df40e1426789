"""The recorded public surface: how it is written, what has changed since, and what may be recorded anew."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from architecture.public_surface import Entry

Version = tuple[int, int]

FILE = Path(__file__).with_name("public_surface.txt")
COMMAND = "python tests/record_public_surface.py"
HEAD = f"""\
# What plugins and their tests may rely on, with the version of the plugin API that brought it.
# docs/api_policy.md says how it may change. Written by: {COMMAND}
# plugin API: {{api}}
# last released: {{released}}
"""
LINE = re.compile(r"(?P<since>\d+\.\d+)  (?P<entry>(?P<kind>(?:abstract |class |static )*[a-z]+) (?P<name>[\w.]+).*)")
#: What Friday or a plugin calls: one more parameter that may be left out is no harm to whoever calls it without.
CALLED = ("function", "constructor", "method", "class method", "static method", "hook")


class Change(enum.StrEnum):
    """What became of a line. The first two need a new minor, the others a new major."""

    ADDED = "added"
    EXTENDED = "extended"
    CHANGED = "changed"
    REMOVED = "removed"
    DEMANDED = "demanded of every plugin"


HARMLESS = frozenset({Change.ADDED, Change.EXTENDED})


@dataclass(frozen=True)
class Difference:
    """A line that is not as recorded; ``since`` is the version that brought it or its class, ``None`` if it is new."""

    change: Change
    line: str
    since: Version | None = None


@dataclass(frozen=True)
class Record:
    """The surface of one version of the plugin API; ``released`` is the last one that was given to anybody."""

    api: Version
    released: Version | None
    lines: Mapping[tuple[str, bool], tuple[Version, Entry]] = field(default_factory=dict)

    def __str__(self) -> str:
        head = HEAD.format(api=shown(self.api), released=shown(self.released) if self.released else "none")
        return head + "".join(f"{shown(since)}  {entry}\n" for since, entry in self.lines.values())

    def differences(self, now: Iterable[Entry]) -> list[Difference]:
        """What has changed since, by name."""
        entries = {_key(entry): entry for entry in now}
        pairs = [(self.lines.get(key), entries.get(key)) for key in sorted({*self.lines, *entries})]
        return [self._difference(line, after) for line, after in pairs if not (line and line[1] == after)]

    def _difference(self, line: tuple[Version, Entry] | None, after: Entry | None) -> Difference:
        if line is not None:
            since, before = line
            change = Change.REMOVED if after is None else Change.EXTENDED if extends(before, after) else Change.CHANGED
            return Difference(change, str(after or before), since)
        assert after is not None
        owner = self.lines.get((after.name.rpartition(".")[0], False))
        if owner is not None and after.kind.startswith("abstract"):
            return Difference(Change.DEMANDED, str(after), owner[0])
        return Difference(Change.ADDED, str(after))

    def refusals(self, now: Iterable[Entry], api: Version) -> list[str]:
        """Why the surface cannot be recorded as that of ``api``, a reason a line; none if it can."""
        if api < self.api:
            return [f"API_VERSION is {shown(api)}, and {shown(self.api)} is recorded already"]
        if self.released is None:
            return []
        told = [one for one in self.differences(now) if one.since is None or one.since <= self.released]
        harmless = [one for one in told if one.change in HARMLESS and api <= self.released]
        harmful = [one for one in told if one.change not in HARMLESS and api[0] == self.released[0]]
        minor, major = shown((self.released[0], self.released[1] + 1)), shown((self.released[0] + 1, 0))
        return [
            *(f"{one.change}: {one.line}: raise API_VERSION to {minor}" for one in harmless),
            *(f"{one.change}: {one.line}: deprecate it, or raise API_VERSION to {major}" for one in harmful),
        ]

    def renewed(self, now: Iterable[Entry], api: Version) -> Record:
        """The surface of today; what is as it was, or only extended, keeps the version that brought it."""
        new = {one.line for one in self.differences(now) if one.change is not Change.EXTENDED}
        lines = {_key(entry): (api if str(entry) in new else self.lines[_key(entry)][0], entry) for entry in now}
        return replace(self, api=api, lines=lines)


def extends(before: Entry, after: Entry) -> bool:
    """Whether it still serves whomever it served: it is deprecated now, or takes more that may be left out."""
    old, new = (replace(one, form=one.form.partition("  # ")[0]) for one in (before, after))
    if old == new:
        return True
    if old.kind != new.kind or old.kind not in CALLED:
        return False
    was, now = (_signature(one.form) for one in (old, new))
    places = len(was.positional)
    more = [one for one in now.positional[places:] if not one.optional]
    more += [one for name, one in now.named.items() if name not in was.named and not one.optional]
    same_names = all(now.named.get(name) == one for name, one in was.named.items())
    return was.positional == now.positional[:places] and same_names and was.rest == now.rest and not more


@dataclass(frozen=True)
class _Parameter:
    text: str
    optional: bool


@dataclass(frozen=True)
class _Signature:
    positional: list[_Parameter]
    named: dict[str, _Parameter]
    #: What takes any further arguments, and what is returned.
    rest: tuple[str, ...]


def _signature(form: str) -> _Signature:
    (function,) = ast.parse(f"def f{form}: ...").body
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    names = [*given.posonlyargs, *given.args]
    defaults = [*[None] * (len(names) - len(given.defaults)), *given.defaults]
    return _Signature(
        [_parameter(one, default) for one, default in zip(names, defaults, strict=True)],
        {one.arg: _parameter(one, default) for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)},
        tuple(ast.unparse(one) if one else "" for one in (given.vararg, given.kwarg, function.returns)),
    )


def _parameter(one: ast.arg, default: ast.expr | None) -> _Parameter:
    return _Parameter(f"{ast.unparse(one)} = {ast.unparse(default) if default else ''}", default is not None)


def read(text: str) -> Record:
    """A record from its file; ``ValueError`` names a line that nobody wrote so."""
    head, lines = {}, {}
    for line in text.splitlines():
        if line.startswith("#"):
            name, _, value = line.removeprefix("# ").partition(": ")
            head[name] = value
        elif found := LINE.fullmatch(line):
            entry = _entry(found)
            lines[_key(entry)] = _version(found["since"]), entry
        else:
            raise ValueError(f"no line of the public surface: {line}")
    released = head["last released"]
    return Record(_version(head["plugin API"]), None if released == "none" else _version(released), lines)


def shown(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _version(text: str) -> Version:
    major, minor = map(int, text.split("."))
    return major, minor


def _entry(found: re.Match[str]) -> Entry:
    kind, name = found["kind"], found["name"]
    return Entry(kind, name, found["entry"].removeprefix(f"{kind} {name}"))


def _key(entry: Entry) -> tuple[str, bool]:
    """A class and its constructor have one name."""
    return entry.name, entry.kind == "constructor"
