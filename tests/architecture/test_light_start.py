"""What is asked for often starts fast: nothing heavy is loaded for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ["numpy", "pandas", "pyarrow", "pydantic", "dependency_injector", "numba", "sklearn", "rich"]


@pytest.mark.parametrize(
    "statement",
    [
        "import friday_core",
        "import friday_core.cli.main",
        "from friday_core.cli.main import cli; cli(['--help'], standalone_mode=False)",
        "from friday_core.cli.main import cli; cli(['config', '--help'], standalone_mode=False)",
        "from friday_core.cli.main import cli; cli(['explain', '--help'], standalone_mode=False)",
        "from friday_core.cli.main import cli; cli(['parity', '--help'], standalone_mode=False)",
    ],
)
def test_nothing_heavy_is_loaded(statement: str) -> None:
    script = f"import sys, json; {statement}; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_naming_the_versions_loads_no_dependency_but_the_plugin_interface() -> None:
    script = (
        "import sys; from friday_core.cli.main import cli; cli(['version'], standalone_mode=False); "
        "print([m for m in ('pandas', 'pyarrow', 'dependency_injector', 'rich', 'structlog') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
