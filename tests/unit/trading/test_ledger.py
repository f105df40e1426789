"""Books worked by hand. Prices and money are paise unless a test says otherwise."""

from __future__ import annotations

import gc
import math
import types

import pytest

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Fill, Side
from friday_core.errors import InvariantError
from friday_core.interfaces.strategy import BookView
from friday_core.trading.ledger import Account, Book, FrozenBook
from friday_core.trading.lots import Lot

INFY = Instrument(InstrumentId("INFY", "NSE"), "INR")
TCS = Instrument(InstrumentId("TCS", "NSE"), "INR")
FINE = Instrument(InstrumentId("USDINR", "CDS"), "INR", price_decimals=4)
CAPITAL = 10_000_000


def trade(book: Book, quantity: int, price: int, *, charges: int = 0, of: Instrument = INFY, ts: int = 1) -> int:
    """Book a fill of a signed quantity; returns what it realised."""
    side = Side.BUY if quantity > 0 else Side.SELL
    return book.apply_fill(Fill("F1", of.id, book.name, side, abs(quantity), price, charges, ts), of)


def act(book: Book, numerator: int = 1, denominator: int = 1, dividend: int = 0) -> None:
    book.apply_action(CorporateAction(INFY.id, 100, numerator, denominator, dividend), INFY)


@pytest.fixture
def book() -> Book:
    return Book("trend", "INR", CAPITAL)


def parts(book: Book) -> tuple[int, int, int, int]:
    return book.realised, book.unrealised, book.dividends, book.charges


# --- fills --------------------------------------------------------------------------------------


def test_a_new_book_holds_its_capital_in_cash(book: Book) -> None:
    assert (book.name, book.currency, book.capital) == ("trend", "INR", CAPITAL)
    assert (book.cash, book.equity, book.positions(), parts(book)) == (CAPITAL, CAPITAL, {}, (0, 0, 0, 0))


def test_a_buy_turns_cash_into_a_lot_and_costs_its_charges(book: Book) -> None:
    assert trade(book, 10, 10_000, charges=30, ts=77) == 0
    assert book.cash == CAPITAL - 100_000 - 30
    assert book.lots(INFY.id) == (Lot(10, 100_000, 77),)
    assert (book.equity, parts(book)) == (CAPITAL - 30, (0, 0, 0, 30))


def test_a_sale_closes_the_oldest_lots_first(book: Book) -> None:
    trade(book, 10, 10_000, ts=1)
    trade(book, 10, 11_000, ts=2)
    trade(book, 10, 12_000, ts=3)
    # 15 at 130.00 are 195,000; they cost 10 at 100.00 and 5 at 110.00, together 155,000
    assert trade(book, -15, 13_000, charges=20) == 40_000
    assert book.lots(INFY.id) == (Lot(5, 55_000, 2), Lot(10, 120_000, 3))
    assert book.cash == CAPITAL - 330_000 + 195_000 - 20
    assert (book.realised, book.charges) == (40_000, 20)


@pytest.mark.parametrize(("first", "gained"), [(1, 500), (-1, -500)])
def test_a_single_share_is_closed_like_many(book: Book, first: int, gained: int) -> None:
    trade(book, first, 10_000)
    assert trade(book, -first, 10_500) == gained
    assert (book.realised, book.cash) == (gained, CAPITAL + gained)


def test_a_short_receives_cash_and_owes_value(book: Book) -> None:
    trade(book, -10, 10_000)
    book.mark(INFY.id, 9_500)
    assert book.lots(INFY.id) == (Lot(-10, -100_000, 1),)
    assert (book.cash, book.value(INFY.id), book.equity) == (CAPITAL + 100_000, -95_000, CAPITAL + 5_000)
    assert book.unrealised == 5_000


def test_covering_a_part_of_a_short_realises_what_the_price_fell(book: Book) -> None:
    trade(book, -10, 10_000)
    assert trade(book, 4, 9_000) == 4_000
    assert book.lots(INFY.id) == (Lot(-6, -60_000, 1),)


def test_a_sale_through_zero_closes_the_long_and_opens_a_short(book: Book) -> None:
    trade(book, 10, 10_000, ts=1)
    assert trade(book, -15, 11_000, ts=2) == 10_000
    assert book.lots(INFY.id) == (Lot(-5, -55_000, 2),)
    assert (book.position(INFY.id), book.cash) == (-5, CAPITAL - 100_000 + 165_000)


def test_a_buy_through_zero_closes_the_short_and_opens_a_long(book: Book) -> None:
    trade(book, -10, 10_000, ts=1)
    assert trade(book, 15, 11_000, ts=2) == -10_000
    assert book.lots(INFY.id) == (Lot(5, 55_000, 2),)


