"""Which plugins are installed: a list of entry points, read without importing anything."""

from __future__ import annotations

import difflib
import math
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from itertools import groupby

from friday_core.plugin.api_version import API_VERSION, looks_like_plugins, major_of
from friday_core.plugin.spec import Kind

#: The distribution whose plugins are imported without a time limit.
OWN_DISTRIBUTION = "friday-trading"


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """An entry point of a group of plugins and where it comes from."""

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
    def major(self) -> int | None:
        """The major of the plugin interface that it is registered for; ``None`` for a group of nobody."""
        return major_of(self.entry_point.group)

    @property
    def for_our_major(self) -> bool:
        return self.major == API_VERSION[0]

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
        for requirement in self.requirements_on(module.partition(".")[0]):
            if extra := re.search(r"""extra\s*==\s*["']([\w.-]+)["']""", requirement):
                return f"{self.distribution}[{extra.group(1)}]"
        return self.distribution

    def requirements_on(self, distribution: str) -> list[str]:
        """What the plugin's own distribution states about another one, as its metadata have it."""
        own = self.entry_point.dist
        stated = (own.requires if own else None) or []
        return [one for one in stated if _normal(re.split(r"[^\w.-]", one, maxsplit=1)[0]) == _normal(distribution)]


def installed_plugins() -> list[InstalledPlugin]:
    """Every installed plugin, sorted by key and distribution; imports none of them.

    Those that are registered for another major of the plugin interface are among them. One that a
    distribution registers for several is listed for ours, or else for the nearest. They are read again when
    something was installed or removed since.
    """
    return list(_installed_in(tuple((path, _changed(path)) for path in sys.path)))


@lru_cache(maxsize=1)
def _installed_in(_places: tuple[tuple[str, int], ...]) -> tuple[InstalledPlugin, ...]:
    points = entry_points()
    groups = sorted(filter(looks_like_plugins, points.groups))
    origin_of = cache(_origin)
    found = [InstalledPlugin(point, *origin_of(point.dist)) for group in groups for point in points.select(group=group)]
    listed: list[InstalledPlugin] = []
    for _, offered in groupby(sorted(found, key=_owner), key=_owner):
        registered = list(offered)
        nearest_major = min(map(_distance, registered))
        listed += [plugin for plugin in registered if _distance(plugin) == nearest_major]
    return tuple(listed)


def _changed(folder: str) -> int:
    """When a place of ``sys.path`` last got or lost an entry, as ``importlib`` asks it; 0 if it is not there."""
    try:
        return os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 - a path object for each costs more than it asks
    except OSError:
        return 0


def _owner(plugin: InstalledPlugin) -> tuple[str, str]:
    return plugin.key, plugin.distribution


def _distance(plugin: InstalledPlugin) -> float:
    return math.inf if plugin.major is None else abs(plugin.major - API_VERSION[0])


def _origin(distribution: Distribution | None) -> tuple[str, str]:
    """Name and version in the metadata of a distribution; ``(unknown)`` and empty if they are broken or missing."""
    metadata = distribution.metadata if distribution is not None else None
    name, version = (str(metadata[field]) if metadata and field in metadata else "" for field in ("Name", "Version"))
    return name or "(unknown)", version


def nearest(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? `` for the closest known name, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {str(close[0])!r}? " if close else ""


def kind_mend(name: str, plugins: Iterable[InstalledPlugin]) -> str:
    """What to write in place of ``[plugins.<name>]``, where the name is no kind of component."""
    meant = dict.fromkeys(f"[plugins.{plugin.key}]" for plugin in plugins if plugin.name == name and plugin.kind)
    if meant:
        return f"write {' or '.join(meant)}"
    return f"{nearest(name, Kind)}Kinds are {', '.join(Kind)}; settings stand in [plugins.<kind>.<name>]"


def by_key(plugins: Iterable[InstalledPlugin]) -> dict[str, list[InstalledPlugin]]:
    """The plugins for our major that offer each ``kind.name``: more than one is a conflict."""
    found: dict[str, list[InstalledPlugin]] = {}
    for plugin in plugins:
        if plugin.for_our_major:
            found.setdefault(plugin.key, []).append(plugin)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
