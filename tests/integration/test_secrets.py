"""A third party's secret reaches that party's component, and nothing and nobody else."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import structlog
from click.testing import CliRunner, Result
from dependency_injector import providers
from fakes.components import Idle, RealBroker, Simulation
from fakes.installed import Installed, UserFolder
from fakes.object_graph import reachable
from pydantic import SecretStr

import containers
from friday_core.api import (
    Bar,
    BarMatcher,
    BookView,
    ComponentSpec,
    Decision,
    Event,
    Fill,
    MatchingRules,
    Order,
    OrderEnded,
    OrderStatus,
    OrderType,
    PluginSettings,
    Side,
    get_logger,
)
from friday_core.cli.main import cli
from friday_core.errors import ConfigurationError, ProblemKind
from friday_core.orchestration.host import Host

SECRET = "tides-of-May-1912"
VARIABLE = "FRIDAY_PLUGINS__BROKER__VENDOR__API_KEY"
SEEN: list[str] = []


class Key(PluginSettings):
    api_key: SecretStr
    account: str = "AB1234"


class Vendor(Simulation):
    """A broker with a key."""

    def __init__(self, settings: Key) -> None:
        super().__init__()
        self._settings = settings
        self._key = settings.api_key.get_secret_value()
        SEEN.append(self._key)


class Talkative(Vendor):
    """Says it to everybody."""

    def start(self) -> None:
        get_logger("vendor").info("logged in", key=self._key, url=f"https://vendor.example/?key={self._key}")
        logging.getLogger("vendor").warning("session %s", self._key)
        structlog.get_logger("vendor").warning("token", token=self._key)

    def matcher(self) -> BarMatcher:
        return Telling(self._key)


class Telling(BarMatcher):
    """Refuses limit orders with a reason that nobody should read."""

    def __init__(self, key: str) -> None:
        super().__init__(MatchingRules())
        self._key = key

    def match(self, ordinal: int, bars: Any, orders: Any) -> Generator[Any, int, None]:
        for order in orders:
            if order.order.type is OrderType.LIMIT:
                order.move(OrderStatus.OPEN)
                order.move(OrderStatus.REJECTED, f"REJECTED: not with the key {self._key}")
        return super().match(ordinal, bars, [one for one in orders if not one.status.terminal])


class Curious(Idle):
    """Keeps everything that it is handed, and trades a little."""

    order_types = frozenset({OrderType.MARKET, OrderType.LIMIT})

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.books: list[BookView] = []

    def on_event(self, event: Event, book: BookView) -> Iterable[Decision] | None:
        self.events.append(event)
        self.books.append(book)
        if isinstance(event, Bar) and len(self.events) < 20:
            limit = Order(event.instrument.id, Side.BUY, 1, OrderType.LIMIT, limit_price=event.raw.low)
            return [limit, Order(event.instrument.id, Side.BUY, 1)]
        return None


TOML = """
[broker]
use = "vendor"
[risk]
rules = []
[[trading.active_strategies]]
id = "curious"
use = "curious"
[[trading.active_strategies]]
id = "cross"
use = "moving_average_cross"
settings = { fast = 5, slow = 20 }
"""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    SEEN.clear()
    made = Installed(monkeypatch)
    made.add(ComponentSpec("broker", "vendor", Vendor, Key), distribution="friday-vendor")
    made.add(ComponentSpec("broker", "talkative", Talkative, Key), distribution="friday-vendor")
    made.add(ComponentSpec("strategy", "curious", Curious), distribution="friday-curious")
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UserFolder:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "friday.toml").write_text(TOML + "[plugins.source.synthetic]\nsessions = 60\n")
    return UserFolder(tmp_path)


TALKATIVE = {"FRIDAY_BROKER__USE": "talkative", "FRIDAY_PLUGINS__BROKER__TALKATIVE__API_KEY": SECRET}


def friday(*arguments: str, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, env={VARIABLE: SECRET} if environ is None else environ)


def texts_of(folder: Path) -> dict[str, str]:
    """Every file as text, tables with all their values besides their bytes."""
    found = {str(path): path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()}
    tables = {name: str(pq.read_table(name).to_pylist()) for name in found if name.endswith(".parquet")}
    return {**found, **{f"{name} read": text for name, text in tables.items()}}


# In what a run leaves behind ------------------------------------------------------------------------


def test_a_run_with_the_secret_in_the_environment_works_and_writes_it_nowhere(
    installed: Installed, folder: UserFolder
) -> None:
    result = friday("run", environ=TALKATIVE)
    assert (result.exit_code, SEEN) == (0, [SECRET])
    texts = texts_of(folder.run_folder)
    assert {Path(name).name for name in texts} >= {"resolved.toml", "log.jsonl", "summary.json", "orders.parquet"}
    assert [name for name, text in texts.items() if SECRET in text] == []
    assert SECRET not in result.output


def test_what_the_plugin_says_itself_is_masked_and_not_lost(installed: Installed, folder: UserFolder) -> None:
    assert friday("run", environ=TALKATIVE).exit_code == 0
    texts = texts_of(folder.run_folder)
    log = texts[str(folder.run_folder / "log.jsonl")]
    assert '"key":"***","url":"https://vendor.example/?key=***"' in log
    assert "session ***" in log
    assert '"token":"***"' in log
    assert "REJECTED: not with the key ***" in texts[f"{folder.run_folder / 'orders.parquet'} read"]


def test_the_resolved_settings_name_the_secret_that_they_leave_out(installed: Installed, folder: UserFolder) -> None:
    assert friday("run").exit_code == 0
    resolved = (folder.run_folder / "resolved.toml").read_text()
    assert f"#   plugins.broker.vendor.api_key: set it again, for example by {VARIABLE}" in resolved


@pytest.mark.parametrize(
    "arguments", [("config", "explain"), ("config", "explain", "--json"), ("config", "check"), ("config", "schema")]
)
def test_no_command_about_the_configuration_shows_it(
    installed: Installed, folder: UserFolder, arguments: tuple[str, ...]
) -> None:
    result = friday(*arguments)
    assert result.exit_code == 0
    assert SECRET not in result.output


def test_a_secret_is_not_explained_even_if_another_setting_of_its_plugin_is_wrong(
    installed: Installed, folder: UserFolder
) -> None:
    """Then there are no settings, but it is still known what is secret."""
    (folder.path / "friday.toml").write_text(f'{TOML}[plugins.broker.vendor]\naccount = 5\napi_key = "{SECRET}"')
    result = friday("config", "explain", environ={})
    assert "plugins.broker.vendor.account" in result.output
    assert SECRET not in result.output


# In what is raised ----------------------------------------------------------------------------------


class LoginError(Exception):
    def __init__(self, url: str) -> None:
        super().__init__("login", url)
        self.url = url

    def __str__(self) -> str:
        return f"cannot open {self.url}"


class Failing(Vendor):
    """Fails as a client library does: with the address that it called."""

    error: type[Exception] = ValueError

    def start(self) -> None:
        try:
            raise self.error(f"https://vendor.example/?key={self._key}")
        except Exception as error:
            raise RuntimeError("cannot log in") from error


class FailingAtOnce(Vendor):
    error: type[Exception] = ValueError

    def send(self, intents: Sequence[Any]) -> None:
        raise self.error(f"https://vendor.example/?key={self._key}")


@pytest.mark.parametrize("broker", [Failing, FailingAtOnce], ids=["when it starts", "when it sends"])
@pytest.mark.parametrize("error", [ValueError, LoginError, OSError])
def test_an_error_with_the_secret_in_it_is_shown_and_written_without(
    folder: UserFolder, monkeypatch: pytest.MonkeyPatch, broker: type[Vendor], error: type[Exception]
) -> None:
    made = type("Made", (broker,), {"error": error})
    Installed(monkeypatch).add(
        ComponentSpec("broker", "vendor", made, Key), ComponentSpec("strategy", "curious", Curious)
    )
    result = friday("--debug", "run")
    shown = f"{result.output}{result.exception!r}{result.exception}"
    assert result.exit_code == 1
    assert SECRET not in shown
    assert [name for name, text in texts_of(folder.run_folder).items() if SECRET in text] == []
    assert '"status": "failed"' in (folder.run_folder / "summary.json").read_text()


# In the object graph --------------------------------------------------------------------------------


def ways_to_the_secret(start: object, *owned: object) -> list[str]:
    """Paths from an object to the secret's text, or to what belongs to its owner."""
    owners = {id(one) for one in owned}
    return [
        path
        for path, one in reachable(start)
        if id(one) in owners
        or (isinstance(one, str) and SECRET in one)
        or (isinstance(one, bytes) and SECRET.encode() in one)
        or (isinstance(one, SecretStr) and one.get_secret_value() == SECRET)
    ]


