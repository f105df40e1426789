"""docs/interfaces.md is what the interfaces, their docstrings and the rules of the conformance kit say."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from docs.documents import DOCS, ROOT, blocks, example, script

import friday_core.api
from friday_core.errors import DataError
from friday_core.interfaces.broker import SimulatedBroker
from friday_core.interfaces.component import Component
from friday_core.interfaces.windows import WindowTransformer
from friday_core.orchestration.assembly import HOST_CAPABILITIES
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.testing.builders import chunk, universe
from friday_core.testing.suites import BY_KIND, EVERY_KIND
from friday_settings.catalogue import known_keys

DOCUMENT = DOCS / "interfaces.md"
TEXT = DOCUMENT.read_text("utf-8")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("interfaces_reference")


def _chapter(heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    _, _, rest = TEXT.partition(f"\n{heading}\n")
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _heading(kind: Kind) -> str:
    return f"## {kind.replace('_', ' ').capitalize()}"


def test_the_document_is_up_to_date(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_document_is_named_and_then_written(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "interfaces.md"
    stale.write_text("# Interfaces\n", "utf-8")
    assert generator.main(["--check"], stale) == 1
    assert capsys.readouterr().out == f"stale, run python docs/interfaces_reference.py: {stale}\n"
    assert generator.main([], stale) == 0
    assert stale.read_text("utf-8") == TEXT


@pytest.mark.parametrize("kind", Kind)
def test_every_way_to_write_a_role_has_a_section_with_its_methods(kind: Kind, generator: ModuleType) -> None:
    chapter = _chapter(_heading(kind))
    for role in generator.classes_of(kind):
        section = re.split(r"^### ", chapter.partition(f"### `{role.__name__}`\n")[2], flags=re.MULTILINE)[0]
        wanted = sorted(role.__abstractmethods__)
        listed = section.partition("**Must be written**")[2].partition("\n**")[0]
        assert sorted(re.findall(r"^- `(\w+)\(", listed, re.MULTILINE)) == wanted


@pytest.mark.parametrize("kind", Kind)
def test_every_rule_of_a_role_is_in_its_chapter_and_no_other_is(kind: Kind) -> None:
    listed = [part.partition("\n\n**")[0] for part in _chapter(_heading(kind)).split("**Rules")[1:]]
    shown = [sentence for part in listed for sentence in re.findall(r"^- (.+)$", part, re.MULTILINE)]
    assert [*dict.fromkeys(shown)] == [rule.sentence for rule in BY_KIND[kind]]


def test_the_rules_of_every_component_are_told_once() -> None:
    shown = re.findall(r"^- (.+)$", _chapter("## Every component").partition("**Rules**")[2], re.MULTILINE)
    assert shown == [rule.sentence for rule in EVERY_KIND]


def test_the_plugins_are_those_of_the_docstrings(generator: ModuleType) -> None:
    _, *shown = [block.text for block in blocks(DOCUMENT)]  # the first one shows how to register
    assert shown == [text for kind in Kind for role in generator.classes_of(kind) if (text := example(role))]


def test_the_registration_is_of_a_component_that_can_be_made(tmp_path: Path) -> None:
    module: dict[str, Any] = {}
    exec(compile(blocks(DOCUMENT)[0].text, "registration", "exec", dont_inherit=True), module)
    (spec,) = module["friday_components"]()
    path = tmp_path / "list.csv"
    path.write_text("symbol\nINFY\n", "utf-8")
    made = spec.factory(spec.settings(path=path), universe=universe("INFY.NSE", "TCS.NSE"))
    rows = chunk({"close": [1, 2, 3], "volume": [1.0, 2.0, float("nan")]}, inst=[0, 1, 0], ts_event=[1, 1, 2])
    judgement = made.validate(rows)
    assert [judgement.reason_of(row) for row in range(3)] == ["", "it is not on the list", "volume is not known"]
    with pytest.raises(DataError, match=r"nowhere\.csv: FileNotFoundError"):
        spec.factory(spec.settings(path=tmp_path / "nowhere.csv"), universe=universe("INFY.NSE"))


def test_every_argument_of_a_spec_and_every_capability_is_told() -> None:
    chapter = _chapter("### Registration")
    arguments = re.findall(r"^\| `(\w+)` \|", chapter, re.MULTILINE)
    capabilities = re.findall(r'^\| `"(\w+)"` \|', chapter, re.MULTILINE)
    assert arguments == list(inspect.signature(ComponentSpec).parameters)
    assert set(capabilities) == {*HOST_CAPABILITIES, *Kind}


def test_a_plugin_may_import_every_class_of_the_table(generator: ModuleType) -> None:
    classes = {Component, *(role for kind in Kind for role in generator.classes_of(kind))}
    assert [role for role in classes if getattr(friday_core.api, role.__name__, None) is not role] == []


def test_what_switches_a_role_on_is_a_setting(generator: ModuleType) -> None:
    known = {(key[0], key[-1]) for key in known_keys()}
    named = {kind: re.findall(r"[a-z_]+", text.replace(".<name>", "")) for kind, text in generator.SWITCHED_ON.items()}
    assert list(named) == list(Kind)
    assert named.pop(Kind.CONNECTION) == ["plugins", "connection"], "its section, where something of its vendor is"
    assert {kind: words for kind, words in named.items() if (words[0], words[-1]) not in known} == {}


def test_every_built_in_plugin_is_named_where_its_role_is_told(generator: ModuleType) -> None:
    entry_points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    missing = []
    for key in entry_points["friday.plugins"]:
        kind, _, name = key.partition(".")
        told = re.findall(r"\*\*Built in\*\*: (.+)\.$", _chapter(_heading(Kind(kind))), re.MULTILINE)
        missing += [key] if kind != Kind.OBSERVER and not re.search(rf"\b{name}`", " ".join(told)) else []
    assert missing == []


def test_members_are_those_of_the_source_with_what_bases_say(generator: ModuleType) -> None:
    found = {one.name: (str(one), one.meaning) for one in generator.members(SimulatedBroker)}
    assert found["account"][0] == 'account: Literal["simulated", "real"] = "simulated"'
    assert found["matcher"][0] == "matcher() -> Matcher"
    assert found["matcher"][1].startswith("A fresh matcher for one session")
    rows = next(one for one in generator.members(WindowTransformer) if one.name == "rows")
    assert str(rows) == "rows: int"
    assert rows.meaning.startswith("Bars of a window, at least 1;")
    assert "initialize" not in found
