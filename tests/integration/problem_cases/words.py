"""A mistake in a configuration: how a user or an author gets there, what it is told as, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes import components as role
from fakes.installed import Installed
from pydantic import Field

from friday_core.api import ComponentSpec, PluginSettings
from friday_core.errors import ProblemKind


@dataclass(frozen=True)
class Start:
    """What somebody starts Friday with."""

    toml: str = ""
    profile: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    overrides: Sequence[str] = ()
    install: Callable[[Installed, Path], None] = lambda _installed, _folder: None


@dataclass(frozen=True)
class Case:
    """One mistake and the one problem that it must be told as; ``mended`` does what the mend says.

    ``message`` and ``mend`` are parts of the problem's.
    """

    name: str
    kind: ProblemKind
    start: Start
    message: str
    mend: str
    section: str = ""
    plugin: str = ""
    mended: Start | None = None


class Speed(PluginSettings):
    fast: int = Field(20, ge=1, description="Bars of the fast average.")
    slow: int = 50


def spec(key: str, factory: Any, settings: Any = None, **more: Any) -> ComponentSpec:
    kind, _, name = key.partition(".")
    return ComponentSpec(kind, name, factory, **({} if settings is None else {"settings": settings}), **more)


def with_plugins(*specs: ComponentSpec, **more: Any) -> Callable[[Installed, Path], None]:
    """Each in a module and a distribution of its own."""

    def install(installed: Installed, _folder: Path) -> None:
        for one in specs:
            installed.add(one, **{"distribution": f"friday-{one.name}", **more})

    return install


def moon(factory: Any = role.Idle, settings: Any = None, **more: Any) -> ComponentSpec:
    return spec("strategy.moon", factory, settings, **more)


def strategy(name: str = "moon", more: str = "") -> str:
    """The user's line for a strategy in place of the profile's."""
    return f'[[trading.active_strategies]]\nid = "{name}"\nuse = "{name}"\n{more}\n'


MOON = strategy()
MOON_PLUGIN = "strategy.moon of friday-moon 1.0"
TWO_SOUNDS = (spec("notifier.bell", role.Silent), spec("notifier.horn", role.Silent))
TELLS = with_plugins(moon(requires={"tell": "notifier"}))
AMBIGUOUS = with_plugins(moon(requires={"tell": "notifier"}), *TWO_SOUNDS)
FLAT = ("streams.market_data.source=flat",)
NOTIFY_TWO = 'notify.use=["bell", "horn"]'
