"""A book ties up no more than it has, by an estimate that says so."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes.bars import flat
from fakes.schedules import Fixed, day
from fakes.session import Script, Session
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.orders import Order, OrderType, Side
from friday_core.interfaces.risk_rule import Proposal, Ruling
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.margins.holdings import HoldingsMargin, Volatilities
from friday_core.market.margins.shipped import margin_tables
from friday_core.testing.doubles import book_view
from friday_plugins.calendars.indian import IndianCalendar, IndianSettings
from friday_plugins.risk_rules.margin import Margin

CALENDAR = IndianCalendar(IndianSettings(exchange="NFO"))
DAY = day("2026-03-02")
SHARE = Instrument(InstrumentId("SHARE", "NSE"), "INR")
MARCH = Instrument(InstrumentId("NIFTY26MARFUT", "NFO"), "INR", 2, 10, 65, "future")
APRIL = Instrument(InstrumentId("NIFTY26APRFUT", "NFO"), "INR", 2, 10, 65, "future")
PRICES = {SHARE.id: 1_000_00, MARCH.id: 24_000_00, APRIL.id: 24_100_00}
UNIVERSE = Universe([SHARE, MARCH, APRIL])
ESTIMATES = HoldingsMargin(
    margin_tables(), instrument_facts(), Fixed(CALENDAR.schedule()).schedule(), Volatilities(0.25, 0.5, {})
)


def rule(**settings: Any) -> Margin:
    return Margin(Margin.Settings(**settings), UNIVERSE, CALENDAR)


def asked(
    change: int,
    instrument: Instrument = MARCH,
    *,
    equity: int,
    held: Mapping[Instrument, int] | None = None,
    working: Mapping[InstrumentId, int] | None = None,
    on: int = DAY,
    settings: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> Ruling:
    """What the rule says of one order of a book with so much equity, in rupees."""
    positions = dict(held or {})
    side = Side.BUY if change > 0 else Side.SELL
    kind = OrderType.MARKET if limit is None else OrderType.LIMIT
    order = Order(instrument.id, side, abs(change), kind, limit_price=limit)
    before = positions.get(instrument, 0)
    price = PRICES[instrument.id] if limit is None else limit
    proposal = Proposal(order, instrument, price, before, before + change, on, PRICES)
    # The kit's book marks all that it holds at one price.
    cash = equity * 100 - 100_00 * sum(positions.values())
    return rule(**(settings or {})).check(proposal, book_view(cash, positions, 100_00, working))


def margin(held: Mapping[Instrument, int]) -> int:
    return ESTIMATES.estimate(DAY, held, PRICES).total


def test_an_order_whose_margin_is_covered_passes() -> None:
    assert margin({MARCH: -65}) == 250_086_96
    assert asked(-65, equity=277_875) == Ruling(65)


def test_an_order_whose_margin_is_not_covered_is_refused_with_the_figures_and_the_label() -> None:
    ruling = asked(-65, equity=277_874)
    assert (ruling.quantity, ruling.code) == (0, "MARGIN_ESTIMATE")
    assert ruling.detail == (
        "250,086.60 INR of 277,874.00 INR may be tied up, with all of it are 250,086.96 INR on 2026-03-02 "
        "(span 218,886.96 INR, exposure 31,200.00 INR): "
        "an estimate, meant to lie above; the broker's own margin decides"
    )


def test_what_is_too_large_is_cut_to_whole_lots() -> None:
    ruling = asked(-650, equity=1_000_000)
    assert (ruling.quantity, ruling.code) == (195, "MARGIN_ESTIMATE")


@pytest.mark.parametrize(("keep_free", "quantity"), [(0.0, 130), (0.5, 65), (0.9, 0)])
def test_a_share_of_the_equity_stays_free(keep_free: float, quantity: int) -> None:
    assert asked(-130, equity=700_000, settings={"keep_free": keep_free}).quantity == quantity


def test_what_only_reduces_passes_whatever_it_is_worth() -> None:
    assert asked(130, equity=1, held={MARCH: -130}) == Ruling(130)
    assert asked(-65, equity=-5_000, held={MARCH: 130}) == Ruling(65)


def test_of_a_reversal_the_closing_part_passes() -> None:
    assert asked(195, equity=1, held={MARCH: -130}).quantity == 130


def test_an_order_with_which_less_is_tied_up_passes_without_cover() -> None:
    assert asked(130, APRIL, equity=1, held={MARCH: -130}) == Ruling(130)


def test_shares_that_are_held_tie_up_what_they_are_worth() -> None:
    held = {SHARE: 500}
    assert asked(-65, equity=833_000, held=held).code == "MARGIN_ESTIMATE"
    assert asked(-65, equity=834_000, held=held) == Ruling(65)


def test_orders_in_other_instruments_count_as_filled_or_not_whichever_ties_up_more() -> None:
    # A hedge that is on its way may not come.
    assert asked(-195, equity=800_000, working={APRIL.id: 130}).quantity == 130
    # Nor may the other order stay away.
    assert asked(-65, equity=400_000, working={APRIL.id: -65}).quantity == 0


def test_an_order_with_a_limit_is_judged_at_the_limit_or_the_market_whichever_is_higher() -> None:
    assert asked(-65, equity=278_000).quantity == 65
    assert asked(-65, equity=278_000, limit=24_300_00).quantity == 0
    assert asked(-65, equity=277_000, limit=20_000_00).quantity == 0


def test_a_volatility_of_its_own_goes_before_that_of_the_kind() -> None:
    assert asked(-65, equity=260_000).quantity == 0
    assert asked(-65, equity=260_000, settings={"volatilities": {"NIFTY": 0.15}}) == Ruling(65)
    assert asked(-65, equity=260_000, settings={"index_volatility": 0.15}) == Ruling(65)


def test_a_product_can_be_chosen() -> None:
    assert asked(100, SHARE, equity=50_000).quantity == 45
    assert asked(100, SHARE, equity=50_000, settings={"product": "intraday"}) == Ruling(100)


@pytest.mark.parametrize(
    ("on", "held", "told"),
    [
        (day("2031-03-03"), {}, "no margin can be estimated: "),
        (DAY, {SHARE: -5}, "5 more sold as delivery than are held"),
        (day("2026-04-02"), {}, "NIFTY26MARFUT.NFO expired on 2026-03-30"),
    ],
)
def test_without_an_estimate_nothing_is_added_and_reductions_pass(
    on: int, held: Mapping[Instrument, int], told: str
) -> None:
    ruling = asked(-65, equity=10_000_000, on=on, held=held)
    assert (ruling.quantity, ruling.code) == (0, "MARGIN_UNKNOWN")
    assert told in ruling.detail
    assert asked(-65, equity=10_000_000, on=on, held={**held, MARCH: 65}) == Ruling(65)


def test_a_file_of_ones_own_goes_before_the_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "margins.toml"
    own.write_text(
        'name = "mine"\nchecked = 2026-01-01\nknown_until = 2026-12-31\n[[cash]]\nproducts = ["intraday"]\n'
        'percent = 50\nfrom = 2026-01-01\nsource = "mine"\ncertainty = "certain"\n'
    )
    assert asked(100, SHARE, equity=50_000, settings={"product": "intraday", "file": own}).quantity == 90


@given(st.integers(-30, 30).filter(bool), st.integers(-10, 10), st.integers(0, 400), st.integers(0, 5_000_000))
def test_whatever_passes_is_covered_or_ties_up_no_more_than_before(
    lots: int, held: int, shares: int, equity: int
) -> None:
    positions = {MARCH: 65 * held, SHARE: shares}
    ruling = asked(65 * lots, equity=equity, held={one: n for one, n in positions.items() if n})
    sign = 1 if lots > 0 else -1
    reducing = min(65 * abs(lots), max(0, -sign * 65 * held))
    assert ruling.quantity % 65 == 0
    assert reducing <= ruling.quantity <= 65 * abs(lots)
    if ruling.quantity > reducing:
        after, closed = (margin({**positions, MARCH: 65 * held + sign * part}) for part in (ruling.quantity, reducing))
        assert after <= max(int(Decimal(equity * 100) * Decimal("0.9")), closed)


def test_in_a_session_it_sees_the_date_and_the_latest_prices() -> None:
    sell = Order(MARCH.id, Side.SELL, 130)
    script = Script({DAY: [sell]})
    session = Session(script, capital=500_000_00, universe=UNIVERSE, rules={"margin": rule()})
    session.run([flat(DAY, MARCH.id, 24_000_00), flat(DAY, SHARE.id, 1_000_00), flat(DAY + 1, MARCH.id, 24_000_00)])
    assert session.asked_and_sent == [(-130, -65, "MARGIN_ESTIMATE")]