def test_a_notional_through_zero_is_split_without_loss(book: Book) -> None:
    trade(book, 1, 3_333, of=FINE)  # 0.3333, half-even 33 paise
    # 3 at 0.3350 are 1.005, half-even 100 paise: 33 for the one that closes, 67 for the two that open
    assert trade(book, -3, 3_350, of=FINE) == 0
    assert book.lots(FINE.id) == (Lot(-2, -67, 1),)
    assert book.cash == CAPITAL - 33 + 100


def test_a_flat_position_leaves_no_trace(book: Book) -> None:
    trade(book, 10, 10_000)
    trade(book, -10, 10_100)
    assert (book.position(INFY.id), book.positions(), book.lots(INFY.id), book.value(INFY.id)) == (0, {}, (), 0)
    assert book.cash == book.equity == CAPITAL + 1_000


def test_positions_are_listed_by_instrument(book: Book) -> None:
    trade(book, -2, 30_000, of=TCS)
    trade(book, 10, 10_000)
    assert list(book.positions().items()) == [(INFY.id, 10), (TCS.id, -2)]


def test_the_listed_positions_are_a_copy(book: Book) -> None:
    trade(book, 10, 10_000)
    book.positions().clear()
    assert book.position(INFY.id) == 10


def test_a_fill_of_another_instrument_is_an_error(book: Book) -> None:
    fill = Fill("F1", INFY.id, "trend", Side.BUY, 1, 10_000, 0, 1)
    with pytest.raises(InvariantError, match=r"trend in INR: INFY\.NSE booked with TCS\.NSE"):
        book.apply_fill(fill, TCS)


def test_a_second_currency_in_a_book_is_an_error(book: Book) -> None:
    foreign = Instrument(InstrumentId("AAPL", "NASDAQ"), "USD")
    with pytest.raises(InvariantError, match=r"trend in INR: AAPL\.NASDAQ booked with AAPL\.NASDAQ in USD"):
        trade(book, 1, 20_000, of=foreign)


def test_a_fill_of_nothing_is_an_error(book: Book) -> None:
    with pytest.raises(InvariantError, match="fill of 0 for order F1"):
        book.apply_fill(Fill("F1", INFY.id, "trend", Side.BUY, 0, 10_000, 0, 1), INFY)


# --- marks --------------------------------------------------------------------------------------


def test_a_position_is_worth_its_latest_mark(book: Book) -> None:
    trade(book, 10, 10_000)
    book.mark(INFY.id, 12_000)
    assert (book.value(INFY.id), book.equity, book.unrealised) == (120_000, CAPITAL + 20_000, 20_000)
    assert book.price(INFY.id) == 12_000


def test_what_is_not_held_has_no_price(book: Book) -> None:
    with pytest.raises(KeyError, match="INFY"):
        book.price(INFY.id)


def test_the_first_fill_is_a_mark_and_later_ones_are_not(book: Book) -> None:
    trade(book, 10, 10_000)
    trade(book, 10, 11_000)
    assert book.value(INFY.id) == 200_000


def test_an_old_mark_is_forgotten_when_the_position_is_flat(book: Book) -> None:
    trade(book, 10, 10_000)
    book.mark(INFY.id, 12_000)
    trade(book, -10, 12_000)
    trade(book, 10, 9_000)
    assert book.value(INFY.id) == 90_000


def test_a_mark_of_what_is_not_held_changes_nothing(book: Book) -> None:
    book.mark(INFY.id, 12_000)
    trade(book, 10, 10_000)
    assert book.value(INFY.id) == 100_000


def test_a_value_is_rounded_half_even_to_the_minor_unit(book: Book) -> None:
    trade(book, 1, 10_000, of=FINE)
    book.mark(FINE.id, 10_050)
    assert book.value(FINE.id) == 100
    book.mark(FINE.id, 10_150)
    assert book.value(FINE.id) == 102


# --- corporate actions --------------------------------------------------------------------------


def test_two_for_one_doubles_the_shares_and_halves_the_mark(book: Book) -> None:
    trade(book, 10, 10_000)
    trade(book, 5, 11_000)
    book.mark(INFY.id, 12_000)
    before = book.equity
    act(book, 2, 1)
    assert book.lots(INFY.id) == (Lot(20, 100_000, 1), Lot(10, 55_000, 1))
    assert (book.position(INFY.id), book.value(INFY.id), book.equity) == (30, 180_000, before)
    assert book.cash == CAPITAL - 155_000


def test_a_bonus_of_one_for_two_is_three_for_two(book: Book) -> None:
    trade(book, 10, 9_000)
    act(book, 3, 2)
    assert (book.lots(INFY.id), book.value(INFY.id)) == ((Lot(15, 90_000, 1),), 90_000)


