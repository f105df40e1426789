"""Friday's rules as pytest tests: ``pytest --friday-conformance``, or a test that takes ``friday_check``.

Every pytest run in an environment with Friday loads this module, so that everything else of Friday
is imported only where it is asked for.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from friday_core.testing.kite_sandbox import KiteSandbox
    from friday_core.testing.markets import Market
    from friday_core.testing.paper_process import PaperServer
    from friday_core.testing.rule import Check
    from friday_core.testing.subject import Provision

_checks_key = pytest.StashKey[list["Check"]]()


class Hooks:
    """What an author may write into ``conftest.py``."""

    @pytest.hookspec(firstresult=True)
    def pytest_friday_provision(self, component: str, market: Market, folder: Path) -> Provision | None:
        """What a component (``source.csv``) needs on a market, with ``folder`` for files; ``None`` is nothing."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("friday").addoption(
        "--friday-conformance",
        action="store_true",
        help="Hold every Friday plugin of the project in the root folder to the rules of its role.",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Adds an item for every rule on every plugin, if asked to."""
    if config.getoption("friday_conformance"):
        collector = Conformance.from_parent(session, name="friday", nodeid="friday")
        items.extend(collector.collect())


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Says how many items were added after pytest had counted its own."""
    if not config.getoption("friday_conformance"):
        return []
    return [f"friday conformance: {len(_checks(config))} checks of plugins"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``friday_check`` runs once for every rule on every plugin."""
    if "friday_check" in metafunc.fixturenames:
        metafunc.parametrize("friday_check", _checks(metafunc.config), ids=str, indirect=True)


@pytest.fixture
def friday_check(request: pytest.FixtureRequest) -> Callable[[], None]:
    """One rule on one plugin: call it."""

    def called() -> None:
        __tracebackhide__ = True
        keep(request.param)

    return called


@pytest.fixture(scope="session")
def _friday_nursery() -> Iterator[None]:
    """Where the system can fork, servers of sandboxes are forks of one process, and start in a moment."""
    from friday_core.testing.nursery import Nursery  # noqa: PLC0415
    from friday_core.testing.served_process import ServedProcess  # noqa: PLC0415

    if not hasattr(os, "fork"):
        yield
        return
    with contextlib.closing(Nursery()) as found:
        ServedProcess.nursery = found
        yield
        ServedProcess.nursery = None


@pytest.fixture
def paper_server(tmp_path: Path, _friday_nursery: None) -> Iterator[PaperServer]:
    """A paper broker in a process of its own, in a folder of the test; it ends with the test."""
    from friday_core.testing.paper_process import PaperServer  # noqa: PLC0415

    with PaperServer(tmp_path / "paper_broker") as server:
        yield server


@pytest.fixture
def kite_sandbox(tmp_path: Path, _friday_nursery: None) -> Iterator[KiteSandbox]:
    """A Kite sandbox in a process of its own, in a folder of the test; it ends with the test.

    Its market is open whatever the time is, and its clock goes as fast as the wall clock.
    """
    from friday_core.testing.kite_sandbox import KiteSandbox  # noqa: PLC0415

    with KiteSandbox(tmp_path / "kite_sandbox", "[market]\nalways_open = true\n") as sandbox:
        yield sandbox


class Conformance(pytest.Collector):
    """All rules on all plugins of the project."""

    def collect(self) -> Iterator[pytest.Item]:
        for check in _checks(self.config):
            yield ConformanceItem.from_parent(self, name=str(check), check=check)


class ConformanceItem(pytest.Item):
    """One rule on one plugin."""

    def __init__(self, *, check: Check, **parts: object) -> None:
        super().__init__(**parts)  # type: ignore[arg-type]
        self._check = check

    def runtest(self) -> None:
        keep(self._check)

    def reportinfo(self) -> tuple[Path, None, str]:
        # Not the name alone: pytest would write its dots as it writes those of modules.
        return self.config.rootpath, None, f"Friday: {self.name}"


def keep(check: Check) -> None:
    """Run a check in pytest's words: it fails with the sentence alone, and is skipped where it does not apply."""
    from friday_core.testing.outcomes import Broken, DoesNotApply  # noqa: PLC0415

    __tracebackhide__ = True
    breach = reason = ""
    try:
        check()
    except DoesNotApply as misfit:
        reason = str(misfit)
    except Broken as broken:
        breach = str(broken)
    if breach:
        pytest.fail(breach, pytrace=False)
    if reason:
        pytest.skip(reason)


def _checks(config: pytest.Config) -> list[Check]:
    """Those of the project in the root folder, found once."""
    from friday_core.errors import PluginError  # noqa: PLC0415
    from friday_core.testing.project import checks_of_project, project_at  # noqa: PLC0415

    def provide(key: str, market: Market, folder: Path) -> Provision | None:
        found: Provision | None = config.hook.pytest_friday_provision(component=key, market=market, folder=folder)
        return found

    if _checks_key not in config.stash:
        try:
            config.stash[_checks_key] = checks_of_project(project_at(config.rootpath), provide)
        except PluginError as error:
            raise pytest.UsageError(f"friday conformance: {error}") from error
    return config.stash[_checks_key]
