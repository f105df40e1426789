"""Real money: what leaves a session that a person has armed, or has not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from fakes.live import LIVE, MINUTE, REAL, SECOND, TEN, LiveRun, Wish

from friday_core.domain.records import Action, Armed, Command
from friday_core.errors import DataSourceError, FridayError
from friday_core.session.on_disk.armed_file import ArmedFile
from friday_core.session.on_disk.control import Control

MONEY = (*LIVE, *REAL)


def arm(run: LiveRun, *, capital: int = 100_000, seconds: int = 3_600) -> ArmedFile:
    """A person arms the session, which has heard of it then."""
    file, now = ArmedFile(run.journals), run.clock.now()
    file.write(Armed(now, now + seconds * SECOND, capital, "a test", "me"))
    knows = run.host._runner
    run.until(lambda: knows._armed is not None and knows._armed.ts == now)
    return file


def ended(run: LiveRun) -> list[tuple[str, str]]:
    """Status and reason of every order."""
    return [(str(one.status), one.reason) for one in run.host._runner.core.log.orders]


def test_unarmed_an_order_that_adds_is_refused_and_ends_so(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    run.bar(want=10)
    run.until(lambda: ended(run) and ended(run)[0][0] == "rejected")
    assert ended(run) == [("rejected", "NOT_ARMED: nobody has armed this session: friday arm")]
    result = run.stop()
    assert (run.broker.sent, result.summary["results"]["fills"]) == ([], 0)


def test_armed_it_trades_until_the_time_is_over_and_then_still_reduces(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    arm(run, seconds=200)
    run.bar(want=10)
    run.until(lambda: run.broker.held)
    run.bar(want=10)
    run.until(lambda: len(run.broker.sent) == 2)
    run.clock.set(TEN + 200 * SECOND)
    run.bar(want=10)
    run.until(lambda: len(ended(run)) == 3 and ended(run)[2][0] == "rejected")
    assert ended(run)[2][1] == "NOT_ARMED: me armed it until 1970-01-06 04:33 UTC"
    run.bar(want=-15)
    run.until(lambda: len(run.broker.sent) == 3)
    run.bar(want=-15)  # five of these close what is left, and ten would open a short
    run.until(lambda: len(ended(run)) == 5)
    run.stop()
    assert [(one.side.sign * one.quantity) for one in run.broker.sent] == [10, 10, -15, -5]


def test_all_positions_together_are_held_to_the_armed_capital(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    arm(run, capital=2_500)
    run.bar(want=10)  # worth 1,000
    run.until(lambda: run.broker.held)
    run.bar(want=40)
    run.until(lambda: len(run.broker.sent) == 2)
    run.stop()
    assert [one.quantity for one in run.broker.sent] == [10, 15]
    denied = [reason for status, reason in ended(run) if status == "denied"]
    assert denied == ["ARMED_CAPITAL: 15 of 40 pass: 5,000.00 INR with all orders of the slice, 2,500.00 INR at most"]


def test_a_halt_disarms_and_rearm_does_not_arm(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    file = arm(run)
    Control(run.journals).write(Command(run.clock.now(), Action.PAUSE, "strange prices", "me"))
    run.until(lambda: file.read() is None)
    Control(run.journals).write(Command(run.clock.now() + 1, Action.REARM, "looked", "me"))
    run.until(lambda: run.host._runner.core.unclear == [])
    run.bar(want=10)
    run.until(lambda: ended(run) and ended(run)[0][0] == "rejected")
    run.stop()
    assert (run.broker.sent, ended(run)[0][1]) == ([], "NOT_ARMED: pause: strange prices")


def test_what_is_disarmed_in_between_is_not_sent(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    arm(run).remove()
    run.bar(want=10)
    run.until(lambda: ended(run) and ended(run)[0][0] == "rejected")
    run.stop()
    assert ended(run)[0][1] == "NOT_ARMED: it was disarmed"


def test_the_end_of_the_session_disarms_it(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, (*MONEY, "run.until=close")).start()
    file = arm(run)
    run.clock.set(TEN + 331 * MINUTE)
    assert run.joined().status == "finished"
    assert file.read() is None


def test_ctrl_c_disarms_it_and_who_takes_it_up_arms_it_anew(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    file = arm(run)
    run.bar(want=10)
    run.until(lambda: run.broker.held)
    assert run.stop().status == "interrupted"
    assert file.read() is None
    again = taken_up(run)
    again.bar(want=5)
    again.until(lambda: ended(again)[-1][0] == "rejected")
    assert ended(again)[-1][1] == "NOT_ARMED: it was disarmed"
    arm(again)
    again.bar(want=5)
    again.until(lambda: len(run.broker.sent) == 2)
    again.stop()


def test_what_a_person_does_not_wait_for_is_disarmed_too(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    file = arm(run)
    run.source.told.put(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run.joined()
    assert file.read() is None


def test_what_failed_is_armed_until_its_time_when_it_is_taken_up(tmp_path: Path) -> None:
    """As what was killed is: nobody ended it."""
    run = LiveRun(tmp_path, MONEY).start()
    file = arm(run)
    run.bar(want=10)
    run.until(lambda: run.broker.held)
    run.source.told.put(DataSourceError("the line is cut"))
    with pytest.raises(FridayError, match="the line is cut"):
        run.joined()
    assert file.read() is not None
    again = taken_up(run)
    again.bar(want=5)
    again.until(lambda: len(run.broker.sent) == 2)
    again.stop()


def taken_up(run: LiveRun) -> LiveRun:
    """The same session in another process, with its broker and its strategy's wishes."""
    wish = Wish(run.strategy.script)
    again = LiveRun(run.folder, run.overrides, run.clock, broker=run.broker, strategy=wish).start()
    again.until(lambda: again.strategy.bars)
    return again


def test_intraday_positions_are_closed_by_the_clock_when_no_row_comes(tmp_path: Path) -> None:
    strategy = 'trading.active_strategies=[{id = "wish", use = "wish", product = "intraday"}]'
    run = LiveRun(tmp_path, (*MONEY, strategy, "account.charges=flat_bps")).start()
    arm(run, seconds=6 * 3_600)
    run.bar(want=10)
    run.until(lambda: run.broker.held)
    run.broker.refuses = "the exchange is busy"
    run.clock.set(TEN + 320 * MINUTE)  # 15:20
    run.until(lambda: len(run.broker.sent) == 2)
    run.clock.advance(59 * SECOND)
    run.until(lambda: "exchange is busy" in ended(run)[-1][1])
    assert len(run.broker.sent) == 2, "it is not asked again at once"
    run.broker.refuses = ""
    run.clock.advance(2 * SECOND)
    run.until(lambda: len(run.host._runner.core.log.fills) == 2)
    assert run.broker.positions() == {}
    result = run.stop()
    assert [one.reason for one in run.broker.sent[1:]] == ["SQUARE_OFF: intraday positions end"] * 2
    assert result.summary["results"]["fills"] == 2


def test_the_session_tells_how_it_stands(tmp_path: Path) -> None:
    run = LiveRun(tmp_path, MONEY).start()
    run.bar()
    file = ArmedFile(run.journals)
    run.until(lambda: (told := file.standing()) is not None and told.latest_row == TEN + MINUTE)
    told = file.standing()
    assert told is not None
    assert (told.unclear, told.missing, told.book_read > 0) == ((), "", True)
    run.stop()


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    file = ArmedFile(tmp_path)
    armed = Armed(1, 2, 3, "why", "who", ("calendar: today is a session",))
    file.write(armed)
    file.write(armed)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert (file.read(), file.remove(), file.read(), file.remove()) == (armed, True, None, False)
