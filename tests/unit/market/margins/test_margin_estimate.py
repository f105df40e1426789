"""How an estimate is told, and what an order adds."""

from __future__ import annotations

from decimal import Decimal

from fakes.margins import NIFTY, book, future, option, share

from friday_core.domain.instruments import InstrumentId
from friday_core.market.instruments.listing import Listing
from friday_core.market.margins.estimate import LABEL
from friday_core.market.margins.listed import listed_leg
from friday_core.market.margins.rows import Underlying

ON = "2026-05-05"


def test_an_estimate_says_that_it_is_one() -> None:
    held = future(75, "2026-05-26")
    margins = book(ON, {held: 24_000}, {NIFTY: 0.12})
    told = "211,770.00 INR on 2026-05-05 (span 175,770.00 INR, exposure 36,000.00 INR): "
    assert str(margins.margin_of([held])) == told + LABEL
    assert str(margins.order_margin(held)) == "211,770.00 INR more on 2026-05-05: " + LABEL
    assert LABEL == "an estimate, meant to lie above; the broker's own margin decides"


def test_nothing_held_ties_up_nothing() -> None:
    assert str(book(ON, {}).margin_of([])) == f"0.00 INR on 2026-05-05: {LABEL}"


def test_positions_in_one_contract_are_netted() -> None:
    margins = book(ON, {future(1, "2026-05-26"): 24_000}, {NIFTY: 0.12})
    assert margins.margin_of([future(75, "2026-05-26"), future(-75, "2026-05-26")]).total == 0


def test_an_intraday_position_sets_off_no_other() -> None:
    carried, intraday = future(75, "2026-05-26"), future(-75, "2026-05-26", product="intraday")
    margins = book(ON, {carried: 24_000}, {NIFTY: 0.12})
    assert margins.margin_of([carried, intraday]).total == 2 * margins.margin_of([carried]).total


def test_a_sale_of_what_is_held_sets_free() -> None:
    order = book(ON, {share(1): 100}).order_margin(share(-4), [share(10)])
    assert (order.added, order.released, order.after.total) == (0, 400_00, 600_00)


def test_an_order_that_hedges_adds_less_than_it_would_alone() -> None:
    sold, bought = option(-75, 24_000, "call", "2026-05-26"), option(75, 24_200, "call", "2026-05-26")
    margins = book(ON, {NIFTY: 24_000, sold: 300, bought: 220}, {NIFTY: 0.12})
    alone, beside = margins.order_margin(sold), margins.order_margin(sold, [bought])
    assert 0 < beside.added < alone.added // 3


def listing(kind: str, strike: str | None, expiry: str | None = "2026-05-26") -> Listing:
    import datetime as dt

    last = None if expiry is None else dt.date.fromisoformat(expiry)
    segment = "NSE" if kind == "EQ" else f"NFO-{'FUT' if kind == 'FUT' else 'OPT'}"
    price = None if strike is None else Decimal(strike)
    return Listing(1, "NFO", f"NIFTY26MAY{kind}", "NIFTY", kind, segment, last, price, Decimal("0.05"), 75, True)


def test_a_row_of_a_days_list_becomes_a_leg() -> None:
    put = listed_leg(listing("PE", "24000"), -75, NIFTY, Underlying.INDEX)
    assert (put.instrument.kind, put.instrument.lot_size, put.quantity) == ("option", 75, -75)
    assert put.contract == option(1, 24_000, "put", "2026-05-26").contract
    assert listed_leg(listing("FUT", None), 75, NIFTY, Underlying.INDEX).contract == future(1, "2026-05-26").contract
    assert listed_leg(listing("EQ", None, None), 5, product="mtf").instrument.id == InstrumentId("NIFTY26MAYEQ", "NFO")