def host_of(folder: UserFolder) -> Host:
    return folder.host(TOML, environ={VARIABLE: SECRET})


def test_the_search_finds_the_secret_where_it_is(installed: Installed, folder: UserFolder) -> None:
    broker = host_of(folder).assembly.broker
    assert ways_to_the_secret(broker) != []
    assert ways_to_the_secret(lambda: broker) != []
    assert ways_to_the_secret([{"send": broker.send}]) != []


@pytest.mark.parametrize("strategy", ["curious", "cross"])
def test_no_path_leads_from_a_strategy_to_the_secret_or_its_owner(
    installed: Installed, folder: UserFolder, strategy: str
) -> None:
    host = host_of(folder)
    host.run()
    node = host.assembly.graph.nodes["broker.vendor"]
    found = ways_to_the_secret(host.assembly.strategy(strategy), host.assembly.broker, node.settings)
    assert found == []


def test_a_strategy_was_handed_bars_fills_and_books_all_the_same(installed: Installed, folder: UserFolder) -> None:
    """Or the test before would search nothing."""
    host = host_of(folder)
    host.run()
    curious = host.assembly.strategy("curious")
    assert isinstance(curious, Curious)
    assert {type(event) for event in curious.events} == {Bar, Fill, OrderEnded}
    assert len(list(reachable(curious))) > 1_000


