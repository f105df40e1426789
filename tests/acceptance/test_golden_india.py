"""The profile ``india``, pinned: made-up prices, real facts, to the paisa and to the digest.

Whoever changes the profile, a fact or a rule on purpose writes the numbers anew, looks at the difference,
and says why in the change log::

    PYTHONPATH=tests python tests/acceptance/test_golden_india.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.profile_session import ProfileSession

PINNED = Path(__file__).with_name("golden_india.json")


def measured(folder: Path) -> dict[str, Any]:
    """What is pinned, from a run below ``folder``."""
    result = ProfileSession("india", folder).run()
    figures = result.summary["results"]
    fills = pq.read_table(result.folder / "fills.parquet").to_pylist()
    return {
        "status": result.summary["status"],
        "rows": figures["rows"],
        "fills": figures["fills"],
        "charges": f"{sum(one['charges'] for one in fills):.2f} {figures['currency']}",
        "end_equity": f"{figures['end_equity']:.2f} {figures['currency']}",
        "futures": [
            f"{one['ts_event']:%Y-%m-%d} {one['side']} {one['quantity']} {one['instrument']} "
            f"at {one['price']}, charges {one['charges']}"
            for one in fills
            if one["instrument"].endswith(".NFO")
        ],
        "digest": figures["digest"],
    }


@pytest.fixture(scope="module")
def india(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return measured(tmp_path_factory.mktemp("india"))


@pytest.mark.parametrize("what", ["status", "rows", "futures", "fills", "charges", "end_equity", "digest"])
def test_the_indian_profile_gives_what_is_pinned(what: str, india: dict[str, Any]) -> None:
    assert india[what] == json.loads(PINNED.read_text("utf-8"))[what]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PINNED.write_text(json.dumps(measured(Path(scratch)), indent=2) + "\n", "utf-8")
