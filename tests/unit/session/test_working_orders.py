"""Working orders and their names."""

from __future__ import annotations

import numpy as np
import pytest
from fakes.bars import A, B
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderStatus, Side
from friday_core.session import working_orders
from friday_core.session.working_orders import Tags, WorkingOrders, base36, tag_of


@given(st.integers(0, 36**5 - 1))
def test_base_36_reads_back_and_sorts_like_the_number(number: int) -> None:
    assert int(base36(number, 5), 36) == number
    assert (base36(number, 5) < base36(number + 1, 5)) or number == 36**5 - 1


@pytest.mark.parametrize(("number", "text"), [(0, "0000"), (35, "000Z"), (36, "0010"), (36**4, "10000")])
def test_base_36_is_padded_and_never_cut(number: int, text: str) -> None:
    assert base36(number, 4) == text


def test_tags_count_by_session_and_strategy() -> None:
    tags = Tags()
    made = [tags.next(session, strategy) for session, strategy in ((1, 0), (1, 0), (1, 1), (2, 0), (1, 0))]
    assert made == ["F00010000001", "F00010000002", "F00010100001", "F00020000001", "F00010000003"]


@given(st.lists(st.tuples(st.integers(-30_000, 60_000), st.integers(0, 1_000)), max_size=20))
def test_tags_are_unique_short_and_alphanumeric(asked: list[tuple[int, int]]) -> None:
    tags = Tags()
    made = [tags.next(*one) for one in asked]
    assert len(set(made)) == len(made)
    assert all(tag.isalnum() and tag.isupper() and len(tag) <= 20 for tag in made)


@given(st.lists(st.tuples(st.integers(-30_000, 2**22), st.integers(0, 36**2), st.integers(1, 36**5)), max_size=9))
def test_tags_of_many_are_the_tags_of_each(asked: list[tuple[int, int, int]]) -> None:
    columns = np.array(asked, np.int64).reshape(-1, 3).T
    assert working_orders.tags_of(*columns) == [tag_of(*one) for one in asked]


def order(tag: str, instrument: InstrumentId, quantity: int, strategy: str = "s0") -> Order:
    side = Side.BUY if quantity > 0 else Side.SELL
    return Order(instrument, side, abs(quantity), tag=tag, strategy=strategy)


def filled_book() -> WorkingOrders:
    working = WorkingOrders()
    for n, one in enumerate([order("1", A, 5), order("2", B, -3), order("3", A, -2), order("4", A, 7, strategy="s1")]):
        working.add(one, active_from=1, reference=100 + n)
    return working


def tags_of(working: WorkingOrders, strategy: str, instrument: InstrumentId | None = None) -> list[str]:
    return [one.order.tag for one in working.of(strategy, instrument)]


def test_orders_are_found_by_strategy_and_instrument_in_order_of_arrival() -> None:
    working = filled_book()
    assert [one.order.tag for one in working] == ["1", "2", "3", "4"]
    assert (tags_of(working, "s0"), tags_of(working, "s0", A), tags_of(working, "s1", B)) == (
        ["1", "2", "3"],
        ["1", "3"],
        [],
    )


def test_open_quantities_are_signed_and_count_what_remains() -> None:
    working = filled_book()
    working["1"].move(OrderStatus.OPEN)
    working["1"].fill(4)
    assert working.open_quantities("s0") == {A: 1 - 2, B: -3}


def test_an_order_at_its_end_does_not_work_any_more_and_is_dropped_once() -> None:
    working = filled_book()
    working["1"].move(OrderStatus.CANCELLED)
    assert tags_of(working, "s0") == ["2", "3"]
    assert working.open_quantities("s0") == {A: -2, B: -3}
    assert [one.order.tag for one in working.drop_ended()] == ["1"]
    assert working.drop_ended() == []
    assert len(working) == 3


def test_the_price_at_which_cash_was_reserved_is_kept() -> None:
    working = filled_book()
    assert [one.reference for one in working] == [100, 101, 102, 103]


def test_orders_may_be_added_while_going_through_them() -> None:
    working = filled_book()
    for one in working:
        working.add(order(f"{one.order.tag}b", A, 1), 1, 1)
    assert len(working) == 8
