"""What updates make of orders: every share and every step once, however they come."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import Order, OrderStatus, Side, WorkingOrder
from friday_core.errors import InvariantError
from friday_core.trading.order_progress import Foreign, News, OrderProgress

S = OrderStatus
PRICE = 100


def working(status: OrderStatus = S.SENT, quantity: int = 10, tag: str = "F1") -> WorkingOrder:
    one = WorkingOrder(Order(InstrumentId("INFY", "NSE"), Side.BUY, quantity, tag=tag), 0)
    one.status = status
    return one


def told(
    status: OrderStatus, filled: int = 0, notional: int | None = None, *, tag: str = "F1", number: str = "N1",
    reason: str = "",
) -> OrderUpdate:  # fmt: skip
    worth = filled * PRICE if notional is None else notional
    return OrderUpdate(tag, number, status, filled, worth, 1_000 + filled, reason)


def news(order: WorkingOrder, *updates: OrderUpdate) -> list[tuple[int, int, OrderStatus | None] | None]:
    """(quantity, notional, status) of what each update tells; ``None`` where that is nothing."""
    progress = OrderProgress()
    progress.add(order)
    found = [progress.apply(update) for update in updates]
    return [(one.quantity, one.notional, one.status) if isinstance(one, News) else None for one in found]


def test_an_order_goes_from_acceptance_to_its_last_share() -> None:
    order = working()
    assert news(order, told(S.ACKED), told(S.OPEN), told(S.PARTIAL, 3), told(S.PARTIAL, 7), told(S.FILLED, 10)) == [
        (0, 0, S.ACKED),
        (0, 0, S.OPEN),
        (3, 300, S.PARTIAL),
        (4, 400, None),
        (3, 300, S.FILLED),
    ]
    assert (order.status, order.filled) == (S.FILLED, 10)


def test_an_update_says_all_that_was_missed_before() -> None:
    assert news(working(), told(S.FILLED, 10)) == [(10, 1_000, S.FILLED)]


def test_what_came_before_comes_too_late_to_be_news() -> None:
    order = working()
    assert news(order, told(S.PARTIAL, 7), told(S.PARTIAL, 3), told(S.OPEN), told(S.PARTIAL, 7)) == [
        (7, 700, S.PARTIAL),
        None,
        None,
        None,
    ]
    assert (order.status, order.filled) == (S.PARTIAL, 7)


def test_an_order_that_ended_stays_so() -> None:
    order = working()
    updates = (told(S.FILLED, 10), told(S.PARTIAL, 7), told(S.CANCELLED, 7), told(S.REJECTED), told(S.FILLED, 10))
    assert news(order, *updates) == [(10, 1_000, S.FILLED), None, None, None, None]
    assert order.status is S.FILLED


def test_an_end_counts_though_its_totals_are_behind() -> None:
    order = working()
    assert news(order, told(S.PARTIAL, 5), told(S.CANCELLED, 3)) == [(5, 500, S.PARTIAL), (0, 0, S.CANCELLED)]
    assert (order.status, order.filled) == (S.CANCELLED, 5)


def test_a_cancelled_order_may_bring_its_last_shares_with_it() -> None:
    order = working()
    assert news(order, told(S.PARTIAL, 3), told(S.CANCELLED, 5, reason="CANCELLED: by request")) == [
        (3, 300, S.PARTIAL),
        (2, 200, S.CANCELLED),
    ]
    assert order.reason == "CANCELLED: by request"


@pytest.mark.parametrize("word", [S.CANCELLED, S.PARTIAL])
def test_shares_that_are_told_after_the_end_are_real_and_the_end_stays(word: OrderStatus) -> None:
    order = working()
    assert news(order, told(S.CANCELLED, 3), told(word, 5), told(word, 5)) == [
        (3, 300, S.CANCELLED),
        (2, 200, None),
        None,
    ]
    assert (order.status, order.filled) == (S.CANCELLED, 5)


def test_a_share_is_worth_what_it_traded_for_though_the_end_was_behind() -> None:
    assert news(working(), told(S.PARTIAL, 5), told(S.CANCELLED, 3), told(S.CANCELLED, 6)) == [
        (5, 500, S.PARTIAL),
        (0, 0, S.CANCELLED),
        (1, 100, None),
    ]


def test_an_order_of_which_all_has_traded_is_filled_whatever_the_broker_calls_it() -> None:
    for word in (S.PARTIAL, S.CANCELLED, S.EXPIRED):
        assert news(working(), told(word, 10)) == [(10, 1_000, S.FILLED)]


def test_of_an_order_that_traded_only_the_rest_was_rejected() -> None:
    assert news(working(), told(S.PARTIAL, 3), told(S.REJECTED))[1] == (0, 0, S.CANCELLED)


def test_a_rejection_carries_the_brokers_words() -> None:
    order = working()
    assert news(order, told(S.OPEN), told(S.REJECTED, reason="REJECTED: no margin"))[1] == (0, 0, S.REJECTED)
    assert order.reason == "REJECTED: no margin"


@pytest.mark.parametrize(
    ("update", "settled"),
    [
        (told(S.ACKED), S.ACKED),
        (told(S.OPEN), S.OPEN),
        (told(S.PARTIAL, 3), S.PARTIAL),
        (told(S.FILLED, 10), S.FILLED),
        (told(S.REJECTED), S.REJECTED),
        (told(S.CANCELLED, 3), S.CANCELLED),
    ],
)
def test_any_update_settles_a_placement_that_is_in_doubt(update: OrderUpdate, settled: OrderStatus) -> None:
    order = working(S.IN_DOUBT)
    assert news(order, update) == [(update.filled, update.notional, settled)]


def test_a_cancel_in_doubt_is_settled_by_what_is_not_behind_what_was_known() -> None:
    order, progress = working(), OrderProgress()
    progress.add(order)
    progress.apply(told(S.PARTIAL, 3))
    order.move(S.IN_DOUBT)
    assert progress.apply(told(S.OPEN)) is None
    assert progress.apply(told(S.PARTIAL, 2)) is None
    found = progress.apply(told(S.PARTIAL, 3))
    assert isinstance(found, News)
    assert (found.quantity, found.status) == (0, S.PARTIAL)


def test_an_order_that_the_broker_has_was_sent() -> None:
    assert news(working(S.INTENT), told(S.ACKED)) == [(0, 0, S.ACKED)]
    assert news(working(S.INTENT), told(S.PARTIAL, 3)) == [(3, 300, S.PARTIAL)]


def test_what_is_not_news_changes_nothing() -> None:
    """An order that works is not set back to where the broker's own word for it would put it."""
    order = working(S.OPEN)
    assert news(order, told(S.ACKED)) == [None]
    assert order.status is S.OPEN


