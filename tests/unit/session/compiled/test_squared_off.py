"""Intraday positions at the end of their session, by the kernel: what is withdrawn, what closes, and when it trades."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from unit.session.compiled.drawn_sessions import MINUTE, Drawn, Stepped
from unit.session.compiled.test_blocks import ROWS, counts, simple
from unit.session.compiled.test_holdings import NAN, TIMES, both, both_compiled, fills

from friday_core.causal.compiled.kernels import Kernels
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import TimeInForce
from friday_core.domain.records import CancelOrder
from friday_core.session.custody import HoldingTerms
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.compiled.loaded import Compiled
from friday_core.simulation.matching import MatchingRules
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.limits import Limits
from friday_core.trading.session_times import IntradayTimes

ALL = {"kernel": ROWS, "driver": 0}
#: The close of 0:40 is the first one from which another minute would end too late.
HOURS = IntradayTimes(TIMES, "UTC", dt.time(0, 40), dt.time(0, 30), MINUTE)


def intraday(wishes: list[float], **changes: object) -> Drawn:
    given = simple(
        wishes, products=["intraday"], terms=HoldingTerms(TIMES, intraday=HOURS),
        entries=EntryRules(TIMES, intraday=HOURS),
    )  # fmt: skip
    return dataclasses.replace(given, **changes)  # type: ignore[arg-type]


def volumes(given: Drawn, **rows: float) -> Drawn:
    """Another volume on some rows, ``at_41=100``."""
    volume = given.rows["volume"].copy()
    for name, one in rows.items():
        volume[int(name.removeprefix("at_"))] = one
    return dataclasses.replace(given, rows=given.rows.with_columns({"volume": volume}))


def ends(stepped: Stepped) -> list[tuple[str, int, str]]:
    """Tag, what had filled, and why, of orders that did not simply fill."""
    return [(one.tag[-1], one.filled, one.reason) for one in stepped.driver.log.ended if one.reason]


def sent(stepped: Stepped) -> list[tuple[str, str, str]]:
    """What went to the broker: word, strategy's number and counter, and reason of a cancel."""
    found = []
    for one in (intent for part in stepped.intents for intent in part):
        tag = one.tag if isinstance(one, CancelOrder) else one.order.tag
        found.append((type(one).__name__, tag[5:7] + tag[-1], one.reason if isinstance(one, CancelOrder) else ""))
    return found


def test_a_position_is_closed_by_an_order_that_rests() -> None:
    stepped = both(intraday([NAN] * 3 + [0.5]))
    assert fills(stepped) == [(4, 499, 10_004), (41, -499, 10_041)]
    order = stepped.driver.log.orders[1].order
    assert (order.reason, order.time_in_force) == ("SQUARE_OFF: intraday positions end", TimeInForce.GTC)
    assert (order.tag, order.product, order.ts_decided) == (
        "F002S0000002", "intraday", stepped.given.rows.ts_event[40],
    )  # fmt: skip
    assert counts(stepped) == ALL


def test_each_day_is_squared_off_by_the_kernel() -> None:
    stepped = both(intraday(([NAN] * 3 + [0.5] + [NAN] * 46) * 6))
    assert [row for row, quantity, _ in fills(stepped) if quantity < 0] == [41, 91, 141, 191, 241, 291]
    assert counts(stepped) == ALL


def test_an_entry_after_the_last_one_is_refused_by_the_kernel() -> None:
    stepped = both(intraday([NAN] * 30 + [0.5]))
    (decision,) = stepped.driver.log.decisions
    assert decision.code == "INTRADAY_CUT_OFF"
    assert counts(stepped) == ALL


def test_an_order_that_is_on_its_way_is_cancelled_and_nothing_is_closed() -> None:
    stepped = both(intraday([NAN] * 29 + [0.5], rules=MatchingRules(latency=20)))
    reason = "SQUARE_OFF: intraday positions end"
    assert fills(stepped) == []
    assert ends(stepped) == [("1", 0, reason)]
    assert sent(stepped) == [("PlaceOrder", "001", ""), ("CancelOrder", "001", reason)]
    assert counts(stepped) == ALL


