"""What a broker tells of orders, and what becomes of them: one case for each way in which it can go."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.bars import A, B, flat
from fakes.session import Script, Session

from friday_core.domain.market import CorporateAction
from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import BrokerFill, Order, OrderStatus, OrderType, Side, TimeInForce
from friday_core.domain.records import (
    Action,
    ActionAnnounced,
    BrokerRead,
    CancelOrder,
    Command,
    Intent,
    OrderTold,
    PlaceOrder,
    PositionTold,
    SendAnswered,
    SendOutcome,
    SessionResumed,
)
from friday_core.domain.signals import Cancel
from friday_core.errors import InvariantError
from friday_core.session.at_broker import InDoubtPolicy

_S = OrderStatus
BUY = Order(A, Side.BUY, 10)


class Live:
    """A session of days 1 to 9 at 100, whose orders are at a broker; day by day."""

    def __init__(self, script: dict[int, Any], *, policy: InDoubtPolicy = InDoubtPolicy.ABANDON, **more: Any) -> None:
        self.session = Session(Script(script), at_broker=policy, capital=10**8, **more)
        self._day = 0

    def days(self, last: int) -> list[Intent]:
        """Rows up to a day; the slice of the day before it is decided with them. What is sent."""
        before = len(self.session.intents)
        days = range(self._day + 1, last + 1)
        self.session.feed([flat(day, name, 100) for day in days for name in (A, B)])
        self._day = last
        return [one for some in self.session.intents[before:] for one in some]

    def tell(self, *records: Any) -> list[Intent]:
        before = len(self.session.intents)
        self.session.apply(*records)
        return [one for some in self.session.intents[before:] for one in some]

    def told(self, tag: str, status: OrderStatus, filled: int = 0, notional: int = 0, **more: Any) -> list[Intent]:
        number = more.pop("number", f"N{tag}")
        return self.tell(OrderTold(OrderUpdate(tag, number, status, filled, notional, 5, **more)))

    def answered(self, tag: str, outcome: SendOutcome, ts: int = 100, *, is_cancel: bool = False) -> list[Intent]:
        return self.tell(SendAnswered(ts, tag, outcome, is_cancel, f"{outcome.name}: so it was"))

    @property
    def orders(self) -> list[tuple[str, int]]:
        return [(str(one.status), one.filled) for one in self.session.log.orders]

    @property
    def differences(self) -> list[tuple[str, str]]:
        return [(one.code, one.tag) for one in self.session.log.differences]


def sent(intents: list[Intent]) -> list[str]:
    return [one.order.tag for one in intents if isinstance(one, PlaceOrder)]


def opened(script: dict[int, Any] | None = None, **more: Any) -> tuple[Live, str]:
    """A session that has sent its first order, and the order's tag."""
    live = Live(script or {1: [BUY]}, **more)
    (tag,) = sent(live.days(2))
    return live, tag


def test_bars_fill_nothing_and_what_the_broker_tells_is_booked_at_its_price() -> None:
    live, tag = opened()
    live.days(4)
    assert live.session.book.position(A) == 0
    live.answered(tag, SendOutcome.TAKEN)
    live.told(tag, _S.PARTIAL, 4, 400_10)
    live.told(tag, _S.FILLED, 10, 1_000_31)
    assert live.session.book.position(A) == 10
    assert live.session.book.cash == 10**8 - 1_000_31
    fills = list(live.session.log.fills)
    assert [(one.quantity, one.price) for one in fills] == [(4, 100_02), (6, 100_04)]
    assert all(isinstance(one, BrokerFill) for one in fills)
    assert sum(one.notional(live.session.universe.instrument(A)) for one in fills) == 1_000_31


def test_updates_that_come_twice_late_or_out_of_order_book_each_share_once() -> None:
    live, tag = opened()
    live.told(tag, _S.FILLED, 10, 1_000_00)
    live.told(tag, _S.PARTIAL, 3, 300_00)
    live.told(tag, _S.FILLED, 10, 1_000_00)
    live.answered(tag, SendOutcome.TAKEN)
    assert live.session.book.position(A) == 10
    assert live.orders == [("filled", 10)]


