"""The programs of a plugin by itself: one for each market of the kit that it fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from friday_core.api import Col, ColumnTransformer, ComponentSpec, Market, PluginSettings, Strategy
from friday_core.errors import PluginContractError
from friday_core.orchestration.explaining import QuestionError
from friday_core.testing.parity import programs_of


class Scaled(ColumnTransformer):
    class Settings(PluginSettings):
        by: float = 2.0

    def __init__(self, settings: Settings) -> None:
        self._by = settings.by

    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"scaled": m.close * self._by + m["anything"]}


class ByQuarters(ColumnTransformer):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"quarter": m.at("15m").close.asof()}


class Weekly(ColumnTransformer):
    def outputs(self, m: Market) -> Mapping[str, Col]:
        return {"tick": m.at("tick").close.asof()}


class Silent(Strategy):
    def on_event(self, event: Any, book: Any) -> Any:
        return None


def fails() -> Any:
    raise RuntimeError("no such luck")


def spec(factory: Any, settings: Any = None, kind: str = "transformer") -> ComponentSpec:
    return ComponentSpec(kind, "mine", factory, *([settings] if settings else []))


def test_daily_bars_are_adjusted_and_minutes_have_exact_prices() -> None:
    found = programs_of(spec(Scaled, Scaled.Settings), {})
    assert {name: program.inputs[program.base] for name, program in found.items()} == {
        "daily": ("close", "anything"),
        "minutes": ("raw.close", "anything"),
    }


def test_settings_count() -> None:
    plain, given = (programs_of(spec(Scaled, Scaled.Settings), one)["daily"] for one in ({}, {"by": 3.0}))
    assert plain.key != given.key


def test_a_market_that_it_does_not_fit_is_left_out() -> None:
    assert list(programs_of(spec(ByQuarters), {})) == ["minutes"]


def test_a_plugin_that_fits_no_market_is_an_error() -> None:
    with pytest.raises(PluginContractError, match=r"transformer\.mine fits no market of the kit: "):
        programs_of(spec(Weekly), {})


def test_a_plugin_that_cannot_be_made_is_an_error() -> None:
    with pytest.raises(PluginContractError, match=r"transformer\.mine cannot be made: .*no such luck"):
        programs_of(spec(fails), {})


def test_what_is_not_in_columns_is_told_so() -> None:
    with pytest.raises(QuestionError, match=r"strategy\.mine is called event by event, not written in columns"):
        programs_of(spec(Silent, kind="strategy"), {})
