"""How rows are cut into records changes nothing: not a figure of the summary, not a row of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.profile_session import PROFILES, ProfileSession


def outcome(profile: str, folder: Path, *overrides: str) -> dict[str, Any]:
    result = ProfileSession(profile, folder, *overrides).run()
    tables = {path.stem: pq.read_table(path).to_pylist() for path in sorted(result.folder.glob("*.parquet"))}
    told = {name: result.summary[name] for name in ("results", "strategies", "quarantine")}
    return {**told, **tables}


#: Rows of a record, and a last session, so that records of one row do not take too long.
CUTS = [(37, "2020-12-31"), (1, "2001-06-30")]


@pytest.mark.parametrize(("chunk_rows", "end"), CUTS)
@pytest.mark.parametrize(("profile", "overrides"), PROFILES)
def test_records_of_other_sizes_give_the_same_results(
    profile: str, overrides: tuple[str, ...], chunk_rows: int, end: str, tmp_path: Path
) -> None:
    until = () if profile == "backtest" else (f"data.end={end}",)
    whole = outcome(profile, tmp_path, *overrides, *until)
    cut = outcome(profile, tmp_path, f"run.chunk_rows={chunk_rows}", *overrides, *until)
    for name, content in whole.items():
        assert repr(cut[name]) == repr(content), name  # NaN is not equal to itself


def test_the_dirt_of_the_default_profile_is_found_and_something_is_traded(tmp_path: Path) -> None:
    """Else the test above would compare nothing with nothing."""
    summary = ProfileSession("backtest", tmp_path, "plugins.source.synthetic.dirt=0.05").run().summary
    assert {row["verdict"] for row in summary["quarantine"]} == {"QUARANTINE", "DUPLICATE"}
    assert summary["results"]["fills"] > 10
