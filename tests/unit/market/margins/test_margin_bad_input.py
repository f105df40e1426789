"""What cannot be judged is refused with its name, and with everything else that is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes.margins import NIFTY, book, day, future, option, share
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.errors import DataError
from friday_core.market.margins.book import margin_of
from friday_core.market.margins.legs import Contract, Leg, Right
from friday_core.market.margins.rows import Underlying

ON = "2026-05-05"
FUTURE, CALL = future(75, "2026-05-26"), option(-75, 24_000, "call", "2026-05-26")
CRUDE = InstrumentId("CRUDEOIL", "MCX")


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(DataError) as caught:
        book(ON, {}).margin_of([CALL, FUTURE, share(1)])
    assert str(caught.value).splitlines() == [
        "no margin can be estimated for 2026-05-05:",
        "  no price of INFY.NSE: give one",
        "  no price of NIFTY 50.NSE: give one",
        "  no price of NIFTY 50 2026-05-26 24000 call.NFO: give one",
        "  no volatility of NIFTY 50.NSE: give one, 0.15 for 15% a year",
        "  no price of NIFTY 50 2026-05-26 FUT.NFO: give one",
    ]


@pytest.mark.parametrize("product", ["CNC", "normal", "Delivery"])
def test_an_unknown_product_is_refused_with_those_that_there_are(product: str) -> None:
    with pytest.raises(DataError, match=rf"INFY\.NSE: unknown product '{product}'.*known: delivery, intraday, mtf"):
        book(ON, {share(1): 100}).margin_of([share(1, product)])


def test_a_lot_of_nothing_is_no_instrument() -> None:
    with pytest.raises(ValueError, match=r"NIFTY 50\.NSE: tick size and lot size must be at least 1"):
        Instrument(NIFTY, "INR", lot_size=0)


@pytest.mark.parametrize("price", [0, -5])
def test_a_share_has_a_positive_price(price: int) -> None:
    with pytest.raises(DataError, match=r"the price of INFY\.NSE is not positive"):
        book(ON, {share(1): price}).margin_of([share(1)])


def test_shares_that_are_not_held_cannot_be_sold_as_delivered() -> None:
    with pytest.raises(DataError, match=r"INFY\.NSE: 5 more sold as delivery than are held; sell short as intraday"):
        book(ON, {share(1): 100}).order_margin(share(-15), [share(10)])


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (
            "2020-04-30",
            "no margin for scan index of any life on 2020-04-30 in zerodha, india, which answer for 2020-05-01",
        ),
        ("2027-04-01", "on 2027-04-01 .*\n.*mend: the facts end on 2027-03-31: look up what has changed since"),
    ],
)
def test_a_day_that_no_row_answers_for_is_refused_with_the_day(on: str, told: str) -> None:
    held = future(75, "2027-06-24")
    with pytest.raises(DataError, match=told):
        book(on, {held: 24_000}, {NIFTY: 0.12}).margin_of([held])


def test_a_contract_that_has_expired_is_refused() -> None:
    with pytest.raises(DataError, match=r"FUT\.NFO expired on 2026-05-26: take it out of the positions"):
        book("2026-05-27", {FUTURE: 24_000}, {NIFTY: 0.12}).margin_of([FUTURE])


@pytest.mark.parametrize("volatility", [0.0, -0.1, float("nan"), float("inf")])
def test_a_volatility_is_a_positive_number(volatility: float) -> None:
    with pytest.raises(DataError, match=r"the volatility of NIFTY 50\.NSE is .*: it is above 0"):
        book(ON, {FUTURE: 24_000}, {NIFTY: volatility}).margin_of([FUTURE])


def test_a_kind_or_a_currency_without_margins_is_refused() -> None:
    bond = Leg(Instrument(InstrumentId("T91", "NSE"), "INR", kind="bond"), 1)
    dollars = Leg(Instrument(InstrumentId("IBM", "NYSE"), "USD"), 1)
    for leg, what in ((bond, "'bond' in INR"), (dollars, "'equity' in USD")):
        with pytest.raises(DataError, match=f"no Indian margin for kind {what}; there are some for equity, future"):
            book(ON, {leg: 1}).margin_of([leg])


def test_a_contract_belongs_to_a_future_or_an_option_as_its_strike_does() -> None:
    for leg in (replace(FUTURE, contract=None), replace(FUTURE, contract=CALL.contract), replace(CALL, contract=None)):
        with pytest.raises(DataError, match="a share has no contract, a future one without and an option one with a"):
            book(ON, {}).margin_of([leg])
    with pytest.raises(ValueError, match="an option has a strike and a right, a future neither"):
        Contract(NIFTY, Underlying.INDEX, day(ON), strike=1)


def test_one_instrument_has_one_kind_of_terms() -> None:
    other = replace(CALL, contract=replace(CALL.derivative, right=Right.PUT))
    with pytest.raises(DataError, match="two legs with different terms; one of them is wrong"):
        book(ON, {}).margin_of([CALL, other])


def test_one_underlying_is_of_one_kind() -> None:
    other = future(75, "2026-06-30", "stock")
    with pytest.raises(DataError, match=r"NIFTY 50\.NSE is of kind index and of kind stock: correct one"):
        book(ON, {FUTURE: 24_000, other: 24_000}, {NIFTY: 0.12}).margin_of([FUTURE, other])


def test_a_cushion_does_not_lower_an_estimate() -> None:
    with pytest.raises(ValueError, match="a cushion of -1 percent would lower the estimate"):
        book(ON, {}, cushion=-1)


# prices of zero and less ------------------------------------------------------------------------


def crude(quantity: int) -> Leg:
    return future(quantity, "2026-05-18", "crude", on=CRUDE)


def test_a_future_below_zero_is_refused_without_a_price_that_percentages_refer_to() -> None:
    with pytest.raises(DataError, match=r"FUT\.NFO is not positive: correct it, or name a reference of what may fall"):
        book("2026-04-20", {crude(1): -2_884}, {CRUDE: 0.5}).margin_of([crude(1)])


def test_a_future_below_zero_is_scanned_from_its_reference() -> None:
    margins = book("2026-04-20", {crude(1): -1_000}, {CRUDE: 0.3}, {CRUDE: 1_221}, cushion=0)
    found = margins.margin_of([crude(100)])
    # 33% and 1.25% of 1,221 a unit: the reference is more than what the price is away from zero
    assert (found.span, found.exposure) == (40_293_00, 1_526_25)


def test_far_below_zero_the_price_itself_is_the_measure() -> None:
    margins = book("2026-04-20", {crude(1): -2_884}, {CRUDE: 0.3}, {CRUDE: 1_221}, cushion=0)
    assert margins.margin_of([crude(100)]).span == 95_172_00


@given(st.integers(-3_000, 3_000), st.integers(-2_000, 2_000), st.sampled_from(["call", "put"]))
def test_options_are_judged_at_any_price_and_strike(price: int, strike: int, right: str) -> None:
    sold = option(-100, strike, right, "2026-05-18", "crude", on=CRUDE)
    margins = book("2026-04-20", {CRUDE: price, sold: 3_000}, {CRUDE: 0.5}, {CRUDE: 1_221})
    found = margins.margin_of([sold])
    # At the least 33% of the reference, and what was received.
    assert found.span >= (33 * 1_221_00 + 100 * 3_000_00) * 105 // 100


def test_a_strike_below_zero_needs_a_reference() -> None:
    sold = option(-100, -50, "put", "2026-05-18", "crude", on=CRUDE)
    with pytest.raises(DataError, match=r"put\.NFO is not positive: name a reference of CRUDEOIL\.MCX"):
        book("2026-04-20", {CRUDE: 100, sold: 3}, {CRUDE: 0.5}).margin_of([sold])


def test_a_reference_is_positive_and_no_option_has_a_negative_price() -> None:
    sold = option(-100, 50, "put", "2026-05-18", "crude", on=CRUDE)
    with pytest.raises(
        DataError, match=r"reference of CRUDEOIL\.MCX is not positive(?s:.)*put\.NFO is negative: no opt"
    ):
        book("2026-04-20", {CRUDE: -100, sold: -3}, {CRUDE: 0.5}, {CRUDE: 0}).margin_of([sold])


def test_the_function_is_the_book_of_what_is_shipped() -> None:
    name = share(1).instrument.id
    assert margin_of([share(2, "intraday")], {name: 1_000_00}, {}, day(ON)).total == 400_00
