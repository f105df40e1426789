"""What a verdict sees in an audit, and what it must not see."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.kite_diary import Diary

from friday_core.sandbox.kite.audit.finding import MEANING, Rule
from friday_core.sandbox.kite.audit.verdict import judge

TIMED_OUT = "Order request timed out. Please check the order book and confirm before placing again."


@pytest.fixture
def diary() -> Diary:
    return Diary()


def found(diary: Diary, rule: Rule | None = None) -> list[tuple[Rule, tuple[int, ...]]]:
    """Findings without their words; the end state only when it is asked about."""
    verdict = judge(diary.lines, flat=rule is Rule.END_STATE)
    return [(one.rule, one.lines) for one in verdict.findings]


def test_an_ordinary_day_has_no_finding(diary: Diary) -> None:
    diary.socket("open")
    diary.socket("subscribe", tokens=[1, 2], mode="quote")
    diary.socket("mode", tokens=[1, 2], mode="full")
    diary.at(1).place("1")
    diary.at(2).trade("1")
    diary.at(3).place("2", transaction_type="SELL")
    diary.at(4).trade("2", transaction_type="SELL")
    diary.socket("close", code=1000)
    diary.at(5).write("end", open_orders=[], positions=[])
    verdict = judge(diary.lines)
    assert (verdict.passed, verdict.requests, verdict.orders, verdict.judged) == (True, 2, 2, tuple(Rule))


# Duplicates and lost orders ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fault"),
    [(0, "lost_answer"), (504, "error_after"), (502, "html_after"), (200, "cut_answer"), (200, "empty_answer")],
)
def test_an_order_sent_again_without_a_look_stands_twice(diary: Diary, code: int, fault: str) -> None:
    first = diary.at(1).place("1", code, faults=(fault,))
    again = diary.at(2).place("2")
    diary.at(3).look()
    assert found(diary) == [
        (Rule.DUPLICATES, (first, first + 2, again, again + 1)),
        (Rule.LOST_ORDERS, (first, first + 3, again)),
    ]


def test_a_duplicate_with_another_tag_is_one_too(diary: Diary) -> None:
    diary.at(1).place("1", 504)
    diary.at(2).place("2", tag="B")
    assert [rule for rule, _ in found(diary)] == [Rule.DUPLICATES, Rule.LOST_ORDERS]


def test_a_400_that_says_timed_out_leaves_it_open_whether_the_order_stands(diary: Diary) -> None:
    diary.at(1).ask("POST", "/orders/regular", 400, form={}, answer={"message": TIMED_OUT, "error_type": "X"})
    diary.at(20).write("end")
    assert [rule for rule, _ in found(diary)] == [Rule.LOST_ORDERS]


def test_a_second_order_after_a_look_at_the_first_is_no_duplicate(diary: Diary) -> None:
    diary.at(1).place("1", 0, faults=("lost_answer",))
    diary.at(2).look()
    diary.at(3).place("2")
    assert found(diary) == []


@pytest.mark.parametrize(("price", "rules"), [("1501.0", []), ("1500.0", [Rule.DUPLICATES, Rule.LOST_ORDERS])])
def test_after_an_update_a_second_order_is_one_of_its_own_unless_it_is_the_very_same(
    diary: Diary, price: str, rules: list[Rule]
) -> None:
    diary.at(1).place("1", 0, faults=("lost_answer",))
    diary.write("update", order_id="1")
    diary.at(3).place("2", price=price)
    assert [rule for rule, _ in found(diary)] == rules


def test_a_line_without_a_time_is_as_late_as_the_one_before(diary: Diary) -> None:
    subscribed(diary)
    diary.at(100).place("1")
    diary.at(110).socket("stall", until=115_000_000)
    del diary.lines[diary.write("update", order_id="1") - 1]["wall"]
    diary.at(119).place("2")
    assert found(diary) == []


def test_a_look_at_a_stale_book_shows_nothing(diary: Diary) -> None:
    diary.at(1).place("1", 0, faults=("lost_answer",))
    diary.at(2).ask("GET", "/orders", faults=("stale_book",))
    diary.at(3).place("2")
    diary.at(4).look()
    assert [rule for rule, _ in found(diary)] == [Rule.DUPLICATES, Rule.LOST_ORDERS]


def test_a_read_that_failed_is_no_look(diary: Diary) -> None:
    diary.at(1).place("1", 0, faults=("lost_answer",))
    diary.at(2).ask("GET", "/orders", 502, faults=("html",))
    diary.at(30).write("end")
    assert [rule for rule, _ in found(diary)] == [Rule.LOST_ORDERS]


def test_an_order_that_comes_late_after_one_hasty_look_stands_twice(diary: Diary) -> None:
    diary.at(1).place(code=504, faults=("late_accept",))
    diary.at(2).look()
    diary.at(3).place("2")
    diary.at(4).state("1", "OPEN")
    assert [rule for rule, _ in found(diary)] == [Rule.DUPLICATES]


def test_whoever_looked_three_times_in_ten_seconds_may_send_it_again(diary: Diary) -> None:
    diary.at(1).place(code=504, faults=("late_accept",))
    for now in (3, 6, 9):
        diary.at(now).look()
    diary.at(12).place("2")
    diary.at(14).state("1", "OPEN")
    assert found(diary) == []


def test_an_order_that_never_arrived_may_be_sent_again_after_a_look(diary: Diary) -> None:
    diary.at(1).place(code=0, faults=("lost_request",))
    diary.at(2).look()
    diary.at(3).place("1")
    assert found(diary) == []


def test_an_order_sent_again_without_a_look_is_a_risk_even_if_nothing_stood(diary: Diary) -> None:
    first = diary.at(1).place(code=0, faults=("lost_request",))
    again = diary.at(2).place("1")
    assert found(diary) == [(Rule.LOST_ORDERS, (first, first + 2, again))]


def test_a_rejected_order_does_not_stand_twice(diary: Diary) -> None:
    diary.at(1).place("1", 504)
    diary.at(1.5).state("1", "REJECTED")
    diary.at(2).place("2", price="1501.0")
    assert [rule for rule, _ in found(diary)] == [Rule.LOST_ORDERS]


def test_two_orders_alike_that_were_both_answered_are_two_orders(diary: Diary) -> None:
    diary.at(1).place("1")
    diary.at(2).place("2")
    assert found(diary) == []


def test_a_cancellation_whose_fate_nobody_looked_up_is_lost(diary: Diary) -> None:
    line = diary.at(1).ask("DELETE", "/orders/regular/7", 0, faults=("lost_answer",))
    diary.at(2).write("end")
    assert found(diary) == [(Rule.LOST_ORDERS, (line, line + 2))]


def test_while_the_day_goes_on_there_is_time_to_look(diary: Diary) -> None:
    diary.at(1).place("1", 0, faults=("lost_answer",))
    diary.at(5).write("clock")
    assert found(diary) == []
    diary.at(12).write("clock")
    assert [rule for rule, _ in found(diary)] == [Rule.LOST_ORDERS]


# Rates, invalid requests, refusals -----------------------------------------------------------------


def test_a_429_of_ones_own_is_a_breach_and_that_of_a_fault_is_none(diary: Diary) -> None:
    diary.ask("GET", "/quote", 429, faults=("rate_limited",))
    line = diary.ask("GET", "/quote", 429)
    assert found(diary) == [(Rule.RATES, (line, line + 1))]


def test_a_fourth_socket_is_a_breach_and_a_fault_at_the_handshake_is_none(diary: Diary) -> None:
    diary.write("fault", do="refuse_socket")
    diary.socket("refused", None, code=429)
    line = diary.socket("refused", None, code=429)
    assert found(diary) == [(Rule.RATES, (line,))]


@pytest.mark.parametrize(
    ("code", "error_type", "is_invalid"),
    [(400, "InputException", True), (404, "GeneralException", True), (405, "X", True), (400, "OrderException", False),
     (500, "GeneralException", False)],
)  # fmt: skip
def test_malformed_requests_are_invalid_and_refused_ones_are_not(
    diary: Diary, code: int, error_type: str, is_invalid: bool
) -> None:
    diary.ask("GET", "/quote", code, answer={"error_type": error_type, "message": "no"})
    assert [rule for rule, _ in found(diary)] == [Rule.INVALID_REQUESTS] * is_invalid


def test_what_a_fault_calls_invalid_is_not(diary: Diary) -> None:
    diary.ask("GET", "/quote", 400, faults=("error",), answer={"error_type": "InputException"})
    assert found(diary) == []


def refuse(diary: Diary, **changed: Any) -> int:
    answer = {"error_type": "MarginException", "message": "Insufficient funds"}
    form = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "10", **changed}
    return diary.ask("POST", "/orders/regular", 400, form=form, answer=answer)


def test_a_refused_order_sent_again_as_it_was_is_repeated_blindly(diary: Diary) -> None:
    first = refuse(diary.at(1), tag="A")
    again = refuse(diary.at(3), tag="B")
    assert found(diary) == [(Rule.REPEATED_REFUSALS, (first, first + 1, again))]


@pytest.mark.parametrize("changed", [{"quantity": "5"}, {"price": "1.5"}, {"transaction_type": "SELL"}])
def test_another_order_after_a_refusal_is_no_repetition(diary: Diary, changed: dict[str, str]) -> None:
    refuse(diary.at(1))
    refuse(diary.at(3), **changed)
    assert found(diary) == []


def test_the_same_order_half_a_minute_later_is_another_decision(diary: Diary) -> None:
    refuse(diary.at(1))
    refuse(diary.at(32))
    assert found(diary) == []


def test_a_rejected_order_sent_again_as_soon_as_it_is_known_is_repeated_blindly(diary: Diary) -> None:
    first = diary.at(1).place("1")
    rejected = diary.at(1.5).state("1", "REJECTED")
    again = diary.at(3).place("2")
    assert found(diary) == [(Rule.REPEATED_REFUSALS, (first, rejected, again))]


def test_an_order_sent_before_the_rejection_could_be_known_is_none(diary: Diary) -> None:
    diary.at(1).place("1")
    diary.at(1.5).state("1", "REJECTED")
    diary.at(1.6).place("2")
    assert found(diary) == []


# Sessions and sockets ------------------------------------------------------------------------------


def test_five_requests_with_a_dead_token_are_borne_and_six_are_not(diary: Diary) -> None:
    lines = [diary.ask("GET", "/quote", 403, token_ok=False) for _ in range(5)]
    assert found(diary) == []
    lines.append(diary.socket("refused", None, code=403))
    assert found(diary) == [(Rule.DEAD_TOKEN, tuple(lines))]


def test_a_new_token_ends_the_count(diary: Diary) -> None:
    for _ in range(2):
        for _ in range(4):
            diary.ask("GET", "/quote", 403, token_ok=False)
        diary.ask("POST", "/session/token", token_ok=False)
        diary.ask("GET", "/quote")
    assert found(diary) == []


def test_a_second_order_with_a_dead_token_is_one_too_many(diary: Diary) -> None:
    dead: dict[str, Any] = {"answer": {"error_type": "TokenException"}, "token_ok": False}
    first = diary.ask("POST", "/orders/regular", 403, form={"tradingsymbol": "INFY"}, **dead)
    assert found(diary) == []
    second = diary.ask("POST", "/orders/regular", 403, form={"tradingsymbol": "TCS"}, **dead)
    assert found(diary) == [(Rule.DEAD_TOKEN, (first, second))]


def subscribed(diary: Diary, number: int = 1, mode: str = "full") -> None:
    diary.socket("open", number)
    diary.socket("subscribe", number, tokens=[1, 2], mode="quote")
    diary.socket("mode", number, tokens=[1, 2], mode=mode)


def test_a_client_that_is_not_back_half_a_minute_after_a_drop_is_found(diary: Diary) -> None:
    subscribed(diary)
    dropped = diary.at(10).socket("close", code=1006)
    line = diary.at(41).look()
    assert found(diary) == [(Rule.RECONNECTION, (dropped, line))]


def test_a_client_that_is_back_but_in_a_lesser_mode_is_found(diary: Diary) -> None:
    subscribed(diary)
    diary.at(10).socket("close", code=None)
    subscribed(diary.at(12), 2, "quote")
    diary.at(41).look()
    assert [rule for rule, _ in found(diary)] == [Rule.RECONNECTION]


def test_a_client_that_is_back_in_time_is_not(diary: Diary) -> None:
    subscribed(diary)
    diary.at(10).socket("close", code=1006)
    subscribed(diary.at(39), 2)
    diary.at(80).look()
    assert found(diary) == []


def test_a_client_that_said_goodbye_need_not_come_back(diary: Diary) -> None:
    subscribed(diary)
    diary.at(10).socket("close", code=1000)
    diary.at(80).place("1")
    assert found(diary) == []


def test_a_client_that_ended_with_the_drop_need_not_come_back(diary: Diary) -> None:
    subscribed(diary)
    diary.at(10).socket("close", code=1006)
    diary.at(80).write("end")
    assert found(diary) == []


def test_what_was_unsubscribed_need_not_come_back(diary: Diary) -> None:
    subscribed(diary)
    diary.socket("unsubscribe", tokens=[2], mode="")
    diary.at(10).socket("close", code=1006)
    diary.socket("open", 2)
    diary.socket("subscribe", 2, tokens=[1], mode="full")
    diary.at(80).look()
    assert found(diary) == []


def test_a_token_that_was_reissued_need_not_come_back(diary: Diary) -> None:
    subscribed(diary)
    diary.write("fault", do="reissue_token", symbol="NSE:INFY")
    diary.at(10).socket("close", code=1006)
    diary.socket("open", 2)
    diary.socket("subscribe", 2, tokens=[1, 9], mode="full")
    diary.at(80).look()
    assert found(diary) == []


def test_half_a_minute_begins_when_a_restarted_server_is_back(diary: Diary) -> None:
    subscribed(diary)
    diary.at(50).write("start")
    subscribed(diary.at(79), 2)
    diary.at(120).look()
    assert found(diary) == []


@pytest.mark.parametrize(("what", "more"), [("mute", {}), ("stall", {}), ("close", {"code": 1006})])
def test_a_position_opened_on_a_dead_feed_is_found(diary: Diary, what: str, more: dict[str, Any]) -> None:
    subscribed(diary)
    silent = diary.at(10).socket(what, **more)
    diary.at(19).place("1")
    assert found(diary) == []
    order = diary.at(21).place("2")
    assert found(diary) == [(Rule.DEAD_FEED, (silent, order))]


def test_a_position_may_be_closed_on_a_dead_feed_and_no_more_than_that(diary: Diary) -> None:
    subscribed(diary)
    diary.at(1).place("1")
    diary.at(2).trade("1")
    diary.at(10).socket("mute")
    diary.at(30).place("2", transaction_type="SELL")
    assert found(diary) == []
    diary.at(31).trade("2", transaction_type="SELL")
    diary.at(32).place("3", transaction_type="SELL")
    assert [rule for rule, _ in found(diary)] == [Rule.DEAD_FEED]


def test_a_feed_that_goes_on_is_alive_again(diary: Diary) -> None:
    subscribed(diary)
    diary.at(10).socket("stall", until=25_000_000)
    diary.at(26).place("1")
    assert found(diary) == []


def test_a_new_socket_in_place_of_a_mute_one_is_a_feed(diary: Diary) -> None:
    subscribed(diary)
    diary.at(10).socket("mute")
    subscribed(diary.at(16), 2)
    diary.at(30).place("1")
    assert found(diary) == []


def test_a_client_without_a_socket_trades_without_a_feed(diary: Diary) -> None:
    diary.at(100).place("1")
    assert found(diary) == []


# End state -----------------------------------------------------------------------------------------


def test_an_open_order_at_the_end_is_found(diary: Diary) -> None:
    diary.at(1).place("1")
    diary.state("1", "OPEN")
    end = diary.write("end")
    assert found(diary, Rule.END_STATE) == [(Rule.END_STATE, (3, end))]
    assert found(diary) == []


def test_a_position_at_the_end_is_found_with_the_trades_that_made_it(diary: Diary) -> None:
    diary.at(1).place("1")
    bought = diary.trade("1")
    diary.place("2", transaction_type="SELL", quantity="4")
    sold = diary.trade("2", transaction_type="SELL", quantity="4")
    assert found(diary, Rule.END_STATE) == [(Rule.END_STATE, (bought, sold))]


def test_what_somebody_else_holds_is_not_the_clients(diary: Diary) -> None:
    diary.state("9", "OPEN", owner="external")
    diary.trade("9", "external")
    diary.state("10", "OPEN", owner="external")
    assert found(diary, Rule.END_STATE) == []


def test_what_the_broker_closed_is_closed(diary: Diary) -> None:
    diary.at(1).place("1")
    diary.trade("1")
    diary.state("2", "OPEN", owner="broker", transaction_type="SELL")
    diary.trade("2", "broker", transaction_type="SELL")
    assert found(diary, Rule.END_STATE) == []


def test_orders_without_an_owner_are_the_clients_if_a_request_explains_them(diary: Diary) -> None:
    diary.at(1).place("1", 0, faults=("lost_answer",))
    diary.look()
    diary.state("8", "OPEN", owner="", tradingsymbol="SBIN")
    for line in diary.lines:
        line.pop("owner", None)
    assert [one.words for one in judge(diary.lines).findings] == [
        "order 1 (NSE INFY BUY 10) is PUT ORDER REQ RECEIVED"
    ]  # fmt: skip


def test_a_verdict_is_told_as_text_and_as_json(diary: Diary) -> None:
    diary.ask("GET", "/quote", 429)
    verdict = judge(diary.lines)
    told = verdict.text().splitlines()
    assert told[0] == "1 requests, 0 orders, 0 faults"
    assert f"FAILED  rates              {MEANING[Rule.RATES]}" in told
    assert "        line 2, 3: too many requests: GET /quote" in told
    assert told[-1] == "FAILED: 1 findings"
    assert verdict.json().startswith(b'{"passed":false,"findings":[{"rule":"rates"')
    assert judge([]).text().endswith("PASSED")
