"""``friday arm``, ``friday disarm``, and what ``friday doctor`` tells of the same: the list, and what is written."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.installed import Installed
from fakes.live import LIVE, REAL, Cash, Played, Wish

from friday_core.api import ComponentSpec, DataSourceError, Finding, Outcome
from friday_core.cli import arm, doctor, halt
from friday_core.domain.records import Armed
from friday_core.session.on_disk.armed_file import ArmedFile, SessionStanding
from friday_core.session.on_disk.holder import Hold

FOLDER = Path("journals/backtest")
TERMS = ("--for", "1h30m", "--capital", "200000", "--reason", "the plan says so")
SET = [part for one in (*LIVE, *REAL, "data.calendar=weekdays") for part in ("--set", one)]


def now() -> int:
    return time.time_ns() // 1_000


class Vendor(Cash):
    """A broker with findings of its own."""

    found: Sequence[Finding] | Exception = ()

    def preflight(self) -> Sequence[Finding]:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Vendor]:
    """An empty folder in which a live configuration is complete; the class of its broker."""
    monkeypatch.chdir(tmp_path)
    made = type("Own", (Vendor,), {})
    specs = (("source", "played", Played), ("broker", "cash", made), ("strategy", "wish", Wish))
    installed = Installed(monkeypatch)
    for kind, name, cls in specs:
        installed.add(ComponentSpec(kind, name, cls))
    return made


@pytest.fixture
def session(vendor: type[Vendor]) -> Iterator[ArmedFile]:
    """One that runs, and told a moment ago that all is in order."""
    hold = Hold.take(FOLDER, "backtest", 0)
    file = ArmedFile(FOLDER)
    file.tell(SessionStanding(now(), now(), now()))
    yield file
    hold.close()


def call(*arguments: str) -> Result:
    return CliRunner().invoke(arm.command, [*TERMS, *SET, *arguments])


def test_with_all_in_order_it_is_armed_by_this_person_for_so_long(session: ArmedFile) -> None:
    result = call()
    assert result.exit_code == 0, result.output
    armed = session.read()
    assert armed is not None
    assert (armed.capital, armed.until - armed.ts, armed.who) == (200_000, 5_400_000_000, getpass.getuser())
    assert armed.reason == "the plan says so"
    assert {one.partition(":")[0] for one in armed.checks} >= {"limits", "calendar", "facts", "reconciliation", "data"}


def test_while_no_session_runs_nothing_is_armed(vendor: type[Vendor]) -> None:
    result = call()
    assert result.exit_code == 1
    assert "nobody has read the broker's book" in result.output
    assert ArmedFile(FOLDER).read() is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"unclear": ("order F1 is in doubt",)}, "order F1 is in doubt"),
        ({"missing": "none for 40 s"}, "none for 40 s"),
        ({"latest_row": 0}, "no row has come yet"),
        ({"book_read": 0}, "the book was not read yet"),
        ({"ts": 1}, "it runs and has not told how it stands"),
    ],
)
def test_what_the_session_does_not_have_in_order_refuses_it(
    session: ArmedFile, changed: dict[str, object], told: str
) -> None:
    fields = {"ts": now(), "book_read": now(), "latest_row": now(), **changed}
    session.tell(SessionStanding(**fields))  # type: ignore[arg-type]
    result = call()
    assert (result.exit_code, session.read()) == (1, None)
    assert told in result.output
    assert "not armed: 1 of" in result.output


def test_every_limit_that_is_missing_is_listed_at_once(session: ArmedFile) -> None:
    result = CliRunner().invoke(
        arm.command, [*TERMS, *(one for each in LIVE for one in ("--set", each)), "--set", "broker.use=cash"]
    )
    assert result.exit_code == 1
    for key in ("max_drawdown", "max_day_loss", "max_order_value", "max_orders_per_session"):
        assert f"set [risk] {key}" in result.output
    assert "no calendar tells whether the exchange trades today" in result.output


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([Finding(Outcome.FAIL, "token", "it is of yesterday", "friday login zerodha")], "it is of yesterday"),
        (DataSourceError("nobody answers"), "preflight() failed: nobody answers; mend that"),
        (KeyError("x"), "report it to the author of broker.cash"),
    ],
)
def test_what_a_component_finds_is_in_the_list(
    session: ArmedFile, vendor: type[Vendor], found: list[Finding] | Exception, told: str
) -> None:
    vendor.found = found
    result = call()
    assert (result.exit_code, session.read()) == (1, None)
    assert told in result.output


def test_where_no_money_is_at_stake_there_is_nothing_to_arm(session: ArmedFile) -> None:
    result = call("--set", "broker.use=paper")
    assert result.exit_code == 1
    assert "the mode is paper: no real money is at stake" in result.output


@pytest.mark.parametrize("text", ["", "0h", "25h", "6", "1d", "h"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    result = CliRunner().invoke(arm.command, ["--for", text, *TERMS[2:]])
    assert result.exit_code == 2
    assert "write for example 6h, 90m or 1h30m, up to 24h" in result.output


def test_disarm_and_halt_take_it_away_and_rearm_does_not_bring_it_back(session: ArmedFile) -> None:
    assert call().exit_code == 0
    assert CliRunner().invoke(arm.disarm, []).output == f"disarmed: {FOLDER}\n"
    assert CliRunner().invoke(arm.disarm, []).output == f"{FOLDER} was not armed\n"
    assert call().exit_code == 0
    halt.PATIENCE, patience = 0.0, halt.PATIENCE
    try:
        halted = CliRunner().invoke(halt.command, ["pause", "--reason", "a look"])
        CliRunner().invoke(halt.rearm, ["--reason", "looked"])
    finally:
        halt.PATIENCE = patience
    assert "it is disarmed" in halted.output
    assert session.read() is None


def test_doctor_lists_the_same_and_whether_it_is_armed(session: ArmedFile, vendor: type[Vendor]) -> None:
    vendor.found = [Finding(Outcome.FAIL, "token", "it is of yesterday", "friday login zerodha")]
    session.write(Armed(now(), now() + 60_000_000, 5_000, "a look", "me"))
    result = CliRunner().invoke(doctor.command, ["--json", *SET])
    checks = {one["check"]: one for one in json.loads(result.output)["checks"]}
    assert checks["token"]["evidence"] == "it is of yesterday"
    assert checks["armed"]["evidence"].endswith("for 5,000 at most: a look")
    assert {"limits", "reconciliation", "data"} <= checks.keys()
