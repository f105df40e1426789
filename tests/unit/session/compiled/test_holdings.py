"""Bands, latency, products and what happens to positions by themselves: by the kernel, and when it is the driver's."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from unit.session.compiled.drawn_sessions import DAY, MINUTE, Drawn, Stepped, differences
from unit.session.compiled.test_blocks import ROWS, counts, simple

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.session.custody import HoldingTerms
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.matching import MatchingRules
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.limits import Limits
from friday_core.trading.session_times import IntradayTimes, daily_times

A = InstrumentId("A", "NSE")
NAN = float("nan")
#: Fifty slices a session, one a minute from midnight on.
TIMES = daily_times(dt.time(0, 0), dt.time(0, 49), "UTC")


def both(given: Drawn) -> Stepped:
    """By the kernel, having compared it with the driver."""
    stepped = Stepped(given, kernel=plain)
    assert differences(Stepped(given).left(), stepped.left()) == []
    return stepped


def fills(stepped: Stepped) -> list[tuple[int, int, int]]:
    """Row, signed quantity and price of each."""
    times = stepped.given.rows.ts_event.tolist()
    log = stepped.driver.log
    return [(times.index(one.ts_event), one.side.sign * one.quantity, one.price) for one in log.fills]


# Bands -----------------------------------------------------------------------------------------------------------


def banded(price: int, factor: float = 1.0) -> Drawn:
    """All in on row 51: row 52 is one price only. The session before closed at 10,050, the band is 10 percent."""
    given = simple([NAN] * 51 + [0.5], rules=MatchingRules(band_ppm=100_000))
    columns = {name: given.rows[name].copy() for name in ("open", "high", "low", "close", "factor")}
    for name in ("open", "high", "low", "close"):
        columns[name][52] = price
    columns["factor"][50:100] = factor
    return dataclasses.replace(given, rows=given.rows.with_columns(columns))


def test_at_the_upper_band_nobody_sells() -> None:
    stepped = both(banded(11_055))
    assert fills(stepped)[0][:2] == (53, 497)
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_one_unit_below_the_upper_band_the_order_fills() -> None:
    assert fills(both(banded(11_054)))[0] == (52, 497, 11_054)


def test_beyond_the_band_nothing_fills() -> None:
    assert fills(both(banded(11_056)))[0][0] == 53


def test_a_band_is_in_the_prices_of_its_session() -> None:
    """By the factor the close before is 20,100 in the prices of the day: the day's own are below the lower band."""
    found = fills(both(banded(20_000, factor=0.5)))
    assert found[0][0] == 52


def test_bands_go_on_behind_a_slice_of_the_drivers() -> None:
    given = dataclasses.replace(banded(11_055), injected=[3, 49, 50, 52], cuts=[20, 51])
    assert fills(both(given))[0][0] == 53


# Latency in time -------------------------------------------------------------------------------------------------


def test_an_order_trades_on_the_first_slice_that_opens_after_it_arrived() -> None:
    """Decided with slice 3, two minutes on its way: the slice before 6 is the first to end after that."""
    given = simple([NAN] * 3 + [0.5], rules=MatchingRules(latency_us=2 * MINUTE))
    stepped = both(given)
    assert fills(stepped)[0][0] == 6
    assert stepped.driver.log.orders[0].active_from == 6
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_an_order_on_its_way_is_handed_to_the_driver_and_back() -> None:
    given = simple([NAN] * 3 + [0.5], rules=MatchingRules(latency_us=4 * MINUTE), injected=[4, 6], cuts=[5])
    assert fills(both(given))[0][0] == 8


# Products --------------------------------------------------------------------------------------------------------


def test_delivery_is_not_sold_short_even_if_shorts_are_allowed() -> None:
    given = simple([NAN, -0.5], limits=Limits(allow_short=True), products=["delivery"])
    (decision,) = both(given).driver.log.decisions
    assert (decision.code, decision.detail) == (
        "SHORT_DELIVERY",
        "a short of 499: equity is held as delivery, limit 0",
    )


def test_a_share_is_not_held_as_normal() -> None:
    (decision,) = both(simple([0.5], products=["normal"])).driver.log.decisions
    assert decision.code == "WRONG_PRODUCT"
    assert decision.detail == "normal: a equity is held as delivery, intraday, mtf"


