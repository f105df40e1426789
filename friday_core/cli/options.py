"""Options that every command with a configuration shares, and what they choose."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import click

from friday_core.errors import ConfigurationError, Problem, ProblemKind

DEFAULT_CONTAINER = "containers:build"


class Explained(Protocol):
    """A value and where it came from; ``str(origin)`` is the file, variable or option."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def origin(self) -> object: ...


class Loaded(Protocol):
    """What a container module's ``load_settings`` returns."""

    @property
    def settings(self) -> Any: ...
    @property
    def profile(self) -> str: ...
    def explain(self, plugin_models: Any = None) -> Sequence[Explained]:
        """Every value with its origin, secrets masked."""
        ...

    def schema(self, plugin_models: Any = None) -> dict[str, Any]:
        """JSON schema of a configuration."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """What the shared options say."""

    container: str = DEFAULT_CONTAINER
    profile: str | None = None
    config: Path | None = None
    overrides: tuple[str, ...] = ()

    def module(self) -> ModuleType:
        """The container's module; ``ConfigurationError`` if it cannot be imported."""
        return _import(self.container, _split(self.container)[0])

    def builder(self) -> Callable[..., Any]:
        """What ``--container`` names; ``ConfigurationError`` if the module has no such name."""
        name = _split(self.container)[1]
        builder = getattr(self.module(), name, None)
        if not callable(builder):
            raise _refused(self.container, f"its module has no function {name!r}")
        return builder  # type: ignore[no-any-return]

    def load(self) -> Loaded:
        """Settings by the ``load_settings`` of the container's module."""
        load_settings = getattr(self.module(), "load_settings", None)
        if load_settings is None:
            raise _refused(self.container, "its module has no load_settings")
        try:
            loaded: Loaded = load_settings(self.profile, config=self.config, overrides=self.overrides)
        except ConfigurationError as error:
            raise self._with_component_problems(error) from None
        return loaded

    def _with_component_problems(self, error: ConfigurationError) -> ConfigurationError:
        """The problems of the settings, and those of the components that the rest of them names."""
        tell = getattr(self.module(), "component_problems", None)
        if tell is None or error.salvaged is None:
            return error
        return ConfigurationError([*error.problems, *tell(error.salvaged)])

    def plugin_models(self, loaded: Loaded) -> Mapping[tuple[str, str], Any]:
        """The settings' models of the plugins in use; empty if the container does not tell."""
        tell = getattr(self.module(), "plugin_models", None)
        return tell(loaded) if tell is not None else {}


def settings_options(body: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the shared options; the command's body gets them as ``choice``."""

    @click.option("--profile", "-p", metavar="NAME", help="Profile to start from; default: backtest.")
    @click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Your file; default: friday.toml.")
    @click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One value, as risk.max_drawdown=0.2.")
    @click.option("--container", default=DEFAULT_CONTAINER, metavar="MODULE:NAME", help="What builds the objects.")
    @functools.wraps(body)
    def with_choice(
        *args: Any, profile: str | None, config: Path | None, overrides: tuple[str, ...], container: str, **rest: Any
    ) -> Any:
        return body(*args, choice=Choice(container, profile, config, overrides), **rest)

    return with_choice


def _split(container: str) -> tuple[str, str]:
    module, colon, name = container.partition(":")
    if not (module and colon and name):
        raise _refused(container, "it does not read module:name")
    return module, name


def _import(container: str, module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]
        reason = "there is no such module" if missing else f"importing it raises {type(error).__name__}: {error}"
        raise _refused(container, reason) from error


def _refused(container: str, reason: str) -> ConfigurationError:
    mend = f"leave --container out for {DEFAULT_CONTAINER}, or name a module with load_settings and a function to build"
    return ConfigurationError([Problem(ProblemKind.IMPORT_FAILED, f"--container {container}: {reason}", mend)])
