"""Plugins of other distributions, from ``pip install`` to ``pip uninstall``, and those that are broken."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fakes.installed_distribution import strategy_module
from integration.fresh_environment import ROOT, FreshEnvironment, build_wheel

pytestmark = [pytest.mark.install, pytest.mark.timeout(300)]

MOON = ROOT / "examples" / "friday-moon"

STREAM = """
[streams.market_data]
source = "csv"
validators = ["bar_sanity"{validator}]

[plugins.source.csv]
path = "bars.csv"
symbol = "MOON"
timezone = "Asia/Kolkata"
"""
ACTIVE = """
[[trading.active_strategies]]
id = "{name}"
use = "{name}"
"""
WITH_MOON = STREAM.format(validator=', "stale_price"') + ACTIVE.format(name="moon_phase")
WITHOUT_MOON = STREAM.format(validator="") + ACTIVE.format(name="moving_average_cross")


@dataclass(frozen=True)
class Bad:
    """A plugin with a fault, and what is said of it."""

    name: str
    source: str
    status: str
    reason: str

    @property
    def distribution(self) -> str:
        return f"friday-{self.name.replace('_', '-')}-offer"


BAD = [
    Bad(
        "raises",
        "raise RuntimeError('no licence')",
        "broken",
        "importing friday_raises_offer raised RuntimeError: no licence",
    ),
    Bad(
        "future",
        strategy_module("future", "api=(99, 0)"),
        "broken",
        "it is written for plugin API 99.0, this Friday has 1.0",
    ),
    Bad(
        "moving_average_cross",
        strategy_module("moving_average_cross"),
        "duplicate",
        "offered by friday-moving-average-cross-offer 1.0 and friday-trading",
    ),
    Bad("hangs", "import time; time.sleep(3600)", "broken", "its import did not return within"),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    """Friday, installed from its wheel."""
    made = FreshEnvironment(tmp_path_factory.mktemp("environment"))
    made.install(build_wheel(ROOT, tmp_path_factory.mktemp("friday")))
    made.borrow_dependencies()
    return made


@pytest.fixture(scope="module")
def moon_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(MOON, tmp_path_factory.mktemp("moon"))


@pytest.fixture
def moon(environment: FreshEnvironment, moon_wheel: Path) -> Iterator[None]:
    """friday-moon is installed while the test runs."""
    environment.install(moon_wheel)
    yield
    if any(environment.site.glob("friday_moon-*")):
        environment.uninstall("friday-moon")


@contextmanager
def bad_plugins(environment: FreshEnvironment) -> Iterator[None]:
    """All bad plugins are installed meanwhile."""
    before = set(environment.site.iterdir())
    for one in BAD:
        environment.plant(one.distribution, f"strategy.{one.name}", one.source)
    yield
    for path in set(environment.site.iterdir()) - before:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@pytest.fixture
def bad(environment: FreshEnvironment) -> Iterator[None]:
    with bad_plugins(environment):
        yield


class User:
    """Somebody in a folder with bars and, if written, a ``friday.toml``."""

    def __init__(self, environment: FreshEnvironment, folder: Path) -> None:
        self._environment = environment
        self.folder = folder

    def configure(self, text: str) -> None:
        (self.folder / "friday.toml").write_text(text, "utf-8")

    def friday(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The command, finished, with these environment variables."""
        return self._environment.friday(*arguments, cwd=self.folder, **variables)

    def plugins(self, **variables: str) -> dict[tuple[str, str], dict[str, Any]]:
        """What ``friday plugins`` says of each name and distribution."""
        done = self.friday("plugins", "--json", **variables)
        assert done.returncode == 0, done.stderr
        return {(row["name"], row["distribution"]): row for row in json.loads(done.stdout)["plugins"]}

    def run(self) -> Path:
        """The folder of a run that finished."""
        done = self.friday("run", "--quiet")
        assert done.returncode == 0, done.stderr
        return self.folder / done.stdout.strip()

    def digest(self) -> str:
        summary = json.loads((self.run() / "summary.json").read_text("utf-8"))
        return str(summary["results"]["digest"])


@pytest.fixture
def user(environment: FreshEnvironment, tmp_path: Path) -> User:
    (tmp_path / "bars.csv").write_text(bars(), "utf-8")
    return User(environment, tmp_path)


def bars() -> str:
    """A hundred days from 2024-03-01, of which 60 to 65 are alike: the feed is stuck."""
    lines = ["timestamp,open,high,low,close,volume"]
    for number in range(100):
        day = dt.date(2024, 3, 1) + dt.timedelta(days=number)
        price = 100 + (60 if 60 <= number <= 65 else number)
        lines.append(f"{day},{price},{price + 1},{price - 1},{price},1000")
    return "\n".join([*lines, ""])