def test_no_path_leads_from_any_other_component_to_the_secret(installed: Installed, folder: UserFolder) -> None:
    host = host_of(folder)
    host.run()
    node = host.assembly.graph.nodes["broker.vendor"]
    others = {key: one for key, one in host.assembly.components.items() if key != "broker.vendor"}
    assert {key: ways_to_the_secret(one, host.assembly.broker, node.settings) for key, one in others.items()} == {
        key: [] for key in others
    }


# On paper -------------------------------------------------------------------------------------------


@pytest.fixture
def with_a_real_broker(installed: Installed) -> Installed:
    def factory(settings: Key) -> RealBroker:
        SEEN.append(settings.api_key.get_secret_value())
        return RealBroker(settings)

    installed.add(ComponentSpec("broker", "money", factory, Key), distribution="friday-money")
    return installed


MONEY = "FRIDAY_PLUGINS__BROKER__MONEY__API_KEY"


@pytest.mark.parametrize("in_a_folder", [False, True], ids=["environment", "secrets folder"])
def test_a_paper_container_makes_no_real_broker_and_reads_no_secret_of_one(
    with_a_real_broker: Installed, folder: UserFolder, monkeypatch: pytest.MonkeyPatch, in_a_folder: bool
) -> None:
    opened: list[Any] = []
    for name in ("Infrastructure", "Plugins", "Session"):
        monkeypatch.setattr(containers, name, partial(_opened, getattr(containers, name), opened))
    if in_a_folder:
        secret = folder.path / "secrets" / "plugins__broker__money__api_key"
        secret.parent.mkdir()
        secret.write_text(SECRET)
        secret.chmod(0o600)
    loaded = folder.load("", environ={} if in_a_folder else {MONEY: SECRET})
    host = containers.build(loaded)
    assert host.run().status == "finished"
    assert SEEN == []
    held = [provider() for container in opened for provider in container.providers.values() if _makes(provider)]
    assert len(held) > 15
    assert [way for one in (host, *held) for way in ways_to_the_secret(one)] == []
    assert not any(isinstance(one, RealBroker) for part in (host, *held) for _, one in reachable(part))


def _opened(container: Any, opened: list[Any], **parts: Any) -> Any:
    opened.append(container(**parts))
    return opened[-1]


def _makes(provider: Any) -> bool:
    return isinstance(provider, providers.Singleton | providers.Dependency)


def test_the_real_brokers_secret_is_there_once_it_is_named(with_a_real_broker: Installed, folder: UserFolder) -> None:
    folder.problems("", environ={MONEY: SECRET}, overrides=["broker.use=money"])
    assert SEEN == [SECRET]


def test_a_historical_clock_with_a_real_broker_is_a_conflict(with_a_real_broker: Installed, folder: UserFolder) -> None:
    with pytest.raises(ConfigurationError, match="a historical clock with a broker that trades real money") as caught:
        folder.host("", environ={MONEY: SECRET}, overrides=["broker.use=money"])
    (problem,) = caught.value.problems
    assert (problem.kind, problem.section, problem.plugin) == (ProblemKind.MODE_CONFLICT, "broker", "broker.money")


# Where it may not stand -----------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", "argument"])
def test_a_secret_in_a_file_or_an_argument_is_refused_without_repeating_it(
    installed: Installed, folder: UserFolder, place: str
) -> None:
    (folder.path / "friday.toml").write_text(
        TOML + (f'[plugins.broker.vendor]\napi_key = "{SECRET}"' if place == "file" else "")
    )
    arguments = ["--set", f"plugins.broker.vendor.api_key={SECRET}"] if place == "argument" else []
    result = friday("run", *arguments, environ={})
    assert result.exit_code == 2
    assert "[plugins.broker.vendor] secret in a file: api_key is a secret" in result.stderr
    assert f"mend: take it out there, and set {VARIABLE} or put it into the secrets folder" in result.stderr
    assert SECRET not in result.output
    assert (SEEN, (folder.path / "runs").exists()) == ([], False)


def test_the_mend_of_a_refused_secret_works_by_the_secrets_folder_too(installed: Installed, folder: UserFolder) -> None:
    secret = folder.path / "secrets" / "plugins__broker__vendor__api_key"
    secret.parent.mkdir()
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    assert friday("run", environ={}).exit_code == 0
    assert SEEN == [SECRET]
