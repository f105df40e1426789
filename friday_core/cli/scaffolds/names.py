"""Names of what is made: as Python, package indexes and configurations take them."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Keeps an import of the plugin on one line, and the names of files within what every file system takes.
LONGEST_NAME = 30
_LONGEST_FOLDER = 40
_LEGAL = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
#: Modules that a project has beside the plugin's own.
_TAKEN_IN_PROJECTS = frozenset({"client", "conformance", "conftest", "tests"})
_FRIDAYS_OWN = frozenset({"friday", "friday_trading", "friday_core", "friday_plugins", "friday_settings"})


@dataclass(frozen=True, slots=True)
class Names:
    """Of a package of one plugin: ``friday-dip`` has the package ``friday_dip`` with the plugin ``dip``."""

    distribution: str
    package: str
    plugin: str

    @classmethod
    def of(cls, name: str) -> Names:
        """``ValueError`` says what is wrong with a name, and the mend."""
        problem = next(_problems(name), "")
        if problem:
            raise ValueError(problem)
        package = name.replace("-", "_")
        return cls(package.replace("_", "-"), package, package.removeprefix("friday_"))

    @property
    def command(self) -> str:
        """The plugin's name as one types it: ``friday trading-costs``."""
        return self.plugin.replace("_", "-")

    def class_name(self, role: str, used: frozenset[str]) -> str:
        """``Dip``, or ``BarStrategy`` where ``used`` has a ``Bar`` already."""
        camel = _camel(self.plugin)
        return camel + _camel(role) if camel in used or keyword.iskeyword(camel) else camel


def package_of_host(folder: str) -> str:
    """A host's package, from the name of its folder: ``demo_host``, ``my_firm_host``.

    Lower case letters, digits and single underscores, and no name of Python's or anybody's module.
    """
    name = _plain(folder)[:_LONGEST_FOLDER].rstrip("_")
    if name in ("", "host"):
        name = "my"
    if name[0].isdigit():
        name = f"my_{name}"
    return name if name.endswith("_host") else f"{name}_host"


def _problems(name: str) -> Iterator[str]:
    if not _LEGAL.fullmatch(name):
        close = _plain(name).lstrip("0123456789_")[:LONGEST_NAME].rstrip("_") or "my_plugin"
        rule = "small letters, digits and single dashes or underscores, a letter first"
        yield f"{name!r} is no name of a package: it takes {rule}; write for example {close}"
    if len(name) > LONGEST_NAME:
        yield f"{name!r} has {len(name)} characters; write at most {LONGEST_NAME}"
    package = name.replace("-", "_")
    plugin = package.removeprefix("friday_")
    if package in _FRIDAYS_OWN:
        yield f"{name!r} is Friday's own name; write for example friday-my-plugin"
    if not _LEGAL.fullmatch(plugin):
        yield f"{plugin!r} would be the plugin, and it starts with a digit; write for example friday-n{plugin}"
    for part in dict.fromkeys((package, plugin)):
        if keyword.iskeyword(part):
            yield f"{part!r} is a word of Python's own; write for example {_suggested(part)}"
        if part in _TAKEN_IN_PROJECTS:
            yield f"{part!r} is what another module of the project is called; write for example {_suggested(part)}"
    if package in sys.stdlib_module_names:
        yield f"{package!r} is a module of Python's own; write for example friday-{name}"
    if importlib.util.find_spec(package) is not None:
        yield f"there is a module {package!r} in this environment; take another name, or uninstall what it belongs to"


def _suggested(name: str) -> str:
    return f"my_{name.removeprefix('friday_')}"[:LONGEST_NAME]


def _plain(text: str) -> str:
    """What of a text is small letters and digits, with single underscores between."""
    ascii_only = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