def test_what_works_is_cancelled_before_what_it_bought_is_closed() -> None:
    """Bars of ten a minute are taken whole from row 30 to 40: 110 of 497 are bought, and sold on the same bars."""
    given = intraday([NAN] * 29 + [0.5], rules=MatchingRules(participation_ppm=1_000_000))
    stepped = both(volumes(given, **{f"at_{row}": 10.0 for row in range(30, 50)}))
    assert [one[:2] for one in fills(stepped)] == [(30 + n, 10 if n < 11 else -10) for n in range(20)] + [(50, -20)]
    assert ends(stepped) == [("1", 110, "SQUARE_OFF: intraday positions end")]
    assert [word for word, _, _ in sent(stepped)] == ["PlaceOrder", "CancelOrder", "PlaceOrder"]
    assert counts(stepped) == ALL


def test_an_order_that_closes_rests_over_night_and_no_second_one_is_sent() -> None:
    given = intraday([NAN] * 3 + [0.5], rules=MatchingRules(participation_ppm=1_000_000))
    stepped = both(volumes(given, **{f"at_{row}": 1.0 for row in range(41, 52)}))
    assert fills(stepped)[-1][:2] == (52, -488)
    assert len(stepped.driver.log.orders) == 2
    assert counts(stepped) == ALL


def test_an_order_that_closes_goes_to_the_driver_and_comes_back() -> None:
    given = intraday([NAN] * 3 + [0.5], rules=MatchingRules(participation_ppm=1_000_000), injected=[42, 46], cuts=[44])
    stepped = both(volumes(given, **{f"at_{row}": 1.0 for row in range(41, 52)}))
    assert fills(stepped)[-1][:2] == (52, -488)
    assert counts(stepped) == {"kernel": ROWS - 2, "driver": 2}


def test_a_short_is_covered_with_more_cash_than_there_is() -> None:
    """Sold at 100.04, and a row later the price is a hundred times that: the book owes what it takes."""
    given = intraday([NAN] * 3 + [-0.9], limits=Limits(allow_short=True))
    prices = {name: given.rows[name].copy() for name in ("open", "high", "low", "close")}
    for column in prices.values():
        column[30:] *= 100
    stepped = both(dataclasses.replace(given, rows=given.rows.with_columns(prices)))
    assert fills(stepped)[1][:2] == (41, 899)
    assert stepped.books[0].cash < 0
    assert counts(stepped) == ALL


def test_strategies_are_squared_off_one_after_the_other_between_their_orders() -> None:
    """The first one holds; the second one's order works; the third one keeps over night and decides on that slice."""
    given = intraday([], products=["intraday", "intraday", ""], entries=None, rules=MatchingRules(latency=2))
    wishes = {f"wish{number}": np.full(ROWS, NAN) for number in range(3)}
    wishes["wish0"][3], wishes["wish1"][39], wishes["wish2"][40] = 0.5, 0.5, 0.5
    rows = given.rows.with_columns(wishes)
    given = dataclasses.replace(given, rows=rows, wishes=[*wishes], sees=[()] * 3, capital=[10**7] * 3)
    stepped = both(given)
    assert sent(stepped)[:5] == [
        ("PlaceOrder", "001", ""), ("PlaceOrder", "011", ""),
        ("PlaceOrder", "002", ""), ("CancelOrder", "011", "SQUARE_OFF: intraday positions end"),
        ("PlaceOrder", "021", ""),
    ]  # fmt: skip
    assert [one[:2] for one in fills(stepped)] == [(6, 499), (43, -499), (43, 497)]
    assert counts(stepped) == ALL


def test_what_is_bought_after_a_square_off_is_closed_on_the_next_slice() -> None:
    stepped = both(intraday([NAN] * 42 + [0.5], entries=None))
    assert [one[:2] for one in fills(stepped)] == [(43, 497), (44, -497)]
    assert counts(stepped) == ALL


@pytest.mark.parametrize("reader", ["stop", "trail", "patient"])
def test_columns_that_read_their_book_see_what_was_squared_off(reader: str) -> None:
    stepped = both(intraday([NAN] * 3 + [0.5], readers=[reader]))
    assert (41, -499, 10_041) in fills(stepped)
    assert counts(stepped) == ALL


