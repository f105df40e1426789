"""Scenarios as they are written, and those that come with Friday."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from friday_core.errors import ConfigurationError, ProblemKind
from friday_core.sandbox.kite.faults.fault import Do, Fault
from friday_core.sandbox.kite.faults.scenario import Scenario, faults_of, read_scenario, shipped


class Prices(msgspec.Struct, forbid_unknown_fields=True):
    seed: int = 1
    path: str = ""


def scenario(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return read_scenario(path, {"prices": Prices})


def test_a_scenario_says_what_the_sandbox_is_like_and_what_goes_wrong(tmp_path: Path) -> None:
    found = scenario(tmp_path, 'description = "x"\n[prices]\nseed = 7\n[[faults]]\ndo = "hang"\nseconds = 0.5\n')
    assert (found.description, found.of("prices", Prices)) == ("x", Prices(7))
    assert found.faults == (Fault(Do.HANG, seconds=0.5),)


def test_a_table_that_is_left_out_is_as_usual() -> None:
    assert read_scenario(None).of("prices", Prices) == Prices()


def test_all_that_is_misspelt_is_named_with_file_place_and_the_nearest_word(tmp_path: Path) -> None:
    text = 'descripton = ""\n[prices]\nsead = 3\n[[faults]]\ndo = "lost_answers"\n[[faults]]\ndo = "drop"\nwen = 1\n'
    with pytest.raises(ConfigurationError, match=r"mine\.toml: there is no key 'sead'") as raised:
        scenario(tmp_path, text)
    assert [(one.kind, one.section, one.mend) for one in raised.value.problems][:3] == [
        (ProblemKind.UNKNOWN_KEY, "", "write description"),
        (ProblemKind.UNKNOWN_KEY, "prices", "write seed"),
        (ProblemKind.INVALID_VALUE, "faults[0]", "write do = 'lost_answer'"),
    ]
    assert raised.value.problems[3].mend.startswith("known are do, method, path")


@pytest.mark.parametrize(
    "text", ["faults = 3", "prices = 1", "faults = [1]", "[prices]\nseed = 1.5", "description = 3"]
)
def test_a_value_of_another_kind_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="invalid value"):
        scenario(tmp_path, text)


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unreadable file"):
        scenario(tmp_path, "seed: 7")


def test_a_shipped_scenario_is_found_by_its_name_and_a_misspelt_one_by_the_nearest() -> None:
    assert read_scenario("token_expiry").faults[0] == Fault(Do.EXPIRE_TOKEN, at=15.0)
    with pytest.raises(ConfigurationError, match="there is no scenario 'lost_answer'") as raised:
        read_scenario("lost_answer")
    assert raised.value.problems[0].mend == "write lost_answers"
    with pytest.raises(ConfigurationError, match="unreadable file"):
        read_scenario("lost_answer.toml")


def test_every_fault_is_in_a_shipped_scenario_and_every_scenario_is_described() -> None:
    told = {fault.do for name in shipped() for fault in read_scenario(name).faults}
    assert sorted(set(Do) - told) == []
    assert [name for name, words in shipped().items() if not words.endswith(".")] == []


def test_a_scenario_of_requests_meets_only_what_it_can() -> None:
    assert faults_of([{"do": "stale_book", "seconds": 2.0}]) == (Fault(Do.STALE_BOOK, seconds=2.0),)
    with pytest.raises(ConfigurationError, match="there is no key 'second'"):
        faults_of([{"do": "stale_book", "second": 2.0}])