def test_the_fraction_of_a_share_is_paid_in_cash_at_the_last_mark(book: Book) -> None:
    trade(book, 5, 25_000)
    book.mark(INFY.id, 30_000)
    act(book, 3, 2)
    # 5 become 7 1/2; half a new share is a third of an old one: 100.00; a new share is worth 200.00
    assert (book.position(INFY.id), book.cash) == (7, CAPITAL - 125_000 + 10_000)
    assert book.lots(INFY.id) == (Lot(7, 125_000, 1),)
    assert (book.value(INFY.id), book.equity) == (140_000, CAPITAL + 25_000)
    assert parts(book) == (10_000, 15_000, 0, 0)


def test_a_short_pays_for_the_fraction(book: Book) -> None:
    trade(book, -5, 25_000)
    book.mark(INFY.id, 30_000)
    act(book, 3, 2)
    assert (book.position(INFY.id), book.cash) == (-7, CAPITAL + 125_000 - 10_000)
    assert book.lots(INFY.id) == (Lot(-7, -125_000, 1),)
    assert parts(book) == (-10_000, -15_000, 0, 0)


def test_a_reverse_split_to_less_than_one_share_pays_all_and_realises_the_cost(book: Book) -> None:
    trade(book, 4, 1_000)
    book.mark(INFY.id, 1_500)
    act(book, 1, 10)
    assert (book.positions(), book.lots(INFY.id), book.cash) == ({}, (), CAPITAL + 2_000)
    assert parts(book) == (2_000, 0, 0, 0)


def test_a_fraction_and_the_new_mark_are_rounded_half_even(book: Book) -> None:
    trade(book, 1, 1_001)
    act(book, 2, 3)
    # no whole share is left; the fraction is 2 / 2 of the old share
    assert (book.cash, book.positions()) == (CAPITAL, {})
    trade(book, 3, 1_001)
    act(book, 2, 1)
    assert book.value(INFY.id) == 6 * 500


def test_a_fraction_of_half_a_unit_goes_to_the_even_one(book: Book) -> None:
    trade(book, 3, 1_003)
    act(book, 4, 8)
    # 3 become 1 1/2: 4 of 8 left over are 4 / 4 of an old share
    assert book.cash == CAPITAL - 3 * 1_003 + 1_003
    trade(book, 1, 2_006)
    act(book, 4, 3)
    # 2 become 2 2/3: 2 of 3 left over are 2 / 4 of an old share at 20.06
    assert book.cash == CAPITAL - 3 * 1_003 + 1_003 - 2_006 + 1_003


def test_a_dividend_is_paid_on_what_is_held(book: Book) -> None:
    trade(book, 10, 10_000)
    act(book, dividend=250)
    assert (book.cash, book.dividends) == (CAPITAL - 100_000 + 2_500, 2_500)
    assert book.lots(INFY.id) == (Lot(10, 100_000, 1),)


def test_the_mark_goes_down_by_the_dividend_so_that_equity_makes_no_step(book: Book) -> None:
    trade(book, 10, 10_000)
    act(book, dividend=250)
    assert (book.value(INFY.id), book.equity, book.unrealised) == (97_500, CAPITAL, -2_500)


def test_a_mark_never_goes_below_zero(book: Book) -> None:
    trade(book, 10, 200)
    act(book, dividend=250)
    assert (book.value(INFY.id), book.equity) == (0, CAPITAL + 500)


def test_a_dividend_is_charged_to_a_short(book: Book) -> None:
    trade(book, -10, 10_000)
    act(book, dividend=250)
    assert (book.cash, book.dividends, book.equity) == (CAPITAL + 100_000 - 2_500, -2_500, CAPITAL)


def test_a_dividend_that_comes_with_a_split_is_paid_on_what_was_held_before(book: Book) -> None:
    trade(book, 10, 10_000)
    act(book, 2, 1, dividend=200)
    assert (book.dividends, book.position(INFY.id)) == (2_000, 20)
    assert (book.value(INFY.id), book.equity) == (20 * 4_900, CAPITAL)


def test_an_action_leaves_a_flat_book_alone(book: Book) -> None:
    act(book, 2, 1, dividend=200)
    assert (book.cash, book.equity, book.positions(), parts(book)) == (CAPITAL, CAPITAL, {}, (0, 0, 0, 0))


def test_an_action_of_one_instrument_leaves_the_others_alone(book: Book) -> None:
    trade(book, 10, 10_000)
    trade(book, 10, 10_000, of=TCS)
    act(book, 2, 1)
    assert book.positions() == {INFY.id: 20, TCS.id: 10}


def test_an_action_of_another_instrument_is_an_error(book: Book) -> None:
    with pytest.raises(InvariantError, match=r"INFY\.NSE booked with TCS\.NSE"):
        book.apply_action(CorporateAction(INFY.id, 100, 2, 1), TCS)


# --- account ------------------------------------------------------------------------------------


