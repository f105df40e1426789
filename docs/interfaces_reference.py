"""Writes ``docs/interfaces.md`` from the roles: ``python docs/interfaces_reference.py``; ``--check`` only compares."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import get_type_hints

from interface_members import Member, explained_names, members
from registration import registration
from stale import brought_up_to_date

from friday_core.interfaces.broker import Broker
from friday_core.interfaces.component import Component
from friday_core.interfaces.source import HistoricalData, LiveData
from friday_core.plugin.roles import ROLES
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.testing.rule import Rule
from friday_core.testing.suites import EVERY_KIND, rules_of

DOCUMENT = Path(__file__).parent / "interfaces.md"

_ROLE = re.compile(r"Role ``(?P<kind>\w+)``[^:]*: (?P<purpose>.+?[.?])(?:\s|\Z)", re.DOTALL)
_EXAMPLE = re.compile(
    r"(?:^|\s)(?:A\s+plugin,\s+complete;|A\s+complete\s+plugin,?)(?P<shows>[^:]*)::\n\n(?P<code>    .*)\Z", re.DOTALL
)

#: Where a configuration names a component of each kind.
SWITCHED_ON = {
    Kind.SOURCE: "[streams.market_data] source",
    Kind.VALIDATOR: "[streams.<name>] validators",
    Kind.TRANSFORMER: "[streams.<name>] transformers",
    Kind.FEATURE_SET: "[streams.<name>] feature_sets",
    Kind.MODEL: "[streams.<name>] model",
    Kind.STRATEGY: "[trading] active_strategies",
    Kind.SIZER: "[trading] sizer",
    Kind.RISK_RULE: "[risk] rules",
    Kind.BROKER: "[broker] use",
    Kind.CHARGES: "[account] charges",
    Kind.CALENDAR: "[data] calendar",
    Kind.CONNECTION: "[plugins] connection.<name>",
    Kind.NOTIFIER: "[notify] use",
    Kind.OBSERVER: "[run] observers",
}

INTRODUCTION = """\
# Interfaces

<!-- Written by docs/interfaces_reference.py from friday_core/interfaces; change those, not this file. -->

