"""The paper broker as a process: killed, restarted, misbehaving, and what a broker's plugin makes of that."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from friday_core.api import (
    BrokerError,
    CancelOrder,
    InDoubt,
    InstrumentId,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    PlaceOrder,
    Refused,
    Side,
    TimeInForce,
)
from friday_core.sandbox.paper.messages import Declined
from friday_core.testing.builders import universe
from friday_core.testing.paper_process import PaperServer
from friday_plugins.brokers.paper_process import PaperProcess

INFY = InstrumentId("INFY", "NSE")
S = OrderStatus
#: Long enough that a test can fall between two parts, on a busy machine too.
PARTS = "[market]\nparts = 3\npart_delay = 1.0\n"


class Client:
    """A broker at the server, and what it has told."""

    def __init__(self, server: PaperServer, timeout: float = 5.0) -> None:
        self.broker = PaperProcess(PaperProcess.Settings(folder=server.folder, timeout=timeout), universe("INFY.NSE"))
        self.told: list[OrderUpdate] = []
        self.broker.listen(self.told.append)
        self.broker.start()

    def place(self, tag: str, **more: object) -> None:
        order = Order(INFY, Side.BUY, 10, tag=tag, **more)  # type: ignore[arg-type]
        self.broker.send([PlaceOrder(order)])

    def statuses(self, tag: str = "A") -> list[OrderStatus]:
        return [one.status for one in self.told if one.tag == tag]

    def filled(self, tag: str = "A") -> int:
        return max((one.filled for one in self.told if one.tag == tag), default=0)


@contextlib.contextmanager
def at(server: PaperServer, timeout: float = 5.0) -> Iterator[Client]:
    client = Client(server, timeout)
    try:
        yield client
    finally:
        client.broker.stop()


def test_a_server_that_is_killed_between_parts_comes_back_with_the_same_book(paper_server: PaperServer) -> None:
    paper_server.restart(PARTS)
    with at(paper_server) as client:
        client.place("A")
        paper_server.wait(lambda: client.filled() > 0)
        paper_server.kill()
        killed = paper_server.tables()
        (order,), (trade,) = killed["orders"], killed["trades"]
        assert (order.status, order.filled, trade.quantity) == (S.PARTIAL, 4, 4)
        assert order.worth == 4 * trade.price
        paper_server.start("[market]\nparts = 3\npart_delay = 3600.0\n")
        again = paper_server.ask("book")["orders"][0]
        assert (again["number"], again["tag"], again["worth"] >= order.worth) == (order.number, "A", True)
        paper_server.wait(lambda: client.filled() == 10)  # parts are due by the wall clock, and were settled before
        tables = paper_server.tables()
        assert [one.quantity for one in tables["trades"]] == [4, 3, 3]
        assert client.broker.orders()[0].notional == sum(one.quantity * one.price for one in tables["trades"])
        assert client.told[-1] == client.broker.orders()[0]


def test_an_order_that_is_open_when_the_server_is_killed_can_be_cancelled_after(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        client.place("A", type=OrderType.LIMIT, limit_price=5)
        paper_server.wait(lambda: S.OPEN in client.statuses())
        (before,) = paper_server.tables()["orders"]
        paper_server.restart()
        (after,) = paper_server.tables()["orders"]
        assert msgspec.structs.replace(after, seen=before.seen) == before  # it has seen more bars meanwhile
        client.broker.send([CancelOrder("A", "CANCELLED: by the test")])
        paper_server.wait(lambda: client.statuses()[-1:] == [S.CANCELLED])
        with pytest.raises(Refused, match="NOT_CANCELLED: order P000001 is cancelled"):
            client.broker.send([CancelOrder("A", "CANCELLED: by the test")])


def test_a_lost_reply_is_in_doubt_and_the_order_exists(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        paper_server.fail("lost_reply", method="place", nth=1)
        with pytest.raises(InDoubt, match="order A: no answer to place: the connection has ended"):
            client.place("A")
        assert [one.tag for one in client.broker.orders()] == ["A"]


def test_a_lost_request_is_in_doubt_and_the_order_does_not_exist(paper_server: PaperServer) -> None:
    with at(paper_server, timeout=0.3) as client:
        paper_server.fail("lost_request", method="place", nth=1, keep=True)
        with pytest.raises(InDoubt, match="timed out"):
            client.place("A")
        assert client.broker.orders() == []
        arrived = [(one["method"], one["tag"], one["faults"]) for one in paper_server.ask("requests")]
        assert arrived == [("place", "A", "lost_request"), ("orders", "", "")]
        client.place("B")
        assert [one.tag for one in client.broker.orders()] == ["B"]


def test_an_order_is_accepted_after_the_client_gave_up(paper_server: PaperServer) -> None:
    with at(paper_server, timeout=0.3) as client:
        paper_server.fail("late_accept", method="place", seconds=1.0)
        with pytest.raises(InDoubt, match="timed out"):
            client.place("A")
        assert client.broker.orders() == []
        paper_server.wait(lambda: S.FILLED in client.statuses())


def test_an_order_that_is_answered_late_is_known_before(paper_server: PaperServer) -> None:
    with at(paper_server, timeout=0.3) as client:
        paper_server.fail("late_answer", method="place", seconds=1.0)
        with pytest.raises(InDoubt, match="timed out"):
            client.place("A")
        assert [one.tag for one in client.broker.orders()] == ["A"]


def test_a_refusal_is_definite_and_a_rejection_comes_after(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        paper_server.fail("refuse", tag="A", words="the session has expired")
        paper_server.fail("reject", tag="B", words="RMS: margin exceeds, available 12.50")
        with pytest.raises(Refused, match="REFUSED: the session has expired"):
            client.place("A")
        client.place("B")
        paper_server.wait(lambda: S.REJECTED in client.statuses("B"))
        assert client.told[-1].reason == "REJECTED: RMS: margin exceeds, available 12.50"
        assert [one.tag for one in client.broker.orders()] == ["B"]


def test_an_order_that_stops_in_parts_waits_until_it_is_cancelled(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        paper_server.fail("partial", method="place", parts=1)
        client.place("A")
        paper_server.wait(lambda: client.filled() == 5)
        client.broker.send([CancelOrder("A", "CANCELLED: by the test")])
        paper_server.wait(lambda: S.CANCELLED in client.statuses())
        assert (client.told[-1].filled, paper_server.ask("positions")[0]["quantity"]) == (5, 5)


def test_updates_are_lost_doubled_and_late(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        paper_server.fail("lost_update", tag="A", nth=2)
        paper_server.fail("twice", tag="B", nth=1)
        paper_server.fail("late_update", tag="C", nth=2)
        for tag in "ABC":
            client.place(tag)
            paper_server.wait(lambda tag=tag: S.FILLED in client.statuses(tag))
        paper_server.wait(lambda: len(client.statuses("C")) == 3)
        assert client.statuses("A") == [S.ACKED, S.FILLED]
        assert client.statuses("B") == [S.ACKED, S.ACKED, S.OPEN, S.FILLED]
        assert client.statuses("C") == [S.ACKED, S.FILLED, S.OPEN]


def test_a_server_that_hangs_answers_nobody_and_goes_on(paper_server: PaperServer) -> None:
    with at(paper_server, timeout=0.3) as client:
        paper_server.fail("hang", method="place", seconds=1.0)
        with pytest.raises(InDoubt, match="timed out"):
            client.place("A")
        with pytest.raises(ConnectionError, match="timed out"):
            client.broker.orders()
        paper_server.wait(lambda: S.FILLED in client.statuses())


def test_when_all_connections_end_the_broker_connects_again_and_tells_every_order(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        client.place("A")
        paper_server.wait(lambda: S.FILLED in client.statuses())
        client.told.clear()
        paper_server.fail("drop", method="cash")
        with pytest.raises(ConnectionError, match="without an answer to 'cash'"):
            paper_server.ask("cash")
        paper_server.wait(lambda: client.statuses() == [S.FILLED] and client.broker.health().ok)


def test_a_server_that_restarts_itself_keeps_its_place_and_its_book(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        address, pid = paper_server.address(), paper_server.pid
        paper_server.fail("restart", method="place", nth=1, seconds=0.2)
        with pytest.raises(InDoubt, match="order A: no answer to place"):
            client.place("A")
        paper_server.wait(lambda: S.FILLED in client.statuses())
        assert (paper_server.address(), paper_server.pid) == (address, pid)
        client.place("B")  # the fault has met its first, also after the restart


@pytest.mark.parametrize(("do", "tags"), [("kill_before", []), ("kill_after", ["A"])])
def test_a_server_can_kill_itself_round_one_request(paper_server: PaperServer, do: str, tags: list[str]) -> None:
    with at(paper_server) as client:
        paper_server.fail(do, method="place", nth=1)
        with pytest.raises(InDoubt, match="order A: no answer to place"):
            client.place("A")
        paper_server.wait(lambda: not paper_server.is_running)
        assert [one.tag for one in paper_server.tables()["orders"]] == tags
        with pytest.raises(Refused, match="order B: place was not sent"):
            client.place("B")
        with pytest.raises(InDoubt, match="order A: cancel was not sent"):
            client.broker.send([CancelOrder("A", "CANCELLED: by the test")])
        with pytest.raises(ConnectionError, match="does not tell its orders"):
            client.broker.orders()
        paper_server.wait(lambda: not client.broker.health().ok)
        paper_server.restart()
        client.place("C")
        paper_server.wait(lambda: S.FILLED in client.statuses("C"))
        assert S.FILLED in client.statuses("A") or not tags


def test_a_server_can_kill_itself_as_a_part_has_traded(paper_server: PaperServer) -> None:
    paper_server.restart("[market]\nparts = 2\n")
    with at(paper_server) as client:
        paper_server.fail("kill_after", method="update", nth=3)
        client.place("A")
        paper_server.wait(lambda: not paper_server.is_running)
        assert [one.quantity for one in paper_server.tables()["trades"]] == [5, 5]
        paper_server.restart()
        paper_server.wait(lambda: client.filled() == 10)


def test_a_stale_book_is_the_one_of_some_time_ago(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        client.place("A")
        paper_server.wait(lambda: S.FILLED in client.statuses())
        time.sleep(0.5)
        client.place("B")
        paper_server.fail("stale", seconds=0.4, times=1)
        assert [(one.tag, one.status) for one in client.broker.orders()] == [("A", S.FILLED)]
        assert [one.tag for one in client.broker.orders()] == ["A", "B"]


def test_a_tag_that_is_placed_twice_is_seen_twice_and_so_is_a_stranger(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        client.place("A")
        client.place("A")
        paper_server.ask("external", instrument="INFY.NSE", side="sell", quantity=3)
        found = client.broker.orders()
        assert [(one.tag, one.number) for one in found] == [("A", "P000001"), ("A", "P000002"), ("", "P000003")]
        paper_server.wait(lambda: S.FILLED in client.statuses(""))


def test_what_the_server_or_the_broker_does_not_take_is_refused(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        with pytest.raises(Refused, match="takes orders for the day, not gtc"):
            client.place("A", time_in_force=TimeInForce.GTC)
        stranger = Order(InstrumentId("TCS", "NSE"), Side.BUY, 10, tag="B")
        with pytest.raises(Refused, match=r"TCS\.NSE is not in the session's universe"):
            client.broker.send([PlaceOrder(stranger)])
    for method, params, told in (
        ("place", {"tag": "A", "instrument": "INFY.NSE", "side": "buy", "quantity": 0}, "INVALID: .*at least 1"),
        ("place", {"instrument": "INFY.NSE", "side": "buy", "quantity": 1}, "an order needs a tag"),
        ("place", {"tagg": "A"}, "INVALID"),
        ("plaice", {}, "there is no method 'plaice'"),
        ("cancel", {"tag": "Z"}, "there is no order 'Z'"),
        ("set_faults", {"faults": [{"do": "lost_replay"}]}, "write do = 'lost_reply'"),
    ):
        with pytest.raises(Declined, match=told):
            paper_server.ask(method, **params)
    assert paper_server.ask("book")["orders"] == []


def test_a_line_that_is_no_request_is_refused_and_the_connection_goes_on(paper_server: PaperServer) -> None:
    with socket.create_connection(paper_server.address(), 5.0) as connection, connection.makefile("rb") as lines:
        connection.sendall(b'nonsense\n{"id": 7, "method": "cash"}\n')
        assert json.loads(lines.readline())["refused"].startswith("INVALID")
        assert json.loads(lines.readline()) == {"id": 7, "result": 100_000_000}


def test_there_is_no_start_without_a_server(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match="friday sandbox paper --folder"):
        Client(PaperServer(tmp_path / "nowhere"))


def test_a_broker_that_is_stopped_while_the_server_is_away_leaves_no_thread(paper_server: PaperServer) -> None:
    with at(paper_server) as client:
        paper_server.kill()
        paper_server.wait(lambda: not client.broker.health().ok)
    assert "paper_process" not in {one.name for one in threading.enumerate()}


def test_a_server_that_is_asked_to_stop_takes_its_address_with_it(paper_server: PaperServer) -> None:
    paper_server.stop()
    assert not (paper_server.folder / "server.json").exists()
    paper_server.start()
    assert paper_server.ask("cash") == 100_000_000


def test_faults_of_a_scenario_are_not_set_again_by_a_restart(paper_server: PaperServer) -> None:
    scenario = '[[faults]]\ndo = "kill_after"\nmethod = "place"\nnth = 1\n'
    paper_server.restart(scenario)
    with pytest.raises(ConnectionError, match="without an answer to 'place'"):
        paper_server.ask("place", tag="A", instrument="INFY.NSE", side="buy", quantity=1)
    paper_server.wait(lambda: not paper_server.is_running)
    paper_server.restart()
    paper_server.ask("place", tag="B", instrument="INFY.NSE", side="buy", quantity=1)
    assert [one["met"] for one in paper_server.ask("faults")] == [2]
    assert [one["tag"] for one in paper_server.ask("orders")] == ["A", "B"]
