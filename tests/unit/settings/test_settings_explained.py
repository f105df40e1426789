"""Every value, with its origin."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.settings_folder import SettingsFolder
from pydantic import SecretStr

from friday_core.plugin.spec import PluginSettings
from friday_settings import LoadedSettings


class Nested(PluginSettings):
    token: SecretStr | None = None
    depth: int = 1


class VendorSettings(PluginSettings):
    api_key: str
    api_secret: SecretStr
    product: str = "CNC"
    nested: Nested = Nested()


MODELS = {("broker", "vendor"): VendorSettings}
BROKER = "plugins.broker.vendor"


def explained(loaded: LoadedSettings, models: Any = None) -> dict[str, tuple[Any, str]]:
    return {row.key: (row.value, str(row.origin)) for row in loaded.explain(models)}


def test_every_value_has_an_origin(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[risk]\nmax_drawdown = 0.25")
    rows = explained(folder.load("demo", environ={"FRIDAY_ACCOUNT__CAPITAL": "5"}, overrides=["run.chunk_rows=7"]))
    assert rows["risk.max_drawdown"] == (0.25, "friday.toml")
    assert rows["account.capital"] == (5, "FRIDAY_ACCOUNT__CAPITAL")
    assert rows["run.chunk_rows"] == (7, "--set run.chunk_rows")
    assert rows["account.currency"] == ("USD", "friday_settings/demo.toml")
    assert rows["clock.kind"] == ("historical", "friday_settings/default.toml")
    assert rows["risk.max_order_value"] == (None, "code")


def test_the_origins_hold_every_value_of_the_settings(folder: SettingsFolder) -> None:
    loaded = folder.load("demo")
    assert set(loaded.origins) == set(explained(loaded))
    assert {"risk.rules", "streams.market_data.source", "plugins.broker.paper.slippage_ticks"} < set(loaded.origins)


def test_what_stands_in_a_list_has_the_origin_of_the_list(folder: SettingsFolder) -> None:
    loaded = folder.load("demo")
    for entry in ("trading.active_strategies[0]", "trading.active_strategies.monthly"):
        assert str(loaded.origin_of(f"{entry}.settings.n")) == "friday_settings/demo.toml"


def test_a_key_that_nobody_set_comes_from_code(folder: SettingsFolder) -> None:
    assert str(folder.load().origin_of("plugins.broker.vendor.api_secret")) == "code"


def test_keys_that_are_not_bare_are_quoted(folder: SettingsFolder) -> None:
    loaded = folder.load(overrides=['plugins.source."a.b".path=1'])
    assert str(loaded.origin_of('plugins.source."a.b".path')) == '--set plugins.source."a.b".path'


def test_defaults_of_plugins_are_shown_when_their_models_are_known(folder: SettingsFolder) -> None:
    rows = explained(folder.load(overrides=[f"{BROKER}.api_key=k"]), MODELS)
    assert rows[f"{BROKER}.api_key"] == ("k", f"--set {BROKER}.api_key")
    assert rows[f"{BROKER}.product"] == ("CNC", "code")
    assert rows[f"{BROKER}.api_secret"] == (None, "code")


def test_secrets_are_masked_even_where_they_should_not_stand(folder: SettingsFolder) -> None:
    folder.write("friday.toml", f'[{BROKER}]\napi_key = "open"\napi_secret = "hunter2"\nnested = {{token = "hunter2"}}')
    rows = explained(folder.load(), MODELS)
    assert rows[f"{BROKER}.api_key"] == ("open", "friday.toml")
    assert rows[f"{BROKER}.api_secret"] == ("**********", "friday.toml")
    assert rows[f"{BROKER}.nested.token"] == ("**********", "friday.toml")


def test_without_a_model_everything_from_a_secrets_place_is_masked(folder: SettingsFolder) -> None:
    folder.write("secrets/plugins__broker__vendor__api_secret", "hunter2")
    rows = explained(folder.load(environ={"FRIDAY_PLUGINS__BROKER__VENDOR__API_KEY": "hunter2"}))
    assert rows[f"{BROKER}.api_key"][0] == rows[f"{BROKER}.api_secret"][0] == "**********"


def test_with_a_model_what_is_no_secret_is_shown(folder: SettingsFolder) -> None:
    rows = explained(folder.load(environ={"FRIDAY_PLUGINS__BROKER__VENDOR__API_KEY": "open"}), MODELS)
    assert rows[f"{BROKER}.api_key"] == ("open", "FRIDAY_PLUGINS__BROKER__VENDOR__API_KEY")


def test_a_strategys_secret_is_masked_inside_the_list(folder: SettingsFolder) -> None:
    entry = '[{"id": "a", "use": "vendor", "settings": {"api_key": "open", "api_secret": "hunter2"}}]'
    loaded = folder.load(environ={"FRIDAY_TRADING__ACTIVE_STRATEGIES": entry})
    rows = explained(loaded, {("strategy", "vendor"): VendorSettings})
    settings = "trading.active_strategies.a.settings"
    assert (rows[f"{settings}.api_key"][0], rows[f"{settings}.api_secret"][0]) == ("open", "**********")


CROSS = "trading.active_strategies.cross"


class CrossSettings(PluginSettings):
    fast: int = 20
    slow: int = 50
    exit: int = 5


def test_the_settings_in_force_of_a_strategy_are_shown_each_with_its_origin(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[plugins.strategy.moving_average_cross]\nfast = 7\nexit = 3")
    entry = '[{"id": "cross", "use": "moving_average_cross", "settings": {"fast": 9}}]'
    loaded = folder.load(environ={"FRIDAY_TRADING__ACTIVE_STRATEGIES": entry})
    rows = explained(loaded, {("strategy", "moving_average_cross"): CrossSettings})
    assert rows[f"{CROSS}.settings.fast"] == (9, "FRIDAY_TRADING__ACTIVE_STRATEGIES")
    assert rows[f"{CROSS}.settings.exit"] == (3, "friday.toml")
    assert rows[f"{CROSS}.settings.slow"] == (50, "code")
    assert rows[f"{CROSS}.capital"] == (None, "code")


@pytest.mark.parametrize(
    ("arguments", "origin"),
    [
        ({"profile": "demo"}, "--profile"),
        ({"environ": {"FRIDAY_PROFILE": "demo"}}, "FRIDAY_PROFILE"),
        ({}, "friday.toml"),
    ],
)
def test_the_profile_is_shown_with_who_chose_it(folder: SettingsFolder, arguments: Any, origin: str) -> None:
    folder.write("friday.toml", 'profile = "demo"')
    assert explained(folder.load(**arguments))["profile"] == ("demo", origin)


def test_a_profile_that_nobody_chose_comes_from_code(folder: SettingsFolder) -> None:
    assert explained(folder.load())["profile"] == ("backtest", "code")


def test_explaining_leaves_the_settings_as_they_are(folder: SettingsFolder) -> None:
    loaded = folder.load(environ={"FRIDAY_PLUGINS__BROKER__VENDOR__API_SECRET": "hunter2"})
    loaded.explain(MODELS)
    assert loaded.settings.plugins["broker"]["vendor"]["api_secret"] == "hunter2"


def test_a_table_comes_from_its_strongest_value(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[plugins.broker.vendor.nested]\ndepth = 2\nheight = 3")
    assert str(folder.load().origin_of(f"{BROKER}.nested")) == "friday.toml"
    loaded = folder.load(overrides=[f"{BROKER}.nested.depth=4"])
    assert str(loaded.origin_of(f"{BROKER}.nested")) == f"--set {BROKER}.nested.depth"
    assert str(loaded.origin_of(f"{BROKER}.nested.height")) == "friday.toml"
    assert str(loaded.origin_of(f"{BROKER}.nest")) == "code"
