"""The scripted wire: what it answers, what it knows of orders, and how updates of them come."""

from __future__ import annotations

from itertools import pairwise

import pytest

from friday_core.domain.orders import OrderStatus
from friday_core.testing.wire import (
    Accepted,
    Delivery,
    Ended,
    Happening,
    PlacedElsewhere,
    ScriptedWire,
    Traded,
    WireOrder,
    WireRefusal,
)

S = OrderStatus
LIFE: tuple[Happening, ...] = (Accepted("F1"), Traded("F1", 3, 10_005), Traded("F1", 4, 10_010))


def heard(delivery: Delivery, *happenings: Happening) -> list[tuple[OrderStatus, int]]:
    """Status and filled quantity of each update of an order of 10."""
    wire, updates = ScriptedWire(), list[WireOrder]()
    wire.listen(updates.append)
    wire.place("F1", 10)
    wire.play(*happenings, delivery=delivery)
    return [(one.status, one.filled) for one in updates]


def test_requests_are_answered_as_the_script_says_and_each_is_counted() -> None:
    wire = ScriptedWire(["take", "refuse", "silent", "lost"])
    assert wire.place("F1", 10) == "N1"
    with pytest.raises(WireRefusal, match="order F2: insufficient margin"):
        wire.place("F2", 10)
    for tag in ("F3", "F4"):
        with pytest.raises(TimeoutError, match=f"order {tag}: no answer in time"):
            wire.place(tag, 10)
    assert (wire.place("F4", 10), wire.placed) == ("N3", ["F1", "F2", "F3", "F4", "F4"])


def test_what_was_taken_or_arrived_in_silence_is_in_the_book() -> None:
    wire = ScriptedWire(["take", "refuse", "silent", "lost"])
    for tag in ("F1", "F2", "F3", "F4"):
        try:
            wire.place(tag, 10)
        except (WireRefusal, TimeoutError):
            continue
    assert [(one.tag, one.number, one.quantity, one.status) for one in wire.orders()] == [
        ("F1", "N1", 10, S.ACKED),
        ("F3", "N2", 10, S.ACKED),
    ]


def test_the_book_has_a_script_of_its_own() -> None:
    wire = ScriptedWire(questions=["silent", "refuse"])
    wire.place("F1", 10)
    with pytest.raises(TimeoutError, match="the order book: no answer in time"):
        wire.orders()
    with pytest.raises(WireRefusal, match="the session has expired"):
        wire.orders()
    assert [one.tag for one in wire.orders()] == ["F1"]


@pytest.mark.parametrize("name", ["F1", "N1"])
def test_an_order_is_cancelled_by_its_tag_or_its_number_and_does_not_end_with_that(name: str) -> None:
    wire = ScriptedWire()
    wire.place("F1", 10)
    assert (wire.cancel(name), wire.cancelled) == ("N1", ["F1"])
    assert wire.orders()[0].status is S.ACKED


def test_what_is_not_there_cannot_be_cancelled() -> None:
    wire = ScriptedWire()
    with pytest.raises(WireRefusal, match="order F9: there is no such order"):
        wire.cancel("F9")
    assert wire.cancelled == ["F9"]


def test_what_happens_is_told_and_stands_in_the_book() -> None:
    wire, updates = ScriptedWire(), list[WireOrder]()
    wire.listen(updates.append)
    wire.place("F1", 10)
    wire.play(*LIFE, Ended("F1", S.CANCELLED, "by request"))
    assert [(one.status, one.trades, one.words) for one in updates] == [
        (S.OPEN, (), ""),
        (S.PARTIAL, ((3, 10_005),), ""),
        (S.PARTIAL, ((3, 10_005), (4, 10_010)), ""),
        (S.CANCELLED, ((3, 10_005), (4, 10_010)), "by request"),
    ]
    assert wire.orders() == updates[-1:]
    assert [later.ts_event - one.ts_event for one, later in pairwise(updates)] == [1_000_000] * 3


@pytest.mark.parametrize(
    ("delivery", "filled"),
    [
        ("once", [0, 3, 7]),
        ("twice", [0, 0, 3, 3, 7, 7]),
        ("late", [0, 0, 3, 0, 7, 3]),
        ("backwards", [7, 3, 0]),
    ],
)
def test_updates_come_as_the_network_likes(delivery: Delivery, filled: list[int]) -> None:
    assert [one for _, one in heard(delivery, *LIFE)] == filled


def test_an_order_whose_last_share_trades_is_filled() -> None:
    assert heard("once", Traded("F1", 10, 10_000)) == [(S.FILLED, 10)]


def test_a_trade_that_becomes_known_after_the_end_leaves_the_end() -> None:
    assert heard("once", Ended("F1", S.CANCELLED, "by request"), Traded("F1", 4, 10_000)) == [
        (S.CANCELLED, 0),
        (S.CANCELLED, 4),
    ]


def test_somebody_elses_order_trades_at_once_and_is_in_the_book() -> None:
    wire, updates = ScriptedWire(), list[WireOrder]()
    wire.listen(updates.append)
    wire.play(PlacedElsewhere("", 7, 10_000))
    assert [(one.tag, one.status, one.filled) for one in updates] == [("", S.FILLED, 7)]
    assert wire.orders() == updates


def test_nothing_can_happen_to_an_order_that_did_not_arrive() -> None:
    with pytest.raises(LookupError, match="no order F2 has arrived"):
        heard("once", Accepted("F2"))


def test_a_bench_that_hands_over_another_quantity_is_told_so() -> None:
    with pytest.raises(ValueError, match="order F1 was placed with quantity 10, 11 cannot trade"):
        heard("once", Traded("F1", 11, 10_000))


def test_the_average_price_is_rounded_as_vendors_do() -> None:
    wire = ScriptedWire()
    wire.place("F1", 10)
    assert wire.orders()[0].average_price == 0.0
    wire.play(*LIFE)
    assert wire.orders()[0].average_price == 100.08  # 70,055 paise for 7


def test_it_knows_whether_anybody_listens() -> None:
    wire = ScriptedWire()
    assert not wire.heard
    wire.listen(lambda _: None)
    assert wire.heard
