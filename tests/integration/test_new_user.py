"""A new user: the wheel in an environment of its own, an empty folder, and what the documents tell to do.

Nothing is downloaded: a line in a ``.pth`` file lends the new environment the libraries of this one,
whose own editable Friday does not come along, because ``.pth`` files there are not read.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.install, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
TABLES = {"bars", "corporate_actions", "decisions", "equity", "fills", "orders", "positions", "postings", "quarantine"}
OFFLINE = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]

without_pip = importlib.util.find_spec("ensurepip") is None
without_prices = importlib.util.find_spec("bokeh_sampledata") is None


class User:
    """Somebody in a folder, with the commands of one environment on the path and nothing else of ours."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.environment, self.folder = environment, folder
        scripts = environment / ("Scripts" if os.name == "nt" else "bin")
        ours = ("FRIDAY_", "PYTHON", "VIRTUAL_ENV", "PIP_", "COLUMNS", "COVERAGE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self._environ = {**kept, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}

    def types(self, line: str, *, expect: int = 0) -> str:
        """Run a command line; its output, after it ended as expected."""
        program, *arguments = shlex.split(line, comments=True)
        found = shutil.which(program, path=self._environ["PATH"])
        assert found is not None, f"{program} is not installed"
        done = subprocess.run(
            [found, *arguments],
            cwd=self.folder,
            env=self._environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == expect, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def goes_to(self, folder: str) -> User:
        return User(self.environment, self.folder / folder)

    def runs(self, line: str) -> tuple[Path, dict[str, Any]]:
        """``friday run -q`` and its kin: the run folder, and what its summary says."""
        folder = self.folder / self.types(line).strip()
        summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return folder, summary

    def edits(self, file: str, old: str, new: str) -> None:
        """Change one place of a file."""
        text = (self.folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (self.folder / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel, and with this one's libraries."""
    if without_pip:
        pytest.skip("this Python comes without ensurepip, which puts pip into a new environment")
    folder = tmp_path_factory.mktemp("new") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    # The wheel goes in first: pip would find this environment's Friday and leave it at that.
    User(folder, folder.parent).types(f"pip install {shlex.join(OFFLINE)} {shlex.quote(str(wheel))}")
    (packages,) = folder.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "lent_libraries.pth").write_text("".join(f"{path}\n" for path in sorted(lent)), encoding="utf-8")
    return folder


@pytest.fixture
def user(environment: Path, tmp_path: Path) -> User:
    """A user in an empty folder outside of the checkout."""
    return User(environment, tmp_path)


@pytest.fixture
def host(user: User) -> User:
    """The user in a host that ``friday new host`` has just made."""
    user.types("friday new host demo-host")
    return user.goes_to("demo-host")


def test_friday_is_that_of_the_wheel(user: User) -> None:
    for module in ("friday_core", "friday_plugins", "friday_settings", "containers"):
        place = user.types(f"python -c 'import {module}; print({module}.__file__)'").strip()
        assert Path(place).is_relative_to(user.environment)


def test_the_versions_are_told(user: User) -> None:
    told = dict(line.rsplit(maxsplit=1) for line in user.types("friday version").splitlines())
    assert told["friday"] in user.types("friday --version")
    assert "not installed" not in told.values()


def test_help_lists_every_command_and_none_is_broken(user: User) -> None:
    text = user.types("friday --help")
    commands = re.findall(r"^  (\w+)  +\S", text.partition("Commands:")[2], flags=re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert commands == sorted(project["entry-points"]["friday.commands"])
    assert {"run", "new", "doctor"} <= set(commands)
    assert "(broken" not in text


def test_the_doctor_finds_a_wheel_and_nothing_to_mend(user: User) -> None:
    found = json.loads(user.types("friday doctor --json"))
    evidence = {one["check"]: one["evidence"] for one in found["checks"]}
    # How old the shipped facts of the market are depends on the day.
    assert {one["check"] for one in found["checks"] if one["outcome"] != "ok"} <= {"facts"}
    assert evidence["friday"].endswith("installed from a wheel")


def test_a_run_in_an_empty_folder_leaves_every_table(user: User) -> None:
    folder, summary = user.runs("friday run -q")
    assert [path.name for path in user.folder.iterdir()] == ["runs"]
    assert {path.stem for path in folder.glob("*.parquet")} == TABLES
    assert summary["status"] == "finished"
    assert summary["results"]["fills"] > 0


def test_a_new_host_runs_at_once(host: User) -> None:
    folder, summary = host.runs("friday run -q")
    assert folder.parent == host.folder / "runs"
    assert {path.stem for path in folder.glob("*.parquet")} == TABLES
    assert {path.name for path in folder.iterdir()} >= {"summary.json", "resolved.toml", "log.jsonl", "report.html"}
    assert (summary["status"], list(summary["strategies"])) == ("finished", ["cross"])


def test_every_command_of_the_hosts_readme_works(host: User) -> None:
    text = (host.folder / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line]
    assert len(lines) == 14
    for line in lines:
        host.types(line.replace("pip install", f"pip install {shlex.join(OFFLINE)}"))
    host.types("pip uninstall --quiet --yes demo-host")


def test_the_configuration_of_a_new_host_is_right_and_explained(host: User) -> None:
    assert host.types("friday config check") == "ok: profile backtest, 10 components\n"
    rows = {row["key"]: row for row in json.loads(host.types("friday config explain --json"))}
    assert (rows["risk.max_drawdown"]["value"], rows["risk.max_drawdown"]["origin"]) == (0.25, "friday.toml")
    assert rows["plugins.broker.paper.slippage_ticks"]["origin"] == "code"


def test_one_line_swaps_the_broker(host: User) -> None:
    host.edits("friday.toml", '\nuse = "paper"', '\nuse = "order_file"')
    folder, summary = host.runs("friday run -q")
    assert summary["results"]["assumed_fills"] == summary["results"]["fills"] > 0
    assert (folder / "basket_orders.csv").exists()


def test_the_example_is_installed_and_switched_on_by_three_lines(host: User) -> None:
    off = '# [[trading.active_strategies]]\n# id = "mine"\n# use = "demo_host_breakout"\n'
    host.edits("friday.toml", off, off.replace("# ", ""))
    host.types("friday config check", expect=2)
    host.types(f"pip install {shlex.join(OFFLINE)} .")
    try:
        _, summary = host.runs("friday run -q")
        evidence = {one["check"]: one["evidence"] for one in json.loads(host.types("friday doctor --json"))["checks"]}
    finally:
        host.types("pip uninstall --quiet --yes demo-host")
    assert list(summary["strategies"]) == ["cross", "mine"]
    assert summary["strategies"]["mine"]["fills"] > 0
    assert "1 of them from other distributions" in evidence["plugins"]


def test_a_new_plugin_is_installed_passes_its_tests_and_is_switched_on_by_its_readme(host: User) -> None:
    host.types("friday new risk_rule friday-no-pyramids")
    plugin = host.goes_to("friday-no-pyramids")
    plugin.types(f"pip install {shlex.join(OFFLINE)} .")
    try:
        assert " passed" in plugin.types("python -m pytest -q -p no:cacheprovider").splitlines()[-1]
        listed = json.loads(host.types("friday plugins --json"))["plugins"]
        (own,) = (one for one in listed if one["distribution"] == "friday-no-pyramids")
        (lines,) = re.findall(r"```toml\n(.*?)```", (plugin.folder / "README.md").read_text("utf-8"), flags=re.DOTALL)
        rules, allowed = (
            line.partition("#")[0].strip() for line in lines.splitlines() if line[:5] in ("rules", "allow")
        )
        host.edits("friday.toml", 'rules = ["long_only"]', f"{allowed}\n{rules}")
        _, summary = host.runs("friday run -q")
    finally:
        host.types("pip uninstall --quiet --yes friday-no-pyramids")
    assert (own["kind"], own["name"], own["status"]) == ("risk_rule", "no_pyramids", "installed")
    assert "risk_rule.no_pyramids friday-no-pyramids 0.1.0" in summary["session"]["plugins"]


def test_the_hosts_own_container_lets_no_stranger_in(host: User) -> None:
    host.types("friday new sizer friday-same-sum")
    for project in (".", "./friday-same-sum"):
        host.types(f"pip install {shlex.join(OFFLINE)} {project}")
    try:
        host.edits("friday.toml", 'sizer = "fixed_fraction"', 'sizer = "same_sum"')
        host.types("friday config check")
        host.types("friday config check --container demo_host.containers:build", expect=2)
        host.edits("friday.toml", 'sizer = "same_sum"', 'sizer = "fixed_fraction"')
        _, summary = host.runs("friday run -q --container demo_host.containers:build")
    finally:
        host.types("pip uninstall --quiet --yes demo-host friday-same-sum")
    assert summary["status"] == "finished"


@pytest.mark.skipif(without_prices, reason="needs the extra demo")
def test_the_demo_is_the_same_every_time_and_for_every_size_of_a_record(user: User) -> None:
    _, summary = user.runs("friday run -q --profile demo")
    assert summary["results"]["fills"] > 0
    for options in ("", "--set run.chunk_rows=1", "--set run.chunk_rows=7", "--set run.chunk_rows=10000"):
        _, again = user.runs(f"friday run -q --profile demo {options}")
        assert (options, again["results"]) == (options, summary["results"])
