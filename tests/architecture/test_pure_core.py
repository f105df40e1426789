"""The core is a function of its records: nothing that it is made of can look at a clock, at chance or at the world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "friday_core"
#: Modules that the core is not made of, though they stand beside those that it is.
EDGES = {
    "session/broker_gateway.py", "session/gateway.py", "session/runner.py", "session/pacing.py", "session/feed.py",
    "session/reading.py", "session/hand_over.py", "session/run_folder.py", "session/watchdog.py",
    "session/table_parts.py", "flow/snapshots.py", "causal/trace.py",
}  # fmt: skip
#: Rooms that are edges as a whole: files, and kernels that are loaded.
OUTSIDE = ("session/on_disk/", "session/live/", "causal/compiled/", "causal/parity/")
FORBIDDEN = {
    "time", "random", "secrets", "uuid", "os", "socket", "threading", "asyncio", "subprocess", "multiprocessing",
    "tempfile", "shutil", "pathlib", "io", "sqlite3", "urllib", "http", "queue", "signal",
}  # fmt: skip
#: Ways to the clock and to chance in modules that may be imported.
CALLS = {"datetime.now", "dt.datetime.now", "date.today", "dt.date.today", "np.random.default_rng", "np.random.seed"}


def modules() -> list[Path]:
    found = [path for room in ("trading", "flow", "causal", "session") for path in sorted((ROOT / room).rglob("*.py"))]
    names = {path: path.relative_to(ROOT).as_posix() for path in found}
    return [path for path, name in names.items() if name not in EDGES and not name.startswith(OUTSIDE)]


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_of_the_core_sees_no_clock_no_chance_and_no_world(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert imported(tree) & FORBIDDEN == set()
    called = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
    assert {one for one in called if one in CALLS or one == "open" or one.startswith("time.")} == set()


def test_the_core_itself_is_among_them() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in modules()}
    assert {"session/core.py", "session/driver.py", "session/at_broker.py", "session/recovery.py"} <= names
    assert all((ROOT / name).exists() for name in EDGES)
