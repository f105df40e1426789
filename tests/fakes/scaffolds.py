"""Every package that ``friday new`` can make, in one folder."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from friday_core.cli.new import command
from friday_core.cli.scaffolds.roles import COMMAND, ROLES


@dataclass(frozen=True)
class Scaffold:
    """A package of one plugin, made by the command."""

    role: str
    way: str | None
    folder: Path

    def __str__(self) -> str:
        return f"{self.role} {self.way}" if self.way else self.role

    @property
    def package(self) -> str:
        return self.folder.name.replace("-", "_")

    @property
    def plugin(self) -> str:
        return self.package.removeprefix("friday_")

    @property
    def key(self) -> str:
        return f"{self.role}.{self.plugin}"

    @property
    def readme(self) -> str:
        return (self.folder / "README.md").read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of the README in one language."""
        return re.findall(rf"^```{language}\n(.*?)^```$", self.readme, flags=re.MULTILINE | re.DOTALL)

    @property
    def entry_points(self) -> dict[str, dict[str, str]]:
        project = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))
        points: dict[str, dict[str, str]] = project["project"]["entry-points"]
        return points


def ways() -> list[tuple[str, str | None]]:
    """Every role and every way to write it."""
    return [(role.name, way) for role in ROLES for way in role.ways or (None,)]


def make(role: str, way: str | None, name: str, above: Path) -> Scaffold:
    """A package in a folder of its own below ``above``."""
    option = {one.name: one.option for one in ROLES}[role]
    chosen = [f"--{option}", way] if way else []
    result = CliRunner().invoke(command, [role, name, "--in", str(above), *chosen])
    assert result.exit_code == 0, result.output
    return Scaffold(role, way, above / name.replace("_", "-"))


def make_all(above: Path, prefix: str = "friday-try_", suffix: str = "", letters: int = 20) -> list[Scaffold]:
    """One of each, called like its role or its way, of which so many letters."""
    return [make(role, way, f"{prefix}{(way or role)[:letters]}{suffix}", above) for role, way in ways()]


def plugins(scaffolds: list[Scaffold]) -> list[Scaffold]:
    """Those that are no commands."""
    return [one for one in scaffolds if one.role != COMMAND]
