"""The sockets against the sandbox: what goes wrong on them, and that they come back by themselves."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.kite_feed import INFY, NIFTY, FeedAccount, wait

from friday_core.api import DataSourceError
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.frames import FULL, INDEX_FULL, Frame
from friday_plugins.zerodha.sockets import Mode
from friday_plugins.zerodha.ticker import INSTRUMENTS, Ticker


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KiteSandbox]:
    folder = tmp_path_factory.mktemp("ticker") / "kite"
    with KiteSandbox(folder, "[market]\nalways_open = true\n") as found:
        yield found


@pytest.fixture
def account(sandbox: KiteSandbox, tmp_path: Path) -> Iterator[FeedAccount]:
    sandbox.control("faults", method="DELETE")
    found = FeedAccount(sandbox, tmp_path)
    found.log_in()
    yield found
    wait(lambda: not sandbox.state()["sockets"])


@pytest.fixture
def ticker(account: FeedAccount) -> Iterator[Ticker]:
    found = Ticker(account, silence=2.5)
    found.follow({INFY: "full", NIFTY: "full"})
    yield found
    found.stop()


def rows_of(ticker: Ticker, token: int, count: int = 1, seconds: float = 15.0) -> Frame:
    """At least so many rows of an instrument, with all that came before them."""
    end, found = time.monotonic() + seconds, [ticker.take(0.0)]
    while sum((one["token"] == token).sum() for one in found) < count:
        if time.monotonic() > end:
            raise TimeoutError(f"no {count} rows of {token}: {ticker.outage()}")
        found.append(ticker.take(0.2))
    return Frame.joined(found)


def ltp(first: int, end: int) -> dict[int, Mode]:
    return dict.fromkeys(range(first, end), "ltp")


def opened(ticker: Ticker) -> int:
    return sum(one.opened for one in ticker._sockets)


def modes_heard(sandbox: KiteSandbox) -> list[tuple[str, str]]:
    """What the latest socket asked for."""
    lines = [one for one in sandbox.audit() if one["kind"] == "socket"]
    last = max(one["socket"] for one in lines if one["what"] == "open")
    return [(one["what"], one.get("mode", "")) for one in lines if one["socket"] == last and one["what"] != "open"]


def test_ticks_of_shares_and_indices_come_in_full(ticker: Ticker) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    found = rows_of(ticker, INFY, 2)
    lengths = dict(zip(found["token"].tolist(), found["length"].tolist(), strict=True))
    assert lengths[INFY] == FULL
    assert lengths.get(NIFTY, INDEX_FULL) == INDEX_FULL


def test_order_updates_are_told_in_another_thread_without_a_subscription(account: FeedAccount) -> None:
    ticker = Ticker(account)
    ticker.start()
    wait(lambda: not ticker.outage())
    number = account.order()
    wait(lambda: account.rows)
    ticker.stop()
    assert account.rows[0]["order_id"] == number


def test_more_than_three_sockets_carry_are_refused(account: FeedAccount) -> None:
    with pytest.raises(DataSourceError, match="9001 instruments are more than 3 sockets"):
        Ticker(account).follow(ltp(0, 9_001))


def test_fault_25_instruments_are_shared_out_over_three_sockets(account: FeedAccount, sandbox: KiteSandbox) -> None:
    ticker = Ticker(account)
    ticker.follow(ltp(1, 2 * INSTRUMENTS + 2))
    ticker.start()
    wait(lambda: sorted(one["instruments"] for one in sandbox.state()["sockets"]) == [1, INSTRUMENTS, INSTRUMENTS])
    others = ltp(2, 2 * INSTRUMENTS + 3)
    ticker.follow(others)
    wait(lambda: sorted(one["instruments"] for one in sandbox.state()["sockets"]) == [1, INSTRUMENTS, INSTRUMENTS])
    ticker.stop()


def test_fault_25_a_socket_too_many_is_tried_again_after_a_pause(ticker: Ticker, sandbox: KiteSandbox) -> None:
    sandbox.fail("refuse_socket", times=1)
    ticker.start()
    wait(lambda: "429" in ticker.outage())
    rows_of(ticker, INFY)
    assert ticker._sockets[0].attempts == 2


def test_fault_19_an_expired_token_is_tried_once_and_no_more(
    ticker: Ticker, account: FeedAccount, sandbox: KiteSandbox
) -> None:
    sandbox.control("expire")
    ticker.start()
    wait(lambda: account.session.is_dead)
    time.sleep(1.0)
    assert (ticker._sockets[0].attempts, ticker.health().ok) == (1, False)
    account.log_in()
    account.session._callbacks[0]()
    rows_of(ticker, INFY)


def test_fault_20_a_socket_outlives_its_token_and_comes_back_with_the_next_one(
    ticker: Ticker, account: FeedAccount, sandbox: KiteSandbox
) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    sandbox.control("expire")
    rows_of(ticker, INFY, 2)
    sandbox.happen("drop")
    wait(lambda: account.session.is_dead)
    attempts = ticker._sockets[0].attempts
    account.log_in()
    account.session._callbacks[0]()
    rows_of(ticker, INFY, 2)
    assert ticker._sockets[0].attempts == attempts + 1
    assert modes_heard(sandbox) == [("subscribe", "quote"), ("mode", "full")]


def test_fault_26_a_mute_socket_is_given_up_and_made_anew(ticker: Ticker, sandbox: KiteSandbox) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    sandbox.happen("mute", seconds=4)
    wait(lambda: "no message for 2.5 seconds" in ticker.outage())
    rows_of(ticker, INFY, 2)
    assert opened(ticker) == 2


def test_fault_27_heartbeats_without_ticks_keep_the_socket(ticker: Ticker, sandbox: KiteSandbox) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    sandbox.happen("stall", seconds=4)
    ticker.take(0.2)
    assert len(ticker.take(3.0)) == 0
    assert (opened(ticker), ticker.outage()) == (1, "")
    rows_of(ticker, INFY)


def test_fault_28_after_a_drop_the_modes_are_restored_and_the_gap_is_told(ticker: Ticker, sandbox: KiteSandbox) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    before = time.time_ns() // 1_000
    sandbox.happen("drop")
    wait(lambda: opened(ticker) == 2)
    found = rows_of(ticker, INFY, 3)
    (gap,) = ticker.take_gaps()
    assert before - 1_500_000 < gap.begin < gap.end < time.time_ns() // 1_000
    assert gap.tokens == {INFY, NIFTY}
    assert ticker.take_gaps() == []
    assert modes_heard(sandbox) == [("subscribe", "quote"), ("mode", "full")]
    assert found["length"][found["token"] == INFY][-1] == FULL


def test_fault_28_a_server_that_is_gone_is_found_when_it_is_back(ticker: Ticker, sandbox: KiteSandbox) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    sandbox.restart()
    wait(lambda: opened(ticker) == 2)
    rows_of(ticker, INFY, 2)


def test_fault_29_an_exception_while_a_message_is_taken_in_does_not_cut_the_socket(ticker: Ticker) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    read, fails = ticker._reader.read, itertools.count()

    def failing(payload: bytes, received: int) -> Frame:
        if next(fails) < 3:
            raise ZeroDivisionError
        return read(payload, received)

    ticker._reader.read = failing  # type: ignore[method-assign]
    rows_of(ticker, INFY, 2)
    assert (ticker._sockets[0].failures, opened(ticker)) == (3, 1)


def test_fault_29_a_listener_that_fails_or_is_slow_holds_no_tick_and_loses_no_update(
    ticker: Ticker, account: FeedAccount
) -> None:
    let_go = threading.Event()

    def slow(_: object) -> None:
        let_go.wait(60)
        raise ZeroDivisionError

    account.on_update(slow)
    ticker.start()
    rows_of(ticker, INFY)
    numbers = [account.order() for _ in range(3)]
    rows_of(ticker, INFY, 2)  # while the listener has not come back
    let_go.set()
    wait(lambda: len(account.rows) >= 3)
    assert [row["order_id"] for row in account.rows] == numbers


@pytest.mark.parametrize(("do", "counted"), [("garbage_frame", "cut"), ("cut_frame", "cut"), ("odd_packet", "unknown")])
def test_fault_30_and_34_frames_that_are_broken_are_counted_and_keep_the_socket(
    ticker: Ticker, sandbox: KiteSandbox, do: str, counted: str
) -> None:
    ticker.start()
    rows_of(ticker, INFY)
    sandbox.fail(do, times=2)
    wait(lambda: getattr(ticker, counted) == 2)
    rows_of(ticker, INFY)
    assert opened(ticker) == 1
