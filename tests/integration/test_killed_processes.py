"""kill -9 of real processes: a session at a broker that has faults, and the broker itself."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from friday_core.session.on_disk.segments import surveyed
from friday_core.testing.paper_process import PaperServer

SCENARIO = """
[market]
parts = 3
delay = 0.02
part_delay = 0.05
""" + "".join(
    f'[[faults]]\ndo = "{do}"\nmethod = "place"\nprobability = {often}\nseed = {seed}\nseconds = {seconds}\n'
    for seed, (do, often, seconds) in enumerate(
        [("lost_reply", 0.15, 0), ("lost_request", 0.1, 0), ("late_accept", 0.1, 0.4), ("reject", 0.1, 0)]
    )
)
SETTINGS = (
    "clock.speed=20000",
    "plugins.source.synthetic.sessions=5",
    "broker.use=paper_process",
    "broker.settle=0.8",
    "broker.read_every=0.5",
    "plugins.broker.paper_process.folder=book",
    "plugins.broker.paper_process.timeout=0.3",
)
KILLS = 3


def friday(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from friday_core.cli.main import main; main()", "run", "-p", "paper", "-q"]
    sets = [word for one in SETTINGS for word in ("--set", one)]
    return subprocess.Popen(
        [*command, "--no-report", *sets], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def killed_and_finished(folder: Path, server: PaperServer) -> dict[str, Any]:
    """Sessions that are killed a while after they have begun to write, the broker too; then one that may end."""
    draw = random.Random(5)
    for _ in range(KILLS):
        process, before = friday(folder), written(folder)
        server.wait(lambda before=before: written(folder) > before)  # type: ignore[misc]
        try:
            process.wait(draw.uniform(0.3, 1.2))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        if draw.random() < 0.5:
            server.restart()
    process = friday(folder)
    _, told = process.communicate(timeout=100)
    assert process.returncode in (0, 4), told
    runs = sorted((folder / "runs").iterdir())
    summary: dict[str, Any] = json.loads((runs[-1] / "summary.json").read_text("utf-8"))
    return {**summary, "orders": pq.read_table(runs[-1] / "orders.parquet").to_pylist()}


def written(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("journals/paper/*/*.journal"))


def test_what_a_broker_has_is_what_the_session_has_whoever_was_killed(tmp_path: Path) -> None:
    with PaperServer(tmp_path / "book", SCENARIO) as server:
        summary = killed_and_finished(tmp_path, server)
        theirs = server.tables()["orders"]
    assert summary["journal"]["taken_up"] > 0
    assert len(list((tmp_path / "journals" / "paper").glob("*/"))) == 1, "all of it was one session"
    ours = {one["tag"]: one for one in summary["orders"]}
    assert Counter(one.tag for one in theirs).most_common(1)[0][1] == 1, "nothing went twice"
    assert len(theirs) > 20
    for one in theirs:
        known = ours[one.tag]
        assert (known["status"], known["filled"]) == (str(one.status), one.filled)
    never_there = [one for tag, one in ours.items() if tag not in {other.tag for other in theirs}]
    assert {(one["status"], one["filled"]) for one in never_there} <= {("cancelled", 0), ("rejected", 0)}
    assert summary["differences"] == []
    (journal,) = (tmp_path / "journals" / "paper").glob("*/")
    assert surveyed(journal)[-1].is_end
