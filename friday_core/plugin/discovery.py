"""Which plugins are installed: a list of entry points, read without importing anything."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from friday_core.plugin.hookspecs import PLUGIN_GROUP

#: The distribution whose plugins are imported without a time limit.
OWN_DISTRIBUTION = "friday-trading"


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point of group ``friday.plugins`` and where it comes from."""

    entry_point: EntryPoint
    distribution: str
    version: str

    @property
    def key(self) -> str:
        """``kind.name``."""
        return self.entry_point.name

    @property
    def kind(self) -> str:
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        return self.key.partition(".")[2]

    @property
    def built_in(self) -> bool:
        return self.distribution == OWN_DISTRIBUTION

    @property
    def origin(self) -> str:
        """``distribution version``, for people."""
        return f"{self.distribution} {self.version}".strip()

    def extra_with(self, module: str) -> str:
        """What to install for ``module``: ``friday-moon[sdk]`` if an extra names it, else the distribution.

        A requirement is taken to bring the module of its own name.
        """
        distribution = self.entry_point.dist
        for requirement in (distribution.requires if distribution else None) or ():
            name = re.match(r"[\w.-]+", requirement)
            extra = re.search(r"""extra\s*==\s*["']([\w.-]+)["']""", requirement)
            if name and extra and _normal(name.group()) == _normal(module.partition(".")[0]):
                return f"{self.distribution}[{extra.group(1)}]"
        return self.distribution


def installed_plugins(group: str = PLUGIN_GROUP) -> list[InstalledPlugin]:
    """Every installed plugin, sorted by key and distribution; imports none of them."""
    found = []
    for point in entry_points(group=group):
        found.append(InstalledPlugin(point, _told(point, "Name") or "(unknown)", _told(point, "Version")))
    return sorted(found, key=lambda plugin: (plugin.key, plugin.distribution))


def _told(point: EntryPoint, field: str) -> str:
    """What the metadata of its distribution say; empty if they are broken or missing."""
    metadata = point.dist.metadata if point.dist is not None else None
    return str(metadata[field]) if metadata and field in metadata else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? `` for the closest known name, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {str(close[0])!r}? " if close else ""


def by_key(plugins: Iterable[InstalledPlugin]) -> dict[str, list[InstalledPlugin]]:
    """The plugins that offer each ``kind.name``: more than one is a conflict."""
    found: dict[str, list[InstalledPlugin]] = {}
    for plugin in plugins:
        found.setdefault(plugin.key, []).append(plugin)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
