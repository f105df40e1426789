"""Which components a configuration asks for, and where one more would be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.plugin.plan import Request, line_to_enable, requested_components
from friday_core.plugin.spec import Kind
from friday_settings import load_settings

STREAM = "streams.market_data"


def requests_of(*overrides: str) -> list[Request]:
    return requested_components(load_settings(folder=Path("nowhere"), environ={}, overrides=overrides).settings)


def test_everything_that_the_configuration_names_is_asked_for_in_the_order_of_data_flow() -> None:
    asked = requests_of(f'{STREAM}.validators_after=["bar_sanity"]', 'risk.rules=["b", "a"]')
    assert [(one.id, one.key, one.section, one.place) for one in asked] == [
        ("source.synthetic", "source.synthetic", STREAM, "source"),
        ("validator.bar_sanity", "validator.bar_sanity", STREAM, "validators"),
        ("transformer.realised_volatility", "transformer.realised_volatility", STREAM, "transformers"),
        ("validator.bar_sanity#2", "validator.bar_sanity", STREAM, "validators_after"),
        ("strategy.cross", "strategy.moving_average_cross", "trading.active_strategies[0]", "use"),
        ("sizer.fixed_fraction", "sizer.fixed_fraction", "trading", "sizer"),
        ("risk_rule.b", "risk_rule.b", "risk", "rules"),
        ("risk_rule.a", "risk_rule.a", "risk", "rules"),
        ("charges.flat_bps", "charges.flat_bps", "account", "charges"),
        ("broker.paper", "broker.paper", "broker", "use"),
        ("notifier.log", "notifier.log", "notify", "use"),
        ("observer.activity", "observer.activity", "run", "observers"),
    ]


@pytest.mark.parametrize(
    ("source", "asked"), [("moon", True), ("moon_history", True), ("moonlight", False), ("synthetic", False)]
)
def test_a_connection_is_asked_for_where_something_of_its_vendor_is(source: str, asked: bool) -> None:
    requests = requests_of(f"{STREAM}.source={source}", "plugins.connection.moon.key=x")
    assert ("connection.moon" in [one.id for one in requests]) is asked


@pytest.mark.parametrize("source", ["moon_history", "synthetic"])
def test_the_connection_that_lists_instruments_is_asked_for_once(source: str) -> None:
    requests = requests_of(f"{STREAM}.source={source}", "plugins.connection.moon.key=x", "data.listing=moon")
    assert [(one.id, one.place) for one in requests if one.kind is Kind.CONNECTION] == [("connection.moon", "listing")]


def test_a_component_that_is_named_again_is_one_more_with_an_id_of_its_own() -> None:
    asked = requests_of('risk.rules=["a", "a", "a"]')
    assert [one.id for one in asked if one.kind is Kind.RISK_RULE] == ["risk_rule.a", "risk_rule.a#2", "risk_rule.a#3"]


def test_a_strategy_brings_the_settings_that_stand_beside_it() -> None:
    (strategy,) = [one for one in requests_of() if one.kind is Kind.STRATEGY]
    assert strategy.own == {"fast": 20, "slow": 50}
    assert strategy.settings_section == "plugins.strategy.moving_average_cross"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Kind.SOURCE, 'write in [streams.market_data]: source = "new"'),
        (Kind.VALIDATOR, 'write in [streams.market_data]: validators = ["bar_sanity", "new"]'),
        (Kind.TRANSFORMER, 'write in [streams.market_data]: transformers = ["realised_volatility", "new"]'),
        (Kind.STRATEGY, 'add [[trading.active_strategies]] with id = "new" and use = "new"'),
        (Kind.SIZER, 'write in [trading]: sizer = "new"'),
        (Kind.RISK_RULE, 'write in [risk]: rules = ["long_only", "new"]'),
        (Kind.CHARGES, 'write in [account]: charges = "new"'),
        (Kind.BROKER, 'write in [broker]: use = "new"'),
        (Kind.CONNECTION, "write a section [plugins.connection.new]"),
        (Kind.NOTIFIER, 'write in [notify]: use = ["log", "new"]'),
        (Kind.OBSERVER, 'write in [run]: observers = ["activity", "new"]'),
    ],
)
def test_the_line_that_enables_a_component_keeps_what_is_enabled(kind: Kind, line: str) -> None:
    assert line_to_enable(kind, "new", requests_of()) == line


def test_there_is_a_line_for_every_kind() -> None:
    assert all("new" in line_to_enable(kind, "new", []) for kind in Kind)
