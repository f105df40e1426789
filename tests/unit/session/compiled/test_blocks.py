"""What blocks of slices do besides giving the driver's result."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from unit.session.compiled.drawn_sessions import Drawn, Share, Stepped, differences

from friday_core.domain.chunk import Chunk, Universe
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import FactsError
from friday_core.interfaces.broker import ChargesPlan, Tariff
from friday_core.session.compiled.eligible import obstacles
from friday_core.session.driver import Driver
from friday_core.simulation.compiled.arena import plain
from friday_core.simulation.compiled.loaded import Compiled
from friday_core.simulation.matching import BarMatcher, MatchingRules
from friday_core.simulation.scaled_costs import known_shares, scaled_charges
from friday_core.trading.limits import Limits
from friday_plugins.charges.indian import Indian, IndianSettings

ROWS = 300


def simple(wishes: list[float] | None = None, **changes: object) -> Drawn:
    """One instrument that rises a unit a bar, all in every tenth bar and out five bars later."""
    close = 10_000 + np.arange(ROWS)
    wish = np.full(ROWS, np.nan)
    wish[::10], wish[5::10] = 1.0, 0.0
    if wishes is not None:
        wish[:] = np.nan
        wish[: len(wishes)] = wishes
    prices = {"open": close, "high": close + 2, "low": close - 2, "close": close + 1}
    session = 100 + np.arange(ROWS) // 50
    columns = {**prices, "volume": np.full(ROWS, 1e9), "session": session.astype(np.float64), "wish0": wish}
    columns |= {"factor": np.ones(ROWS), "split": np.ones(ROWS)}
    rows = Chunk(session * 86_400_000_000 + np.arange(ROWS) % 50 * 60_000_000, np.zeros(ROWS, np.int32), columns)
    universe = Universe([Instrument(InstrumentId("A", "NSE"), "INR")])
    given = Drawn(
        universe, rows, ["wish0"], [()], [10_000_000], Limits(), MatchingRules(), Share(300, 1_000_000), [], []
    )
    return dataclasses.replace(given, **changes)


def counts(stepped: Stepped) -> dict[str, int]:
    assert stepped.driver._blocks is not None
    return stepped.driver._blocks.counts


def test_the_kernel_steps_every_slice_of_an_all_in_strategy() -> None:
    stepped = Stepped(simple(), kernel=plain)
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
    assert len(stepped.driver.log.fills) == 60


def test_a_strategy_that_reads_its_own_fill_price_is_the_kernels_too() -> None:
    """Bought at 102.95 on row 4; the close of row 108 is the first one below 99% of that."""
    given = simple([float("nan")] * 3 + [0.5], readers=["stop"])
    falling = {name: given.rows[name][::-1].copy() for name in ("open", "high", "low", "close")}
    stepped = Stepped(dataclasses.replace(given, rows=given.rows.with_columns(falling)), kernel=plain)
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
    times = given.rows.ts_event.tolist()
    fills = [(str(one.side), times.index(one.ts_event), one.price) for one in stepped.driver.log.fills]
    assert fills == [("buy", 4, 10_295), ("sell", 109, 10_190)]


def test_a_cone_without_code_for_kernels_is_the_drivers(compiled: Compiled) -> None:
    given = simple([0.5], readers=["stop"])
    stepped = Stepped(given, kernel=compiled)
    assert counts(stepped) == {"kernel": 0, "driver": ROWS}
    assert stepped.driver.stepped["obstacles"] == ["columns read the book by an operator that runs in plain Python"]
    assert differences(Stepped(given).left(), stepped.left()) == []


def test_a_slice_that_is_injected_is_the_drivers_alone() -> None:
    assert counts(Stepped(simple(injected=[17, 120]), kernel=plain)) == {"kernel": ROWS - 2, "driver": 2}


def test_of_a_long_block_the_kernel_takes_some_rows_at_a_time() -> None:
    stepped = Stepped(simple(at_a_time=64), kernel=plain)
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
    assert [block.rows for block in stepped.driver.log.equity.blocks()] == [64, 64, 64, 64, 44]
    assert differences(Stepped(simple()).left(), stepped.left()) == []


def test_once_a_strategy_is_stopped_the_rows_that_the_kernel_has_not_taken_are_the_drivers() -> None:
    given = simple([1.0] + [float("nan")] * 70 + [5_000.0, 0.5], at_a_time=64)
    stepped = Stepped(given, kernel=plain)
    assert stepped.left()["stopped"][0][0] == given.rows.ts_event[71]
    assert differences(Stepped(given).left(), stepped.left()) == []


def test_a_book_too_large_for_64_bits_is_the_drivers() -> None:
    given = simple(capital=[10**20])
    assert counts(Stepped(given, kernel=plain)) == {"kernel": 0, "driver": ROWS}


def test_a_price_too_large_for_64_bits_leaves_what_was_held_overnight_at_its_own_price() -> None:
    """Row 100 begins a session, whose first price is the kernel's no more: the evening before it was 101.00."""
    given = simple([1.0])
    prices = {name: given.rows[name].copy() for name in ("high", "close")}
    for column in prices.values():
        column[100] = 5 * 10**15
    given = dataclasses.replace(given, rows=given.rows.with_columns(prices))
    stepped = Stepped(given, kernel=plain)
    assert counts(stepped) == {"kernel": 100, "driver": 200}
    assert [one.price for one in stepped.driver.log.positions][:2] == [10_050, 10_100]
    assert differences(Stepped(given).left(), stepped.left()) == []


