"""A distribution put into a folder by hand, as an installer leaves it behind."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from friday_core.plugin.hookspecs import PLUGIN_GROUP

#: A plugin's module that offers one strategy; what it says is filled in by ``strategy_module``.
_STRATEGY = """\
from friday_core.api import ComponentSpec, Strategy, hookimpl


class Idle(Strategy):
    def on_event(self, event, book):
        return []


@hookimpl
def friday_components():
    return [ComponentSpec({arguments})]
"""


def strategy_module(name: str, *more: str) -> str:
    """Source of a plugin with an idle strategy; ``more`` are further arguments of its spec."""
    return _STRATEGY.format(arguments=", ".join(['"strategy"', repr(name), "Idle", *more]))


def install_distribution(
    folder: Path,
    name: str,
    entry_points: Mapping[str, str],
    modules: Mapping[str, str],
    *,
    version: str = "1.0",
    requires: Sequence[str] = (),
    others: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> None:
    """Write modules and a ``.dist-info`` with entry points of plugins into a folder of the path.

    ``others`` are entry points of further groups. Faster than building and installing a wheel, with
    the same effect on what Python finds.
    """
    stem = name.replace("-", "_")
    metadata = folder / f"{stem}-{version}.dist-info"
    metadata.mkdir()
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}", "utf-8")
    groups = {PLUGIN_GROUP: entry_points, **others}
    lines = [line for group, points in groups.items() for line in (f"[{group}]", *map(" = ".join, points.items()))]
    (metadata / "entry_points.txt").write_text("\n".join([*lines, ""]), "utf-8")
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source, "utf-8")
    # Folders are looked into anew only when their time stamp has changed.
    importlib.invalidate_caches()
