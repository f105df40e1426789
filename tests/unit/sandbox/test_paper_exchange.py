"""What becomes of orders in the paper broker's book, step by step of a clock that the test holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from friday_core.domain.orders import OrderStatus, OrderType, Side
from friday_core.errors import BrokerError
from friday_core.sandbox.paper.book import Book, positions_of, tables_of
from friday_core.sandbox.paper.exchange import Exchange, Fate
from friday_core.sandbox.paper.messages import Declined, Owner, Placement
from friday_core.sandbox.paper.scenario import MarketSettings
from friday_core.sandbox.paper.tape import Walk

S = OrderStatus
SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    found = Book(tmp_path)
    yield found
    found.close()


def market(book: Book, **settings: Any) -> Exchange:
    return Exchange(book, Walk(1), MarketSettings(**settings))


def asked(tag: str = "A", quantity: int = 10, **more: Any) -> Placement:
    return Placement(instrument="INFY.NSE", side=Side.BUY, quantity=quantity, tag=tag, ts_decided=NOW, **more)


def limit(tag: str = "A", price: int = 5, **more: Any) -> Placement:
    """One that never trades."""
    return asked(tag, type=OrderType.LIMIT, limit_price=price, **more)


def lives(book: Book) -> list[tuple[str, OrderStatus, int]]:
    return [(one.tag, one.status, one.filled) for one in book.orders()]


def test_an_order_is_acked_then_open_then_filled_and_each_is_told(book: Book) -> None:
    exchange = market(book)
    exchange.place(asked(), NOW)
    assert [one.status for one in book.changed] == [S.ACKED]
    assert exchange.step(NOW)
    assert [(one.status, one.filled) for one in book.changed] == [(S.OPEN, 0), (S.FILLED, 10)]
    assert not exchange.step(NOW)


def test_parts_trade_when_they_are_due_each_some_ticks_worse(book: Book) -> None:
    exchange = market(book, parts=3, delay=1.0, part_delay=2.0, part_ticks=1, slippage_ticks=0)
    exchange.place(asked(), NOW)
    seen = []
    for second in range(7):
        exchange.step(NOW + second * SECOND)
        seen.append(book.orders()[0].filled)
    assert seen == [0, 4, 4, 7, 7, 10, 10]
    first, second, third = (one.price for one in book.trades())
    assert (second - first, third - second) == (5, 5)
    order = book.orders()[0]
    assert (order.worth, order.notional) == (4 * first + 3 * second + 3 * third,) * 2


def test_a_notional_is_rounded_once_half_even_over_all_trades(book: Book) -> None:
    exchange = market(book, manual=True)
    exchange.place(asked(quantity=3, price_decimals=4), NOW)
    for price in (10_025, 10_025, 10_050):
        order = exchange.happen("trade", NOW, tag="A", quantity=1, price=price)
    assert (order.worth, order.notional, order.status) == (30_100, 301, S.FILLED)
    exchange.place(asked("B", price_decimals=4), NOW)
    assert exchange.happen("trade", NOW, tag="B", quantity=1, price=10_050).notional == 100


def test_two_orders_with_one_tag_are_two_orders(book: Book) -> None:
    exchange = market(book)
    numbers = [exchange.place(limit(), NOW).number for _ in range(2)]
    assert numbers == ["P000001", "P000002"]
    assert exchange.cancel(NOW, tag="A") == numbers
    with pytest.raises(Declined, match="NOT_CANCELLED: order P000002 is cancelled"):
        exchange.cancel(NOW, tag="A")


def test_orders_stand_in_the_order_in_which_they_came_however_many(book: Book) -> None:
    exchange = market(book)
    with book.transaction():
        book.note("orders", 999_998)
    assert [exchange.place(limit(tag), NOW).tag for tag in "ABC"] == ["A", "B", "C"]
    assert [(one.number, one.tag) for one in book.orders()] == [("P999999", "A"), ("P1000000", "B"), ("P1000001", "C")]


def test_one_of_two_is_cancelled_by_its_number(book: Book) -> None:
    exchange = market(book)
    exchange.place(limit(), NOW)
    exchange.place(limit(), NOW)
    exchange.cancel(NOW, number="P000001")
    exchange.step(NOW)
    assert lives(book) == [("A", S.CANCELLED, 0), ("A", S.OPEN, 0)]


def test_a_cancelled_order_keeps_what_has_traded_and_trades_no_more(book: Book) -> None:
    exchange = market(book, parts=2, part_delay=1.0)
    exchange.place(asked(), NOW)
    exchange.step(NOW)
    exchange.cancel(NOW, tag="A")
    exchange.step(NOW + 5 * SECOND)
    assert lives(book) == [("A", S.CANCELLED, 5)]
    assert (len(book.trades()), book.parts()) == (1, [])


def test_an_order_that_is_ruled_out_is_rejected_with_the_words(book: Book) -> None:
    exchange = market(book)
    exchange.place(asked(), NOW, fate=Fate("RMS: margin exceeds"))
    assert lives(book) == [("A", S.ACKED, 0)]
    exchange.step(NOW)
    (order,) = book.orders()
    assert (order.status, order.reason) == (S.REJECTED, "REJECTED: RMS: margin exceeds")


@pytest.mark.parametrize(("parts", "quantity", "filled"), [(1, 10, 5), (2, 10, 7), (0, 10, 0), (3, 2, 1), (1, 1, 0)])
def test_a_partial_fate_stops_short_of_the_whole_order(book: Book, parts: int, quantity: int, filled: int) -> None:
    exchange = market(book)
    exchange.place(asked(quantity=quantity), NOW, fate=Fate(parts=parts))
    for second in range(4):
        exchange.step(NOW + second * SECOND)
    assert lives(book) == [("A", S.PARTIAL if filled else S.OPEN, filled)]


def test_the_next_day_expires_what_works_and_begins_with_an_empty_list(book: Book) -> None:
    exchange = market(book)
    exchange.place(limit(), NOW)
    exchange.step(NOW)
    assert exchange.next_day(NOW) == 2
    assert lives(book) == [("A", S.EXPIRED, 0)]
    assert book.orders(day=2) == []


def test_squaring_off_closes_a_products_positions_and_leaves_the_others(book: Book) -> None:
    exchange = market(book)
    exchange.place(asked("A", product="intraday"), NOW)
    exchange.place(asked("B", product="delivery"), NOW)
    exchange.step(NOW)
    exchange.place(limit("C", product="intraday"), NOW)
    (number,) = exchange.square_off("intraday", NOW)
    order = book.order(number)
    assert (order.owner, order.side, order.filled, order.status, order.tag) == (
        Owner.BROKER,
        Side.SELL,
        10,
        S.FILLED,
        "",
    )
    assert [(one.product, one.quantity) for one in book.positions()] == [("delivery", 10)]
    assert [one.status for one in book.orders(tag="C")] == [S.CANCELLED]


def test_cash_is_what_there_was_less_purchases_and_plus_sales(book: Book) -> None:
    exchange = market(book, manual=True, cash=1_000_000)
    exchange.place(asked(), NOW)
    exchange.happen("trade", NOW, tag="A", quantity=10, price=10_000)
    assert exchange.cash() == 900_000
    sale = Placement(instrument="INFY.NSE", side=Side.SELL, quantity=4, tag="B")
    exchange.place(sale, NOW)
    exchange.happen("trade", NOW, tag="B", quantity=4, price=11_000)
    assert exchange.cash() == 944_000


def test_a_trade_after_the_end_is_known_and_leaves_the_end(book: Book) -> None:
    exchange = market(book, manual=True)
    exchange.place(asked(), NOW)
    exchange.happen("cancelled", NOW, tag="A", words="by request")
    order = exchange.happen("trade", NOW, tag="A", quantity=3, price=10_000)
    assert (order.status, order.filled, order.reason) == (S.CANCELLED, 3, "by request")
    with pytest.raises(Declined, match="NO_TRADE: 8 at 10000 with 7 remaining"):
        exchange.happen("trade", NOW, tag="A", quantity=8, price=10_000)


def test_the_markets_time_goes_on_with_the_wall_clock_and_never_back(book: Book) -> None:
    exchange = market(book, speed=60.0)
    exchange.place(limit(), 5 * SECOND)
    assert exchange.now(6 * SECOND) == NOW + 60 * SECOND
    exchange.advance(NOW, 7 * SECOND)
    assert exchange.now(7 * SECOND) == NOW + 120 * SECOND
    assert exchange.now(0) == NOW + 120 * SECOND


def test_a_book_that_is_opened_again_goes_on_where_it_stood(tmp_path: Path) -> None:
    first = Book(tmp_path)
    exchange = market(first, parts=2, part_delay=1.0)
    exchange.place(asked(), NOW)
    exchange.step(NOW)
    before = first.orders(), first.trades(), first.parts()
    first.close()
    again = Book(tmp_path)
    assert (again.orders(), again.trades(), again.parts()) == before
    market(again, parts=2).step(NOW + SECOND)
    assert lives(again) == [("A", S.FILLED, 10)]
    again.close()


def test_what_fails_in_a_transaction_leaves_no_trace(book: Book) -> None:
    order = market(book).place(limit(), NOW)

    def half_done() -> None:
        with book.transaction():
            book.save(msgspec.structs.replace(order, filled=3), NOW)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        half_done()
    assert book.orders() == [order]
    assert book.changed == []


def test_a_book_has_one_server_and_many_readers(book: Book, tmp_path: Path) -> None:
    market(book).place(limit(), NOW)
    with pytest.raises(BrokerError, match="another paper broker serves"):
        Book(tmp_path)
    tables = tables_of(tmp_path)
    assert list(tables["orders"]) == book.orders()
    assert positions_of(tables["trades"]) == []


def test_a_folder_without_a_book_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="there is no book in"):
        tables_of(tmp_path)


def test_a_worth_beyond_the_integers_of_the_file_is_kept_to_the_unit(book: Book) -> None:
    exchange = market(book, manual=True)
    exchange.place(asked(quantity=10**7, price_decimals=8), NOW)
    price = 10**13 + 1
    exchange.happen("trade", NOW, tag="A", quantity=10**7, price=price)
    assert book.orders()[0].worth == 10**7 * price


def test_what_no_order_can_be_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="quantity 0 must be at least 1"):
        asked(quantity=0)
    with pytest.raises(ValueError, match="limit_price is missing"):
        asked(type=OrderType.LIMIT)
    with pytest.raises(ValueError, match="unknown product 'CNC'"):
        asked(product="CNC")
    with pytest.raises(ValueError, match="beyond what is traded here"):
        asked(quantity=10**14)