def test_a_fill_that_is_told_after_the_end_is_booked_all_the_same() -> None:
    live, tag = opened()
    live.told(tag, _S.CANCELLED)
    live.told(tag, _S.CANCELLED, 7, 700_00)
    assert live.session.book.position(A) == 7
    assert live.session.ended == [(1, "cancelled", 0, "CANCELLED")]


def test_a_refusal_ends_an_order_and_a_doubt_does_not() -> None:
    live = Live({1: [BUY, Order(B, Side.BUY, 1)]})
    first, second = sent(live.days(2))
    live.answered(first, SendOutcome.REFUSED)
    live.answered(second, SendOutcome.IN_DOUBT)
    assert live.orders == [("rejected", 0), ("in_doubt", 0)]


def test_a_doubt_is_settled_by_an_update_or_proven_by_a_reading_that_is_late_enough() -> None:
    live = Live({1: [BUY, Order(B, Side.BUY, 1)]})
    first, second = sent(live.days(2))
    live.answered(first, SendOutcome.IN_DOUBT, 100)
    live.answered(second, SendOutcome.IN_DOUBT, 100)
    there = OrderUpdate(second, "N2", _S.OPEN, 0, 0, 120)
    live.tell(BrokerRead(150, (there,), settled=99))
    assert live.orders == [("in_doubt", 0), ("open", 0)]
    assert live.tell(BrokerRead(250, (there,), settled=100)) == []
    assert live.orders == [("cancelled", 0), ("open", 0)]
    assert live.session.ended == [(1, "cancelled", 0, "ABANDONED")]


def test_what_is_proven_absent_goes_again_under_its_tag_if_the_policy_says_so() -> None:
    live, tag = opened(policy=InDoubtPolicy.RESEND)
    live.answered(tag, SendOutcome.IN_DOUBT, 100)
    assert sent(live.tell(BrokerRead(250, (), settled=100))) == [tag]
    assert live.tell(BrokerRead(250, (), settled=240)) == [], "it is on its way again"
    live.answered(tag, SendOutcome.TAKEN, 260)
    assert live.orders == [("acked", 0)]


def test_an_order_that_was_not_answered_when_its_process_ended_is_in_doubt() -> None:
    live, tag = opened()
    live.tell(SessionResumed(500, "hash"))
    assert live.orders == [("in_doubt", 0)]
    live.tell(BrokerRead(600, (), settled=499))
    assert live.orders == [("in_doubt", 0)], "what the process sent may still be on its way"
    live.tell(BrokerRead(600, (OrderUpdate(tag, "N1", _S.PARTIAL, 2, 200_00, 550),), settled=500))
    assert live.orders == [("partial", 2)]


def test_an_order_that_the_brokers_book_no_longer_has_ended_unseen() -> None:
    live, tag = opened()
    live.answered(tag, SendOutcome.TAKEN, 100)
    live.tell(BrokerRead(300, (), settled=200))
    assert live.orders == [("expired", 0)]
    assert live.differences == [("MISSING_ORDER", tag)]


def test_a_cancel_ends_nothing_until_the_broker_says_so() -> None:
    limit = Order(A, Side.BUY, 10, OrderType.LIMIT, limit_price=90_00)
    live, tag = opened({1: [limit], 2: [Cancel(A)], 3: [Cancel(A)]})
    live.answered(tag, SendOutcome.TAKEN)
    assert live.days(3) == [CancelOrder(tag, "CANCELLED: asked for by the strategy")]
    assert live.orders == [("sent", 0)]
    assert live.days(4) == [], "nobody asks twice"
    live.told(tag, _S.CANCELLED, 4, 360_00)
    assert live.orders == [("cancelled", 4)]
    assert live.session.book.position(A) == 4