def test_the_order_of_somebody_else_is_foreign() -> None:
    progress, update = OrderProgress(), told(S.FILLED, 10, tag="BYHAND")
    progress.add(working())
    assert progress.apply(update) == Foreign(update)


def test_news_have_the_order_and_the_update_that_they_are_of() -> None:
    order, progress, update = working(), OrderProgress(), told(S.OPEN)
    progress.add(order)
    found = progress.apply(update)
    assert isinstance(found, News)
    assert (found.order is order, found.update is update) == (True, True)


def test_a_tag_is_of_one_order() -> None:
    progress = OrderProgress()
    progress.add(working())
    with pytest.raises(InvariantError, match="order F1: there are two of this tag"):
        progress.add(working())


@pytest.mark.parametrize(
    ("before", "update", "message"),
    [
        ((), told(S.PARTIAL, 11), "order F1: 11 of 10 are told to have traded"),
        ((told(S.FILLED, 10),), told(S.FILLED, 20), "order F1: 20 of 10 are told to have traded"),
        ((), told(S.FILLED, 7), "order F1: it is told to be filled with 7 of 10"),
        (
            (told(S.PARTIAL, 3),),
            told(S.PARTIAL, 5, 299),
            "order F1: 5 are told to have traded for 299 minor units, and 3 of them for 300",
        ),
        (
            (told(S.OPEN),),
            told(S.OPEN, number="N2"),
            "order F1: the broker has two orders of this tag, N1 and N2",
        ),
    ],
)
def test_what_cannot_be_true_is_refused_and_changes_nothing(
    before: tuple[OrderUpdate, ...], update: OrderUpdate, message: str
) -> None:
    order, progress = working(), OrderProgress()
    progress.add(order)
    for one in before:
        progress.apply(one)
    stood = (order.status, order.filled)
    with pytest.raises(InvariantError, match=f"^{message}$"):
        progress.apply(update)
    assert (order.status, order.filled) == stood


# Whatever the network does ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """All that a broker knows of an order at each of its moments."""

    quantity: int
    updates: tuple[OrderUpdate, ...]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Accepted or not, traded in parts at several prices, and ended or not; trades may be known after the end."""
    quantity = draw(st.integers(1, 30))
    steps = [told(one) for one in (S.ACKED, S.OPEN) if draw(st.booleans())]
    filled = notional = 0
    ends = draw(st.sampled_from([None, S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED]))
    most = {S.FILLED: quantity, S.REJECTED: 0}.get(ends or S.OPEN, quantity - 1)
    over = None
    while filled < most and (ends is S.FILLED or draw(st.booleans())):
        part, price = draw(st.integers(1, most - filled)), draw(st.integers(90, 110))
        filled, notional = filled + part, notional + part * price
        if over is None and ends not in (None, S.FILLED) and draw(st.booleans()):
            over = ends or S.CANCELLED
            steps.append(told(over, filled - part, notional - part * price, reason="END: the broker's words"))
        word = draw(st.sampled_from([S.OPEN, S.PARTIAL, over or S.PARTIAL]))
        steps.append(told(S.FILLED if filled == quantity else word, filled, notional))
    if ends is not None and [one.status for one in steps[-1:]] != [ends]:
        steps.append(told(ends, filled, notional, reason="END: the broker's words"))
    return Life(quantity, tuple(steps or [told(S.ACKED)]))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Life, list[OrderUpdate]]:
    """An order's life, and its updates with some missing, some doubled, in any order; the last is among them."""
    life = draw(lives())
    kept = draw(st.lists(st.sampled_from(life.updates), max_size=12))
    return life, draw(st.permutations([*kept, life.updates[-1]]))


@given(delivered=deliveries(), begins=st.sampled_from([S.INTENT, S.SENT, S.IN_DOUBT]))
def test_whatever_is_lost_doubled_or_late_an_order_ends_where_it_did(
    delivered: tuple[Life, list[OrderUpdate]], begins: OrderStatus
) -> None:
    life, updates = delivered
    last = life.updates[-1]
    order = working(begins, life.quantity)
    found = [one for one in news(order, *updates) if one is not None]
    assert (order.filled, order.status) == (last.filled, last.status)
    assert (sum(one[0] for one in found), sum(one[1] for one in found)) == (last.filled, last.notional)
    steps = [status for *_, status in found if status is not None]
    assert len(set(steps)) == len(steps)
    assert all(quantity or status for quantity, _, status in found)


@given(delivered=deliveries())
def test_the_same_updates_once_more_are_no_news(delivered: tuple[Life, list[OrderUpdate]]) -> None:
    life, updates = delivered
    assert news(working(quantity=life.quantity), *updates, *updates)[len(updates) :] == [None] * len(updates)
