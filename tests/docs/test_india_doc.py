"""What the document on Indian markets says of the profile and of the tables is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from docs.documents import DOCS, ROOT, table

import containers

PATH = DOCS / "india.md"
DATA = ROOT / "friday_core" / "market" / "data"
_SETTING = re.compile(r"\[plugins\.(\w+\.\w+)\] (\w+)")


def test_every_folder_of_facts_has_a_rule() -> None:
    shown = "".join(row["table"] for row in table(PATH, "rule"))
    assert [one.name for one in DATA.iterdir() if one.is_dir() and f"{one.name}/" not in shown] == []


def test_the_settings_that_take_a_file_of_ones_own_exist(tmp_path: Path) -> None:
    loaded = containers.load_settings("india", environ={}, folder=tmp_path)
    models = {".".join(key): model for key, model in containers.plugin_models(loaded).items()}
    named = _SETTING.findall(" ".join(row["a file of your own"] for row in table(PATH, "rule")))
    assert {"calendar.indian", "charges.indian", "risk_rule.margin"} <= {key for key, _ in named}
    assert [(key, name) for key, name in named if key in models and name not in models[key].model_fields] == []


def test_what_the_document_tells_of_the_run_is_pinned() -> None:
    pinned = json.loads((ROOT / "tests" / "acceptance" / "golden_india.json").read_text("utf-8"))
    futures = " ".join(pinned["futures"])
    for sale in ("sell 130 NIFTY26MARFUT.NFO at 26609.30, charges 794.38", "charges 1831.34"):
        assert sale in futures
    told = {row["when"]: row["where a run shows it"] for row in table(PATH, "when")}
    assert ("794.38" in told["1 April 2026"], "1,831.34" in told["1 April 2026"]) == (True, True)
    rolled = [one for one in pinned["futures"] if one.startswith("2025-12-29")]
    assert [one.split(" at ")[0] for one in rolled][:2] == [
        "2025-12-29 sell 75 NIFTY25DECFUT.NFO",
        "2025-12-29 buy 130 NIFTY26JANFUT.NFO",
    ]