def test_what_runs_is_the_wheel_and_not_the_checkout(environment: FreshEnvironment, tmp_path: Path) -> None:
    line = "import friday_core, friday_plugins, friday_settings, containers as c; print(c.__file__)"
    modules = "import sys; print(*{sys.modules[name].__file__ for name in sys.modules if name[:6] == 'friday'})"
    done = environment.python("-c", f"{line}; {modules}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path for path in done.stdout.split() if not Path(path).is_relative_to(environment.site)] == []


def test_an_installed_plugin_is_listed_and_not_enabled(moon: None, user: User) -> None:
    found = user.plugins()
    rows = [found[name, "friday-moon"] for name in ("moon_phase", "stale_price")]
    assert [(row["kind"], row["version"], row["status"]) for row in rows] == [
        ("strategy", "0.1.0", "installed"),
        ("validator", "0.1.0", "installed"),
    ]


def test_configuration_alone_enables_a_plugin_and_its_decisions_are_in_the_results(moon: None, user: User) -> None:
    user.configure(WITH_MOON)
    found = user.plugins()
    assert {found[name, "friday-moon"]["status"] for name in ("moon_phase", "stale_price")} == {"enabled"}
    folder = user.run()
    decisions = pq.read_table(folder / "decisions.parquet").to_pylist()
    assert {row["strategy"] for row in decisions} == {"moon_phase"}
    # Four days before new and full moon of March 10 and 25, April 8 and 23, May 8 and 23 and June 6.
    # May 4 is held back, and so are its neighbours.
    assert [(f"{row['ts_event']:%m-%d}", row["value"]) for row in decisions] == [
        ("03-06", 1.0),
        ("03-21", 0.0),
        ("04-05", 1.0),
        ("04-20", 0.0),
        ("05-06", 1.0),
        ("05-19", 0.0),
        ("06-03", 1.0),
    ]
    assert len(pq.read_table(folder / "fills.parquet")) == 7
    held = pq.read_table(folder / "quarantine.parquet").to_pylist()
    assert {(row["stage"], row["reason"]) for row in held} == {("stale_price", "more than 3 bars alike in a row")}
    assert len(held) == 3


def test_the_example_passes_its_own_tests_as_installed(
    moon: None, environment: FreshEnvironment, tmp_path: Path
) -> None:
    where = [str(MOON / "tests"), "--config-file", str(MOON / "pyproject.toml")]
    done = environment.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *where, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_configuration_in_the_examples_readme_is_right(moon: None, user: User) -> None:
    configuration, entry_points = re.findall(r"```toml\n(.*?)```", (MOON / "README.md").read_text("utf-8"), re.DOTALL)
    user.configure(configuration)
    done = user.friday("config", "check")
    assert done.returncode == 0, done.stderr
    lines = set((MOON / "pyproject.toml").read_text("utf-8").splitlines())
    assert set(entry_points.splitlines()) <= lines


def test_after_it_is_uninstalled_a_run_without_it_is_what_it_was(
    moon: None, environment: FreshEnvironment, user: User
) -> None:
    user.configure(WITHOUT_MOON)
    before = user.digest()
    environment.uninstall("friday-moon")
    assert [key for key in user.plugins() if key[1] == "friday-moon"] == []
    assert user.digest() == before


def test_after_it_is_uninstalled_a_profile_that_names_it_is_refused_with_what_to_install(
    moon: None, environment: FreshEnvironment, user: User
) -> None:
    user.configure(WITH_MOON)
    user.run()
    environment.uninstall("friday-moon")
    done = user.friday("run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no installed plugin offers the strategy 'moon_phase'" in done.stderr
    assert "no installed plugin offers the validator 'stale_price'" in done.stderr
    assert "if it is your own: pip install -e . in its folder" in done.stderr


def test_every_bad_plugin_is_listed_with_its_reason_and_nothing_is_replaced(bad: None, user: User) -> None:
    found = user.plugins(FRIDAY_RUN__IMPORT_TIMEOUT="5")
    rows = [found[one.name, one.distribution] for one in BAD]
    assert [row["status"] for row in rows] == [one.status for one in BAD]
    assert [row["reason"][: len(one.reason)] for row, one in zip(rows, BAD, strict=True)] == [one.reason for one in BAD]
    others = {row["status"] for row in found.values() if row["distribution"] == "friday-trading"}
    assert others == {"enabled", "installed", "duplicate"}
    assert found["moving_average_cross", "friday-trading"]["status"] == "duplicate"


def test_no_bad_plugin_changes_a_run_that_does_not_name_it(
    moon: None, environment: FreshEnvironment, user: User
) -> None:
    user.configure(WITH_MOON)
    before = user.digest()
    with bad_plugins(environment):
        assert user.digest() == before


@pytest.mark.parametrize("one", BAD, ids=lambda one: one.name)
def test_a_profile_that_names_a_bad_plugin_is_refused_in_time_with_its_name(bad: None, user: User, one: Bad) -> None:
    user.configure(STREAM.format(validator="") + ACTIVE.format(name=one.name))
    started = time.monotonic()
    done = user.friday("run", FRIDAY_RUN__IMPORT_TIMEOUT="2")
    assert time.monotonic() - started < 120
    assert (done.returncode, done.stdout) == (2, "")
    assert one.reason in done.stderr
    assert f"strategy.{one.name}" in done.stderr
    assert one.distribution in done.stderr
    assert list(user.folder.glob("runs/*")) == []
