"""What is left of a configuration without its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.errors import ConfigurationError
from friday_settings import LoadedSettings, load_settings
from friday_settings.salvage import salvage


def test_refused_values_and_unknown_keys_go_and_the_rest_stays() -> None:
    rest = salvage({"risk": {"max_drawdwn": 0.2, "cash_buffer": 0.1}, "broker": {"use": "papr"}})
    assert rest is not None
    assert (rest.risk.cash_buffer, rest.broker.use) == (0.1, "papr")


def test_a_table_that_lacks_a_key_goes_as_a_whole() -> None:
    rest = salvage({"streams": {"market_data": {"validators": ["bar_sanity"]}}, "account": {"currency": "USD"}})
    assert rest is not None
    assert (rest.streams, rest.account.currency) == ({}, "USD")


def test_a_list_with_a_mistake_goes_as_a_whole() -> None:
    strategies = [{"id": "good", "use": "x"}, {"id": "b a d", "use": "y"}]
    rest = salvage({"trading": {"active_strategies": strategies, "sizer": "mine"}})
    assert rest is not None
    assert (rest.trading.active_strategies, rest.trading.sizer) == ((), "mine")


def test_the_error_of_a_wrong_configuration_carries_what_could_be_saved(tmp_path: Path) -> None:
    overrides = ["risk.max_drawdwn=0.2", "broker.use=papr"]
    with pytest.raises(ConfigurationError, match="max_drawdwn") as caught:
        load_settings("backtest", environ={}, folder=tmp_path, overrides=overrides)
    assert isinstance(caught.value.salvaged, LoadedSettings)
    assert caught.value.salvaged.settings.broker.use == "papr"
