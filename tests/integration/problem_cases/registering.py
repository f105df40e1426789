"""Components that are not found, not imported, or not registered as they should be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes import components as role
from fakes.installed import Installed
from integration.problem_cases.words import (
    FLAT,
    MOON,
    MOON_PLUGIN,
    Case,
    Speed,
    Start,
    moon,
    spec,
    strategy,
    with_plugins,
)
from pydantic import BaseModel

from friday_core.api import PluginSettings, hookimpl
from friday_core.errors import ProblemKind

#: Waited for by a plugin that hangs; the test lets it go.
RELEASED = threading.Event()


class Loose(BaseModel):
    fast: int = 1


class Opinionated(PluginSettings):
    use: str = "this"


class Text(role.Idle):
    inputs = "close"  # type: ignore[assignment]


class Undeclared(role.RealBroker):
    account = None  # type: ignore[assignment]


class HalfSimulated(role.Mute):
    account = "simulated"


class NoTypes(role.RealBroker):
    account = "real"
    order_types = ("market",)  # type: ignore[assignment]


class WrongHook(role.Watching):
    @hookimpl
    def friday_session_open(self, profile: str) -> None: ...


def with_file(key: str, text: str) -> Callable[[Installed, Path], None]:
    """A plugin that is not imported yet."""

    def install(installed: Installed, folder: Path) -> None:
        installed.point(key, installed.source_file(folder, text))

    return install


def raising(error: BaseException) -> Callable[[], Any]:
    def components() -> Any:
        raise error

    return components


def registering(answer: Callable[[], Any]) -> Callable[[Installed, Path], None]:
    return lambda installed, _folder: installed.registering("strategy.moon", answer)


def in_module(**names: Any) -> Callable[[Installed, Path], None]:
    """A plugin whose module holds these names besides a proper registration."""
    return lambda installed, _folder: installed.add(moon(), **names)


@hookimpl
def friday_session_openned(profile: str) -> None: ...


@hookimpl
def friday_session_opened(profil: str) -> None: ...


def twice_from_two_modules(installed: Installed, _folder: Path) -> None:
    """The moon brings a broker under the name of a built-in one."""
    module = installed.module(friday_components=hookimpl(lambda: [moon(), spec("broker.paper", role.Simulation)]))
    installed.point("strategy.moon", module)


K = ProblemKind
CASES = [
    # Finding components -----------------------------------------------------------------------------
    Case(
        "a misspelt component",
        K.UNKNOWN_COMPONENT,
        Start(overrides=["broker.use=papr"]),
        "no installed plugin offers the broker 'papr'",
        "did you mean 'paper'? Installed: order_file, paper",
        "broker",
        "broker.papr",
        mended=Start(overrides=["broker.use=paper"]),
    ),
    Case(
        "a component that is not installed",
        K.UNKNOWN_COMPONENT,
        Start(strategy("full_moon")),
        "no installed plugin offers the strategy 'full_moon'",
        "if it is your own: pip install -e . in its folder",
        "trading.active_strategies[0]",
        "strategy.full_moon",
        mended=Start(strategy("full_moon"), install=with_plugins(spec("strategy.full_moon", role.Idle))),
    ),
    Case(
        "two distributions with one name",
        K.DUPLICATE_COMPONENT,
        Start(install=with_plugins(spec("broker.paper", role.Simulation))),
        "offered by friday-paper 1.0 and friday-trading",
        "uninstall all but one of them",
        "broker",
        "broker.paper",
        mended=Start(),
    ),
    Case(
        "a module that brings another's component",
        K.DUPLICATE_COMPONENT,
        Start(MOON, install=twice_from_two_modules),
        "broker.paper is registered by friday-moon 1.0 (listed_",
        "uninstall friday-moon or friday-trading, or take strategy.moon out of the configuration",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(install=twice_from_two_modules),
    ),
    Case(
        "one component registered twice",
        K.DUPLICATE_COMPONENT,
        Start(MOON, install=registering(lambda: [moon(), moon()])),
        "it registers strategy.moon twice",
        "return a list of ComponentSpec from friday_components()",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=registering(lambda: [moon()])),
    ),
    # Importing --------------------------------------------------------------------------------------
    Case(
        "an import that raises",
        K.IMPORT_FAILED,
        Start(MOON, install=with_file("strategy.moon", "1 / 0")),
        "raised ZeroDivisionError: division by zero",
        "mend or uninstall friday-moon, or take it out of the configuration",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(install=with_file("strategy.moon", "1 / 0")),
    ),
    Case(
        "an import that exits",
        K.IMPORT_FAILED,
        Start(MOON, install=with_file("strategy.moon", "import sys\nsys.exit(0)")),
        "raised SystemExit: 0",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "an import that interrupts",
        K.IMPORT_FAILED,
        Start(MOON, install=with_file("strategy.moon", "raise KeyboardInterrupt")),
        "raised KeyboardInterrupt",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "an import that does not return",
        K.IMPORT_FAILED,
        Start(
            MOON,
            overrides=["run.import_timeout=0.2"],
            install=with_file("strategy.moon", f"from {__name__} import RELEASED\nRELEASED.wait()"),
        ),
        "its import did not return within 0.2 s",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a module that is not there",
        K.IMPORT_FAILED,
        Start(MOON, install=lambda installed, _folder: installed.point("strategy.moon", "no_such_module")),
        "raised ModuleNotFoundError: No module named 'no_such_module'",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    # Registering ------------------------------------------------------------------------------------
    Case(
        "a registration that raises",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(raising(RuntimeError("new moon")))),
        "friday_components() raised RuntimeError: new moon",
        "mend the plugin or remove it",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a registration that exits",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(raising(SystemExit(0)))),
        "friday_components() raised SystemExit: 0",
        "mend the plugin or remove it",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a registration of garbage",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: ["moon"])),
        "friday_components() returned ['moon']",
        "return a list of ComponentSpec",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=registering(lambda: [moon()])),
    ),
    Case(
        "a registration of nothing",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: [])),
        "it registers no component",
        "return a list of ComponentSpec",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=registering(lambda: [moon()])),
    ),
    Case(
        "a registration without its mark",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_file("strategy.moon", "def friday_components(): return []")),
        "it registers no component",
        "mark friday_components() with @hookimpl",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "an entry point of another name",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: [spec("strategy.full_moon", role.Idle)])),
        "its module registers strategy.full_moon and not strategy.moon",
        "name it strategy.full_moon in pyproject.toml, [project.entry-points]",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(strategy("full_moon"), install=with_plugins(spec("strategy.full_moon", role.Idle))),
    ),
    Case(
        "a kind that is none",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: [spec("stratgy.moon", role.Idle)])),
        "its module registers stratgy.moon and not strategy.moon",
        "did you mean 'strategy'?",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=registering(lambda: [spec("strategy.moon", role.Idle)])),
    ),
    Case(
        "a misspelt hook",
        K.BAD_REGISTRATION,
        Start(MOON, install=in_module(friday_session_openned=friday_session_openned)),
        "unknown hook 'friday_session_openned'",
        "friday_session_opened(profile, mode)",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a hook with a wrong argument",
        K.BAD_REGISTRATION,
        Start(MOON, install=in_module(friday_session_opened=friday_session_opened)),
        "profil",
        "friday_session_opened(profile, mode)",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a misspelt hook of an observer",
        K.BAD_REGISTRATION,
        Start(overrides=["run.observers=['eye']"], install=with_plugins(spec("observer.eye", WrongHook))),
        "unknown hook 'friday_session_open'",
        "friday_session_opened(profile, mode)",
        "run",
        "observer.eye of friday-eye 1.0",
    ),
    Case(
        "settings that are not Friday's",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(role.Idle, Loose))),
        "settings must be a class derived from PluginSettings",
        "correct the ComponentSpec",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(role.Idle, Speed))),
    ),
    Case(
        "a setting with a reserved name",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(role.Idle, Opinionated))),
        "no setting may be called 'use'",
        "correct the ComponentSpec",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a component of the wrong role",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(role.Half))),
        "its factory made a Half, which is no Strategy",
        "derive it from friday_core.api.Strategy",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(role.Idle))),
    ),
    Case(
        "a source of the wrong role",
        K.BAD_REGISTRATION,
        Start(overrides=FLAT, install=with_plugins(spec("source.flat", role.Half))),
        "its factory made a Half, which is no HistoricalData",
        "derive it from friday_core.api.HistoricalData",
        "streams.market_data",
        "source.flat of friday-flat 1.0",
        mended=Start(overrides=FLAT, install=with_plugins(spec("source.flat", role.Flat))),
    ),
    Case(
        "names of columns as one text",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(Text))),
        "its inputs are a text instead of names",
        'write inputs = ("close",)',
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a broker that does not say whose money",
        K.BAD_REGISTRATION,
        Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", Undeclared))),
        "its account is None",
        'brokers declare account = "simulated" or "real"',
        "broker",
        "broker.cash of friday-cash 1.0",
        mended=Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", role.Simulation))),
    ),
    Case(
        "a simulated broker without a matcher",
        K.BAD_REGISTRATION,
        Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", HalfSimulated))),
        "its account is simulated, and it has no matcher",
        "derive it from friday_core.api.SimulatedBroker",
        "broker",
        "broker.cash of friday-cash 1.0",
        mended=Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", role.Simulation))),
    ),
    Case(
        "a real broker that tells nothing",
        K.BAD_REGISTRATION,
        Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", role.Mute))),
        "its account is real, and it cannot tell what becomes of its orders",
        "derive it from friday_core.api.RealBroker",
        "broker",
        "broker.cash of friday-cash 1.0",
        mended=Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", role.Simulation))),
    ),
    Case(
        "order types that are no set",
        K.BAD_REGISTRATION,
        Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", NoTypes))),
        "its order_types are ('market',)",
        "declare order_types = frozenset({OrderType.MARKET})",
        "broker",
        "broker.cash of friday-cash 1.0",
    ),
    Case(
        "a strategy that wants the broker for itself",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(requires={"broker": "broker"}))),
        "it requires broker.paper, which belongs to friday-trading and is handed to nobody else",
        "brokers and secrets are not shared",
        "trading.active_strategies[0]",
        "strategy.moon",
        mended=Start(install=with_plugins(moon(requires={"broker": "broker"}))),
    ),
]
