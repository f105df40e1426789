"""Components that are registered and cannot be made, or not be wired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fakes import components as role
from fakes.installed import Installed
from fakes.installed_distribution import strategy_module
from integration.problem_cases.words import (
    AMBIGUOUS,
    FLAT,
    MOON,
    MOON_PLUGIN,
    NOTIFY_TWO,
    TELLS,
    Case,
    Speed,
    Start,
    moon,
    spec,
    strategy,
    with_plugins,
)

from friday_core import __version__
from friday_core.api import PluginError, Strategy
from friday_core.causal.choices import where
from friday_core.causal.columns import Operand
from friday_core.causal.market import Market
from friday_core.errors import ProblemKind
from friday_core.interfaces.columns import ColumnStrategy
from friday_core.plugin.hookspecs import PLUGIN_GROUP


class Unreadable(role.Flat):
    def instruments(self) -> Any:
        raise KeyError("token")


class Prophet(ColumnStrategy):
    """Knows tomorrow's close."""

    def outputs(self, m: Market) -> Mapping[str, Operand]:
        return {"signal": where(m.close.shift(-1) > m.close, 1.0, 0.0)}


class Historian(ColumnStrategy):
    """Knows yesterday's close."""

    def outputs(self, m: Market) -> Mapping[str, Operand]:
        return {"signal": where(m.close.shift(1) > m.close, 1.0, 0.0)}


class Clumsy(ColumnStrategy):
    def outputs(self, m: Market) -> Mapping[str, Operand]:
        raise ZeroDivisionError("no moon")


def distributed(*groups: str, **more: Any) -> Callable[[Installed, Path], None]:
    """A distribution with metadata of its own, whose strategy is registered in these groups."""

    def install(installed: Installed, folder: Path) -> None:
        points = {"strategy.moon": installed.source_file(folder, strategy_module("moon"))}
        others = {group: points for group in groups if group != PLUGIN_GROUP}
        ours = points if PLUGIN_GROUP in groups else {}
        installed.distribution(folder, "friday-moon", ours, {}, others=others, **more)

    return install


def bare() -> role.Idle:
    """A factory without parameters."""
    return role.Idle()


def failing(error: BaseException) -> Any:
    """A factory that raises."""

    def factory() -> Any:
        raise error

    return factory


PHONE = spec("notifier.phone", role.Silent, provides=frozenset({"sms", "phone"}))
BY_PHONE = with_plugins(moon(requires={"tell": "notifier:sms"}), PHONE)
BY_THE_PHONE = with_plugins(moon(requires={"tell": "notifier:phone"}), PHONE)
SAME_TWICE = with_plugins(moon(requires={"check": "validator"}))
CIRCLE = with_plugins(
    moon(requires={"rule": "risk_rule"}), spec("risk_rule.tide", role.AllowAll, requires={"who": "strategy"})
)
SDK = failing(ModuleNotFoundError("No module named 'lunar_sdk'", name="lunar_sdk"))

