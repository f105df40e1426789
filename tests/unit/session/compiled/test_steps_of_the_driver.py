"""A step that is added to the driver is added to the kernel, or named among the obstacles."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from friday_core.session.booking import Booking
from friday_core.session.custody import Custody
from friday_core.session.deciding import Deciding
from friday_core.session.desk import Desk
from friday_core.session.driver import Driver
from friday_core.session.ended_orders import EndedOrders
from friday_core.session.marks import Marks
from friday_core.session.sessions import Sessions


def called(function: Callable[..., Any]) -> set[str]:
    """What of its own object a method calls: ``_match``, ``_rates.require``."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = (ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call))
    return {name.removeprefix("self.") for name in names if name.startswith("self.")}


#: What the kernel does too, or what does nothing where there are no ``obstacles``.
KNOWN = {
    Driver._slice: {
        "_apply_actions", "_arrivals.arrive", "_deciding.decide", "_desks.values", "_ended.settle", "_marks.mark",
        "_match", "_match_this_close", "_custody.squared_off", "_kept", "outside.halted", "_release.released",
        "_sessions.enter", "_sessions.passed",
    },
    Sessions.enter: {"_desks.values", "_rates.require", "log_positions"},
    Sessions.passed: set(),
    Sessions.log_positions: {"_desks.values", "_log.positions.append"},
    EndedOrders.settle: {"_desks[order.strategy].runner.tell", "_log.ended.append", "_working.drop_ended"},
    Driver._match: {
        "_booking.book", "_booking.cross", "_brackets.place", "_matcher.match", "_netting.follow", "_netting.open",
        "_netting.queue", "_netting.renew", "_ended.settle",
    },
    Custody.over_night: {"_charge_shorts", "_settle"},
    Custody.squared_off: {"_square_off"},
    Custody._square_off: {"_closing", "_is_intraday", "_withdrawn", "_working.of"},
    Custody._closing: {"_arrivals.active_from", "_log.orders.append", "_working.add"},
    Custody._charge_shorts: {"_desks.values", "_log.postings.append", "_universe.instrument"},
    Marks.mark: {"_desks.items", "_standing.note"},
    Deciding.decide: {"decided"},
    Deciding.sent: {"_arrivals.active_from", "_plain.get"},
    Deciding.decided: {
        "_arrivals.active_from", "_ended.settle", "_log.decisions.append", "_log.orders.append", "_log.stopped.append",
        "_working.of", "_working[intent.tag].withdraw", "sent",
    },
    Booking.book: {"_book_account", "_netting.net_of", "book_own", "cross"},
    Booking.book_own: {"_apply", "_bills.fill", "_universe.instrument"},
    Booking._apply: {"_record"},
    Booking._record: {"_brackets.follow", "_log.fills.append"},
    Desk.act: {"_cancel", "_drafts", "_settled", "_shared", "_view", "_wants.wants"},
    Desk._settled: {"_taken", "next_tag", "products.note", "state.count_order"},
}  # fmt: skip


@pytest.mark.parametrize("function", KNOWN, ids=lambda one: one.__qualname__)
def test_the_kernel_knows_every_step(function: Callable[..., Any]) -> None:
    mend = "teach friday_core/simulation/compiled the step, or name it in session/compiled/eligible.py"
    assert called(function) == KNOWN[function], mend
