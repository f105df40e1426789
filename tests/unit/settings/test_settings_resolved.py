"""What is written down can be run again, and holds no secret."""

from __future__ import annotations

import datetime as dt
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Self

import pytest
import tomli_w
from fakes.settings_folder import SettingsFolder
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, model_validator

from friday_core.plugin.spec import PluginSettings
from friday_settings import FridaySettings, load_settings, resolved_toml


class VendorSettings(PluginSettings):
    client: str
    api_secret: SecretStr


MODELS = {("broker", "vendor"): VendorSettings}
CLIENT, SECRET = "FRIDAY_PLUGINS__BROKER__VENDOR__CLIENT", "FRIDAY_PLUGINS__BROKER__VENDOR__API_SECRET"

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_-. ", min_size=1, max_size=8)
PLAIN = st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.dates() | st.text(max_size=8)
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)
TABLES = st.dictionaries(NAMES, VALUES, max_size=3)
ENTRIES = st.fixed_dictionaries({"id": st.just("a"), "use": NAMES, "settings": TABLES})
CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "risk": st.fixed_dictionaries(
            {},
            optional={
                "max_drawdown": st.floats(0.01, 1),
                "max_order_value": st.integers(1, 2**60),
                "rules": st.lists(NAMES, max_size=3),
            },
        ),
        "data": st.fixed_dictionaries({}, optional={"start": st.dates(), "instruments": st.just(["INFY.NSE"])}),
        "run": st.fixed_dictionaries({"folder": NAMES}),
        "streams": st.dictionaries(NAMES, st.fixed_dictionaries({"source": NAMES}), max_size=2),
        "trading": st.fixed_dictionaries({"active_strategies": st.lists(ENTRIES, max_size=1)}),
        "plugins": st.dictionaries(NAMES, st.dictionaries(NAMES, TABLES, max_size=2), max_size=2),
    },
)


@given(st.sampled_from(["backtest", "demo", "default"]), CONFIGURATIONS)
def test_resolved_settings_load_to_the_same_settings(profile: str, configuration: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "friday.toml").write_text(tomli_w.dumps(configuration), "utf-8")
        loaded = load_settings(profile, folder=folder, environ={})
        resolved = folder / "resolved.toml"
        resolved.write_text(resolved_toml(loaded), "utf-8")
        again = load_settings("default", config=resolved, environ={})
    assert again.settings == loaded.settings


def test_a_resolved_file_chooses_the_profile_itself(folder: SettingsFolder) -> None:
    resolved = folder.write("resolved.toml", resolved_toml(folder.load("demo")))
    again = folder.load(config=resolved)
    assert (again.profile, again.settings.account.currency) == ("default", "USD")


def test_defaults_of_the_code_are_written_down(folder: SettingsFolder) -> None:
    assert tomllib.loads(resolved_toml(folder.load()))["run"]["chunk_rows"] == 10_000


def test_secrets_are_left_out_and_named(folder: SettingsFolder) -> None:
    text = resolved_toml(folder.load(environ={CLIENT: "me", SECRET: "hunter2"}), MODELS)
    assert "hunter2" not in text
    assert f"#   plugins.broker.vendor.api_secret: set it again, for example by {SECRET}" in text
    assert tomllib.loads(text)["plugins"]["broker"]["vendor"] == {"client": "me"}


def test_a_secret_from_the_folder_is_left_out(folder: SettingsFolder) -> None:
    folder.write("secrets/plugins__broker__vendor__api_secret", "hunter2")
    assert "hunter2" not in resolved_toml(folder.load(), MODELS)


def test_without_models_everything_from_a_secrets_place_is_left_out(folder: SettingsFolder) -> None:
    text = resolved_toml(folder.load(environ={CLIENT: "hunter1", SECRET: "hunter2"}))
    assert "hunter" not in text
    assert text.count("set it again") == 2


