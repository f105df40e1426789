"""A run tells, once for each plugin, what it uses that goes with the next major."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fakes import components as role
from fakes.installed import Installed, UserFolder
from fakes.installed_distribution import strategy_module

from friday_core import api
from friday_core.api import ComponentSpec, FridayDeprecationWarning, hookimpl
from friday_core.plugin.deprecation import Deprecated
from friday_core.plugin.hookspecs import friday_session_opened

STRATEGY = '[[trading.active_strategies]]\nid = "{id}"\nuse = "moon"\n'


@pytest.fixture
def host_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserFolder:
    """A folder beside an installed strategy ``moon`` that imports a deprecated name in line 2."""
    monkeypatch.setitem(api._DEPRECATED, "OldTarget", Deprecated(api.Target, (1, 3), 2, "import Target"))
    installed = Installed(monkeypatch)
    source = f"import math\nfrom friday_core.api import OldTarget\n{strategy_module('moon')}"
    installed.point("strategy.moon", installed.source_file(tmp_path, source))
    return UserFolder(tmp_path)


class Watching(role.Watching):
    @hookimpl
    def friday_session_opened(self, profile: str) -> None: ...


@pytest.mark.filterwarnings("ignore::friday_core.api.FridayDeprecationWarning")
def test_the_log_of_a_run_names_the_observer_of_a_hook_that_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = FridayDeprecationWarning("friday_session_opened goes with 2.0")
    options = friday_session_opened.friday_spec  # type: ignore[attr-defined]
    monkeypatch.setitem(options, "warn_on_impl", going)
    Installed(monkeypatch).add(ComponentSpec("observer", "eye", Watching), distribution="friday-eye")
    folder = UserFolder(tmp_path)
    assert folder.host(overrides=["run.observers=['eye']"], sessions=5).run().status == "finished"
    (line,) = _told(folder)
    (use,) = line["uses"]
    assert line["plugin"] == "observer.eye of friday-eye 1.0"
    assert re.fullmatch(r"friday_session_opened goes with 2\.0 \(test_deprecated_in_a_run\.py, line \d+\)", use)


def _told(folder: UserFolder) -> list[dict[str, Any]]:
    lines = map(json.loads, (folder.run_folder / "log.jsonl").read_text("utf-8").splitlines())
    return [one for one in lines if one["event"] == "a plugin uses what is deprecated"]


@pytest.mark.filterwarnings("ignore::friday_core.api.FridayDeprecationWarning")
def test_the_log_of_a_run_names_the_plugin_the_name_the_release_and_the_mend_once(host_folder: UserFolder) -> None:
    twice = STRATEGY.format(id="one") + STRATEGY.format(id="other")
    assert host_folder.host(twice, sessions=5).run().status == "finished"
    (line,) = _told(host_folder)
    (use,) = line["uses"]
    assert (line["level"], line["plugin"]) == ("warning", "strategy.moon of friday-moon 1.0")
    said, _, where = use.partition(" (made_up_")
    assert said == "friday_core.api.OldTarget is deprecated since plugin API 1.3 and goes with 2.0: import Target"
    assert where.endswith(".py, line 2)")