def test_an_account_is_the_sum_of_its_books() -> None:
    one, two = Book("one", "INR", 1_000_000), Book("two", "INR", 2_000_000)
    trade(one, 10, 10_000)
    trade(two, -4, 12_000)
    account = Account([one, two])
    assert list(account.books) == ["one", "two"]
    assert account.position(INFY.id) == 6
    assert account.cash == 3_000_000 - 100_000 + 48_000
    assert account.equity == 3_000_000


@pytest.mark.parametrize("other", [Book("one", "INR", 1), Book("two", "USD", 1)])
def test_books_of_one_name_or_of_two_currencies_make_no_account(other: Book) -> None:
    with pytest.raises(InvariantError, match="different names and one currency"):
        Account([Book("one", "INR", 1), other])


# --- the view -----------------------------------------------------------------------------------


def test_a_frozen_book_tells_money_in_the_currency_and_quantities(book: Book) -> None:
    trade(book, 10, 10_000)
    book.mark(INFY.id, 12_345)
    view: BookView = FrozenBook(book, {TCS.id: -3})
    assert (view.cash, view.equity) == (99_000.0, 100_234.5)
    assert (view.position(INFY.id), view.position(TCS.id)) == (10, 0)
    assert (view.open_quantity(INFY.id), view.open_quantity(TCS.id)) == (0, -3)


def average(book: Book, instrument: Instrument = INFY) -> float:
    return FrozenBook(book, {}).average_price(instrument.id)


@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        ([(10, 10_000)], 100.0),
        ([(10, 10_000), (30, 11_000)], 107.5),
        ([(10, 10_000), (30, 11_000), (-20, 99_999)], 110.0),
        ([(-10, 10_000), (-10, 10_001)], 100.005),
        ([(10, 10_000), (-15, 12_000)], 120.0),
        ([(3, 10_001)], 100.01),
    ],
)
def test_an_average_price_is_that_of_the_open_lots_in_the_currency(
    book: Book, fills: list[tuple[int, int]], expected: float
) -> None:
    for quantity, price in fills:
        trade(book, quantity, price, charges=50)
    assert average(book) == expected


def test_an_average_price_is_for_a_share_of_now_after_a_split(book: Book) -> None:
    trade(book, 10, 10_000)
    act(book, 5, 2, dividend=100)
    assert (book.position(INFY.id), average(book)) == (25, 40.0)


def test_what_is_flat_has_no_average_price(book: Book) -> None:
    trade(book, 10, 10_000)
    trade(book, -10, 12_000)
    assert math.isnan(average(book))
    assert math.isnan(average(book, TCS))


def test_an_average_price_is_in_the_currency_whatever_the_price_unit() -> None:
    book = Book("trend", "INR", CAPITAL)
    trade(book, 1_000, 832_525, of=FINE)
    assert average(book, FINE) == 83.2525


def test_a_frozen_book_lists_what_is_held_or_has_a_working_order(book: Book) -> None:
    trade(book, 10, 10_000)
    assert FrozenBook(book, {TCS.id: 0}).instruments() == frozenset({INFY.id, TCS.id})


def test_money_of_a_currency_without_decimals_is_shown_whole() -> None:
    assert FrozenBook(Book("trend", "JPY", 5_000), {}).cash == 5_000.0


def test_a_frozen_book_stays_as_it_was(book: Book) -> None:
    trade(book, 10, 10_000)
    working = {INFY.id: 5}
    view = FrozenBook(book, working)
    trade(book, -10, 11_000)
    working[INFY.id] = 0
    assert (view.cash, view.equity, view.position(INFY.id), view.open_quantity(INFY.id)) == (99_000.0, 100_000.0, 10, 5)
    assert view.average_price(INFY.id) == 100.0


def test_a_frozen_book_cannot_be_written_to(book: Book) -> None:
    view = FrozenBook(book, {})
    with pytest.raises(AttributeError, match="cash"):
        view.cash = 1.0  # type: ignore[misc]
    with pytest.raises(AttributeError, match="note"):
        view.note = 1.0  # type: ignore[attr-defined]


def test_no_path_of_objects_leads_from_a_frozen_book_to_the_book(book: Book) -> None:
    trade(book, 10, 10_000)
    working = {TCS.id: 4}
    view = FrozenBook(book, working)
    code = (type, types.ModuleType, types.FunctionType)
    reached: dict[int, object] = {}
    waiting: list[object] = [view]
    while waiting:
        one = waiting.pop()
        if id(one) not in reached and not isinstance(one, code):
            reached[id(one)] = one
            waiting.extend(gc.get_referents(one))
    own = {id(book), id(working), *(id(value) for value in vars(book).values() if isinstance(value, dict))}
    assert len(reached) > 5
    assert not own & reached.keys()
