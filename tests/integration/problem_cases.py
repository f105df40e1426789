"""Everything that can be wrong with a configuration: how a user or an author gets there, and out again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes import components as role
from fakes.installed import Installed
from pydantic import BaseModel, Field, SecretStr

from friday_core.api import ComponentSpec, OrderType, PluginError, PluginSettings, hookimpl
from friday_core.errors import ProblemKind

#: Waited for by a plugin that hangs; the test lets it go.
RELEASED = threading.Event()


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


class Key(PluginSettings):
    api_key: SecretStr = Field(description="From the vendor's site.")


class Login(BaseModel):
    user: str
    password: SecretStr


class Account(PluginSettings):
    login: Login


class Loose(BaseModel):
    fast: int = 1


class Opinionated(PluginSettings):
    use: str = "this"


class Wide(role.Idle):
    inputs = ("spread",)


class Stops(role.Idle):
    order_types = frozenset({OrderType.STOP})


class NeedsVolatility(role.PassAll):
    inputs = ("volatility_20",)


class Spread(role.Same):
    outputs = ("spread",)


class NeedsSpread(role.Same):
    inputs = ("spread",)


class Text(role.Idle):
    inputs = "close"  # type: ignore[assignment]


class OnlyCloses(role.Flat):
    columns = ("close",)


class Undeclared(role.RealBroker):
    account = None  # type: ignore[assignment]


class HalfSimulated(role.RealBroker):
    account = "simulated"


class NoTypes(role.RealBroker):
    account = "real"
    order_types = ("market",)  # type: ignore[assignment]


class MarketOnly(role.Simulation):
    order_types = frozenset({OrderType.MARKET})


class WrongHook(role.Watching):
    @hookimpl
    def friday_session_open(self, profile: str) -> None: ...


class Unreadable(role.Flat):
    def instruments(self) -> Any:
        raise KeyError("token")


def spec(key: str, factory: Any, settings: Any = None, **more: Any) -> ComponentSpec:
    kind, _, name = key.partition(".")
    return ComponentSpec(kind, name, factory, **({} if settings is None else {"settings": settings}), **more)


def with_plugins(*specs: ComponentSpec, **more: Any) -> Callable[[Installed, Path], None]:
    """Each in a module and a distribution of its own."""

    def install(installed: Installed, _folder: Path) -> None:
        for one in specs:
            installed.add(one, **{"distribution": f"friday-{one.name}", **more})

    return install


def with_file(key: str, text: str) -> Callable[[Installed, Path], None]:
    """A plugin that is not imported yet."""

    def install(installed: Installed, folder: Path) -> None:
        installed.point(key, installed.source_file(folder, text))

    return install


def moon(factory: Any = role.Idle, settings: Any = None, **more: Any) -> ComponentSpec:
    return spec("strategy.moon", factory, settings, **more)


def strategy(name: str = "moon", more: str = "") -> str:
    """The user's line for a strategy in place of the profile's."""
    return f'[[trading.active_strategies]]\nid = "{name}"\nuse = "{name}"\n{more}\n'


def raising(error: BaseException) -> Callable[[], Any]:
    def components() -> Any:
        raise error

    return components


def registering(answer: Callable[[], Any]) -> Callable[[Installed, Path], None]:
    return lambda installed, _folder: installed.registering("strategy.moon", answer)


def in_module(**names: Any) -> Callable[[Installed, Path], None]:
    """A plugin whose module holds these names besides a proper registration."""
    return lambda installed, _folder: installed.add(moon(), **names)


def failing(error: BaseException) -> Any:
    """A factory that raises."""

    def factory() -> Any:
        raise error

    return factory


@hookimpl
def friday_session_openned(profile: str) -> None: ...


@hookimpl
def friday_session_opened(profil: str) -> None: ...


def twice_from_two_modules(installed: Installed, _folder: Path) -> None:
    """The moon brings a broker under the name of a built-in one."""
    module = installed.module(
        friday_components=hookimpl(lambda: [moon(), spec("broker.paper", role.Simulation)])  # type: ignore[arg-type]
    )
    installed.point("strategy.moon", module)


def mixed_currencies() -> ComponentSpec:
    return spec("source.flat", lambda: role.Flat(["USD", "INR", "USD"]))


MOON = strategy()
HOST_PROFILE = "strategy.moon of friday-moon 1.0"
TWO_SOUNDS = (spec("notifier.bell", role.Silent), spec("notifier.horn", role.Silent))
AMBIGUOUS = with_plugins(moon(requires={"tell": "notifier"}), *TWO_SOUNDS)
NOTIFY_TWO = 'notify.use=["bell", "horn"]'
SAME_TWICE = with_plugins(moon(requires={"check": "validator"}))
CIRCLE = with_plugins(
    moon(requires={"rule": "risk_rule"}), spec("risk_rule.tide", role.AllowAll, requires={"who": "strategy"})
)
SECRET_VARIABLE = "FRIDAY_PLUGINS__STRATEGY__MOON__API_KEY"
WITH_SECRET = with_plugins(moon(role.Idle, Key))
SDK = failing(ModuleNotFoundError("No module named 'lunar_sdk'", name="lunar_sdk"))

K = ProblemKind
CASES = [
    # The files and the environment ---------------------------------------------------------------
    Case(
        "a profile that does not exist",
        K.MISSING_PROFILE,
        Start(profile="demoo"),
        "known are backtest, default, demo",
        "did you mean 'demo'?",
        mended=Start(profile="demo"),
    ),
    Case(
        "a file that is no TOML",
        K.UNREADABLE_FILE,
        Start("[risk\nmax_drawdown = 0.2"),
        "at line 1",
        "correct that line",
        mended=Start("[risk]\nmax_drawdown = 0.2"),
    ),
    Case(
        "a variable that sets nothing",
        K.UNKNOWN_VARIABLE,
        Start(environ={"FRIDAY_RISK__MAX_DRAWDWN": "0.2"}),
        "FRIDAY_RISK__MAX_DRAWDWN sets nothing",
        "did you mean FRIDAY_RISK__MAX_DRAWDOWN?",
        mended=Start(environ={"FRIDAY_RISK__MAX_DRAWDOWN": "0.2"}),
    ),
    # Sections and keys ---------------------------------------------------------------------------
    Case(
        "a section that is none",
        K.UNKNOWN_SECTION,
        Start("[riks]\nmax_drawdown = 0.2"),
        "[riks]",
        "did you mean [risk]?",
        "riks",
        mended=Start("[risk]\nmax_drawdown = 0.2"),
    ),
    Case(
        "a section of a kind that is none",
        K.UNKNOWN_SECTION,
        Start("[plugins.stratgy.moving_average_cross]\nfast = 10"),
        "'stratgy' is not a kind of component",
        "did you mean 'strategy'?",
        "plugins.stratgy",
        mended=Start("[plugins.strategy.moving_average_cross]\nfast = 10"),
    ),
    Case(
        "a section of a plugin that is not installed",
        K.UNKNOWN_SECTION,
        Start("[plugins.strategy.moving_averages]\nfast = 10"),
        "no installed plugin offers the strategy 'moving_averages'",
        "did you mean 'moving_average_cross'?",
        "plugins.strategy.moving_averages",
        "strategy.moving_averages",
        mended=Start("[plugins.strategy.moving_average_cross]\nfast = 10"),
    ),
    Case(
        "a stream that nobody runs",
        K.UNKNOWN_SECTION,
        Start('[streams.quotes]\nsource = "synthetic"'),
        "unknown stream 'quotes'",
        "[streams.market_data]",
        "streams.quotes",
        mended=Start('[streams.market_data]\nsource = "synthetic"'),
    ),
    Case(
        "a misspelt key",
        K.UNKNOWN_KEY,
        Start("[risk]\nmax_drawdwn = 0.2"),
        "'max_drawdwn'",
        "did you mean 'max_drawdown'?",
        "risk",
        mended=Start("[risk]\nmax_drawdown = 0.2"),
    ),
    Case(
        "a misspelt key of a plugin",
        K.UNKNOWN_KEY,
        Start("[plugins.broker.paper]\nlatencie = 1"),
        "unknown key 'latencie' in ",
        "did you mean 'latency'?",
        "plugins.broker.paper",
        "broker.paper",
        mended=Start("[plugins.broker.paper]\nlatency = 1"),
    ),
    Case(
        "a misspelt variable of a plugin",
        K.UNKNOWN_KEY,
        Start(environ={"FRIDAY_PLUGINS__BROKER__PAPER__LATENCIE": "1"}),
        "unknown key 'latencie' in FRIDAY_PLUGINS__BROKER__PAPER__LATENCIE",
        "did you mean 'latency'?",
        "plugins.broker.paper",
        "broker.paper",
        mended=Start(environ={"FRIDAY_PLUGINS__BROKER__PAPER__LATENCY": "1"}),
    ),
    Case(
        "a misspelt key beside a strategy",
        K.UNKNOWN_KEY,
        Start(strategy("moving_average_cross", "settings = { fasst = 10 }")),
        "unknown key 'fasst'",
        "did you mean 'fast'?",
        "trading.active_strategies[0].settings",
        "strategy.moving_average_cross",
        mended=Start(strategy("moving_average_cross", "settings = { fast = 10 }")),
    ),
    Case(
        "a misspelt key in a plugin's table",
        K.UNKNOWN_KEY,
        Start(
            f'{MOON}[plugins.strategy.moon]\nlogin = {{ user = "me", usr = "me" }}',
            environ={"FRIDAY_PLUGINS__STRATEGY__MOON__LOGIN__PASSWORD": "tides of May"},
            install=with_plugins(moon(role.Idle, Account)),
        ),
        "unknown key 'login.usr'",
        "did you mean 'user'?",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            f'{MOON}[plugins.strategy.moon]\nlogin = {{ user = "me" }}',
            environ={"FRIDAY_PLUGINS__STRATEGY__MOON__LOGIN__PASSWORD": "tides of May"},
            install=with_plugins(moon(role.Idle, Account)),
        ),
    ),
    Case(
        "a choice for a parameter that is none",
        K.UNKNOWN_KEY,
        Start(f'{MOON}[plugins.strategy.moon]\nuse = {{ tel = "log" }}', install=with_plugins(moon(requires={"tell": "notifier"}))),
        "use names 'tel'",
        "did you mean 'tell'?",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "log" }}', install=with_plugins(moon(requires={"tell": "notifier"}))),
    ),
    # Values --------------------------------------------------------------------------------------
    Case(
        "a value out of bounds",
        K.INVALID_VALUE,
        Start("[risk]\nmax_drawdown = 2"),
        "max_drawdown = 2 in ",
        "From the peak of equity",
        "risk",
        mended=Start("[risk]\nmax_drawdown = 0.2"),
    ),
    Case(
        "a plugin's value out of bounds",
        K.INVALID_VALUE,
        Start(MOON + "[plugins.strategy.moon]\nfast = 0", install=with_plugins(moon(role.Idle, Speed))),
        "fast in ",
        "correct fast: Bars of the fast average.",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON + "[plugins.strategy.moon]\nfast = 1", install=with_plugins(moon(role.Idle, Speed))),
    ),
    Case(
        "values that do not go together",
        K.INVALID_VALUE,
        Start(strategy("moving_average_cross", "settings = { fast = 60, slow = 50 }")),
        "fast (60) must be smaller than slow (50)",
        "correct the section",
        "trading.active_strategies[0].settings",
        "strategy.moving_average_cross",
        mended=Start(strategy("moving_average_cross", "settings = { fast = 40, slow = 50 }")),
    ),
    Case(
        "a missing secret",
        K.INVALID_VALUE,
        Start(MOON, install=WITH_SECRET),
        "api_key is missing",
        f"set {SECRET_VARIABLE} or put it into the secrets folder as plugins__strategy__moon__api_key: From the vendor",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, environ={SECRET_VARIABLE: "tides of May"}, install=WITH_SECRET),
    ),
    Case(
        "a secret too short to be masked",
        K.INVALID_VALUE,
        Start(MOON, environ={SECRET_VARIABLE: "abc"}, install=WITH_SECRET),
        "shorter than 4 characters",
        "use the real secret",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, environ={SECRET_VARIABLE: "tides of May"}, install=WITH_SECRET),
    ),
    Case(
        "strategies that want more than there is",
        K.INVALID_VALUE,
        Start(strategy("moving_average_cross", "capital = 2_000_000")),
        "the account has 1000000",
        "raise [account] capital, or lower the strategies' own",
        "trading.active_strategies",
        mended=Start(strategy("moving_average_cross", "capital = 2_000_000"), overrides=["account.capital=2_000_000"]),
    ),
    Case(
        "an instrument that the source does not have",
        K.INVALID_VALUE,
        Start(strategy("moving_average_cross", 'instruments = ["SYN1.NSE"]')),
        "no instrument 'SYN1.NSE' in the data",
        "did you mean 'SYN01.NSE'?",
        "trading.active_strategies[0]",
        "strategy.moving_average_cross",
        mended=Start(strategy("moving_average_cross", 'instruments = ["SYN01.NSE"]')),
    ),
    Case(
        "an instrument of [data] that the source does not have",
        K.INVALID_VALUE,
        Start('[data]\ninstruments = ["SYN1.NSE"]'),
        "did you mean 'SYN01.NSE'?",
        "correct [plugins.source.synthetic] or [data]",
        "plugins.source.synthetic",
        "source.synthetic",
        mended=Start('[data]\ninstruments = ["SYN01.NSE"]'),
    ),
    Case(
        "a choice that is no table",
        K.INVALID_VALUE,
        Start(f'{MOON}[plugins.strategy.moon]\nuse = "horn"', overrides=['notify.use=["horn"]'], install=AMBIGUOUS),
        "use must be a table",
        'write use = { tell = "<name>" }',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "horn" }}', overrides=[NOTIFY_TWO], install=AMBIGUOUS
        ),
    ),
    Case(
        "a choice that is not enabled",
        K.INVALID_VALUE,
        Start(f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "hron" }}', overrides=[NOTIFY_TWO], install=AMBIGUOUS),
        "use chooses 'hron' for 'tell'",
        "did you mean 'horn'? It is provided by bell, horn",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "horn" }}', overrides=[NOTIFY_TWO], install=AMBIGUOUS
        ),
    ),
    # Secrets -------------------------------------------------------------------------------------
    Case(
        "a secret in the file",
        K.SECRET_IN_FILE,
        Start(f'{MOON}[plugins.strategy.moon]\napi_key = "tides of May"', install=WITH_SECRET),
        "api_key is a secret and stands in a file or an argument",
        f"take it out there, and set {SECRET_VARIABLE} or put it into the secrets folder",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, environ={SECRET_VARIABLE: "tides of May"}, install=WITH_SECRET),
    ),
    Case(
        "a secret in an argument",
        K.SECRET_IN_FILE,
        Start(MOON, overrides=["plugins.strategy.moon.api_key=tides of May"], install=WITH_SECRET),
        "api_key is a secret and stands in a file or an argument",
        f"set {SECRET_VARIABLE}",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, environ={SECRET_VARIABLE: "tides of May"}, install=WITH_SECRET),
    ),
    Case(
        "a secret beside a strategy",
        K.SECRET_IN_FILE,
        Start(strategy(more='settings = { api_key = "tides of May" }'), install=WITH_SECRET),
        "api_key is a secret and stands in a file or an argument",
        f"set {SECRET_VARIABLE}",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, environ={SECRET_VARIABLE: "tides of May"}, install=WITH_SECRET),
    ),
    Case(
        "a secret in a table of the file",
        K.SECRET_IN_FILE,
        Start(
            f'{MOON}[plugins.strategy.moon.login]\nuser = "me"\npassword = "tides of May"',
            install=with_plugins(moon(role.Idle, Account)),
        ),
        "login.password is a secret",
        "set FRIDAY_PLUGINS__STRATEGY__MOON__LOGIN__PASSWORD",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            f'{MOON}[plugins.strategy.moon.login]\nuser = "me"',
            environ={"FRIDAY_PLUGINS__STRATEGY__MOON__LOGIN__PASSWORD": "tides of May"},
            install=with_plugins(moon(role.Idle, Account)),
        ),
    ),
    # Finding components --------------------------------------------------------------------------
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
        "pip install friday-full-moon",
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
        "broker.paper is registered by friday-moon 1.0 (made_up_",
        "uninstall friday-moon or friday-trading, or take strategy.moon out of the configuration",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(install=twice_from_two_modules),
    ),
    Case(
        "one component registered twice",
        K.DUPLICATE_COMPONENT,
        Start(MOON, install=registering(lambda: [moon(), moon()])),
        "it registers strategy.moon twice",
        "return a list of ComponentSpec from friday_components()",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=registering(lambda: [moon()])),
    ),
    # Importing -----------------------------------------------------------------------------------
    Case(
        "an import that raises",
        K.IMPORT_FAILED,
        Start(MOON, install=with_file("strategy.moon", "1 / 0")),
        "raised ZeroDivisionError: division by zero",
        "mend or uninstall friday-moon, or take it out of the configuration",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(install=with_file("strategy.moon", "1 / 0")),
    ),
    Case(
        "an import that exits",
        K.IMPORT_FAILED,
        Start(MOON, install=with_file("strategy.moon", "import sys\nsys.exit(0)")),
        "raised SystemExit: 0",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "an import that interrupts",
        K.IMPORT_FAILED,
        Start(MOON, install=with_file("strategy.moon", "raise KeyboardInterrupt")),
        "raised KeyboardInterrupt",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        HOST_PROFILE,
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
        HOST_PROFILE,
    ),
    Case(
        "a module that is not there",
        K.IMPORT_FAILED,
        Start(MOON, install=lambda installed, _folder: installed.point("strategy.moon", "no_such_module")),
        "raised ModuleNotFoundError: No module named 'no_such_module'",
        "mend or uninstall friday-moon",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    # Registering ---------------------------------------------------------------------------------
    Case(
        "a registration that raises",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(raising(RuntimeError("new moon")))),
        "friday_components() raised RuntimeError: new moon",
        "mend the plugin or remove it",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a registration that exits",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(raising(SystemExit(0)))),
        "friday_components() raised SystemExit: 0",
        "mend the plugin or remove it",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a registration of garbage",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: ["moon"])),
        "friday_components() returned ['moon']",
        "return a list of ComponentSpec",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=registering(lambda: [moon()])),
    ),
    Case(
        "a registration of nothing",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: [])),
        "it registers no component",
        "return a list of ComponentSpec",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=registering(lambda: [moon()])),
    ),
    Case(
        "a registration without its mark",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_file("strategy.moon", "def friday_components(): return []")),
        "it registers no component",
        "mark friday_components() with @hookimpl",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "an entry point of another name",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: [spec("strategy.full_moon", role.Idle)])),
        "its module registers strategy.full_moon and not strategy.moon",
        "name the entry point <kind>.<name> as the component is registered",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(strategy("full_moon"), install=with_plugins(spec("strategy.full_moon", role.Idle))),
    ),
    Case(
        "a kind that is none",
        K.BAD_REGISTRATION,
        Start(MOON, install=registering(lambda: [spec("stratgy.moon", role.Idle)])),
        "its module registers stratgy.moon and not strategy.moon",
        "did you mean 'strategy'?",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=registering(lambda: [spec("strategy.moon", role.Idle)])),
    ),
    Case(
        "a misspelt hook",
        K.BAD_REGISTRATION,
        Start(MOON, install=in_module(friday_session_openned=friday_session_openned)),
        "unknown hook 'friday_session_openned'",
        "friday_session_opened(profile, mode)",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a hook with a wrong argument",
        K.BAD_REGISTRATION,
        Start(MOON, install=in_module(friday_session_opened=friday_session_opened)),
        "profil",
        "friday_session_opened(profile, mode)",
        "trading.active_strategies[0]",
        HOST_PROFILE,
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
        HOST_PROFILE,
        mended=Start(MOON, install=with_plugins(moon(role.Idle, Speed))),
    ),
    Case(
        "a setting with a reserved name",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(role.Idle, Opinionated))),
        "no setting may be called 'use'",
        "correct the ComponentSpec",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a component of the wrong role",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(role.Half))),
        "its factory made a Half, which is no Strategy",
        "derive it from friday_core.api.Strategy",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=with_plugins(moon(role.Idle))),
    ),
    Case(
        "a source of the wrong role",
        K.BAD_REGISTRATION,
        Start(overrides=["streams.market_data.source=flat"], install=with_plugins(spec("source.flat", role.Half))),
        "its factory made a Half, which is no HistoricalData",
        "derive it from friday_core.api.HistoricalData",
        "streams.market_data",
        "source.flat of friday-flat 1.0",
        mended=Start(
            overrides=["streams.market_data.source=flat"], install=with_plugins(spec("source.flat", lambda: role.Flat()))
        ),
    ),
    Case(
        "names of columns as one text",
        K.BAD_REGISTRATION,
        Start(MOON, install=with_plugins(moon(Text))),
        "its inputs are a text instead of names",
        'write inputs = ("close",)',
        "trading.active_strategies[0]",
        HOST_PROFILE,
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
    # Specs ---------------------------------------------------------------------------------------
    Case(
        "a plugin for a later major version",
        K.API_VERSION,
        Start(MOON, install=with_plugins(moon(api=(99, 0)))),
        "it is written for plugin API 99.0, this Friday has 1.0",
        "update friday-trading, or install an older release of the plugin",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=with_plugins(moon(api=(1, 0)))),
    ),
    Case(
        "a plugin for a later minor version",
        K.API_VERSION,
        Start(MOON, install=with_plugins(moon(api=(1, 1)))),
        "it is written for plugin API 1.1, this Friday has 1.0",
        "update friday-trading",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a plugin for an earlier major version",
        K.API_VERSION,
        Start(MOON, install=with_plugins(moon(api=(0, 9)))),
        "it is written for plugin API 0.9, this Friday has 1.0",
        "install a newer release of the plugin",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a factory that wants more than there is",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(lambda phase: role.Idle()))),
        "nothing provides phase",
        "give the factory the parameters ()",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=with_plugins(moon(lambda: role.Idle()))),
    ),
    Case(
        "a factory that does not take its settings",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(lambda: role.Idle(), Speed))),
        "it does not accept settings",
        "give the factory the parameters (settings)",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=with_plugins(moon(lambda settings: role.Idle(), Speed))),
    ),
    Case(
        "a factory of which nothing is known",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(dict))),
        "no signature found for builtin type",
        "pass a class or a function as factory",
        "trading.active_strategies[0]",
        HOST_PROFILE,
        mended=Start(MOON, install=with_plugins(moon(role.Idle))),
    ),
    Case(
        "a factory that is none",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(42))),
        "42 is not a callable object",
        "pass a class or a function as factory",
        "trading.active_strategies[0]",
        HOST_PROFILE,
    ),
    Case(
        "a factory that raises",
        K.FACTORY_FAILED,
        Start(MOON, install=with_plugins(moon(failing(ValueError("no moon tonight"))))),
        "friday-moon 1.0 could not build it: ValueError: no moon tonight",
        "correct [plugins.strategy.moon], or report it to the author of friday-moon",
        "plugins.strategy.moon",
        "strategy.moon",
    ),
    Case(
        "a factory that exits",
        K.FACTORY_FAILED,
        Start(MOON, install=with_plugins(moon(failing(SystemExit(0))))),
        "friday-moon 1.0 could not build it: SystemExit: 0",
        "report it to the author of friday-moon",
        "plugins.strategy.moon",
        "strategy.moon",
    ),
    Case(
        "a factory without its heavy SDK",
        K.FACTORY_FAILED,
        Start(MOON, install=with_plugins(moon(SDK))),
        "ModuleNotFoundError: No module named 'lunar_sdk'",
        "install what it needs: pip install 'friday-moon'",
        "plugins.strategy.moon",
        "strategy.moon",
    ),
    Case(
        "a factory that says itself what to install",
        K.FACTORY_FAILED,
        Start(MOON, install=with_plugins(moon(failing(PluginError("pip install 'friday-moon[lunar]'"))))),
        "friday-moon 1.0 could not build it: pip install 'friday-moon[lunar]'",
        "correct [plugins.strategy.moon]",
        "plugins.strategy.moon",
        "strategy.moon",
    ),
    Case(
        "a class that leaves out what its role asks for",
        K.FACTORY_FAILED,
        Start(MOON, install=with_plugins(moon(type("Unfinished", (role.Strategy,), {})))),
        "Can't instantiate abstract class Unfinished",
        "report it to the author of friday-moon",
        "plugins.strategy.moon",
        "strategy.moon",
    ),
    Case(
        "a source that cannot tell its instruments",
        K.FACTORY_FAILED,
        Start(overrides=["streams.market_data.source=flat"], install=with_plugins(spec("source.flat", lambda: Unreadable()))),
        "it cannot tell its instruments: KeyError: 'token'",
        "report it to the author of friday-flat",
        "plugins.source.flat",
        "source.flat",
    ),
    # Wiring --------------------------------------------------------------------------------------
    Case(
        "no market data",
        K.MISSING_DEPENDENCY,
        Start(strategy("moving_average_cross"), profile="default"),
        "no stream carries market data",
        'add [streams.market_data] with source = "synthetic"',
        "streams.market_data",
        mended=Start(strategy("moving_average_cross") + '[streams.market_data]\nsource = "synthetic"', profile="default"),
    ),
    Case(
        "no strategy",
        K.MISSING_DEPENDENCY,
        Start(overrides=["trading.active_strategies=[]"]),
        "no strategy is active",
        'add [[trading.active_strategies]] with id = "first" and use = "moving_average_cross"',
        "trading.active_strategies",
        mended=Start('[[trading.active_strategies]]\nid = "first"\nuse = "moving_average_cross"'),
    ),
    Case(
        "a requirement that nothing serves",
        K.MISSING_DEPENDENCY,
        Start(MOON + "[notify]\nuse = []", install=with_plugins(moon(requires={"tell": "notifier"}))),
        "'tell' needs notifier, and no enabled component provides it",
        'write in [notify]: use = ["log"]',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON + '[notify]\nuse = ["log"]', install=with_plugins(moon(requires={"tell": "notifier"}))),
    ),
    Case(
        "an ability that nobody has",
        K.MISSING_DEPENDENCY,
        Start(
            MOON,
            install=with_plugins(moon(requires={"tell": "notifier:sms"}), spec("notifier.phone", role.Silent, provides={"sms"})),
        ),
        "'tell' needs notifier:sms",
        'write in [notify]: use = ["log", "<one that provides notifier:sms>"]; installed besides are phone',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            MOON + '[notify]\nuse = ["log", "phone"]',
            install=with_plugins(moon(requires={"tell": "notifier:sms"}), spec("notifier.phone", role.Silent, provides={"sms"})),
        ),
    ),
    Case(
        "a requirement of a kind that is none",
        K.MISSING_DEPENDENCY,
        Start(MOON, install=with_plugins(moon(requires={"tell": "notifer"}))),
        "'tell' needs notifer",
        "did you mean 'notifier'?",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, install=with_plugins(moon(requires={"tell": "notifier"}))),
    ),
    Case(
        "a requirement that two serve",
        K.AMBIGUOUS_DEPENDENCY,
        Start(MOON, overrides=[NOTIFY_TWO], install=AMBIGUOUS),
        "'tell' needs notifier, offered by bell, horn",
        'add to [plugins.strategy.moon]: use = { tell = "bell" }',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "bell" }}', overrides=[NOTIFY_TWO], install=AMBIGUOUS),
    ),
    Case(
        "a requirement that one serves in two places",
        K.AMBIGUOUS_DEPENDENCY,
        Start(f'{MOON}[streams.market_data]\nvalidators_after = ["bar_sanity"]', install=SAME_TWICE),
        "offered by bar_sanity, bar_sanity#2",
        'use = { check = "bar_sanity" }',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            f'{MOON}[streams.market_data]\nvalidators_after = ["bar_sanity"]\n'
            '[plugins.strategy.moon]\nuse = { check = "bar_sanity" }',
            install=SAME_TWICE,
        ),
    ),
    Case(
        "components that need each other",
        K.CYCLE,
        Start(MOON, overrides=["risk.rules=['tide']"], install=CIRCLE),
        "risk_rule.tide",
        "take one of them out of the configuration",
        "trading.active_strategies[0]",
        "strategy.moon",
        mended=Start(overrides=["risk.rules=['tide']"], install=CIRCLE),
    ),
    # What fits together --------------------------------------------------------------------------
    Case(
        "real money on past data",
        K.MODE_CONFLICT,
        Start(overrides=["broker.use=cash"], install=with_plugins(spec("broker.cash", lambda: role.RealBroker()))),
        "a historical clock with a broker that trades real money",
        'set [broker] use = "paper"',
        "broker",
        "broker.cash",
        mended=Start(
            overrides=["broker.use=paper"], install=with_plugins(spec("broker.cash", lambda: role.RealBroker()))
        ),
    ),
    Case(
        "past data by the clock on the wall",
        K.MODE_CONFLICT,
        Start(overrides=["clock.kind=wall"]),
        "the mode is paper, and the source 'synthetic' has only past data",
        'set [clock] kind = "historical"',
        "streams.market_data",
        "source.synthetic",
        mended=Start(overrides=["clock.kind=historical"]),
    ),
    Case(
        "an account in another currency",
        K.CURRENCY_CONFLICT,
        Start(overrides=["account.currency=USD"]),
        "the account is in USD, instruments are in INR",
        'set [account] currency = "INR"',
        "account",
        "source.synthetic",
        mended=Start(overrides=["account.currency=INR"]),
    ),
    Case(
        "instruments of two currencies",
        K.CURRENCY_CONFLICT,
        Start(overrides=["streams.market_data.source=flat"], install=with_plugins(mixed_currencies())),
        "instruments are in INR, USD: a book has one currency",
        'set [data] instruments = ["FLAT1.SEA"]',
        "account",
        "source.flat",
        mended=Start(
            '[data]\ninstruments = ["FLAT1.SEA"]',
            overrides=["streams.market_data.source=flat"],
            install=with_plugins(mixed_currencies()),
        ),
    ),
    Case(
        "order types that the broker lacks",
        K.UNSUPPORTED_ORDER_TYPE,
        Start(MOON, overrides=["broker.use=file"], install=with_plugins(moon(Stops), spec("broker.file", MarketOnly))),
        "strategy 'moon' uses stop orders, the broker 'file' has none",
        "choose another broker, or a strategy that needs only market",
        "trading.active_strategies[0]",
        "broker.file",
        mended=Start(MOON, overrides=["broker.use=paper"], install=with_plugins(moon(Stops))),
    ),
    Case(
        "a strategy's column that nothing provides",
        K.SCHEMA_MISMATCH,
        Start(MOON, install=with_plugins(moon(Wide))),
        "needs the column 'spread'",
        "add a transformer that provides 'spread' to [streams.market_data] transformers",
        "trading.active_strategies[0]",
        "strategy.moon",
        mended=Start(
            MOON + '[streams.market_data]\ntransformers = ["spread"]',
            install=with_plugins(moon(Wide), spec("transformer.spread", Spread)),
        ),
    ),
    Case(
        "a sizer's column that nothing provides",
        K.SCHEMA_MISMATCH,
        Start('[streams.market_data]\ntransformers = []\n[trading]\nsizer = "volatility_target"'),
        "needs the column 'volatility_20'",
        "add a transformer that provides 'volatility_20' to [streams.market_data] transformers",
        "trading",
        "sizer.volatility_target",
        mended=Start('[streams.market_data]\ntransformers = ["realised_volatility"]\n[trading]\nsizer = "volatility_target"'),
    ),
    Case(
        "a transformer before the one that it needs",
        K.SCHEMA_MISMATCH,
        Start(
            '[streams.market_data]\ntransformers = ["narrow", "spread"]',
            install=with_plugins(spec("transformer.spread", Spread), spec("transformer.narrow", NeedsSpread)),
        ),
        "'narrow' needs the column 'spread'",
        "write 'spread' before 'narrow' in transformers",
        "streams.market_data",
        "transformer.narrow",
        mended=Start(
            '[streams.market_data]\ntransformers = ["spread", "narrow"]',
            install=with_plugins(spec("transformer.spread", Spread), spec("transformer.narrow", NeedsSpread)),
        ),
    ),
    Case(
        "a validator of what is only made later",
        K.SCHEMA_MISMATCH,
        Start('[streams.market_data]\nvalidators = ["calm"]', install=with_plugins(spec("validator.calm", NeedsVolatility))),
        "'calm' needs the column 'volatility_20'",
        "write 'calm' in validators_after instead of validators",
        "streams.market_data",
        "validator.calm",
        mended=Start(
            '[streams.market_data]\nvalidators = []\nvalidators_after = ["calm"]',
            install=with_plugins(spec("validator.calm", NeedsVolatility)),
        ),
    ),
    Case(
        "a stage's column that nothing provides",
        K.SCHEMA_MISMATCH,
        Start(
            '[streams.market_data]\ntransformers = ["narrow"]',
            install=with_plugins(spec("transformer.narrow", NeedsSpread)),
        ),
        "'narrow' needs the column 'spread'",
        "put a transformer that provides 'spread' before it",
        "streams.market_data",
        "transformer.narrow",
        mended=Start(
            '[streams.market_data]\ntransformers = ["spread", "narrow"]',
            install=with_plugins(spec("transformer.spread", Spread), spec("transformer.narrow", NeedsSpread)),
        ),
    ),
]  # fmt: skip