What a plugin can be. A component is an object of one of these classes, made from its settings when a
configuration names it. `friday_core.api` has all of them, and [all that they handle](values.md); a plugin imports
nothing else of Friday. Each class says what it may rely on and what must be written, and shows a plugin that is
complete: a test installs and runs it. The rules are those that `pytest --friday-conformance` holds every plugin of
the role to; [the list of rules](conformance.md#the-rules) says why each is there.

| role | what it is for | switched on by | written as |
|---|---|---|---|
{roles}

## Every component

A class of every role is a `Component`, registered and made as is told here, and may do what is said here besides its
role's work. The values that it handles are in [What a plugin handles](values.md).
"""

OBSERVER = """\
## Observer

It watches a run: a `Component` whose methods are hooks, told what happens on a thread of its own.
[Hooks](hooks.md#observers) lists them, with a complete observer.
"""


def interfaces_document() -> str:
    """``docs/interfaces.md``."""
    parts = [INTRODUCTION.format(roles="\n".join(map(_row, Kind))), registration(), *_class(Component)]
    parts += [*_beside(sys.modules[Component.__module__]), *_rules("", EVERY_KIND)]
    for base in _shared_bases():
        parts += [f"## {base.__name__}\n", *_prose(base)]
    for kind in Kind:
        parts += _role(kind)
    return "\n".join(parts).rstrip("\n") + "\n"


def classes_of(kind: Kind) -> list[type[Component]]:
    """The ways to write a component of a kind, with those that build on one of them in its module."""
    roles = [role for role in ROLES[kind] if role is not Component]
    told = {*_shared_bases(), *(role for some in ROLES.values() for role in some)}
    more = [one for role in roles for one in _classes(role.__module__) if issubclass(one, role) and one not in told]
    return [*roles, *more]


def purpose(kind: Kind) -> str:
    """What a role is for, in the words of its module or class; empty if neither says it."""
    roles = sorted(ROLES[kind], key=lambda role: len(role.__mro__))
    texts = [sys.modules[role.__module__].__doc__ or "" for role in roles] + [role.__doc__ or "" for role in roles]
    found = [one["purpose"] for text in texts for one in _ROLE.finditer(text) if one["kind"] == kind]
    return _markdown(" ".join(found[0].split())) if found else ""


def guarantees(role: type) -> str:
    """The docstring without the plugin at its end."""
    return _markdown(_EXAMPLE.sub("", inspect.getdoc(role) or "").strip())


def example(role: type) -> tuple[str, str] | None:
    """The plugin at the end of a docstring, after what it shows in a few words, which may be empty."""
    found = _EXAMPLE.search(inspect.getdoc(role) or "")
    return (_markdown(" ".join(found["shows"].split())), textwrap.dedent(found["code"])) if found else None


def built_in(role: type) -> list[str]:
    """Modules of the built-in plugins whose class implements a role, the shortest first."""
    project = tomllib.loads((DOCUMENT.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    modules = [importlib.import_module(name) for name in project["entry-points"]["friday.plugins"].values()]
    modules.sort(key=lambda module: len(inspect.getsource(module).splitlines()))
    specs = [(module, spec) for module in modules for spec in module.friday_components()]
    return [module.__name__ for module, spec in specs if _nearest_role(spec) is role]


def _nearest_role(spec: ComponentSpec) -> type | None:
    known = {one for kind in Kind for one in classes_of(kind)}
    made = spec.factory if isinstance(spec.factory, type) else get_type_hints(spec.factory).get("return")
    bases = made.__mro__ if isinstance(made, type) else ()
    return next((base for base in bases if base in known), None)


def _row(kind: Kind) -> str:
    name = kind.replace("_", " ")
    what = purpose(kind) or "to watch a run"
    classes = ", ".join(f"`{role.__name__}`" for role in classes_of(kind)) or "`Component`"
    return f"| [{name}](#{name.replace(' ', '-')}) | {what.rstrip('.')} | `{SWITCHED_ON[kind]}` | {classes} |"


def _role(kind: Kind) -> Iterator[str]:
    if kind is Kind.OBSERVER:
        yield OBSERVER
    else:
        said = purpose(kind)
        yield f"## {kind.replace('_', ' ').capitalize()}\n\n{said[0].upper()}{said[1:]}\n"
    for name, roles in groupby(classes_of(kind), lambda role: role.__module__):
        for role in roles:
            yield from _class(role)
            yield from _plugin(role)
        module = sys.modules[name]
        if (found := _ROLE.search(module.__doc__ or "")) and found["kind"] == kind:
            yield from _beside(module)
    for whom, rules in _suites(kind).items():
        yield from _rules(whom, rules)


def _class(role: type) -> Iterator[str]:
    yield f"### `{role.__name__}`\n"
    yield from _prose(role)
    found = members(role)
    groups = {
        "Must be written": [one for one in found if one.is_abstract],
        "May be written": [one for one in found if one.is_method and not one.is_abstract],
        "Attributes": [one for one in found if not one.is_method],
    }
    for title, some in groups.items():
        if some:
            yield f"**{title}**\n\n{_listed(some)}\n"


def _prose(role: type) -> Iterator[str]:
    """The docstring, and where that of a shared base stands."""
    yield f"{guarantees(role)}\n"
    for base in _shared_bases():
        if base in role.__mro__[1:]:
            yield f"What [{base.__name__}](#{base.__name__.lower()}) says holds as well.\n"


def _listed(some: Iterable[Member]) -> str:
    items = [f"- `{one}`{': ' + _markdown(one.meaning) if one.meaning else ''}" for one in some]
    indented = [re.sub(r"\n(?=[^\n])", "\n    ", item) for item in items]
    return ("\n\n" if any("\n\n" in item for item in items) else "\n").join(indented)


def _plugin(role: type) -> Iterator[str]:
    shown = example(role)
    if shown is None:
        return
    what, code = shown
    yield f"**A complete plugin**{'; ' if what else ''}{what}:\n\n```python\n{code}\n```\n"
    modules = built_in(role)
    if modules:
        names = ", ".join(f"`{_name(module)}`" for module in sorted(modules, key=_name))
        is_plain = len(modules) == 1 and modules[0].endswith(f".{_name(modules[0])}")
        link = "; the shortest is " if len(modules) > 1 else ", "
        yield f"**Built in**: {'' if is_plain else names + link}`{modules[0]}`.\n"


def _name(module: str) -> str:
    """A component's name: that of its module, or in a vendor's folder that of the vendor."""
    specs = importlib.import_module(module).friday_components()
    return str(specs[0].name)


def _beside(module: ModuleType) -> Iterator[str]:
    """The other types of a role's module: what its methods take and give."""
    names = explained_names(module)
    if names:
        yield f"**Types**\n\n{_listed(names)}\n"
    for one in _classes(module.__name__):
        if not issubclass(one, Component):
            # A dataclass without a docstring is given its signature for one, an enumeration that of its base.
            own = vars(one).get("__doc__") or ""
            said = "" if own.startswith(f"{one.__name__}(") or not own else guarantees(one)
            yield "\n\n".join(filter(None, [f"#### `{one.__name__}`", said, _listed(members(one))])) + "\n"


def _rules(whom: str, rules: Sequence[Rule]) -> Iterator[str]:
    listed = "\n".join(f"- {rule.sentence}" for rule in rules)
    yield f"**Rules{whom}**\n\n{listed}\n"


def _suites(kind: Kind) -> dict[str, list[Rule]]:
    """The rules that a role adds; brokers with a real account, and sources of live data, have some of their own."""
    if HistoricalData in ROLES[kind]:
        made = {" of past data": HistoricalData, " of live data": LiveData}
        return {
            whom: [one for one in rules_of(ComponentSpec(kind, "any", role)) if one not in EVERY_KIND]
            for whom, role in made.items()
        }
    accounts = ("simulated", "real") if Broker in ROLES[kind] else ("",)
    found = {}
    for account in accounts:
        # ``rules_of`` looks at nothing of a factory but its account.
        rules = rules_of(ComponentSpec(kind, "any", SimpleNamespace(account=account)))  # type: ignore[arg-type]
        found[f" of a {account} broker" if account else ""] = [one for one in rules if one not in EVERY_KIND]
    return found


def _shared_bases() -> list[type]:
    """Classes between ``Component`` and several roles: what they say holds for all of these."""
    roles = [role for kind in Kind for role in ROLES[kind]]
    bases = dict.fromkeys(base for role in roles for base in role.__mro__[1:] if issubclass(base, Component))
    return [base for base in bases if base is not Component and base not in roles]


def _classes(module: str) -> list[type]:
    own = [one for one in vars(sys.modules[module]).values() if inspect.isclass(one) and one.__module__ == module]
    return [one for one in own if not one.__name__.startswith("_")]


def _markdown(text: str) -> str:
    return text.replace("``", "`")


def main(arguments: Sequence[str], document: Path = DOCUMENT) -> int:
    """Write the document, or with ``--check`` say whether it is stale; 0 if all is well."""
    return brought_up_to_date(document, interfaces_document(), "interfaces_reference", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