def test_a_cancel_that_perhaps_did_not_arrive_goes_again_with_the_next_reading() -> None:
    limit = Order(A, Side.BUY, 10, OrderType.LIMIT, limit_price=90_00)
    live, tag = opened({1: [limit], 2: [Cancel(A)]})
    live.answered(tag, SendOutcome.TAKEN)
    live.days(3)
    live.answered(tag, SendOutcome.IN_DOUBT, is_cancel=True)
    there = OrderUpdate(tag, f"N{tag}", _S.OPEN, 0, 0, 120)
    assert live.tell(BrokerRead(200, (there,), settled=0)) == [CancelOrder(tag, "CANCELLED: asked for by the strategy")]
    assert live.tell(BrokerRead(300, (there,), settled=0)) == []


def test_the_legs_of_a_bracket_are_placed_when_the_entry_trades_and_end_one_another() -> None:
    entry = Order(A, Side.BUY, 10, stop_loss=90_00, take_profit=120_00)
    live, tag = opened({1: [entry]})
    stop, target = sent(live.told(tag, _S.FILLED, 10, 1_000_00))
    assert live.told(stop, _S.PARTIAL, 4, 360_00) == [CancelOrder(target, f"BRACKET: 6 of {tag} are left to close")]
    assert live.told(stop, _S.PARTIAL, 4, 360_00) == []
    placed = live.told(target, _S.CANCELLED)
    assert [(one.order.quantity, one.order.type) for one in placed if isinstance(one, PlaceOrder)] == [
        (6, OrderType.LIMIT)
    ], "only when the one before can trade no more"


def bought_with_a_stop() -> tuple[Live, str]:
    """Ten shares of day 2, and the tag of the stop below them, which the broker has."""
    live, tag = opened({1: [Order(A, Side.BUY, 10, stop_loss=90_00)]})
    (stop,) = sent(live.told(tag, _S.FILLED, 10, 1_000_00))
    live.tell(BrokerRead(20, (), (PositionTold(A, 10),), settled=0))
    live.answered(stop, SendOutcome.TAKEN)
    live.told(stop, _S.OPEN)
    return live, stop


def test_a_leg_is_for_the_day_and_goes_anew_with_the_first_slice_of_the_next_session() -> None:
    live, stop = bought_with_a_stop()
    assert live.told(stop, _S.EXPIRED) == [], "the day is over"
    (again,) = [one.order for one in live.days(4) if isinstance(one, PlaceOrder)]
    (before,) = [one.order for one in live.session.log.orders if one.order.tag == stop]
    assert (again.type, again.quantity, again.trigger_price) == (OrderType.STOP, 10, 90_00)
    assert (before.time_in_force, again.time_in_force) == (TimeInForce.DAY, TimeInForce.DAY)
    assert again.tag != stop
    assert live.days(5) == [], "once"
    live.told(again.tag, _S.FILLED, 10, 900_00)
    assert live.session.book.position(A) == 0


def test_a_leg_that_the_book_lacks_in_the_morning_goes_anew_while_positions_agree() -> None:
    live, _ = bought_with_a_stop()
    assert live.tell(BrokerRead(300, (), (PositionTold(A, 10),), settled=250)) == []
    assert len(sent(live.days(4))) == 1


def test_a_leg_that_may_have_traded_unseen_waits_for_a_person() -> None:
    live, _ = bought_with_a_stop()
    live.tell(BrokerRead(300, (), (), settled=250))
    assert sent(live.days(5)) == []
    assert len(sent(live.tell(Command(400, Action.REARM, "looked")))) == 1


def test_a_leg_that_somebody_cancelled_does_not_go_anew() -> None:
    live, stop = bought_with_a_stop()
    live.told(stop, _S.CANCELLED)
    assert live.days(5) == []


def test_a_leg_of_the_day_before_does_not_go_anew_after_a_split() -> None:
    live, stop = bought_with_a_stop()
    live.told(stop, _S.EXPIRED)
    live.tell(ActionAnnounced(CorporateAction(A, 2, 2, 1)))
    assert sent(live.days(5)) == []
    assert live.session.book.position(A) == 20


