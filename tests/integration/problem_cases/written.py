"""Mistakes of whoever writes files, variables and arguments."""

from __future__ import annotations

from fakes import components as role
from integration.problem_cases.words import (
    AMBIGUOUS,
    MOON,
    NOTIFY_TWO,
    TELLS,
    Case,
    Speed,
    Start,
    moon,
    strategy,
    with_plugins,
)
from pydantic import Field, SecretStr

from friday_core.api import PluginSettings
from friday_core.errors import ProblemKind


class Key(PluginSettings):
    api_key: SecretStr = Field(description="From the vendor's site.")


class Login(PluginSettings):
    user: str
    password: SecretStr


class Account(PluginSettings):
    login: Login


SECRET_VARIABLE = "FRIDAY_PLUGINS__STRATEGY__MOON__API_KEY"
WITH_SECRET = with_plugins(moon(role.Idle, Key))

K = ProblemKind
CASES = [
    # The files and the environment ------------------------------------------------------------------
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
    # Sections and keys ------------------------------------------------------------------------------
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
        "a second source of rows",
        K.INVALID_VALUE,
        Start('[streams.quotes]\nsource = "synthetic"'),
        "a session has one source of rows, that of [streams.market_data]; 'quotes' names another",
        'write source = "stream:market_data", or another stream',
        "streams.quotes",
        mended=Start('[streams.quotes]\nsource = "stream:market_data"'),
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
        Start(f'{MOON}[plugins.strategy.moon]\nuse = {{ tel = "log" }}', install=TELLS),
        "use names 'tel'",
        "did you mean 'tell'?",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "log" }}', install=TELLS),
    ),
    # Values -----------------------------------------------------------------------------------------
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
        "a plugin's number that is written as text",
        K.INVALID_VALUE,
        Start('[plugins.broker.paper]\nlatency = "1"'),
        "latency in ",
        "write latency = 1 without quotes",
        "plugins.broker.paper",
        "broker.paper",
        mended=Start("[plugins.broker.paper]\nlatency = 1"),
    ),
    Case(
        "a strategy's truth value that is written as text",
        K.INVALID_VALUE,
        Start(strategy("top_predictions", "settings = { enough = true }")),
        "enough in ",
        "write enough = a number",
        "trading.active_strategies[0].settings",
        "strategy.top_predictions",
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
    # Secrets ----------------------------------------------------------------------------------------
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
]
