"""A run takes as much memory as its settings say, not as much as it has rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: MiB that a run of three times the rows may take more. Rows that are kept take 130 MiB for 300,000.
MORE = 50.0

#: With little room ahead of the core, so that few rows fill it.
RUN = """
import resource, sys
from pathlib import Path

sys.path[:0] = [{root!r}, {root!r} + "/benchmarks"]
import bench_memory
from friday_core.data.bar_files import BarFileSource

BarFileSource.rows_at_once = 20_000
bench_memory.SETTINGS = {{"streams.market_data.capacity_rows": 20_000, "run.executor": "python"}}
print(bench_memory.run(Path({data!r}), Path({folder!r}), bars_table=True, report=False)["mib"])
"""


def peak(folder: Path, rows: int) -> float:
    """MiB of a process that runs a strategy over so many one-minute bars of ten instruments."""
    data = folder / f"rows{rows}"
    made = (
        "import bench_memory, pathlib; bench_memory.PIECE_SESSIONS = 10; "
        f"bench_memory.write_rows(pathlib.Path({str(data)!r}), {rows})"
    )
    subprocess.run([sys.executable, "-c", made], check=True, cwd=ROOT / "benchmarks")
    script = RUN.format(root=str(ROOT), data=str(data), folder=str(folder))
    done = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True, cwd=folder)
    return float(done.stdout.splitlines()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are counted in another unit elsewhere")
def test_three_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    few, many = peak(tmp_path, 150_000), peak(tmp_path, 450_000)
    assert many < few + MORE
