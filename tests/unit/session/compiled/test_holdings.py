"""Bands, latency, products and what happens to positions by themselves: by the kernel, and when it is the driver's."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import partial

import numpy as np
from unit.session.compiled.drawn_sessions import DAY, MINUTE, Drawn, Stepped, differences
from unit.session.compiled.test_blocks import ROWS, counts, simple

from friday_core.causal.compiled.executor import CompiledExecutor
from friday_core.causal.compiled.kernels import Kernels
from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.session.custody import HoldingTerms
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.compiled.loaded import Compiled
from friday_core.simulation.matching import MatchingRules
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending
from friday_core.trading.entry_rules import EntryRules
from friday_core.trading.limits import Limits
from friday_core.trading.session_times import daily_times

A = InstrumentId("A", "NSE")
NAN = float("nan")
#: Fifty slices a session, one a minute from midnight on.
TIMES = daily_times(dt.time(0, 0), dt.time(0, 49), "UTC")


def both(given: Drawn) -> Stepped:
    """By the kernel, having compared it with the driver."""
    stepped = Stepped(given, kernel=plain)
    assert differences(Stepped(given).left(), stepped.left()) == []
    return stepped


def both_compiled(given: Drawn, compiled: Compiled, kernels: Kernels) -> Stepped:
    """As ``both`` by compiled code, which runs columns that read the book ahead."""
    stepped = Stepped(given, kernel=compiled, executor=partial(CompiledExecutor, kernels=kernels))
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


def test_shorts_pay_for_each_day_until_the_first_slice_of_a_session() -> None:
    """499 short at the closes 100.50, 101.00, ...: 10% a year of 50,149.50 are 13.74 a day."""
    terms = HoldingTerms(TIMES, borrow_ppm=100_000)
    stepped = both(simple([-0.5], limits=Limits(allow_short=True), terms=terms))
    posted = [(one.session, one.kind, one.quantity, one.price, one.amount) for one in stepped.driver.log.postings]
    assert posted == [
        (session, "borrow_fee", -499, price, -fee)
        for session, price, fee in (
            (101, 10_050, 1_374), (102, 10_100, 1_381), (103, 10_150, 1_388), (104, 10_200, 1_394), (105, 10_250, 1_401)
        )
    ]  # fmt: skip
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_a_short_pays_for_the_days_on_which_nothing_was_traded() -> None:
    """The second session is three days after the first: 3 * 13.74 and the parts of a paisa, half-even."""
    given = simple([-0.5], limits=Limits(allow_short=True), terms=HoldingTerms(TIMES, borrow_ppm=100_000))
    later = np.where(np.arange(ROWS) < 50, 0, 2)
    rows = Chunk(given.rows.ts_event + later * DAY, given.rows.inst, given.rows.columns)
    rows = rows.with_columns({"session": rows["session"] + later})
    log = both(dataclasses.replace(given, rows=rows)).driver.log
    assert [(one.session, one.amount) for one in log.postings][:2] == [(103, -4_122), (104, -1_381)]


def test_columns_see_the_fee_on_the_slice_on_which_it_is_paid(compiled: Compiled, kernels: Kernels) -> None:
    """8% of the short a day are 4% of the equity: the book is out where it lost 2% in seven rows."""
    terms = HoldingTerms(TIMES, borrow_ppm=30_000_000)
    given = simple([NAN] * 9 + [-0.5], limits=Limits(allow_short=True), terms=terms, readers=["careful"])
    stepped = both_compiled(given, compiled, kernels)
    assert [one[:2] for one in fills(stepped)] == [(10, -499), (51, 499)]
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}


def test_a_fee_too_large_for_64_bits_is_the_drivers() -> None:
    terms = HoldingTerms(TIMES, borrow_ppm=10**9)
    stepped = both(simple([-0.5], limits=Limits(allow_short=True), terms=terms, capital=[10**16]))
    assert counts(stepped)["driver"] > 0
    assert len(stepped.driver.log.postings) == 5


def test_what_is_on_no_list_of_the_day_is_refused_by_the_kernel() -> None:
    on_odd_days = EntryRules(TIMES, universe=lambda day: frozenset("A"[: day % 2]))
    given = simple([0.5] + [NAN] * 59 + [0.5], entries=on_odd_days)
    given = dataclasses.replace(given, universe=Universe([Instrument(A, "INR")]))
    stepped = both(given)
    found = [(one.code, one.detail) for one in stepped.driver.log.decisions]
    assert found == [("NOT_IN_UNIVERSE", "A was not in the universe on 1970-04-11"), ("SENT", "")]
    assert stepped.driver.log.decisions[1].ts_event == 101 * DAY + 10 * MINUTE
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