def test_a_cancelled_leg_that_its_day_ended_first_is_followed_in_the_next_session() -> None:
    live, tag = opened({1: [Order(A, Side.BUY, 10, stop_loss=90_00, take_profit=120_00)]})
    stop, target = sent(live.told(tag, _S.FILLED, 10, 1_000_00))
    live.told(stop, _S.OPEN)
    live.told(stop, _S.PARTIAL, 4, 360_00)
    assert sent(live.told(target, _S.EXPIRED)) == []
    live.told(stop, _S.EXPIRED, 4, 360_00)
    again = [one.order for one in live.days(4) if isinstance(one, PlaceOrder)]
    assert sorted((str(one.type), one.quantity) for one in again) == [("limit", 6), ("stop", 6)]


def test_orders_of_others_are_noted_once_and_left_alone() -> None:
    live, _ = opened()
    for _ in range(2):
        live.told("", _S.FILLED, 3, 300_00, number="X1")
    assert live.differences == [("EXTERNAL_ORDER", "")]
    assert live.session.book.position(A) == 0


def test_tags_that_an_earlier_session_of_the_day_has_used_are_left_out() -> None:
    _, tag = opened()
    live = Live({1: [BUY]})
    live.tell(BrokerRead(1, (OrderUpdate(tag, "N1", _S.FILLED, 10, 1_000_00, 1),)))
    (second,) = sent(live.days(2))
    assert int(second[7:], 36) == int(tag[7:], 36) + 1
    live.told(tag, _S.FILLED, 10, 1_000_00, number="N1")
    assert live.session.book.position(A) == 0


def test_an_update_that_cannot_be_true_changes_nothing_and_is_noted() -> None:
    live, tag = opened()
    live.told(tag, _S.FILLED, 11, 1_100_00)
    assert live.differences == [("IMPOSSIBLE_UPDATE", tag)]
    assert live.session.book.position(A) == 0


def test_a_second_order_of_one_tag_is_noted_once_however_often_the_book_has_it() -> None:
    live, tag = opened()
    live.told(tag, _S.FILLED, 10, 1_000_00)
    again = OrderUpdate(tag, "N2", _S.PARTIAL, 4, 400_00, 5), OrderUpdate(tag, "N2", _S.FILLED, 10, 1_000_00, 6)
    for ts, update in enumerate([*again, again[1]]):
        live.tell(BrokerRead(ts, (update,), settled=0))
    assert live.differences == [("IMPOSSIBLE_UPDATE", tag)]
    live.told(tag, _S.FILLED, 10, 1_000_00, number="N3")
    assert len(live.differences) == 2


def test_what_the_account_held_before_is_adopted_and_a_change_without_an_order_stops_entries_there() -> None:
    live = Live({1: [BUY], 3: [BUY, Order(B, Side.BUY, 1)], 5: [BUY]})
    live.tell(BrokerRead(1, (), (PositionTold(A, 50),), settled=0))
    (tag,) = sent(live.days(2))
    live.told(tag, _S.FILLED, 10, 1_000_00)
    live.tell(BrokerRead(2, (), (PositionTold(A, 60),)))
    assert live.differences == [("EXTERNAL_POSITION", "")]
    live.tell(BrokerRead(3, (), (PositionTold(A, 55),)))
    live.days(4)
    assert [code for _, symbol, code in live.session.codes if symbol == "A"] == ["SENT", "BOOK_DIFFERS"]
    assert [code for _, symbol, code in live.session.codes if symbol == "B"] == ["SENT"]
    live.tell(Command(9, Action.REARM, "looked at it"))
    live.days(6)
    assert [code for _, symbol, code in live.session.codes if symbol == "A"][-1] == "SENT"


