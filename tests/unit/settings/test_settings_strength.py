"""The stronger layer wins, and says so."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from friday_settings import Layer, LoadedSettings, load_settings
from friday_settings.layers import Merged, RawLayer
from friday_settings.origins import Origin

KEY = "plugins.broker.paper.latency"
VARIABLE = "FRIDAY_PLUGINS__BROKER__PAPER__LATENCY"
WRITTEN = (Layer.PROFILE, Layer.USER, Layer.SECRETS, Layer.ENVIRONMENT, Layer.ARGUMENT)


def load_from(values: dict[Layer, int]) -> LoadedSettings:
    """Loads with each layer of ``values`` setting the same key."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "profiles").mkdir()
        (folder / "profiles/mine.toml").write_text(table(values, Layer.PROFILE))
        (folder / "friday.toml").write_text(table(values, Layer.USER))
        if Layer.SECRETS in values:
            (folder / "secrets").mkdir()
            secret = folder / "secrets/plugins__broker__paper__latency"
            secret.touch(0o600)
            secret.write_text(str(values[Layer.SECRETS]))
        environ = {VARIABLE: str(values[Layer.ENVIRONMENT])} if Layer.ENVIRONMENT in values else {}
        overrides = [f"{KEY}={values[Layer.ARGUMENT]}"] if Layer.ARGUMENT in values else []
        return load_settings("mine", folder=folder, environ=environ, overrides=overrides)


def table(values: dict[Layer, int], layer: Layer) -> str:
    return f"[plugins.broker.paper]\nlatency = {values[layer]}\n" if layer in values else ""


def latency(loaded: LoadedSettings) -> int:
    value = loaded.settings.plugins["broker"]["paper"]["latency"]
    return int(value.get_secret_value()) if isinstance(value, SecretStr) else int(value)


@pytest.mark.parametrize(("weaker", "stronger"), list(itertools.combinations(WRITTEN, 2)))
def test_of_two_layers_the_stronger_one_wins(weaker: Layer, stronger: Layer) -> None:
    loaded = load_from({weaker: 1, stronger: 2})
    assert (latency(loaded), loaded.origin_of(KEY).layer) == (2, stronger)


@given(st.dictionaries(st.sampled_from(WRITTEN), st.integers(0, 9), min_size=1))
def test_the_strongest_layer_wins_whichever_layers_speak(values: dict[Layer, int]) -> None:
    loaded = load_from(values)
    assert (latency(loaded), loaded.origin_of(KEY).layer) == (values[max(values)], max(values))


def test_a_profile_is_stronger_than_the_packaged_defaults(tmp_path: Path) -> None:
    default = load_settings("default", environ={}, folder=tmp_path)
    demo = load_settings("demo", environ={}, folder=tmp_path)
    assert (default.settings.account.currency, demo.settings.account.currency) == ("INR", "USD")
    assert str(demo.origin_of("account.currency")) == "friday_settings/demo.toml"


def test_the_packaged_defaults_are_stronger_than_code(tmp_path: Path) -> None:
    loaded = load_settings("demo", environ={}, folder=tmp_path)
    assert str(loaded.origin_of("risk.cash_buffer")) == "friday_settings/default.toml"
    assert str(loaded.origin_of("run.chunk_rows")) == "code"


def test_tables_merge_and_lists_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "friday.toml").write_text('[risk]\nrules = ["max_positions"]\n')
    loaded = load_settings("demo", environ={}, folder=tmp_path)
    assert loaded.settings.risk.rules == ("max_positions",)
    assert loaded.settings.risk.allow_refusals == ("CLIPPED_CASH",)


def test_the_last_of_two_arguments_wins(tmp_path: Path) -> None:
    loaded = load_settings(overrides=["risk.cash_buffer=0.1", "risk.cash_buffer=0.3"], environ={}, folder=tmp_path)
    assert loaded.settings.risk.cash_buffer == 0.3


def test_a_variable_of_one_key_is_stronger_than_that_of_its_table(tmp_path: Path) -> None:
    environ = {"FRIDAY_RISK__CASH_BUFFER": "0.3", "FRIDAY_RISK": '{"cash_buffer": 0.1, "max_drawdown": 0.5}'}
    loaded = load_settings(environ=environ, folder=tmp_path)
    assert (loaded.settings.risk.cash_buffer, loaded.settings.risk.max_drawdown) == (0.3, 0.5)


def test_the_process_environment_is_read_unless_one_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FRIDAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FRIDAY_ACCOUNT__CAPITAL", "777")
    assert load_settings(folder=tmp_path).settings.account.capital == 777
    assert load_settings(folder=tmp_path, environ={}).settings.account.capital == 1_000_000


TABLES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(st.integers(0, 3), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1)),
    min_size=1,
)


@given(st.lists(TABLES, min_size=1, max_size=4))
def test_every_value_below_a_plugin_has_exactly_one_origin_that_wrote_it(tables: list[dict[str, Any]]) -> None:
    layers = [
        RawLayer(Origin(Layer.ARGUMENT, str(number)), {"plugins": {"kind": {"name": values}}})
        for number, values in enumerate(tables)
    ]
    merged = Merged(layers)
    found = dict(each(merged.values))
    assert set(merged.origins) == set(found)
    for key, value in found.items():
        assert dict(each(layers[int(str(merged.origins[key]))].values))[key] == value


def each(values: Any, key: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(values, dict):
        return [(key, values)]
    return [one for step, value in values.items() for one in each(value, (*key, step))]
