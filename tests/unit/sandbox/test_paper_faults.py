"""Which requests and updates a fault takes, and scenarios as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from friday_core.errors import ConfigurationError, ProblemKind
from friday_core.sandbox.paper.book import Book
from friday_core.sandbox.paper.faults import Do, Fault, Faults
from friday_core.sandbox.paper.scenario import faults_of, read_scenario


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    found = Book(tmp_path)
    yield found
    found.close()


def met(book: Book, faults: Faults, method: str = "place", instrument: str = "INFY.NSE", tag: str = "A") -> list[Do]:
    with book.transaction():
        return [one.do for one in faults.meet(method, instrument, tag)]


def with_faults(book: Book, *rules: Fault) -> Faults:
    faults = Faults(book)
    with book.transaction():
        faults.add(rules)
    return faults


def test_the_nth_that_fits_is_taken_and_no_other(book: Book) -> None:
    faults = with_faults(book, Fault(Do.LOST_REPLY, method="place", instrument="INFY.NSE", nth=2))
    assert met(book, faults) == []
    assert met(book, faults, method="cancel") == met(book, faults, instrument="TCS.NSE") == []
    assert met(book, faults) == [Do.LOST_REPLY]
    assert met(book, faults) == []


def test_what_faults_have_counted_outlives_the_process(tmp_path: Path) -> None:
    first = Book(tmp_path)
    faults = with_faults(first, Fault(Do.KILL_AFTER, method="place", nth=2))
    met(first, faults)
    first.close()
    again = Book(tmp_path)
    assert met(again, Faults(again)) == [Do.KILL_AFTER]
    assert met(again, Faults(again)) == []
    again.close()


def test_a_fault_takes_no_more_than_it_may(book: Book) -> None:
    faults = with_faults(book, Fault(Do.REFUSE, tag="A", times=2))
    assert [met(book, faults) for _ in range(3)] == [[Do.REFUSE], [Do.REFUSE], []]
    assert [(one["met"], one["taken"]) for one in faults.standing()] == [(3, 2)]


def test_chance_is_drawn_from_the_seed_and_comes_out_the_same_again() -> None:
    taken = [n for n in range(1, 1_001) if Fault(Do.LOST_REQUEST, probability=0.3, seed=5).strikes(n)]
    assert taken == [n for n in range(1, 1_001) if Fault(Do.LOST_REQUEST, probability=0.3, seed=5).strikes(n)]
    assert 250 < len(taken) < 350
    assert taken != [n for n in range(1, 1_001) if Fault(Do.LOST_REQUEST, probability=0.3, seed=6).strikes(n)]


@pytest.mark.parametrize(
    ("do", "fits"),
    [
        ("lost_reply", {"place", "cancel", "orders", "cash"}),
        ("reject", {"place"}),
        ("stale", {"orders"}),
        ("twice", {"update"}),
    ],
)
def test_without_a_method_a_fault_is_about_what_it_can_be_about(do: str, fits: set[str]) -> None:
    methods = ("place", "cancel", "orders", "cash", "update")
    assert {one for one in methods if Fault(Do(do)).fits(one, "", "")} == fits


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"do": "twice", "method": "place"}, "twice does not go with method 'place'"),
        ({"do": "lost_reply", "method": "update"}, "lost_reply does not go with method 'update'"),
        ({"do": "reject", "method": "cancel"}, "reject is for method 'place'"),
        ({"do": "hang", "method": "plaice"}, "method 'plaice' is none of"),
        ({"do": "hang", "probability": 1.5}, "probability 0 to 1"),
    ],
)
def test_a_rule_that_can_never_be_kept_is_refused(fault: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        faults_of([fault])


def scenario(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "scenario.toml"
    path.write_text(text, "utf-8")
    return read_scenario(path)


def test_a_scenario_says_how_orders_trade_and_what_goes_wrong(tmp_path: Path) -> None:
    text = 'seed = 7\n[market]\nparts = 3\n[prices]\npath = "a.csv"\n[[faults]]\ndo = "hang"\nseconds = 0.5\n'
    found = scenario(tmp_path, text)
    assert (found.seed, found.market.parts, found.prices) == (7, 3, {"path": "a.csv"})
    assert found.faults == (Fault(Do.HANG, seconds=0.5),)


def test_all_that_is_misspelt_is_named_with_the_nearest_word(tmp_path: Path) -> None:
    text = 'sead = 7\n[market]\npart = 3\n[[faults]]\ndo = "lost_replay"\n[[faults]]\ndo = "hang"\nsecond = 1\n'
    with pytest.raises(ConfigurationError) as raised:
        scenario(tmp_path, text)
    told = [(one.kind, one.section, one.mend) for one in raised.value.problems]
    assert told == [
        (ProblemKind.UNKNOWN_KEY, "", "write seed"),
        (ProblemKind.UNKNOWN_KEY, "market", "write parts"),
        (ProblemKind.INVALID_VALUE, "faults[0]", "write do = 'lost_reply'"),
        (ProblemKind.UNKNOWN_KEY, "faults[1]", "write seconds"),
    ]


@pytest.mark.parametrize(
    "text", ["faults = 3", "market = 1", '[market]\nparts = "x"', "faults = [1]", "seed = 1.5", "[market]\nspeed = -1"]
)
def test_a_value_of_another_kind_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="invalid value"):
        scenario(tmp_path, text)


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unreadable file"):
        scenario(tmp_path, "seed: 7")
