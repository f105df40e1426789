"""What holds after every sequence of fills, corporate actions and marks."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import CorporateAction
from friday_core.domain.orders import Fill, Side
from friday_core.trading.ledger import Account, Book, FrozenBook

#: Whole paise, finer than a paisa, and coarser.
INSTRUMENTS = (
    Instrument(InstrumentId("INFY", "NSE"), "INR"),
    Instrument(InstrumentId("USDINR", "CDS"), "INR", price_decimals=4),
    Instrument(InstrumentId("GOLD", "MCX"), "INR", price_decimals=0),
)
CAPITAL = 1_000_000

Step = Callable[[Book], object]
instruments = st.sampled_from(INSTRUMENTS)
prices = st.integers(1, 100_000)
quantities = st.integers(-60, 60).filter(bool)


def fill(instrument: Instrument, quantity: int, price: int, charges: int = 0) -> Fill:
    side = Side.BUY if quantity > 0 else Side.SELL
    return Fill("F1", instrument.id, "one", side, abs(quantity), price, charges, 1)


def filled(instrument: Instrument, quantity: int, price: int, charges: int) -> Step:
    return lambda book: book.apply_fill(fill(instrument, quantity, price, charges), instrument)


def marked(instrument: Instrument, price: int) -> Step:
    return lambda book: book.mark(instrument.id, price)


def acted(instrument: Instrument, numerator: int, denominator: int, dividend: int) -> Step:
    return lambda book: book.apply_action(
        CorporateAction(instrument.id, 1, numerator, denominator, dividend), instrument
    )


ratios = st.integers(1, 10)
steps = st.lists(
    st.one_of(
        st.builds(filled, instruments, quantities, prices, st.integers(0, 500)),
        st.builds(marked, instruments, prices),
        st.builds(acted, instruments, ratios, ratios, st.integers(0, 5_000)),
    ),
    max_size=30,
)


@given(steps)
def test_equity_is_explained_to_the_last_minor_unit(sequence: list[Step]) -> None:
    book = Book("one", "INR", CAPITAL)
    for step in sequence:
        step(book)
        value = sum(book.value(held) for held in book.positions())
        cost = sum(lot.cost for held in book.positions() for lot in book.lots(held))
        assert book.equity == book.cash + value
        assert book.unrealised == value - cost
        assert book.equity == CAPITAL + book.realised + book.unrealised + book.dividends - book.charges


@given(steps)
def test_lots_are_the_position_and_all_of_one_sign(sequence: list[Step]) -> None:
    book = Book("one", "INR", CAPITAL)
    for step in sequence:
        step(book)
        for one in INSTRUMENTS:
            lots, position = book.lots(one.id), book.position(one.id)
            assert sum(lot.quantity for lot in lots) == position
            assert all(lot.quantity * position > 0 for lot in lots)
            assert (one.id in book.positions()) == (position != 0)


@given(steps)
def test_an_average_price_is_what_the_open_lots_cost_by_what_they_are(sequence: list[Step]) -> None:
    book = Book("one", "INR", CAPITAL)
    for step in sequence:
        step(book)
        for held, quantity in book.positions().items():
            cost = sum(lot.cost for lot in book.lots(held))
            assert FrozenBook(book, {}).average_price(held) == cost / (100 * quantity)


one_fill = st.tuples(quantities, prices, st.integers(0, 500))


@given(st.lists(one_fill, max_size=20))
def test_fills_are_booked_as_if_every_share_were_a_lot_of_its_own(fills: list[tuple[int, int, int]]) -> None:
    instrument = INSTRUMENTS[0]
    book, cash = Book("one", "INR", CAPITAL), CAPITAL
    shares: list[int] = []  # what each share cost; of a short, minus what it brought
    for quantity, price, charges in fills:
        sign, realised = (1 if quantity > 0 else -1), 0
        for _ in range(abs(quantity)):
            if shares and shares[0] * sign < 0:
                realised -= sign * price + shares.pop(0)
            else:
                shares.append(sign * price)
        cash -= quantity * price + charges
        assert book.apply_fill(fill(instrument, quantity, price, charges), instrument) == realised
        assert book.cash == cash
        assert sum(lot.cost for lot in book.lots(instrument.id)) == sum(shares)


@given(instruments, st.integers(-50, 50), st.lists(st.integers(1, 50), min_size=1, max_size=6), prices, st.booleans())
def test_a_fill_in_parts_gives_the_same_position_and_up_to_rounding_the_same_cash(
    instrument: Instrument, held: int, parts: list[int], price: int, buys: bool
) -> None:
    whole, pieces = Book("one", "INR", CAPITAL), Book("one", "INR", CAPITAL)
    sign = 1 if buys else -1
    for book in (whole, pieces):
        if held:
            book.apply_fill(fill(instrument, held, 5_000), instrument)
    whole.apply_fill(fill(instrument, sign * sum(parts), price), instrument)
    for part in parts:
        pieces.apply_fill(fill(instrument, sign * part, price), instrument)
    assert pieces.positions() == whole.positions()
    # every notional is off by half a paisa at most, and only where a price is finer than a paisa
    allowed = (len(parts) + 1) / 2 if instrument.price_decimals > 2 else 0
    assert abs(pieces.cash - whole.cash) <= allowed


@given(st.integers(-500, 500).filter(bool), prices, prices, ratios, ratios)
def test_a_split_makes_no_step_in_equity_but_for_the_rounding_of_mark_and_fraction(
    quantity: int, price: int, mark: int, numerator: int, denominator: int
) -> None:
    instrument, book = INSTRUMENTS[0], Book("one", "INR", CAPITAL)
    book.apply_fill(fill(instrument, quantity, price), instrument)
    book.mark(instrument.id, mark)
    before = book.equity
    acted(instrument, numerator, denominator, 0)(book)
    assert abs(book.equity - before) * 2 <= abs(book.position(instrument.id)) + 1


@given(st.lists(st.tuples(st.sampled_from(["one", "two", "three"]), instruments, one_fill), max_size=20))
def test_books_sum_to_the_account_that_would_have_made_all_their_trades(
    trades: list[tuple[str, Instrument, tuple[int, int, int]]],
) -> None:
    account = Account([Book(name, "INR", CAPITAL) for name in ("one", "two", "three")])
    alone = Book("alone", "INR", 3 * CAPITAL)
    for name, instrument, (quantity, price, charges) in trades:
        account.books[name].apply_fill(fill(instrument, quantity, price, charges), instrument)
        alone.apply_fill(fill(instrument, quantity, price, charges), instrument)
    assert account.cash == alone.cash
    for instrument in INSTRUMENTS:
        assert account.position(instrument.id) == alone.position(instrument.id)
    assert account.equity == sum(book.equity for book in account.books.values())
