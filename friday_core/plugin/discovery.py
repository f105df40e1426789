"""Which plugins are installed: a list of entry points, read without importing anything."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
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


def installed_plugins(group: str = PLUGIN_GROUP) -> list[InstalledPlugin]:
    """Every installed plugin, sorted by key and distribution; imports none of them."""
    found = []
    for point in entry_points(group=group):
        distribution = point.dist
        name = distribution.metadata["Name"] if distribution else "(unknown)"
        found.append(InstalledPlugin(point, name, distribution.version if distribution else ""))
    return sorted(found, key=lambda plugin: (plugin.key, plugin.distribution))


def nearest(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? `` for the closest known name, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}? " if close else ""


def with_key(plugins: Sequence[InstalledPlugin], key: str) -> list[InstalledPlugin]:
    """The plugins that offer ``kind.name``: more than one is a conflict."""
    return [plugin for plugin in plugins if plugin.key == key]
