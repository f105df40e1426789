"""``resolved.toml`` of a run says all that ran, and runs it again."""

from __future__ import annotations

import tomllib
from pathlib import Path

from fakes.installed import UserFolder

import containers
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.registry import Loaded, PluginRegistry
from friday_core.plugin.spec import NoSettings

TOML = """
[[trading.active_strategies]]
id = "one"
use = "moving_average_cross"
settings = { fast = 4 }

[[trading.active_strategies]]
id = "two"
use = "moving_average_cross"
capital = 300_000

[plugins.strategy.moving_average_cross]
slow = 30
"""


def test_a_run_from_it_has_the_same_digest_and_leaves_the_same_settings(folder: UserFolder, tmp_path: Path) -> None:
    overrides = ["trading.active_strategies.two.settings.slow=25", "plugins.charges.flat_bps.bps=7"]
    first = folder.host(TOML, overrides=overrides, environ={"FRIDAY_RISK__MAX_DRAWDOWN": "0.5"}).run()
    text = (first.folder / "resolved.toml").read_text(encoding="utf-8")
    again = containers.build(containers.load_settings(config=first.folder / "resolved.toml", environ={})).run()
    assert again.summary["results"]["digest"] == first.summary["results"]["digest"]
    assert first.summary["results"]["fills"] > 0
    same = (again.folder / "resolved.toml").read_text(encoding="utf-8")
    assert tomllib.loads(same) == tomllib.loads(text)


def test_every_setting_of_every_plugin_in_use_stands_in_it(folder: UserFolder) -> None:
    run = folder.host(TOML).run()
    resolved = tomllib.loads((run.folder / "resolved.toml").read_text(encoding="utf-8"))
    entries = {entry["id"]: entry["settings"] for entry in resolved["trading"]["active_strategies"]}
    assert {name: (one["fast"], one["slow"]) for name, one in entries.items()} == {"one": (4, 30), "two": (20, 30)}
    registry = PluginRegistry(installed_plugins())
    missing = []
    for key in (used.split()[0] for used in run.summary["session"]["plugins"] if "." in used.split()[0]):
        loaded = registry.load(key)
        assert isinstance(loaded, Loaded)
        kind, _, name = key.partition(".")
        said = entries["one"] if kind == "strategy" else resolved["plugins"].get(kind, {}).get(name, {})
        if loaded.spec.settings is not NoSettings:
            fields = loaded.spec.settings.model_fields.items()
            missing += [(key, one) for one, field in fields if one not in said and field.get_default() is not None]
    assert missing == []
