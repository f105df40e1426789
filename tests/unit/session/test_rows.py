"""Rows in columns: the same rows come out, whatever way they went in."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Fill, NettedFill, Order, OrderStatus, OrderType, Side, WorkingOrder
from friday_core.domain.outcomes import DecisionTaken, EquityPoint
from friday_core.errors import InvariantError
from friday_core.session import rows as rows_module
from friday_core.session.columns import Coded, Late
from friday_core.session.log import DECISIONS, EQUITY, FILLS, ORDERS
from friday_core.session.rows import Rows

INFY, TCS = InstrumentId("INFY", "NSE"), InstrumentId("TCS", "NSE")
SOLD = NettedFill("F2", TCS, "one", Side.SELL, 2, 50, 3, 8, True, account_order="FA", rounding=-1)
BOUGHT = Fill("F1", INFY, "one", Side.BUY, 5, 100, 3, 7)


def point(n: int) -> EquityPoint:
    return EquityPoint(n, n // 2, "one", 10 * n, 2 * n, 3 * n, 12 * n)


def points(count: int) -> Rows[EquityPoint]:
    return Rows(EQUITY, map(point, range(count)))


def columns(count: int, first: int = 0) -> dict[str, object]:
    """What ``point`` gives for so many numbers."""
    n = np.arange(first, first + count)
    return {
        "ts_event": n,
        "session": n // 2,
        "strategy": "one",
        "cash": 10 * n,
        "value": 2 * n,
        "gross": 3 * n,
        "equity": 12 * n,
    }


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "BLOCK_ROWS", 4)
    monkeypatch.setattr(rows_module, "_FEW", 2)


def test_rows_come_out_as_they_went_in() -> None:
    assert list(points(11)) == [point(n) for n in range(11)]


def test_columns_come_out_as_rows() -> None:
    rows = points(5)
    rows.extend(columns(6, 5))
    rows.append(point(11))
    assert list(rows) == [point(n) for n in range(12)]


@given(
    st.lists(st.integers(0, 7), max_size=6), st.integers(-30, 30), st.integers(-30, 30), st.sampled_from([-2, -1, 1, 3])
)
def test_a_table_is_a_sequence_of_its_rows(cuts: list[int], start: int, stop: int, step: int) -> None:
    rows, count = points(0), 0
    for number, size in enumerate(cuts):
        if number % 2:
            rows.extend(columns(size, count))
        else:
            for n in range(count, count + size):
                rows.append(point(n))
        count += size
    as_list = [point(n) for n in range(count)]
    assert (len(rows), rows) == (count, as_list)
    assert rows[start:stop:step] == as_list[start:stop:step]
    assert [rows[n] for n in range(-count, count)] == [*as_list, *as_list]


def test_a_number_without_a_row_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="row 5 of 5"):
        points(5)[5]


def test_each_row_keeps_its_class() -> None:
    rows = Rows(FILLS, [BOUGHT, SOLD, BOUGHT, SOLD, BOUGHT])
    assert [type(one) for one in rows] == [Fill, NettedFill, Fill, NettedFill, Fill]
    assert rows == [BOUGHT, SOLD, BOUGHT, SOLD, BOUGHT]


def test_instruments_and_sides_are_given_as_codes() -> None:
    rows: Rows[Fill] = Rows(FILLS)
    rows.extend({
        "tag": ["F1", "F3"],
        "instrument": Coded(np.array([1, 0]), (TCS, INFY)),
        "strategy": "one",
        "side": Coded(np.array([0, 1], np.int8), (Side.BUY, Side.SELL)),
        "quantity": np.array([5, 6], np.int32),
        "price": np.array([100, 101]),
        "charges": 3,
        "ts_event": np.array([7, 9]),
        "assumed": False,
    })  # fmt: skip
    assert rows == [BOUGHT, Fill("F3", TCS, "one", Side.SELL, 6, 101, 3, 9)]


def test_a_table_equals_the_list_of_its_rows_and_no_other() -> None:
    assert points(3) == [point(0), point(1), point(2)]
    assert points(3) != [point(0), point(1)]
    assert points(2) != [point(0), point(2)]


def test_a_number_that_is_not_known_stays_so() -> None:
    taken = DecisionTaken(1, "one", INFY, "signal", float("nan"), 0, 0, "NO_CHANGE", "", "", "")
    (found,) = list(Rows(DECISIONS, [taken]).blocks())
    assert np.isnan(found.array("value")).tolist() == [True]


def test_arrays_that_were_handed_over_cannot_be_changed() -> None:
    given = columns(3)
    points(0).extend(given)
    with pytest.raises(ValueError, match="read-only"):
        given["cash"][0] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cash": np.array([1.5, 2.0])}, "EquityPoint.cash: float64 is not safely int64, its first value is 1.5"),
        ({"cash": [2**63, 1]}, "EquityPoint.cash cannot be kept in 64 bits: "),
        ({"cash": np.arange(3)}, "EquityPoint.cash: 3 values for 2 rows"),
        ({"cash": Coded(np.zeros(2, np.int8), (1,))}, "EquityPoint.cash is a column of numbers, not of codes"),
        ({"money": 1}, "not both asked for and given: money"),
    ],
    ids=["fractions", "beyond 64 bits", "length", "codes", "unknown"],
)
def test_columns_that_are_not_the_rows_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvariantError, match=message):
        points(0).extend({**columns(2), **change})


def test_single_values_alone_do_not_say_how_many_rows() -> None:
    with pytest.raises(InvariantError, match="how many rows"):
        points(0).extend(dict.fromkeys(columns(1), 1))


# Letting go ---------------------------------------------------------------------------------------


def test_rows_that_were_released_still_count_and_cannot_be_read() -> None:
    rows = points(6)
    released = rows.release()
    rows.append(point(6))
    assert (sum(map(len, released)), len(rows), rows.kept) == (6, 7, 1)
    assert (rows[6], rows[-1], rows[6:]) == (point(6), point(6), [point(6)])
    with pytest.raises(InvariantError, match="the first 6 EquityPoint rows were written and let go of"):
        rows[5]
    with pytest.raises(InvariantError, match="the first 6 EquityPoint rows"):
        list(rows)


def working(tag: str, status: OrderStatus = OrderStatus.INTENT) -> WorkingOrder:
    found = WorkingOrder(Order(INFY, Side.BUY, 5, OrderType.LIMIT, 100, tag=tag, strategy="one"), 3)
    found.status = status
    return found


def test_orders_are_the_working_orders_themselves() -> None:
    order = working("F1")
    rows = Rows(ORDERS, [order] * 9)
    order.move(OrderStatus.CANCELLED)
    assert rows[8] is order
    assert [set(block.coded("status").tolist()) for block in rows.blocks()] == [{OrderStatus.CANCELLED}] * 3


def test_an_order_that_still_works_when_it_is_released_is_told_as_late() -> None:
    over, open_ = working("F1", OrderStatus.EXPIRED), working("F2")
    rows = Rows(ORDERS, [over, open_])
    rows.release()
    rows.append(working("F3"))
    assert rows.late == {1: open_}
    assert [one.order.tag for one in rows.changeable()] == ["F2", "F3"]


def test_orders_in_columns_come_out_as_orders() -> None:
    rows: Rows[WorkingOrder] = Rows(ORDERS)
    rows.extend({
        "tag": ["F1", "F2"], "instrument": INFY, "strategy": "one", "ts_decided": np.array([3, 4]), "side": Side.SELL,
        "quantity": np.array([5, 6]), "status": OrderStatus.FILLED, "filled": np.array([5, 6]),
    })  # fmt: skip
    assert [(one.order.tag, one.order.quantity, one.order.limit_price, one.remaining) for one in rows] == [
        ("F1", 5, None, 0),
        ("F2", 6, None, 0),
    ]


def test_orders_in_columns_can_be_changed_in_place_when_they_must() -> None:
    rows: Rows[WorkingOrder] = Rows(ORDERS)
    rows.extend({"tag": ["F1"], "instrument": INFY, "side": Side.SELL, "quantity": 5, "status": "filled", "filled": 5})
    (order,) = rows.changeable()
    order.reason = "SEND_FAILED: no"
    assert rows[0].reason == "SEND_FAILED: no"


def test_a_small_part_of_an_array_does_not_keep_the_rest() -> None:
    table, rows = np.zeros((1_000, 9), np.int64), points(0)
    rows.extend({**columns(4), "cash": table[:4, 3], "equity": np.arange(4)})
    (block,) = rows.blocks()
    assert [block.array(name).base is None for name in ("cash", "equity")] == [True, True]


def test_very_few_rows_at_a_time_become_blocks_too() -> None:
    rows = points(0)
    for n in range(9):
        rows.extend(columns(1, n))
    assert rows == [point(n) for n in range(9)]
    assert [len(block) for block in rows.blocks()] == [4, 4, 1]


def test_a_late_column_is_made_once_when_somebody_asks_for_it() -> None:
    asked: list[str] = []

    def made(name: str) -> Late:
        return Late(lambda: asked.append(name) or columns(6)[name])  # type: ignore[func-returns-value]

    rows = points(0)
    rows.extend({**columns(6), "cash": made("cash"), "gross": made("gross")})
    assert (len(rows), asked) == (6, [])
    assert [block.array("cash").tolist() for block in rows.blocks()] == [[0, 10, 20, 30, 40, 50]]
    assert list(rows) == [point(n) for n in range(6)]
    assert asked == ["cash", "gross"]


def test_columns_of_which_all_are_late_need_the_number_of_rows() -> None:
    late = {name: Late(partial(columns(6).__getitem__, name)) for name in columns(6)}
    rows = points(0)
    with pytest.raises(InvariantError, match="every one is a single value, how many rows"):
        rows.extend(late)
    rows.extend(late, 6)
    assert rows == [point(n) for n in range(6)]


def test_a_late_column_that_is_no_column_of_its_field_is_refused_when_it_is_asked_for() -> None:
    rows = points(0)
    rows.extend({**columns(6), "cash": Late(lambda: np.zeros(5, np.int64))})
    with pytest.raises(InvariantError, match=r"EquityPoint.cash: 5 values for 6 rows"):
        list(rows)
