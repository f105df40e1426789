"""Imports stand at the top, and bring in only what the distribution declares.

An import inside a function hides a cycle, or a dependency, from the reader. Three places may have
one: command bodies (``friday --help`` stays fast), plugins (a heavy library is loaded when the
plugin is built), and the modules named below, for the library named beside them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest
from architecture.source_tree import Module, imported_names, modules, pyproject

#: Where any function may import.
LAZY_FOLDERS = ("friday_core.cli.", "friday_plugins.")
#: What plugins and commands import reaches these; each library would add its own start-up to theirs.
LAZY_LIBRARIES = {
    # The compiled executor and driver, and their compiler, where they are asked for: not with every import of columns.
    "friday_core.causal.compiled.choice": {"friday_core"},
    "friday_core.causal.compiled.kernels": {"friday_core"},
    "friday_core.data.bar_times": {"pandas"},
    "friday_core.data.file_survey": {"pandas"},
    "friday_core.data.frames": {"pandas"},
    "friday_core.flow.bar_windows": {"pandas"},
    "friday_core.infrastructure.log_lines": {"structlog"},
    "friday_core.infrastructure.logging": {"structlog"},
    "friday_core.market.sessions.library": {"exchange_calendars"},
    "friday_core.orchestration.building": {"friday_core"},
    "friday_core.plugin.compatibility": {"packaging"},
    # An extra.
    "friday_core.research.result_table": {"polars"},
    # A server that is killed and started again many times reads no file of prices.
    "friday_core.sandbox.paper.process": {"friday_core"},
    # Every pytest run beside an installed Friday loads it.
    "friday_core.testing.pytest_plugin": {"friday_core"},
}
#: Libraries that come with a declared one, which pins them and documents them as its own.
COMPANIONS = {"pydantic_core": "pydantic", "llvmlite": "numba", "twisted": "kiteconnect"}

OURS = {"friday_core", "friday_plugins", "friday_settings", "containers"}


def _declared() -> set[str]:
    project = pyproject()["project"]
    requirements = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    return {_normal(re.split(r"[<>=!~;\[ ]", requirement)[0]) for requirement in requirements}


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _hidden(module: Module) -> set[str]:
    """Libraries that the module imports inside functions."""
    return {name.split(".")[0] for where, node in module.imports() if where for name in imported_names(node)}


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_imports_stand_at_the_top(module: Module) -> None:
    if not module.name.startswith(LAZY_FOLDERS):
        assert _hidden(module) - LAZY_LIBRARIES.get(module.name, set()) == set()


def test_named_modules_still_import_inside_functions() -> None:
    assert {module.name: _hidden(module) for module in modules() if module.name in LAZY_LIBRARIES} == LAZY_LIBRARIES


def test_importing_what_plugins_import_loads_no_heavy_library() -> None:
    asked = "import sys, friday_core.api; print(*sorted({'pandas', 'pyarrow'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert (loaded.stdout.split(), loaded.stderr) == ([], "")


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_imports_are_absolute(module: Module) -> None:
    assert [name for _, node in module.imports() for name in imported_names(node) if name.startswith(".")] == []


def test_every_imported_library_is_declared() -> None:
    distributions = packages_distributions()
    used = {
        name.split(".")[0] for module in modules() for _, node in module.imports() for name in imported_names(node)
    } - OURS
    foreign = sorted({COMPANIONS.get(name, name) for name in used} - sys.stdlib_module_names)
    undeclared = [
        name for name in foreign if not {_normal(one) for one in distributions.get(name, [name])} & _declared()
    ]
    assert undeclared == []
