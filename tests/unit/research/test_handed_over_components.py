"""How strategies and other components are handed over, and what of it the configuration says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from fakes.few_bars import Planned

from friday_core.api import ColumnStrategy, PluginSettings
from friday_core.errors import ConfigurationError
from friday_core.plugin.sections import RiskSettings
from friday_core.plugin.spec import Kind, NoSettings
from friday_core.research.components import component
from friday_core.research.overrides import Overrides, literal


class Leader(ColumnStrategy):
    class Settings(PluginSettings):
        rows: int = 10

    def __init__(self, settings: Settings) -> None:
        self.rows = settings.rows

    def outputs(self, m: Any) -> dict[str, Any]:
        return {"target": m.close * 0.0}


class Bare(ColumnStrategy):
    def outputs(self, m: Any) -> dict[str, Any]:
        return {"target": m.close * 0.0}


class TestOne:
    def test_a_text_is_the_name_of_an_installed_plugin(self) -> None:
        found = component(Kind.CHARGES, "indian", "account")
        assert (found.name, found.settings, found.spec) == ("indian", {}, None)

    def test_a_name_may_have_settings(self) -> None:
        found = component(Kind.CHARGES, {"indian": {"product": "intraday"}}, "account")
        assert (found.name, found.settings, found.spec) == ("indian", {"product": "intraday"}, None)

    @pytest.mark.parametrize(("given", "settings"), [(Leader, Leader.Settings), (Bare, NoSettings)])
    def test_a_class_is_made_by_the_host_with_its_own_settings(self, given: type, settings: type) -> None:
        found = component(Kind.STRATEGY, given, "trading.active_strategies")
        assert found.spec is not None
        assert (found.name, found.spec.factory, found.spec.settings) == (given.__name__.lower(), given, settings)

    def test_each_run_gets_a_copy_of_an_object(self) -> None:
        given = Planned({1: 1.0})
        found = component(Kind.STRATEGY, given, "trading.active_strategies")
        assert found.spec is not None
        first, second = found.spec.factory(), found.spec.factory()
        first.bars["INFY.NSE"] = 9
        assert (given.bars, second.bars, second.plan) == ({}, {}, {1: 1.0})

    def test_a_class_that_needs_more_than_settings_is_refused_with_the_mend(self) -> None:
        with pytest.raises(ConfigurationError, match="Planned cannot be made without plan") as caught:
            component(Kind.STRATEGY, Planned, "trading.active_strategies")
        (problem,) = caught.value.problems
        assert problem.section == "trading.active_strategies"
        assert problem.mend.startswith("hand over an object, Planned(...)")

    def test_a_mapping_of_anything_else_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="names no charges"):
            component(Kind.CHARGES, {"bps": 3}, "account")


class TestStrategies:
    def test_several_have_the_names_of_their_books(self) -> None:
        asked = Overrides()
        asked.strategies({"one": Leader, "two": {"moving_average_cross": {"fast": 3}}})
        assert asked.values["trading.active_strategies"] == [
            {"id": "one", "use": "one", "settings": {}},
            {"id": "two", "use": "moving_average_cross", "settings": {"fast": 3}},
        ]
        assert [spec.key for spec in asked.brought] == ["strategy.one"]

    def test_one_that_is_named_with_settings_is_one(self) -> None:
        asked = Overrides()
        asked.strategies({"moving_average_cross": {"fast": 3}})
        (entry,) = asked.values["trading.active_strategies"]
        assert entry == {"id": "moving_average_cross", "use": "moving_average_cross", "settings": {"fast": 3}}

    def test_a_single_book_may_have_a_name_too(self) -> None:
        asked = Overrides()
        asked.strategies({"cross": {"moving_average_cross": {"fast": 3}}})
        (entry,) = asked.values["trading.active_strategies"]
        assert entry == {"id": "cross", "use": "moving_average_cross", "settings": {"fast": 3}}


class TestSections:
    def test_a_model_says_what_was_set_in_it(self) -> None:
        asked = Overrides()
        asked.section("risk", RiskSettings(max_drawdown=0.2))
        assert asked.values == {"risk.max_drawdown": 0.2}

    def test_what_is_no_settings_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match=r"\[risk\] invalid value: 0.2 is no settings"):
            Overrides().section("risk", 0.2)

    def test_arguments_that_are_not_given_say_nothing(self) -> None:
        asked = Overrides()
        asked.arguments(capital=5, currency=None, start=dt.date(2024, 1, 2))
        assert asked.written() == ("account.capital=5", "data.start=2024-01-02")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0.2, "0.2"),
        (float("inf"), "inf"),
        ("paper", '"paper"'),
        (["a", "b"], '["a", "b"]'),
        (("a",), '["a"]'),
        ({"a": {"b": 1}}, '{"a": {"b": 1}}'),
        (dt.date(2024, 1, 2), "2024-01-02"),
        (Path("runs"), '"runs"'),
    ],
    ids=str,
)
def test_values_are_written_as_the_command_line_takes_them(value: object, text: str) -> None:
    assert literal(value) == text


@pytest.mark.parametrize("value", [None, [1, None], {"a": None}], ids=str)
def test_none_is_no_value(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"risk.max_drawdown = .*None is no value"):
        literal(value, "risk.max_drawdown")
