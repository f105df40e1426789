"""TOML in the documents: which file each block is a piece of, and what is wrong with it."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from docs.documents import ROOT, Block, blocks
from fakes.third_party_host import install

import containers
from friday_core.errors import ConfigurationError, FridayError
from friday_core.market.fact_checks import check_facts
from friday_core.orchestration import building
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_core.plugin.hookspecs import COMMAND_GROUP, PLUGIN_GROUP
from friday_core.sandbox.kite.faults.scenario import read_scenario as read_kite_scenario
from friday_core.sandbox.kite.server.open_rooms import TABLES
from friday_core.sandbox.paper.scenario import read_scenario
from friday_core.testing.project import project_at

PYPROJECT, FACTS, CONFIGURATION = "piece of pyproject.toml", "file of facts", "friday.toml"
SCENARIO, KITE_SCENARIO = "scenario of a paper broker", "scenario of a Kite sandbox"
#: Above a block, ``<!-- with data.calendar=weekdays; ... -->`` says what else the user's file has; the files
#: ``bars.csv`` and ``bars.parquet`` are there, two days of one instrument in the zone that their source is told.
WITH = "with "
_OF_PYPROJECT = {"build-system", "dependency-groups", "project", "tool"}
#: What every file of dated facts says of itself, and no other.
_OF_FACTS = {"checked", "known_until"}
#: What a scenario says, and no configuration.
_OF_SCENARIOS = {"market", "faults"}
#: What a scenario of a Kite sandbox says, and none of a paper broker.
_OF_KITE = {"description", "rules", "sessions"}


def file_of(block: Block) -> str:
    """Which file a block of TOML is a piece of."""
    tables = tomllib.loads(block.text).keys()
    if tables & _OF_PYPROJECT:
        return PYPROJECT
    if tables & _OF_SCENARIOS:
        return KITE_SCENARIO if tables & _OF_KITE else SCENARIO
    return FACTS if tables & _OF_FACTS else CONFIGURATION


def complaints(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that Friday finds wrong with a block; ``folder`` is empty, and becomes the current one.

    Plugins that the same document shows, or the project that it belongs to, count as installed.
    """
    monkeypatch.chdir(folder)
    kind = file_of(block)
    if kind == FACTS:
        return _facts(block, folder / "facts.toml")
    if kind in (SCENARIO, KITE_SCENARIO):
        return _scenario(block, kind, folder / "scenario.toml")
    offered = _offered(ROOT / block.document, monkeypatch)
    if kind == PYPROJECT:
        return [*_entry_points(block, {one.key for one in offered}), *_conformance(block, folder)]
    monkeypatch.setattr(building, "installed_plugins", lambda: [*installed_plugins(), *offered])
    return _configuration(block, folder)


def _configuration(block: Block, folder: Path) -> list[str]:
    (folder / "friday.toml").write_text(block.text, "utf-8")
    _lay_bars(folder)
    more = block.comment.removeprefix(WITH).split(";") if block.comment.startswith(WITH) else []
    try:
        loaded = containers.load_settings(environ={}, folder=folder, overrides=[one.strip() for one in more])
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return [str(problem) for problem in containers.check(loaded)]


def _facts(block: Block, path: Path) -> list[str]:
    path.write_text(block.text, "utf-8")
    try:
        return [f"line {line}: {message}" for line, message in check_facts(path).faults]
    except FridayError as error:
        return [str(error)]


def _scenario(block: Block, kind: str, path: Path) -> list[str]:
    path.write_text(block.text, "utf-8")
    try:
        if kind == KITE_SCENARIO:
            read_kite_scenario(path, TABLES)
        else:
            read_scenario(path)
    except ConfigurationError as error:
        return [str(problem) for problem in error.problems]
    return []


def _lay_bars(folder: Path) -> None:
    times = pd.date_range("2024-06-03 09:16", periods=2, freq="D")
    bars = pd.DataFrame({"timestamp": times.astype(str), "symbol": "INFY"})
    bars = bars.assign(open=100.0, high=101.0, low=99.0, close=100.0, volume=1_000)
    bars.to_csv(folder / "bars.csv", index=False)
    bars.to_parquet(folder / "bars.parquet")


def _entry_points(block: Block, offered: set[str]) -> list[str]:
    """Groups and names that nobody would find, and plugins that the document does not show."""
    groups: dict[str, dict[str, str]] = tomllib.loads(block.text).get("project", {}).get("entry-points", {})
    strange = [f"there is no group {group!r}" for group in groups.keys() - {PLUGIN_GROUP, COMMAND_GROUP}]
    missing = groups.get(PLUGIN_GROUP, {}).keys() - offered
    return strange + [f"the document shows no plugin {key}" for key in missing]


def _conformance(block: Block, folder: Path) -> list[str]:
    """What the kit would not understand in ``[tool.friday.conformance]``."""
    lines = block.text.replace("distribution =", "# distribution =")
    if "[tool.friday.conformance" not in lines:
        return []
    settings = tomllib.loads(lines)["tool"]["friday"]["conformance"].get("settings", {})
    offered = "".join(f'"{key}" = "any"\n' for key in {"strategy.any", *settings})
    plugin = f'\n[project.entry-points."{PLUGIN_GROUP}"]\n{offered}'
    (folder / "pyproject.toml").write_text(lines + plugin, "utf-8")
    try:
        project_at(folder)
    except FridayError as error:
        return [str(error)]
    return []


def _offered(document: Path, monkeypatch: pytest.MonkeyPatch) -> list[InstalledPlugin]:
    shown = [block.text for block in blocks(document) if block.language == "python"]
    plugins = [install(monkeypatch, text) for text in shown if "def friday_components(" in text]
    project = document.parent / "pyproject.toml"
    if document.parent != ROOT and project.exists():
        monkeypatch.syspath_prepend(document.parent)
        tables: dict[str, Any] = tomllib.loads(project.read_text("utf-8"))["project"]
        plugins += list(_of_project(tables, monkeypatch))
    return plugins


def _of_project(tables: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterable[InstalledPlugin]:
    for key, module in tables["entry-points"][PLUGIN_GROUP].items():
        importlib.import_module(module)
        monkeypatch.setitem(sys.modules, module, sys.modules[module])
        yield InstalledPlugin(EntryPoint(key, module, PLUGIN_GROUP), tables["name"], tables["version"])