def test_a_strategy_that_breaks_its_contract_is_stopped_by_the_driver() -> None:
    given = simple([1.0, 5_000.0, 0.5])
    left = Stepped(given, kernel=plain).left()
    assert left["stopped"] == [(100 * 86_400_000_000 + 60_000_000, "s0", left["stopped"][0][2])]
    assert [one.code for one in left["decisions"]] == ["SENT"]


def test_texts_are_made_only_when_they_are_read() -> None:
    given = simple()
    given = dataclasses.replace(given, rows=given.rows.with_columns({"wish0": np.arange(ROWS) % 2}))
    log = Stepped(given, kernel=plain).driver.log
    (block,) = log.decisions.blocks()
    assert "all" not in vars(block.coded("reason")._texts)  # type: ignore[attr-defined]
    assert log.decisions[1].reason == "last 100.02, target 1"


def test_intents_are_the_orders_of_the_log() -> None:
    stepped = Stepped(simple(), kernel=plain)
    sent = [one.order for part in stepped.intents[:-1] for one in part]  # type: ignore[union-attr]
    assert sent == [one.order for one in stepped.driver.log.orders]
    assert len(sent) == 60


def test_an_order_that_works_at_the_end_of_a_block_is_one_object_in_the_log_and_in_the_queue() -> None:
    wishes = [float("nan")] * (ROWS - 1) + [0.5]
    stepped = Stepped(simple(wishes), kernel=plain)
    assert [(str(one.status), one.reason) for one in stepped.driver.log.orders] == [("cancelled", "END_OF_DATA")]


def test_without_a_kernel_slices_are_stepped_by_the_driver() -> None:
    stepped = Stepped(simple())
    assert stepped.driver.obstacles == ("no kernel is given",)
    assert stepped.driver._blocks is None


def indian(first: int = 20_000, product: str = "intraday") -> Drawn:
    """The same on days from ``first`` on, with the charges of Zerodha."""
    given = simple(charges=Indian(IndianSettings(product=product)))  # type: ignore[arg-type]
    session = given.rows["session"] + (first - 100)
    rows = Chunk(given.rows.ts_event + (first - 100) * 86_400_000_000, given.rows.inst, given.rows.columns)
    return dataclasses.replace(given, rows=rows.with_columns({"session": session}))