def test_orders_and_fills_name_the_product() -> None:
    log = both(simple([0.5], products=["mtf"])).driver.log
    assert ([one.order.product for one in log.orders], [one.product for one in log.fills]) == (["mtf"], ["mtf"])


# Square-off ------------------------------------------------------------------------------------------------------


def intraday(wishes: list[float], **changes: object) -> Drawn:
    hours = IntradayTimes(TIMES, "UTC", dt.time(0, 40), dt.time(0, 30), MINUTE)
    return simple(
        wishes, products=["intraday"], terms=HoldingTerms(TIMES, intraday=hours),
        entries=EntryRules(TIMES, intraday=hours), **changes,
    )  # fmt: skip


def test_the_slice_of_a_square_off_and_that_of_its_fill_are_the_drivers() -> None:
    """The close of 0:40 is the first one from which another minute would end too late."""
    stepped = both(intraday([NAN] * 3 + [0.5]))
    assert fills(stepped) == [(4, 499, 10_004), (41, -499, 10_041)]
    assert counts(stepped) == {"kernel": ROWS - 2, "driver": 2}


def test_an_entry_after_the_last_one_is_refused_by_the_kernel() -> None:
    stepped = both(intraday([NAN] * 30 + [0.5]))
    (decision,) = stepped.driver.log.decisions
    assert decision.code == "INTRADAY_CUT_OFF"
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


@pytest.mark.parametrize("reader", ["stop", "trail"])
def test_columns_that_read_their_book_see_what_was_squared_off(reader: str) -> None:
    found = fills(both(intraday([NAN] * 3 + [0.5], readers=[reader])))
    assert (41, -499, 10_041) in found


def test_a_position_that_is_held_over_is_closed_in_the_next_session() -> None:
    """No slice of the first session is at or after the square-off."""
    late = IntradayTimes(TIMES, "UTC", dt.time(0, 48), None, 0)
    given = intraday([NAN] * 3 + [0.5])
    keep = np.r_[0:40, 50:ROWS]
    given = dataclasses.replace(given, rows=given.rows.take(keep), terms=HoldingTerms(TIMES, intraday=late))
    assert [one[:2] for one in fills(both(given))] == [(4, 499), (41, -499)]


# Endings, fees, lists --------------------------------------------------------------------------------------------


def test_only_the_slice_of_an_ending_is_the_drivers() -> None:
    given = simple([0.5], terms=HoldingTerms(TIMES, {A: Ending(102, Code.DELISTED)}))
    stepped = both(given)
    assert fills(stepped)[1:] == [(149, -499, 10_150)]
    assert counts(stepped) == {"kernel": ROWS - 1, "driver": 1}


def test_what_ended_without_a_last_slice_is_settled_before_the_next_session() -> None:
    times = daily_times(dt.time(0, 0), dt.time(23, 0), "UTC")
    stepped = both(simple([0.5], terms=HoldingTerms(times, {A: Ending(102, Code.DELISTED, price=7)})))
    assert fills(stepped)[1] == (149, -499, 7)
    assert counts(stepped)["driver"] == 1


def test_shorts_pay_on_the_first_slice_of_a_session_which_is_the_drivers() -> None:
    terms = HoldingTerms(TIMES, borrow_ppm=100_000)
    stepped = both(simple([-0.5], limits=Limits(allow_short=True), terms=terms))
    assert [one.session for one in stepped.driver.log.postings] == [101, 102, 103, 104, 105]
    assert counts(stepped) == {"kernel": ROWS - 5, "driver": 5}


def test_what_is_on_no_list_of_the_day_is_refused_by_the_kernel() -> None:
    on_odd_days = EntryRules(TIMES, universe=lambda day: frozenset("A"[: day % 2]))
    given = simple([0.5] + [NAN] * 59 + [0.5], entries=on_odd_days)
    given = dataclasses.replace(given, universe=Universe([Instrument(A, "INR")]))
    stepped = both(given)
    found = [(one.code, one.detail) for one in stepped.driver.log.decisions]
    assert found == [("NOT_IN_UNIVERSE", "A was not in the universe on 1970-04-11"), ("SENT", "")]
    assert stepped.driver.log.decisions[1].ts_event == 101 * DAY + 10 * MINUTE
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
