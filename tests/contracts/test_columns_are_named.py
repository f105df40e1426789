"""Whoever looks a transformer up is told the columns that it adds."""

from __future__ import annotations

import inspect

import pytest

from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.registry import Loaded, PluginRegistry

KINDS = ("transformer", "feature_set")
#: Of each built-in component that adds columns, with the settings as they come.
ADDED = {
    "transformer.average_true_range": ("atr",),
    "transformer.confidence_scorer": ("confidence", "interval_low", "interval_high"),
    "transformer.price_normalizer": ("adj_<price>", "tick_error_<price>"),
    "transformer.realised_volatility": ("volatility",),
    "transformer.signal_converter": ("signal",),
    "transformer.volume_adjuster": ("raw_volume", "adj_volume", "volume_reset"),
    "feature_set.trend": ("reversal", "momentum", "momentum_rank", "near_high", "trend_volatility"),
}


def test_every_built_in_component_that_adds_columns_is_looked_at() -> None:
    found = {plugin.key for plugin in installed_plugins() if plugin.built_in and plugin.kind in KINDS}
    assert found == set(ADDED)


@pytest.mark.parametrize("key", ADDED)
def test_the_first_paragraph_names_every_column_that_is_added(key: str) -> None:
    loaded = PluginRegistry(installed_plugins()).load(key)
    assert isinstance(loaded, Loaded)
    paragraph = (inspect.getdoc(loaded.spec.factory) or "").partition("\n\n")[0]
    assert [name for name in ADDED[key] if f"``{name}``" not in paragraph] == []
