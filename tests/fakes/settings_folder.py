"""A user's folder, read with an environment that holds nothing of the machine's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_settings import LoadedSettings, load_settings


class SettingsFolder:
    """The folder of a user's ``friday.toml``, with its profiles and secrets; the current one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write the file ``name``, a path in the folder."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    def load(self, profile: str | None = None, **arguments: Any) -> LoadedSettings:
        """``load_settings`` here, with an empty environment unless one is given."""
        return load_settings(profile, **{"environ": {}, **arguments})

    def problems(self, profile: str | None = None, **arguments: Any) -> tuple[Problem, ...]:
        """All problems of a configuration that cannot be loaded."""
        with pytest.raises(ConfigurationError, match="in the configuration") as caught:
            self.load(profile, **arguments)
        return caught.value.problems

    def only_problem(self, kind: ProblemKind, profile: str | None = None, **arguments: Any) -> Problem:
        """The one problem of a configuration, which is of this kind."""
        problems = self.problems(profile, **arguments)
        assert [problem.kind for problem in problems] == [kind]
        return problems[0]
