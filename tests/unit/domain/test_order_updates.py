"""Updates: what cannot be said of an order, and the words of brokers that are made consistent."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from friday_core.domain.order_updates import TOLD, OrderUpdate
from friday_core.domain.orders import OrderStatus

S = OrderStatus


def update(**changes: Any) -> OrderUpdate:
    given = {"tag": "F1", "number": "N1", "status": S.PARTIAL, "filled": 3, "notional": 30_015, "ts_event": 5}
    return OrderUpdate(**{**given, **changes})


def test_what_is_told_stays_as_it_was_told() -> None:
    one = update(reason="PARTIAL: so far")
    assert (one.tag, one.number, one.status, one.filled, one.notional, one.ts_event, one.reason) == (
        "F1", "N1", S.PARTIAL, 3, 30_015, 5, "PARTIAL: so far",
    )  # fmt: skip


def test_the_order_of_somebody_else_may_have_no_tag() -> None:
    assert update(tag="").tag == ""


@pytest.mark.parametrize("status", [S.INTENT, S.DENIED, S.SENT, S.IN_DOUBT, "partial", None])
def test_what_only_we_can_say_of_an_order_is_not_told(status: Any) -> None:
    with pytest.raises(ValueError, match=r"update of order .F1.: .* is no status for a broker to tell"):
        update(status=status)


def test_all_statuses_are_told_but_four() -> None:
    assert set(S) - TOLD == {S.INTENT, S.DENIED, S.SENT, S.IN_DOUBT}


@pytest.mark.parametrize("name", ["filled", "notional", "ts_event"])
@pytest.mark.parametrize("value", [1.5, 3.0, "3", None])
def test_numbers_are_whole(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"update of order 'F1': {name} .* is not a whole number"):
        update(**{name: value})


@pytest.mark.parametrize("name", ["filled", "notional", "ts_event"])
@pytest.mark.parametrize("value", [-1, 2**63])
def test_numbers_are_neither_negative_nor_too_large_for_a_table(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=rf"{name} {value} must be at least 0 and below 2 \*\* 63"):
        update(**{name: value})


def test_whole_numbers_of_numpy_become_plain_ones() -> None:
    one = update(filled=np.int64(3), notional=np.int32(7), ts_event=np.int64(9))
    assert [(type(value), value) for value in (one.filled, one.notional, one.ts_event)] == [
        (int, 3),
        (int, 7),
        (int, 9),
    ]


@pytest.mark.parametrize(("name", "value"), [("tag", None), ("number", 240_101_000_000_001), ("reason", None)])
def test_names_and_reasons_are_texts(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"update of order .*: {name} {value} is not a text"):
        update(**{name: value})


def test_the_brokers_number_is_always_known() -> None:
    with pytest.raises(ValueError, match="update of order 'F1': the broker's number of the order is missing"):
        update(number="")


@pytest.mark.parametrize(("status", "notional"), [(S.PARTIAL, 0), (S.FILLED, 0), (S.OPEN, 5), (S.CANCELLED, 5)])
def test_nothing_filled_is_no_fill_and_no_money(status: OrderStatus, notional: int) -> None:
    with pytest.raises(ValueError, match=f"{status} for {notional} minor units with 0 filled"):
        update(status=status, filled=0, notional=notional)


@pytest.mark.parametrize("status", [S.ACKED, S.OPEN])
def test_an_order_that_works_and_has_traded_is_partly_filled(status: OrderStatus) -> None:
    assert update(status=status).status is S.PARTIAL


def test_of_an_order_that_has_traded_only_the_rest_was_rejected() -> None:
    one = update(status=S.REJECTED, reason="REJECTED: no margin for the rest")
    assert (one.status, one.reason) == (S.CANCELLED, "REJECTED: no margin for the rest")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (S.REJECTED, "REJECTED: the broker gives no reason"),
        (S.CANCELLED, "CANCELLED: the broker gives no reason"),
        (S.EXPIRED, "EXPIRED: the broker gives no reason"),
        (S.OPEN, ""),
    ],
)
def test_an_end_without_a_reason_says_so(status: OrderStatus, reason: str) -> None:
    assert update(status=status, filled=0, notional=0, reason="").reason == reason


def test_an_update_comes_back_from_its_bytes() -> None:
    one = update(status=S.CANCELLED, reason="CANCELLED: by request")
    assert msgspec.json.decode(msgspec.json.encode(one), type=OrderUpdate) == one