@pytest.mark.parametrize("product", ["intraday", "delivery"])
def test_the_kernel_charges_what_india_charges(product: str) -> None:
    given = indian(product=product)
    stepped = Stepped(given, kernel=plain)
    assert counts(stepped) == {"kernel": ROWS, "driver": 0}
    assert differences(Stepped(given).left(), stepped.left()) == []


def test_the_drivers_slices_share_their_sessions_bills_with_the_kernels() -> None:
    given = dataclasses.replace(indian(product="delivery"), injected=[6, 11, 16, 21, 60])
    assert differences(Stepped(given).left(), Stepped(given, kernel=plain).left()) == []


def test_a_session_without_rates_is_refused_by_the_driver() -> None:
    with pytest.raises(FactsError, match="no rates are known for 2021-03-30"):
        Stepped(indian(first=18_716), kernel=plain)


def test_the_day_of_the_last_rates_is_the_kernels() -> None:
    with pytest.raises(FactsError, match="no rates are known for 2027-04-01"):
        Stepped(indian(first=20_906), kernel=plain)


# Why not ---------------------------------------------------------------------------------------------------------


class ByOrder(ChargesPlan):
    """20 rupees an order."""

    def charges(self, side: object, quantity: int, notional: int) -> int:
        return 2_000


class Dearer(Share):
    """Changes what is charged, and forgets to say so."""

    def charges_of(self, order: ExecutedOrder) -> int:
        return 2 * super().charges_of(order)


class OwnMatcher(BarMatcher):
    """May do anything."""


def why(
    matcher: BarMatcher | None = None,
    charges: Tariff | None = None,
    nets: bool = False,
    account: Limits | None = None,
    **limits: object,
) -> list[str]:
    stepped = Stepped(simple(limits=Limits(**limits)))  # type: ignore[arg-type]
    chosen = charges or Share(1, 100)
    return obstacles(
        stepped.desks,
        matcher or BarMatcher(MatchingRules()),
        chosen,
        nets=nets,
        limits=account or Limits(),
    )


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (why(OwnMatcher(MatchingRules())), "a matcher of its own (OwnMatcher)"),
        (why(charges=ByOrder()), "ByOrder charges more than shares of the notional"),
        (why(charges=Dearer(1, 100)), "Dearer charges more than shares of the notional"),
        (why(charges=scaled_charges(ByOrder(), 2.0)), "ScaledCharges charges more than shares of the notional"),
        (why(nets=True), "netted"),
        (why(net_ppm=1_000_000), "net_ppm"),
        (why(concentration_ppm=1_000_000), "concentration_ppm"),
        (why(orders_per_minute=3), "orders_per_minute"),
        (why(account=Limits(net_ppm=1_000_000, allow_short=True)), "net_ppm is set ([account])"),
    ],
)
def test_what_the_kernel_does_not_know_is_named(found: list[str], word: str) -> None:
    assert len(found) == 1
    assert word in found[0]


def test_what_the_kernel_knows_is_no_obstacle() -> None:
    rules = MatchingRules(2, 1, 100_000, 5, 5, band_ppm=50_000, impact_ppm=1, range_ppm=1, protection_ppm=1_000)
    account = Limits(order_value=1, gross_ppm=1, allow_short=True)
    assert why(BarMatcher(rules), account=account, gross_ppm=1_000_000, allow_short=True, buffer_ppm=10_000) == []
    assert why(margin=True, margin_buffer_ppm=100_000) == []


def test_a_plan_that_says_nothing_of_shares_has_none() -> None:
    assert known_shares(ByOrder()) is None


def test_a_driver_without_strategies_has_no_blocks() -> None:
    given = simple()
    driver = Driver(given.universe, [], BarMatcher(given.rules), given.charges, kernel=lambda: plain)
    assert driver.obstacles == ["there is no strategy"]