def test_a_position_that_is_held_over_is_closed_in_the_next_session() -> None:
    """No slice of the first session is at or after the square-off; row 50 is then the 41st."""
    late = IntradayTimes(TIMES, "UTC", dt.time(0, 48), None, 0)
    given = intraday([NAN] * 3 + [0.5], terms=HoldingTerms(TIMES, intraday=late))
    stepped = both(dataclasses.replace(given, rows=given.rows.take(np.r_[0:40, 50:ROWS])))
    assert [one[:2] for one in fills(stepped)] == [(4, 499), (41, -499)]
    assert stepped.driver.log.orders[1].order.reason == "SQUARE_OFF: held over from an earlier session"
    assert counts(stepped) == {"kernel": ROWS - 10, "driver": 0}


def test_columns_see_the_order_that_closes_what_was_held_over(compiled: Compiled, kernels: Kernels) -> None:
    """The wish of the first slice of the session waits, as an order works: nothing is decided there."""
    late = IntradayTimes(TIMES, "UTC", dt.time(0, 48), None, 0)
    given = intraday(
        [NAN] * 3 + [0.5] + [NAN] * 46 + [0.3],
        readers=["patient"],
        terms=HoldingTerms(TIMES, intraday=late),
        entries=None,
    )
    given = dataclasses.replace(given, rows=given.rows.take(np.r_[0:40, 50:ROWS]))
    stepped = both_compiled(given, compiled, kernels)
    assert [one[:2] for one in fills(stepped)] == [(4, 499), (41, -499)]
    assert len(stepped.driver.log.decisions) == 1


def test_instruments_are_closed_in_their_order_each_at_its_own_mark() -> None:
    """A protected order is bounded by one hundredth of that mark: one at another's would not trade."""
    names = [InstrumentId(one, "NSE") for one in "BA"]
    universe = Universe(Instrument(one, "INR") for one in names)
    given = intraday([], universe=universe, rules=MatchingRules(protection_ppm=10_000))
    rows = given.rows.take(np.repeat(np.arange(ROWS), 2))
    wish = np.full(2 * ROWS, NAN)
    wish[6:8] = 0.4
    inst = np.tile(np.arange(2, dtype=np.int32), ROWS)
    dearer = {name: rows[name] * (1 + inst) for name in ("open", "high", "low", "close")}
    rows = Chunk(rows.ts_event, inst, {**rows.columns, **dearer, "wish0": wish})
    stepped = both(dataclasses.replace(given, rows=rows))
    closing = [one for one in stepped.driver.log.orders if one.order.reason.startswith("SQUARE_OFF")]
    assert [str(one.order.instrument) for one in closing] == ["A.NSE", "B.NSE"]
    assert [one.filled for one in closing] == [one.order.quantity for one in closing]
    assert counts(stepped) == ALL


def test_orders_that_close_count_for_no_limit() -> None:
    """Two orders a session: the square-off is none of them."""
    wishes = [NAN] * 3 + [0.5] + [NAN] * 38 + [0.2]
    stepped = both(intraday(wishes, limits=Limits(orders_per_session=2), entries=None))
    assert [one.code for one in stepped.driver.log.decisions] == ["SENT", "SENT"]
    assert counts(stepped) == ALL


def test_why_orders_were_withdrawn_begins_as_it_does_in_full() -> None:
    """Thirteen orders a day: what became of so many is told in columns, whose texts are not made for it."""
    day = [NAN] * 37 + [0.1, 0.2, 0.3] + [0.5] * 10
    stepped = Stepped(intraday(day * 6, entries=None, rules=MatchingRules(latency=2)), kernel=plain)
    block, *_ = stepped.driver.log.ended.blocks()
    assert len(block) >= 64
    reasons = block.coded("reason")
    heads = reasons.heads().tolist()
    assert "all" not in vars(reasons._texts)  # type: ignore[attr-defined]
    assert "SQUARE_OFF" in heads
    assert heads == [text.partition(":")[0] for text in reasons.tolist()]
