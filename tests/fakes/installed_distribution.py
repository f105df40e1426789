"""A distribution put into a folder by hand, as an installer leaves it behind."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

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
) -> None:
    """Write modules and a ``.dist-info`` with entry points of plugins into a folder of the path.

    Faster than building and installing a wheel, with the same effect on what Python finds.
    """
    stem = name.replace("-", "_")
    metadata = folder / f"{stem}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    lines = [f"{key} = {value}" for key, value in entry_points.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{PLUGIN_GROUP}]", *lines, ""]), "utf-8")
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source, "utf-8")
    # Folders are looked into anew only when their time stamp has changed.
    importlib.invalidate_caches()
