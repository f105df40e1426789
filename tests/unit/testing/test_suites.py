"""Which rules there are: every role has some, each is a sentence of its own, and the document lists them."""

from __future__ import annotations

import pytest
from docs.documents import DOCS, ROOT, table

from friday_core.api import ComponentSpec
from friday_core.plugin.spec import Kind
from friday_core.testing.doubles import NoCharges, ScriptedBroker
from friday_core.testing.outcomes import Broken
from friday_core.testing.project import Project, checks_of_project, project_at
from friday_core.testing.rule import Rule
from friday_core.testing.suites import BY_KIND, EVERY_KIND, OF_OPERATORS, rules_of

ALL: list[Rule] = list(
    dict.fromkeys([*EVERY_KIND, *OF_OPERATORS, *(rule for rules in BY_KIND.values() for rule in rules)])
)


def test_every_kind_has_rules_of_its_own() -> None:
    assert set(BY_KIND) == set(Kind)
    assert [kind for kind, rules in BY_KIND.items() if not rules] == []


def test_a_component_is_held_to_the_rules_of_all_and_of_its_role() -> None:
    spec = ComponentSpec("charges", "none", NoCharges)
    assert rules_of(spec) == (*EVERY_KIND, *BY_KIND[Kind.CHARGES])


def test_a_simulated_broker_is_not_asked_about_a_wire() -> None:
    sentences = [rule.sentence for rule in rules_of(ComponentSpec("broker", "scripted", ScriptedBroker))]
    assert "an order that ended does not trade again" in sentences
    assert "it can be tried on a scripted wire" not in sentences


def test_a_kind_that_does_not_exist_breaks_the_first_rule_and_meets_no_other() -> None:
    assert [rule.sentence for rule in rules_of(ComponentSpec("chart", "x", NoCharges))] == [
        "its factory takes what its spec says"
    ]


def test_the_rules_of_one_component_are_told_apart_by_their_sentence() -> None:
    for rules in BY_KIND.values():
        sentences = [rule.sentence for rule in (*EVERY_KIND, *rules)]
        assert len(set(sentences)) == len(sentences)


def test_a_rule_is_words_that_fit_into_a_line_of_a_report() -> None:
    assert [rule.sentence for rule in ALL if len(rule.sentence) > 90 or rule.sentence.endswith(".")] == []
    assert [rule.sentence for rule in ALL if not (rule.why and rule.mend) or rule.mend.endswith(".")] == []


def test_every_rule_that_is_run_is_in_a_list() -> None:
    installed = {check.rule for check in checks_of_project(project_at(ROOT))}
    missing = Project("nobody", {"notifier.lost": "no_such_module"})
    assert (installed | {check.rule for check in checks_of_project(missing)}) - set(ALL) == set()


def test_a_plugin_that_cannot_be_loaded_meets_the_rule_about_that_alone() -> None:
    (check,) = checks_of_project(Project("nobody", {"notifier.lost": "no_such_module"}))
    with pytest.raises(Broken, match=r"loaded as a run loads it\n  seen: importing no_such_module raised ModuleNotF"):
        check()


def test_the_document_lists_every_rule_with_its_reason() -> None:
    told = {(row["rule"], row["why"]) for row in table(DOCS / "conformance.md", "rule")}
    assert told == {(rule.sentence.replace("`", ""), rule.why.replace("`", "")) for rule in ALL}
