"""Options that every command with a configuration shares, and what they choose."""

from __future__ import annotations

import datetime as dt
import functools
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, Self

import click

from friday_core.errors import ConfigurationError, FridayError, Problem, ProblemKind

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
    start: dt.date | None = None
    end: dt.date | None = None
    instruments: tuple[str, ...] = ()

    def overridden(self, *overrides: str) -> Self:
        """The same with more values, as ``key=value``, that are stronger."""
        return replace(
            self, overrides=(*self.overrides, *self._data(), *overrides), start=None, end=None, instruments=()
        )

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
            loaded: Loaded = load_settings(self.profile, config=self.config, overrides=(*self.overrides, *self._data()))
        except ConfigurationError as error:
            raise self._with_component_problems(error) from None
        return loaded

    def told(self) -> str:
        """The options that stand for keys of ``[data]``, as they were written; empty if there are none."""
        dates = [f"{name} {date}" for name, date in (("--from", self.start), ("--to", self.end)) if date is not None]
        return ", ".join([*dates, *([f"--instruments {','.join(self.instruments)}"] if self.instruments else [])])

    def _data(self) -> tuple[str, ...]:
        dates = [f"data.{key}={date}" for key, date in (("start", self.start), ("end", self.end)) if date is not None]
        return (*dates, *([f"data.instruments={json.dumps(self.instruments)}"] if self.instruments else []))

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
    day = click.DateTime(["%Y-%m-%d"])

    @click.option("--profile", "-p", metavar="NAME", help="Profile to start from; default: backtest.")
    @click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Your file; default: friday.toml.")
    @click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One value, as risk.max_drawdown=0.2.")
    @click.option("--from", "start", type=day, metavar="DATE", callback=_date, help="First session: data.start.")
    @click.option("--to", "end", type=day, metavar="DATE", callback=_date, help="Last session: data.end.")
    @click.option("--instruments", metavar="A,B", callback=_instruments, help="Only these: data.instruments.")
    @click.option("--container", default=DEFAULT_CONTAINER, metavar="MODULE:NAME", help="What builds the objects.")
    @functools.wraps(body)
    def with_choice(
        *args: Any,
        profile: str | None,
        config: Path | None,
        overrides: tuple[str, ...],
        start: dt.date | None,
        end: dt.date | None,
        instruments: tuple[str, ...],
        container: str,
        **rest: Any,
    ) -> Any:
        if start is not None and end is not None and start > end:
            raise click.BadParameter(f"{start} is after --to {end}", param_hint="--from")
        choice = Choice(container, profile, config, overrides, start, end, instruments)
        try:
            return body(*args, choice=choice, **rest)
        except FridayError as error:
            if choice.told() and "[data]" in str(error):
                error.add_note(f"[data] is set by {choice.told()}")
            raise

    return with_choice


def _date(_context: click.Context, _option: click.Parameter, value: dt.datetime | None) -> dt.date | None:
    return None if value is None else value.date()


def _instruments(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...]:
    from friday_core.domain.instruments import InstrumentId  # noqa: PLC0415 - `--help` must stay light

    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    if text is not None and not names:
        raise click.BadParameter("no instrument is named; write for example INFY.NSE,TCS.NSE")
    for name in names:
        try:
            InstrumentId.parse(name)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return names


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