@pytest.mark.parametrize("models", [{}, {("broker", "other"): VendorSettings}])
def test_sections_of_plugins_that_are_not_in_use_are_left_out(folder: SettingsFolder, models: Any) -> None:
    folder.write("friday.toml", '[plugins.broker.vendor]\napi_secret = "hunter3"')
    text = resolved_toml(folder.load(environ={CLIENT: "hunter1", SECRET: "hunter2"}), models)
    assert "hunter" not in text
    assert "broker" not in tomllib.loads(text).get("plugins", {})


def test_a_strategys_secret_is_left_out(folder: SettingsFolder) -> None:
    entry = '[{"id": "a", "use": "vendor", "settings": {"client": "me", "api_secret": "hunter2"}}]'
    loaded = folder.load(environ={"FRIDAY_TRADING__ACTIVE_STRATEGIES": entry})
    text = resolved_toml(loaded, {("strategy", "vendor"): VendorSettings})
    assert "hunter2" not in text
    assert tomllib.loads(text)["trading"]["active_strategies"][0]["settings"] == {"client": "me"}


def test_text_that_looks_like_a_number_stays_text(folder: SettingsFolder) -> None:
    text = resolved_toml(folder.load(environ={CLIENT: "123456"}), MODELS)
    assert tomllib.loads(text)["plugins"]["broker"]["vendor"]["client"] == "123456"


class CrossSettings(PluginSettings):
    fast: int = 20
    slow: int = 50
    only: str | None = None
    start: dt.date = dt.date(2020, 1, 1)


class BarSettings(PluginSettings):
    path: Path = Path("data/bars")
    fields: tuple[str, ...] = ("open", "close")


class Picky(PluginSettings):
    """Takes one of two settings, and sees a default that is written out as the other."""

    days: int = 1
    weeks: int = 1

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if len(self.model_fields_set) > 1:
            raise ValueError("write days or weeks")
        return self


def entries(text: str) -> list[dict[str, Any]]:
    return [dict(one) for one in tomllib.loads(text)["trading"]["active_strategies"]]


def test_the_defaults_of_plugins_in_use_are_written_down(folder: SettingsFolder) -> None:
    text = resolved_toml(folder.load(), {("source", "synthetic"): BarSettings})
    assert tomllib.loads(text)["plugins"]["source"]["synthetic"] == {"path": "data/bars", "fields": ["open", "close"]}


def test_an_entry_says_all_that_holds_for_it(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[plugins.strategy.moving_average_cross]\nfast = 7\nonly = 'front'")
    text = resolved_toml(folder.load(), {("strategy", "moving_average_cross"): CrossSettings})
    (entry,) = entries(text)
    assert entry["settings"] == {"fast": 20, "slow": 50, "only": "front", "start": dt.date(2020, 1, 1)}


def test_a_secret_of_a_strategys_section_is_not_copied_to_its_entry(folder: SettingsFolder) -> None:
    entry = 'trading.active_strategies=[{id="a", use="vendor", settings={client="me"}}]'
    secret = {"FRIDAY_PLUGINS__STRATEGY__VENDOR__API_SECRET": "hunter2"}
    text = resolved_toml(folder.load(environ=secret, overrides=[entry]), {("strategy", "vendor"): VendorSettings})
    assert "hunter2" not in text
    assert entries(text)[0]["settings"] == {"client": "me"}
    assert text.count("set it again") == 1


def test_defaults_that_a_plugin_would_not_take_are_left_to_it(folder: SettingsFolder) -> None:
    folder.write("friday.toml", "[plugins.source.synthetic]\ndays = 3")
    text = resolved_toml(folder.load(), {("source", "synthetic"): Picky})
    assert tomllib.loads(text)["plugins"]["source"]["synthetic"] == {"days": 3}


def test_building_the_model_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK", '{"cash_buffer": 0.5}')
    monkeypatch.setenv("FRIDAY_RISK__CASH_BUFFER", "0.5")
    assert FridaySettings().risk.cash_buffer == 0.02