def test_entries_stop_while_less_can_be_spent_than_the_books_have_and_nothing_works() -> None:
    live = Live({1: [BUY], 3: [BUY], 5: [BUY], 7: [BUY]})
    own = live.session.book.cash
    live.tell(BrokerRead(1, (), (), cash=own))
    (tag,) = sent(live.days(2))
    live.tell(BrokerRead(2, (), (), cash=own - 1_000_00))
    assert live.differences == [], "while an order works the broker may have set some aside"
    live.told(tag, _S.FILLED, 10, 1_000_00)
    live.tell(BrokerRead(3, (), (PositionTold(A, 10),), cash=live.session.book.cash - 1))
    live.tell(BrokerRead(4, (), (PositionTold(A, 10),), cash=live.session.book.cash - 1))
    assert live.differences == [("LESS_CASH", "")]
    live.days(4)
    assert [code for _, _, code in live.session.codes] == ["SENT", "BOOK_DIFFERS"]
    live.tell(BrokerRead(5, (), (PositionTold(A, 10),), cash=live.session.book.cash))
    (tag,) = sent(live.days(6))
    live.told(tag, _S.FILLED, 10, 1_000_00)
    live.tell(BrokerRead(6, (), (PositionTold(A, 20),), cash=live.session.book.cash - 5))
    live.tell(Command(9, Action.REARM, "I took it out"))
    live.tell(BrokerRead(7, (), (PositionTold(A, 20),), cash=live.session.book.cash - 5))
    assert len(sent(live.days(8))) == 1, "a person has accepted that much"


def test_a_broker_that_refuses_to_close_a_position_is_not_asked_again_before_the_next_slice() -> None:
    live, tag = opened({1: [BUY]})
    live.told(tag, _S.FILLED, 10, 1_000_00)
    (closing,) = live.tell(Command(9, Action.FLATTEN, "enough"))
    assert isinstance(closing, PlaceOrder)
    live.answered(closing.order.tag, SendOutcome.REFUSED)
    assert live.tell(BrokerRead(3, (), (PositionTold(A, 10),))) == []
    (again,) = live.days(3)
    assert isinstance(again, PlaceOrder)
    assert (again.order.side, again.order.quantity) == (Side.SELL, 10)


def test_flatten_waits_for_cancels_to_be_confirmed_before_it_closes() -> None:
    resting = Order(A, Side.SELL, 10, OrderType.LIMIT, limit_price=120_00)
    live, tag = opened({1: [BUY], 2: [resting]})
    live.told(tag, _S.FILLED, 10, 1_000_00)
    (rest,) = sent(live.days(3))
    live.answered(rest, SendOutcome.TAKEN)
    assert live.tell(Command(9, Action.FLATTEN, "enough", "me")) == [CancelOrder(rest, "HALTED: FLATTEN by me: enough")]
    assert live.days(4) == []
    (closing,) = live.told(rest, _S.CANCELLED, 3, 360_00)
    assert isinstance(closing, PlaceOrder)
    assert (closing.order.side, closing.order.quantity) == (Side.SELL, 7)
    live.told(closing.order.tag, _S.FILLED, 7, 700_00)
    assert live.session.book.positions() == {}


def test_a_pause_lets_reductions_pass_and_nothing_else() -> None:
    live, tag = opened({1: [BUY], 3: [Order(A, Side.SELL, 4), Order(B, Side.BUY, 1)]})
    live.told(tag, _S.FILLED, 10, 1_000_00)
    live.tell(Command(9, Action.PAUSE, "a look"))
    live.days(4)
    assert live.session.codes[1:] == [(3, "A", "SENT"), (3, "B", "HALTED")]


def test_a_brokers_word_in_a_session_of_a_matcher_is_a_mistake_of_ours() -> None:
    session = Session(Script({}))
    with pytest.raises(InvariantError, match="OrderTold in a session whose fills are a matcher's"):
        session.apply(OrderTold(OrderUpdate("F1", "N1", _S.OPEN, 0, 0, 1)))