K = ProblemKind
CASES = [
    # Specs ------------------------------------------------------------------------------------------
    Case(
        "a plugin for a later major version",
        K.API_VERSION,
        Start(MOON, install=with_plugins(moon(api=(99, 0)))),
        "it is written for plugin API 99.0, this Friday has 1.0",
        "update friday-trading, or install an older release of the plugin",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(api=(1, 0)))),
    ),
    Case(
        "a plugin for a later minor version",
        K.API_VERSION,
        Start(MOON, install=with_plugins(moon(api=(1, 1)))),
        "it is written for plugin API 1.1, this Friday has 1.0",
        "update friday-trading",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a plugin for an earlier major version",
        K.API_VERSION,
        Start(MOON, install=with_plugins(moon(api=(0, 9)))),
        "it is written for plugin API 0.9, this Friday has 1.0",
        "install a newer release of the plugin",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
    ),
    Case(
        "a plugin that is registered for a later major version",
        K.API_VERSION,
        Start(MOON, install=distributed("friday.plugins.v2")),
        "it is written for plugin API 2, this Friday has 1.0",
        "install a release of friday-moon for plugin API 1, or update friday-trading to a release with plugin API 2",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=distributed("friday.plugins", "friday.plugins.v2")),
    ),
    Case(
        "a plugin that is registered for no version at all",
        K.BAD_REGISTRATION,
        Start(MOON, install=distributed("friday.plugins.v1")),
        "it is registered in the group 'friday.plugins.v1', which is no group of plugins",
        "its author registers it in 'friday.plugins' for plugin API 1",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=distributed("friday.plugins")),
    ),
    Case(
        "a plugin whose distribution excludes this Friday",
        K.API_VERSION,
        Start(MOON, install=distributed("friday.plugins", requires=["Friday_Trading>=2"])),
        f"it requires friday-trading>=2, and this is friday-trading {__version__}",
        "install a release of friday-moon that takes this one, or another Friday: pip install 'friday-trading>=2'",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=distributed("friday.plugins", requires=[f"friday-trading>={__version__}"])),
    ),
    Case(
        "a factory that wants more than there is",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(lambda phase: role.Idle()))),
        "nothing provides phase",
        "give the factory the parameters ()",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(bare))),
    ),
    Case(
        "a factory that does not take its settings",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(bare, Speed))),
        "it does not accept settings",
        "give the factory the parameters (settings)",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(lambda settings: role.Idle(), Speed))),
    ),
    Case(
        "a factory of which nothing is known",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(dict))),
        "no signature found for builtin type",
        "pass a class or a function as factory",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(role.Idle))),
    ),
    Case(
        "a factory that is none",
        K.FACTORY_SIGNATURE,
        Start(MOON, install=with_plugins(moon(42))),
        "42 is not a callable object",
        "pass a class or a function as factory",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
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
        Start(MOON, install=with_plugins(moon(type("Unfinished", (Strategy,), {})))),
        "Can't instantiate abstract class Unfinished",
        "report it to the author of friday-moon",
        "plugins.strategy.moon",
        "strategy.moon",
    ),
    Case(
        "a source that cannot tell its instruments",
        K.FACTORY_FAILED,
        Start(overrides=FLAT, install=with_plugins(spec("source.flat", Unreadable))),
        "it cannot tell its instruments: KeyError: 'token'",
        "report it to the author of friday-flat",
        "plugins.source.flat",
        "source.flat",
    ),
    # Wiring -----------------------------------------------------------------------------------------
    Case(
        "no market data",
        K.MISSING_DEPENDENCY,
        Start(strategy("moving_average_cross"), profile="default"),
        "no stream carries market data",
        'add [streams.market_data] with source = "synthetic"',
        "streams.market_data",
        mended=Start(
            strategy("moving_average_cross") + '[streams.market_data]\nsource = "synthetic"', profile="default"
        ),
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
        Start(MOON + "[notify]\nuse = []", install=TELLS),
        "'tell' needs notifier, and no enabled component provides it",
        'write in [notify]: use = ["log"]',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON + '[notify]\nuse = ["log"]', install=TELLS),
    ),
    Case(
        "an ability that nobody has",
        K.MISSING_DEPENDENCY,
        Start(
            MOON,
            install=BY_PHONE,
        ),
        "'tell' needs notifier:sms",
        'write in [notify]: use = ["log", "<one that provides notifier:sms>"]; installed besides are phone',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            MOON + '[notify]\nuse = ["log", "phone"]',
            install=BY_PHONE,
        ),
    ),
    Case(
        "an ability that somebody is called by",
        K.MISSING_DEPENDENCY,
        Start(MOON, install=BY_THE_PHONE),
        "'tell' needs notifier:phone",
        'write in [notify]: use = ["log", "phone"]',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON + '[notify]\nuse = ["log", "phone"]', install=BY_THE_PHONE),
    ),
    Case(
        "a requirement of a kind that is none",
        K.MISSING_DEPENDENCY,
        Start(MOON, install=with_plugins(moon(requires={"tell": "notifer"}))),
        "'tell' needs notifer",
        "did you mean 'notifier'?",
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(MOON, install=TELLS),
    ),
    Case(
        "a requirement that two serve",
        K.AMBIGUOUS_DEPENDENCY,
        Start(MOON, overrides=[NOTIFY_TWO], install=AMBIGUOUS),
        "'tell' needs notifier, offered by bell, horn",
        'add to [plugins.strategy.moon]: use = { tell = "bell" }',
        "plugins.strategy.moon",
        "strategy.moon",
        mended=Start(
            f'{MOON}[plugins.strategy.moon]\nuse = {{ tell = "bell" }}', overrides=[NOTIFY_TWO], install=AMBIGUOUS
        ),
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
    # Columns -----------------------------------------------------------------------------------------
    Case(
        "a strategy that sees the future",
        K.UNTRACEABLE,
        Start(MOON, install=with_plugins(moon(Prophet))),
        "shift(-1)",
        "correct the line of the plugin that is named",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(Historian))),
    ),
    Case(
        "a strategy whose columns raise",
        K.UNTRACEABLE,
        Start(MOON, install=with_plugins(moon(Clumsy))),
        "ZeroDivisionError: no moon",
        "report it to the author of friday-moon",
        "trading.active_strategies[0]",
        MOON_PLUGIN,
        mended=Start(MOON, install=with_plugins(moon(Historian))),
    ),
]
