"""The demo's result, pinned: real prices, every stage, to the cent and to the digest.

Whoever changes the profile or a rule on purpose writes the numbers anew, looks at the difference,
and says why in the change log::

    PYTHONPATH=tests python tests/acceptance/test_golden_demo.py
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.profile_session import ProfileSession

PINNED = Path(__file__).with_name("golden_demo.json")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("bokeh_sampledata") is None,
    reason="the prices are in the package bokeh_sampledata: pip install 'friday-trading[demo]'",
)


def measured(folder: Path) -> dict[str, Any]:
    """What is pinned, from a run below ``folder``."""
    result = ProfileSession("demo", folder).run()
    figures = result.summary["results"]
    fills = pq.read_table(result.folder / "fills.parquet").slice(0, 5).to_pylist()
    return {
        "status": result.summary["status"],
        "rows": figures["rows"],
        "fills": figures["fills"],
        "end_equity": f"{figures['end_equity']:.2f} {figures['currency']}",
        "first_fills": [
            f"{one['ts_event']:%Y-%m-%d} {one['side']} {one['quantity']} {one['instrument']} "
            f"at {one['price']}, charges {one['charges']}"
            for one in fills
        ],
        "digest": figures["digest"],
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return measured(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize("what", ["status", "rows", "first_fills", "fills", "end_equity", "digest"])
def test_the_demo_gives_what_is_pinned(what: str, demo: dict[str, Any]) -> None:
    assert demo[what] == json.loads(PINNED.read_text("utf-8"))[what]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PINNED.write_text(json.dumps(measured(Path(scratch)), indent=2) + "\n", "utf-8")
