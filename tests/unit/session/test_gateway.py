"""Where intents leave: one at a time, and whose failure a failure is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import pytest
from fakes.components import Simulation
from fakes.session_log import log_of, rows_of

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, OrderStatus, Side, WorkingOrder
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.errors import BrokerError, ComponentError, InDoubt, Refused
from friday_core.interfaces.broker import SimulatedBroker
from friday_core.session.gateway import Gateway
from friday_core.session.log import AccountOrder, NettingLog


def order(tag: str, strategy: str = "cross") -> Order:
    return Order(InstrumentId("INFY", "NSE"), Side.BUY, 1, tag=tag, strategy=strategy)


def placing(*tags: str) -> list[Intent]:
    return [PlaceOrder(order(tag)) for tag in tags]


class Answering(Simulation):
    """Raises what is written for an order, and notes every call."""

    def __init__(self, answers: Mapping[str, BaseException]) -> None:
        super().__init__()
        self.calls: list[Sequence[Intent]] = []
        self.answers = answers

    def send(self, intents: Sequence[Intent]) -> None:
        self.calls.append(intents)
        for intent in intents:
            tag = intent.tag if isinstance(intent, CancelOrder) else intent.order.tag
            if tag in self.answers:
                raise self.answers[tag]


def sent(broker: Answering) -> list[str]:
    return [one.order.tag for call in broker.calls for one in call if isinstance(one, PlaceOrder)]


def failing(answers: Mapping[str, BaseException], intents: Sequence[Intent]) -> tuple[Answering, Gateway, str]:
    broker = Answering(answers)
    gateway = Gateway(broker, "odd")
    with pytest.raises(ComponentError, match=r"^component 'broker\.odd': send of ") as told:
        gateway.send(intents)
    assert told.value.component == "broker.odd"
    assert told.value.__cause__ is next(iter(answers.values()))
    return broker, gateway, str(told.value)


def test_intents_are_handed_over_in_their_order_one_with_each_call() -> None:
    broker = Answering({})
    intents = [*placing("F1", "F2"), CancelOrder("F1", "CANCELLED: it may")]
    Gateway(broker, "odd").send(intents)
    assert broker.calls == [[one] for one in intents]


@pytest.mark.parametrize("error", [Refused("no"), InDoubt("no"), BrokerError("no")])
def test_after_an_order_that_fails_the_next_one_is_sent(error: BrokerError) -> None:
    broker, gateway, told = failing({"F1": error}, placing("F1", "F2", "F3"))
    assert sent(broker) == ["F1", "F2", "F3"]
    assert told.endswith(f"send of order F1 (1 of 3 intents of its record) failed: {type(error).__name__}: no")
    assert gateway.unsent == {"F1": f"SEND_FAILED: {type(error).__name__}: no"}


def test_every_order_that_failed_is_named() -> None:
    _, gateway, told = failing({"F1": Refused("no"), "F3": InDoubt("well")}, placing("F1", "F2", "F3"))
    assert told.endswith("failed: Refused: no; that of order F3: InDoubt: well")
    assert list(gateway.unsent) == ["F1", "F3"]


def test_of_many_orders_that_failed_six_are_named_and_the_others_counted() -> None:
    tags = [f"F{n}" for n in range(1, 10)]
    _, gateway, told = failing({tag: Refused("no") for tag in tags}, placing(*tags))
    assert told.endswith("that of order F6: Refused: no; and 3 more")
    assert list(gateway.unsent) == tags


def test_after_an_error_that_is_no_brokers_nothing_more_is_sent_and_its_line_is_told() -> None:
    broker, gateway, told = failing({"F2": OSError("disk full")}, placing("F1", "F2", "F3", "F4"))
    assert sent(broker) == ["F1", "F2"]
    assert "send of order F2 (2 of 4 intents of its record) failed: OSError: disk full (test_gateway.py, line " in told
    assert told.endswith(", in send()); the 2 after it were not sent")
    assert gateway.unsent == {
        "F2": "SEND_FAILED: OSError: disk full",
        "F3": "NOT_SENT: broker.odd failed before, at order F2",
        "F4": "NOT_SENT: broker.odd failed before, at order F2",
    }


def test_a_broker_that_asks_to_exit_has_failed() -> None:
    _, _, told = failing({"F1": SystemExit(0)}, placing("F1"))
    assert "send of order F1 failed: SystemExit: 0" in told


def test_a_cancel_that_fails_is_told_as_one() -> None:
    cancels = [CancelOrder(tag, "CANCELLED: it may") for tag in ("F1", "F2")]
    _, gateway, told = failing({"F1": ValueError("what?")}, cancels)
    assert "send of the cancel of order F1 (1 of 2 intents of its record) failed: ValueError: what?" in told
    assert gateway.unsent == {
        "F1": "CANCEL_FAILED: ValueError: what?",
        "F2": "CANCEL_NOT_SENT: broker.odd failed before, at the cancel of order F1",
    }


def test_what_it_waits_for_is_known_while_it_waits() -> None:
    seen: list[str] = []

    class Looking(Answering):
        def send(self, intents: Sequence[Intent]) -> None:
            seen.append(gateway.doing)

    gateway = Gateway(Looking({}), "odd")
    gateway.send([*placing("F1"), CancelOrder("F1", "")])
    assert seen == ["send of order F1", "send of the cancel of order F1"]
    assert gateway.doing == ""


# In the log -------------------------------------------------------------------------------------------


def test_the_reason_is_added_to_what_the_order_says_already() -> None:
    one, other = (WorkingOrder(order(tag), 0) for tag in ("F1", "F2"))
    one.move(OrderStatus.CANCELLED, "CLIPPED_CASH: it was dear")
    log = log_of(orders=[one, other])
    log.note_unsent({"F1": "SEND_FAILED: no"})
    assert (one.status, one.reason) == (OrderStatus.CANCELLED, "CLIPPED_CASH: it was dear; SEND_FAILED: no")
    assert (other.status, other.reason) == (OrderStatus.INTENT, "")


def test_the_orders_behind_an_order_of_the_account_have_its_reason() -> None:
    parents = [WorkingOrder(order(tag, tag), 0) for tag in ("F1", "F2", "F3")]
    account = AccountOrder(WorkingOrder(order("FA", ""), 0), ("F1", "F3"))
    log = log_of(orders=parents)
    log.netting = NettingLog(orders=rows_of("account_orders", [account]))
    log.note_unsent({"FA": "NOT_SENT: no"})
    assert [one.reason for one in (*parents, account.working)] == ["NOT_SENT: no", "", "NOT_SENT: no", "NOT_SENT: no"]


class Asked(list[Intent]):
    """Intents of which nobody may ask for one."""

    def __iter__(self) -> NoReturn:
        raise AssertionError("an intent was asked for")


def test_a_broker_that_leaves_everything_to_its_matcher_is_not_called() -> None:
    class Matching(Answering):
        send = SimulatedBroker.send  # type: ignore[assignment]

    Gateway(Matching({}), "odd").send(Asked(placing("F1")))
    with pytest.raises(AssertionError, match="an intent was asked for"):
        Gateway(Answering({}), "odd").send(Asked(placing("F1")))
