"""Which requests, orders, frames and moments a fault of the Kite sandbox takes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from friday_core.errors import ConfigurationError
from friday_core.sandbox.kite.account.rules import Fate
from friday_core.sandbox.kite.faults.fate import fate
from friday_core.sandbox.kite.faults.fault import OF_FRAMES, OF_ORDERS, OF_SOCKETS, OF_UPDATES, TIMED, Do, Fault
from friday_core.sandbox.kite.faults.rules import Faults
from friday_core.sandbox.kite.faults.scenario import faults_of
from friday_core.sandbox.kite.values import IST, SECOND

START = int(dt.datetime(2026, 9, 14, 9, 15, tzinfo=IST).timestamp()) * SECOND


class Facts:
    """A book without a file."""

    def __init__(self) -> None:
        self.noted: dict[str, str] = {}
        self.writes = 0

    def fact(self, name: str, default: str = "") -> str:
        return self.noted.get(name, default)

    def note(self, name: str, value: object) -> None:
        self.noted[name] = str(value)
        self.writes += 1


def with_faults(*faults: Fault, facts: Facts | None = None) -> Faults:
    made = Faults(facts or Facts())
    made.due(START)
    made.on_request("GET", "/user/profile", "", "", START)
    made.add(faults)
    return made


def asked(faults: Faults, method: str = "POST", path: str = "/orders/regular", **more: Any) -> list[Do]:
    ts = START + round(more.pop("after", 0) * SECOND)
    taken = faults.on_request(method, path, more.get("symbol", "NSE:INFY"), more.get("tag", "A"), ts)
    return [one.do for one in taken]


def test_the_nth_request_that_fits_is_taken_and_no_other() -> None:
    faults = with_faults(Fault(Do.LOST_ANSWER, method="POST", path="/orders", symbol="INFY", nth=2))
    assert asked(faults) == []
    assert asked(faults, "GET") == asked(faults, path="/orders_of_mine") == asked(faults, symbol="NSE:TCS") == []
    assert asked(faults) == [Do.LOST_ANSWER]
    assert asked(faults) == []


@pytest.mark.parametrize(
    ("path", "fits"),
    [("/orders", {"/orders", "/orders/7", "/orders/7/trades"}), ("/orders/*/trades", {"/orders/7/trades"}),
     ("/instruments/historical/*", {"/instruments/historical/9/day"})],
)  # fmt: skip
def test_a_path_is_a_folder_or_has_stars(path: str, fits: set[str]) -> None:
    paths = {"/orders", "/orders/7", "/orders/7/trades", "/order", "/instruments/historical/9/day", "/instruments"}
    taken = {one for one in paths if asked(with_faults(Fault(Do.ERROR, path=path)), path=one)}
    assert taken == fits


@pytest.mark.parametrize(
    ("named", "symbol", "fits"),
    [("INFY", "NSE:INFY", True), ("NSE:INFY", "NSE:INFY", True), ("BSE:INFY", "NSE:INFY", False),
     ("NSE:INFY", "INFY", True), ("INFY", "NSE:INFYBEES", False), ("INFY", "", False)],
)  # fmt: skip
def test_a_symbol_is_named_with_its_exchange_or_without(named: str, symbol: str, fits: bool) -> None:
    assert bool(asked(with_faults(Fault(Do.ERROR, symbol=named)), symbol=symbol)) is fits


@pytest.mark.parametrize(
    ("do", "more", "fits"),
    [("stale_book", {"seconds": 1.0}, "GET"), ("ignore_cancel", {}, "DELETE"), ("ignore_modify", {}, "PUT"),
     ("late_accept", {"seconds": 1.0}, "POST")],
)  # fmt: skip
def test_without_a_method_a_fault_is_about_what_it_can_be_about(do: str, more: dict[str, Any], fits: str) -> None:
    methods = ("GET", "POST", "PUT", "DELETE")
    made = [one for one in methods if asked(with_faults(Fault(Do(do), **more)), one, "/orders/regular/7")]
    assert made == [fits]


def test_a_fault_takes_no_more_than_it_may_and_its_counts_are_seen() -> None:
    faults = with_faults(Fault(Do.ERROR, tag="A", times=2))
    assert [asked(faults) for _ in range(3)] == [[Do.ERROR], [Do.ERROR], []]
    assert [(one["met"], one["taken"]) for one in faults.state] == [(3, 2)]


def test_what_was_counted_outlives_the_process() -> None:
    facts = Facts()
    asked(with_faults(Fault(Do.ERROR, nth=2), facts=facts))
    assert asked(Faults(facts)) == [Do.ERROR]
    assert asked(Faults(facts)) == []


def test_a_scenario_is_loaded_once_and_goes_on_after_a_restart() -> None:
    facts, scenario = Facts(), [Fault(Do.ERROR, nth=1), Fault(Do.DROP)]
    first = Faults(facts)
    first.load(scenario)
    assert asked(first) == [Do.ERROR]
    assert [one.do for one in first.due(START)] == [Do.DROP]
    again = Faults(facts)
    again.load(scenario)
    assert (asked(again), again.due(START)) == ([], [])
    again.load(scenario[:1])
    assert asked(again) == [Do.ERROR]


def test_chance_is_drawn_from_the_seed_and_comes_out_the_same_again() -> None:
    taken = [n for n in range(1, 1_001) if Fault(Do.ERROR, probability=0.3, seed=5).strikes(n)]
    assert taken == [n for n in range(1, 1_001) if Fault(Do.ERROR, probability=0.3, seed=5).strikes(n)]
    assert 250 < len(taken) < 350
    assert taken != [n for n in range(1, 1_001) if Fault(Do.ERROR, probability=0.3, seed=6).strikes(n)]


def test_a_fault_has_its_time() -> None:
    faults = with_faults(Fault(Do.ERROR, at=10.0, until=20.0), Fault(Do.HTML, at="09:16:00", until="09:17:00"))
    at = (9.9, 10, 19.9, 20, 59.9, 60, 119.9, 120)
    told = [asked(faults, after=after) for after in at]
    assert told == [[], [Do.ERROR], [Do.ERROR], [], [], [Do.HTML], [Do.HTML], []]


def test_what_happens_at_a_time_happens_once_and_late_rather_than_never() -> None:
    faults = with_faults(
        Fault(Do.DROP, at=10.0), Fault(Do.GAP, symbol="INFY", percent=2.0, at="09:15:30"), Fault(Do.HALT, at="09:00:00")
    )
    assert faults.due(START + 9 * SECOND) == []
    assert [one.do for one in faults.due(START + 31 * SECOND)] == [Do.DROP, Do.GAP]
    assert faults.due(START + 40 * SECOND) == []
    tomorrow = START + (24 * 60 - 15) * 60 * SECOND
    assert (faults.due(tomorrow - 1), [one.do for one in faults.due(tomorrow)]) == ([], [Do.HALT])


def test_seconds_are_counted_from_the_first_request_and_the_clock_waits_for_nobody() -> None:
    facts = Facts()
    faults = Faults(facts)
    faults.add([Fault(Do.DROP, at=10.0), Fault(Do.HALT, at="09:15:30")])
    assert faults.due(START) == []
    assert [one.do for one in faults.due(START + 100 * SECOND)] == [Do.HALT]
    asked(faults, after=100)
    again = Faults(facts)
    assert again.due(START + 109 * SECOND) == []
    assert [one.do for one in again.due(START + 110 * SECOND)] == [Do.DROP]


def test_what_can_happen_at_a_time_happens_at_a_request_if_the_rule_names_one() -> None:
    faults = with_faults(Fault(Do.RESTART, method="POST", nth=2), Fault(Do.EXPIRE_TOKEN))
    assert [one.do for one in faults.due(START)] == [Do.EXPIRE_TOKEN]
    assert (asked(faults), asked(faults)) == ([], [Do.RESTART])


@pytest.mark.parametrize(
    ("more", "end"),
    [({"seconds": 5.0}, 25), ({"until": 90.0}, 90), ({"until": "09:16:00"}, 60), ({}, None)],
)
def test_a_fault_ends_after_its_seconds_or_at_its_time(more: dict[str, Any], end: int | None) -> None:
    fault = Fault(Do.HALT, **more)
    told = with_faults(fault).end_of(fault, START + 20 * SECOND)
    assert told == (None if end is None else START + end * SECOND)


def test_orders_updates_frames_and_sockets_have_faults_of_their_own() -> None:
    faults = with_faults(
        Fault(Do.REJECT, symbol="INFY"), Fault(Do.LOST_UPDATE, tag="A"), Fault(Do.CUT_FRAME), Fault(Do.REFUSE_SOCKET)
    )
    assert asked(faults) == []
    assert [one.do for one in faults.on_order("NSE:INFY", "", START)] == [Do.REJECT]
    assert faults.on_order("NSE:TCS", "", START) == []
    assert [one.do for one in faults.on_frame("text", "NSE:INFY", START, "A")] == [Do.LOST_UPDATE]
    assert faults.on_frame("text", "NSE:INFY", START, "B") == []
    assert [one.do for one in faults.on_frame("binary", "", START)] == [Do.CUT_FRAME]
    assert [one.do for one in faults.on_connect(START)] == [Do.REFUSE_SOCKET]


def test_an_order_of_a_trigger_is_told_from_one_of_a_request_by_its_path() -> None:
    faults = with_faults(Fault(Do.REJECT, path="/gtt"))
    assert faults.on_order("NSE:INFY", "", START) == []
    assert [one.do for one in faults.on_order("NSE:INFY", "", START, "/gtt/triggers")] == [Do.REJECT]


def test_frames_that_no_fault_takes_cost_no_write() -> None:
    facts = Facts()
    faults = with_faults(Fault(Do.CUT_FRAME, nth=50), facts=facts)
    before = facts.writes
    for _ in range(49):
        assert faults.on_frame("binary", "", START) == []
    assert facts.writes == before
    assert [one.do for one in faults.on_frame("binary", "", START)] == [Do.CUT_FRAME]
    assert facts.writes == before + 1


def test_nothing_is_left_after_clear() -> None:
    faults = with_faults(*(Fault(one) for one in (Do.ERROR, Do.REJECT, Do.CUT_FRAME, Do.DROP)))
    faults.clear()
    met = (asked(faults), faults.on_order("", "", START), faults.on_frame("binary", "", START), faults.due(START))
    assert (*met, faults.state) == ([], [], [], [], [])


def test_every_fault_meets_one_kind_of_thing_and_is_explained() -> None:
    kinds = (OF_ORDERS, OF_UPDATES, OF_FRAMES, OF_SOCKETS, TIMED)
    assert sum(map(len, kinds)) == len(frozenset().union(*kinds))
    explained = (Do.__doc__ or "").replace(",", " ").replace("`", " ").split()
    assert [one for one in Do if one not in explained] == []


def test_faults_of_one_order_become_its_fate() -> None:
    taken = [
        Fault(Do.REJECT, words="no"), Fault(Do.PARTIAL, parts=2), Fault(Do.PARTIAL, parts=7), Fault(Do.SLOW, seconds=1),
        Fault(Do.STUCK, status="OPEN PENDING", seconds=4), Fault(Do.LATE_ACCEPT, seconds=3), Fault(Do.IGNORE_CANCEL),
        Fault(Do.IGNORE_MODIFY), Fault(Do.FAIL_SLICE, parts=3),
    ]  # fmt: skip
    told = Fate(
        reject="no", parts=2, stuck="OPEN PENDING", stuck_seconds=4, accept_after=3, ignore_cancel=True,
        ignore_modify=True, failed_slices=3,
    )  # fmt: skip
    assert fate(taken) == told
    assert fate([]) == Fate()
    assert fate([Fault(Do.REJECT)]).reject.startswith("RMS")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"do": "twice"}, "Invalid enum value 'twice'"),
        ({"do": "lost_update", "method": "POST"}, "lost_update is about no request"),
        ({"do": "reject", "method": "DELETE"}, "reject is about the placing of an order"),
        ({"do": "error", "method": "PATCH"}, "method 'PATCH' is none of"),
        ({"do": "error", "path": "orders"}, "path 'orders' does not begin with /"),
        ({"do": "error", "probability": 1.5}, "probability 0 to 1"),
        ({"do": "error", "code": 200}, "code 200 is no error"),
        ({"do": "drop", "at": "9:15"}, "at '9:15' is neither HH:MM:SS nor seconds"),
        ({"do": "drop", "until": -1.0}, "until -1.0 is neither"),
        ({"do": "stuck", "status": "COMPLETE"}, "status 'COMPLETE' is none of"),
        ({"do": "gap", "symbol": "INFY"}, "gap needs percent"),
        ({"do": "gap", "percent": 2.0}, "gap needs symbol"),
        ({"do": "late_accept"}, "late_accept needs seconds"),
        ({"do": "freeze", "symbol": "INFY"}, "freeze needs side"),
        ({"do": "foreign_order", "symbol": "INFY"}, "foreign_order needs side and quantity"),
        ({"do": "slow", "seconds": -1.0}, "seconds must not be negative"),
        ({"do": "error", "side": "LONG"}, "side 'LONG' is neither"),
    ],
)
def test_a_rule_that_can_never_be_kept_is_refused(fault: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        faults_of([fault])
