"""What is made of components that fail at the end of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.components import RealBroker, Simulation
from fakes.installed import UserFolder

from friday_core.errors import ComponentError, ComponentTimeout
from friday_core.orchestration.blame import Endings, files_of, mend_of
from friday_core.plugin.graph import Graph


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return UserFolder(tmp_path).host().assembly.graph


class Answers(Simulation):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    def results(self) -> Any:
        return self.answer


def test_a_mend_names_the_section_and_the_author(graph: Graph) -> None:
    mend = "correct [plugins.broker.paper], or report it to the author of friday-trading"
    assert mend_of(graph, ComponentError("broker.paper", "send failed")) == mend


def test_what_took_too_long_brings_its_own_mend_and_what_is_no_component_has_none(graph: Graph) -> None:
    assert mend_of(graph, ComponentTimeout("broker.paper", "stop took longer than 1 s")) == ""
    assert mend_of(graph, ComponentError("core", "it fell")) == ""


def test_a_component_that_could_not_be_stopped_may_have_lost_what_it_wrote(graph: Graph) -> None:
    endings = Endings(graph)
    endings.add([ComponentError("broker.paper", "stop failed: OSError: full")])
    (told,) = endings.errors
    assert endings.fatal == [told]
    assert told == (
        "component 'broker.paper': stop failed: OSError: full; what it wrote last may be missing; "
        "correct [plugins.broker.paper], or report it to the author of friday-trading"
    )


def test_a_notifier_that_could_not_be_stopped_is_told_and_fails_nothing(graph: Graph) -> None:
    endings = Endings(graph)
    endings.add([ComponentError("notifier.log", "stop failed: OSError: full")])
    assert (len(endings.errors), endings.fatal) == (1, [])


def test_files_are_what_a_simulated_broker_says_and_a_real_one_has_none() -> None:
    assert files_of(Answers({"orders": "orders.csv"}), "broker.x") == {"orders": "orders.csv"}
    assert files_of(RealBroker(), "broker.x") == {}


@pytest.mark.parametrize("answer", [None, "orders.csv", ["orders.csv"], {"orders": Path("o")}, {1: "orders.csv"}])
def test_files_that_are_not_told_in_texts_are_an_error_of_the_broker(answer: Any) -> None:
    with pytest.raises(ComponentError, match=r"'broker\.x': results\(\) gave .*, and must give a mapping of texts"):
        files_of(Answers(answer), "broker.x")
