"""What is installed: the built-in plugins, and those that a test makes up in memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fakes.installed_distribution import install_distribution
from fakes.plugin_list import PluginList, registration

import containers
from friday_core.errors import ConfigurationError, Problem
from friday_core.orchestration import building
from friday_core.orchestration.host import Host
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_settings import LoadedSettings, load_settings

_NUMBERS = count(1)


class Installed(PluginList):
    """Distributions that exist as long as a test, found by the real composition root."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.plugins = installed_plugins()
        monkeypatch.setattr(building, "installed_plugins", self._sorted)

    def registering(self, key: str, components: Callable[[], Any]) -> None:
        """A module whose ``friday_components`` is this function, under one entry point."""
        self.point(key, self.module(friday_components=registration(components)))

    def source_file(self, folder: Path, text: str) -> str:
        """A module in a file of ``folder``, not imported yet; its name."""
        name = f"made_up_{next(_NUMBERS)}"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        if str(folder) not in sys.path:
            self._monkeypatch.syspath_prepend(folder)
        return name

    def distribution(self, folder: Path, name: str, *parts: Mapping[str, str], **more: Any) -> None:
        """A distribution in a folder of the path, with metadata of its own: see ``install_distribution``."""
        install_distribution(folder, name, *parts, **more)
        self._monkeypatch.syspath_prepend(folder)
        self.plugins = installed_plugins()

    def _sorted(self) -> list[InstalledPlugin]:
        return sorted(self.plugins, key=lambda plugin: (plugin.key, plugin.distribution))


class UserFolder:
    """A user's folder: ``friday.toml``, an environment of its own, and short synthetic data."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(
        self,
        toml: str = "",
        *,
        profile: str | None = None,
        environ: Mapping[str, str] | None = None,
        overrides: Iterable[str] = (),
        sessions: int = 60,
    ) -> LoadedSettings:
        """Settings; the last option wins, so that a test can say otherwise."""
        (self.path / "friday.toml").write_text(toml, encoding="utf-8")
        own = (f"run.folder={self.path / 'runs'}", f"plugins.source.synthetic.sessions={sessions}")
        return load_settings(profile, folder=self.path, environ=environ or {}, overrides=[*own, *overrides])

    def host(self, toml: str = "", **options: Any) -> Host:
        """A host that is ready to run."""
        return containers.build(self.load(toml, **options))

    def problems(self, toml: str = "", **options: Any) -> tuple[Problem, ...]:
        """Everything that stands between this configuration and a start."""
        try:
            return containers.check(self.load(toml, **options))
        except ConfigurationError as error:
            return error.problems

    @property
    def run_folder(self) -> Path:
        """The folder of the only run."""
        (only,) = (self.path / "runs").iterdir()
        return only

    @property
    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` of the only run says."""
        found: dict[str, Any] = json.loads((self.run_folder / "summary.json").read_text(encoding="utf-8"))
        return found

    @property
    def tables(self) -> list[str]:
        """The names of the only run's tables."""
        return sorted(path.stem for path in self.run_folder.glob("*.parquet"))
