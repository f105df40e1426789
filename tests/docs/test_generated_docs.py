"""What the code can tell of itself is generated, complete, and not edited by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from docs.documents import ROOT, script

import containers
from friday_core.plugin.spec import ComponentSpec, NoSettings
from friday_settings import FridaySettings
from friday_settings.catalogue import known_keys


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return script("generate")


def _section(text: str, heading: str) -> str:
    """The lines below a heading, up to the next one."""
    _, _, rest = text.partition(f"\n{heading}\n")
    return rest.split("\n#")[0]


def test_the_generated_documents_are_up_to_date(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_document_is_named_and_not_touched(
    generator: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "settings.md"
    stale.write_text("# Settings\n", "utf-8")
    assert generator.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == f"stale, run python docs/generate.py: {stale}\n"
    assert stale.read_text("utf-8") == "# Settings\n"


def test_a_stale_document_is_written_anew(generator: ModuleType, tmp_path: Path) -> None:
    assert generator.main([], tmp_path) == 0
    assert (tmp_path / "settings.md").read_text("utf-8") == generator.settings_document()


def test_every_key_of_every_section_is_in_the_settings(generator: ModuleType) -> None:
    text = generator.settings_document()
    missing = []
    for section, *_, key in known_keys():
        heading = "### `[streams.<name>]`" if section == "streams" else f"### `[{section}]`"
        missing += [(section, key)] if f"| `{key}` |" not in _section(text, heading) else []
    assert missing == []


def test_every_key_of_every_built_in_plugin_is_in_the_settings(generator: ModuleType) -> None:
    text = generator.settings_document()
    specs: list[ComponentSpec] = [spec for spec, _ in generator.built_in_plugins()]
    missing = [
        (spec.key, key)
        for spec in specs
        for key in spec.settings.model_fields
        if f"| `{key}` |" not in _section(text, f"### `[plugins.{spec.key}]`")
    ]
    assert missing == []
    assert sum(spec.settings is NoSettings for spec in specs) == text.count("It has no settings.")


def test_defaults_in_the_settings_are_those_of_a_run(generator: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "bare.toml").write_text("", "utf-8")
    bare: FridaySettings = containers.load_settings("bare", environ={}, folder=tmp_path).settings
    text = generator.settings_document()
    assert f"| `capital` | integer, > 0 | `{bare.account.capital}` |" in _section(text, "### `[account]`")
    assert f"| `max_gross_exposure` | number, > 0 | `{bare.risk.max_gross_exposure}` |" in _section(
        text, "### `[risk]`"
    )
    assert f'| `folder` | path | `"{bare.run.folder}"` |' in _section(text, "### `[run]`")


def test_every_entry_point_of_a_plugin_has_its_section(generator: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = generator.settings_document()
    assert [key for key in project["entry-points"]["friday.plugins"] if f"\n### `[plugins.{key}]`\n" not in text] == []
