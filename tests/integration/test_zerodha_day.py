"""Sessions with Zerodha's prices and Zerodha's broker on one connection, through the command line, at its sandbox."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from fakes.day_facts import DayFacts
from fakes.market_day import CASH, MarketDay, Plan, Wrong
from fakes.zerodha import OPEN, Trader, far_below, log_in, until

from friday_core.api import OrderType
from friday_core.testing.kite_sandbox import KiteSandbox
from friday_plugins.zerodha.orders import tag_of
from friday_plugins.zerodha.ticker import Ticker

#: Less than half an hour of a market that stands still almost while Friday's process is away.
SHORT = Plan(
    shares=20, close="09:47", last_entry="09:34", square_off="09:35", brokers_square_off="09:46", fast=2, slow=4,
    speed_without=2.0,
    replies=(Wrong("lost_answer", 0.05), Wrong("late_accept", 0.05, "seconds = 1.0")),
    happens=(("09:17", "drop"), ("09:20", "mute"), ("09:27", "kill"), ("09:29", "interrupt")),
)  # fmt: skip


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MarketDay:
    """A day that is over."""
    played = MarketDay(tmp_path_factory.mktemp("day"), SHORT)
    played.play()
    return played


@pytest.mark.timeout(400)
def test_a_day_with_all_that_goes_wrong_ends_flat_and_with_equal_books(day: MarketDay) -> None:
    facts = DayFacts.of(day, CASH)
    assert facts.wrong == [], facts.table()
    assert len(facts.theirs) > 20, facts.table()
    assert facts.happened >= Counter(drop=1, mute=1, lost_answer=1), facts.table()
    assert (len(facts.back), len(facts.up)) == (2, 2)
    summary = json.loads((sorted((day.home / "runs").iterdir())[-1] / "summary.json").read_text("utf-8"))
    assert (summary["status"], summary["journal"]["taken_up"] > 0) == ("finished", True)


@pytest.mark.timeout(400)
def test_fault_40_intraday_positions_are_closed_before_the_broker_would_close_them(day: MarketDay) -> None:
    facts = DayFacts.of(day, CASH)
    closing = [one for one in facts.ours.values() if one["reason"].startswith("SQUARE_OFF")]
    assert closing
    assert {one["status"] for one in closing} == {"filled"}
    assert [one for one in facts.theirs if tag_of(one["tag"] or "").order not in facts.ours] == []


@pytest.mark.timeout(60)
def test_fault_11_what_was_told_while_no_socket_was_there_is_read_when_one_is_there_again(tmp_path: Path) -> None:
    """The broker looks at its book by itself only after a minute."""
    with KiteSandbox(tmp_path / "kite", OPEN) as sandbox:
        log_in(sandbox)
        trader = Trader(sandbox, poll=60.0)
        ticker = Ticker(trader.connection, silence=2.5)
        trader.broker.start()
        ticker.start()
        try:
            until(sandbox, lambda: bool(sandbox.state()["sockets"]))
            price = far_below(trader)
            trader.send(1, type=OrderType.LIMIT, limit_price=price)
            trader.wait(1, "open")
            (row,) = trader.rows(1)
            sandbox.fail("refuse_socket", times=1)
            sandbox.happen("drop")
            until(sandbox, lambda: not sandbox.state()["sockets"])
            sandbox.control("happen", order_id=row["order_id"], what="trade", quantity=5, price=price / 100)
            assert trader.wait(1, "filled", 15.0).filled == 5
        finally:
            ticker.stop()
            trader.broker.stop()
            trader.connection.stop()
