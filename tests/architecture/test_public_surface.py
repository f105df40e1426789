"""What plugins rely on does not change unseen: it stands in ``public_surface.txt``, a line for each name."""

from __future__ import annotations

import abc
import enum
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import pytest
import record_public_surface
from architecture.public_surface import KIT, ClassSurface, Entry, entries_of, public_surface
from architecture.source_tree import ROOT
from architecture.surface_record import COMMAND, FILE, Change, Difference, Record, extends, read
from architecture.written_forms import plain
from packaging.version import Version
from pydantic import Field

from friday_core import __version__, api
from friday_core.api import API_VERSION, PluginSettings
from friday_core.plugin.deprecation import Deprecated

RULE = (
    "The public surface is not as recorded. Added names and arguments that may be left out need a new minor of "
    "API_VERSION, what is changed or removed a new major, or a deprecation in its place (docs/api_policy.md); "
    f"of what no release has given to anybody, anything may change. Record it: {COMMAND}"
)


def test_the_public_surface_is_the_recorded_one() -> None:
    differences = read(FILE.read_text("utf-8")).differences(public_surface())
    if differences:
        pytest.fail("\n".join([RULE, *(f"  {one.change}: {one.line}" for one in differences)]), pytrace=False)


def test_the_record_is_that_of_this_version_of_the_api() -> None:
    assert read(FILE.read_text("utf-8")).api == API_VERSION


def test_the_record_is_written_as_it_is_read() -> None:
    text = FILE.read_text("utf-8")
    assert str(read(text)) == text


def test_a_release_of_friday_has_the_version_of_its_api_and_a_surface_that_counts_as_released() -> None:
    """``1.4.2`` has plugin API 1.4; before 1.0.0 nothing is promised, and the record says so."""
    version, released = Version(__version__), read(FILE.read_text("utf-8")).released
    if version < Version("1.0.0"):
        assert (API_VERSION, released) == ((1, 0), None)
    else:
        assert version.release[:2] == API_VERSION
        assert released == API_VERSION or version.is_prerelease


def test_every_entry_has_a_name_of_its_own() -> None:
    keys = [(entry.name, entry.kind == "constructor") for entry in public_surface()]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_every_name_that_plugins_may_import_is_in_the_surface() -> None:
    assert set(api.__all__) - {entry.name for entry in public_surface()} == set()


def test_what_the_document_of_the_kit_shows_is_in_the_surface() -> None:
    text = (ROOT / "docs/conformance.md").read_text("utf-8")
    shown = {f"{module}.{name.strip()}" for module, names in _IMPORT.findall(text) for name in names.split(",")}
    shown |= set(re.findall(r"`(friday_core\.testing\.\w+(?:\.\w+)?)`", text)) - set(KIT)
    public = {f"friday_core.{entry.name}" for entry in public_surface()}
    assert len(shown) > 10
    assert sorted(shown - public) == []


_IMPORT = re.compile(r"from (friday_core\.testing\.\w+) import ([\w, ]+)")


# How things are written -------------------------------------------------------------------------------


class Colour(enum.StrEnum):
    RED = "red"


class Base(abc.ABC):
    speed: int = 3

    @abc.abstractmethod
    def go(self, far: float) -> None: ...

    def stay(self, *words: str, where: Colour = Colour.RED) -> str | None:
        return words[0] if words else where


class Derived(Base):
    limits: ClassVar[tuple[str, ...]] = ("low",)

    def __init__(self, path: Path, /, **options: Any) -> None:
        self.path, self._options = path, options
        self.count: int = 0
        self.rows = []  # type: ignore[var-annotated]

    def go(self, far: float) -> None: ...

    def stay(self, *words: str, where: Colour = Colour.RED) -> str | None: ...

    def __getitem__(self, key: str) -> float: ...  # type: ignore[empty-body]

    @property
    def height(self) -> float: ...  # type: ignore[empty-body]

    @cached_property
    def depth(self) -> float: ...  # type: ignore[empty-body]

    @classmethod
    def of(cls, text: str) -> Derived: ...  # type: ignore[empty-body]

    @staticmethod
    def half(number: int = 1) -> int: ...  # type: ignore[empty-body]

    def _inner(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Data:
    name: str
    tags: list[str] = field(default_factory=list)
    at: tuple[int, int] = (1, 0)


class Pair(NamedTuple):
    one: int
    other: float = 0.5


class Loud(Protocol):
    volume: float

    def shout(self) -> Iterator[str]: ...


class Speed(PluginSettings):
    fast: int = 1
    marks: dict[str, str] = Field(default_factory=dict)


def _lines(cls: type, *public: type) -> list[str]:
    classes = {one: one.__name__ for one in (cls, *public)}
    return [str(entry) for entry in ClassSurface(cls.__name__, cls, classes).entries()]


def test_an_enum_has_its_members() -> None:
    assert _lines(Colour) == ["class Colour(StrEnum)", "member Colour.RED = 'red'"]


def test_a_role_has_its_methods_and_what_plugins_may_replace() -> None:
    assert _lines(Base) == [
        "class Base",
        "abstract method Base.go(far: float) -> None",
        "method Base.stay(*words: str, where: Colour = Colour.RED) -> str | None",
        "field Base.speed: int = 3",
    ]


def test_a_class_tells_what_its_public_base_does_not() -> None:
    assert _lines(Derived, Base) == [
        "class Derived(Base)",
        "constructor Derived(path: Path, /, **options: Any)",
        "method Derived.go(far: float) -> None",
        "method Derived.__getitem__(key: str) -> float",
        "property Derived.height: float",
        "property Derived.depth: float",
        "class method Derived.of(text: str) -> Derived",
        "static method Derived.half(number: int = 1) -> int",
        "field Derived.limits: ClassVar[tuple[str, ...]] = ('low',)",
        "field Derived.path: Path",
        "field Derived.count: int",
        "field Derived.rows",
    ]


def test_a_base_without_a_public_name_is_told_in_its_heirs() -> None:
    assert "method Derived.stay(*words: str, where: Colour = Colour.RED) -> str | None" in _lines(Derived)
    assert "field Derived.speed: int = 3" in _lines(Derived)


@pytest.mark.parametrize(
    ("cls", "lines"),
    [
        (
            Data,
            [
                "class Data",
                "constructor Data(name, tags=..., at=(1, 0))",
                "field Data.name: str",
                "field Data.tags: list[str]",
                "field Data.at: tuple[int, int]",
            ],
        ),
        (
            Pair,
            ["class Pair(tuple)", "constructor Pair(one, other=0.5)", "field Pair.one: int", "field Pair.other: float"],
        ),
        (Loud, ["class Loud(Protocol)", "method Loud.shout() -> Iterator[str]", "field Loud.volume: float"]),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_data_has_its_fields_in_the_order_in_which_they_are_given(cls: type, lines: list[str]) -> None:
    assert _lines(cls) == lines


def test_settings_have_their_fields_and_nothing_of_pydantic() -> None:
    assert _lines(Speed, PluginSettings) == [
        "class Speed(PluginSettings)",
        "constructor Speed(*, fast=1, marks=...)",
        "field Speed.fast: int",
        "field Speed.marks: dict[str, str]",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        ("x", "'x'"),
        (None, "None"),
        (Colour.RED, "Colour.RED"),
        (frozenset({"b", "a"}), "{'a', 'b'}"),
        ((1,), "(1,)"),
        ([], "[]"),
        (Colour, "Colour"),
        (plain, "plain"),
        (lambda: 1, None),
        (object(), None),
        ((1, object()), None),
    ],
)
def test_a_value_is_shown_if_every_python_shows_it_so(value: object, text: str | None) -> None:
    assert plain(value) == text


def test_what_is_returned_is_public_too() -> None:
    names = {entry.name for entry in public_surface()}
    assert {"Rolling.mean", "Panel.rank", "Logger.info"} <= names


def test_a_deprecated_name_stays_in_the_surface_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(api._DEPRECATED, "Hue", Deprecated(Colour, (1, 3), 2, "import Colour"))
    lines = [str(entry) for entry in public_surface() if entry.name.startswith("Hue")]
    going = "  # deprecated since 1.3, goes with 2.0"
    assert lines == [f"class Hue(StrEnum){going}", f"member Hue.RED = 'red'{going}"]


# What may be recorded ---------------------------------------------------------------------------------

RUN = Entry("function", "run", "(far: float) -> int")
ROLE = Entry("class", "Role")
GO = Entry("abstract method", "Role.go", "(far: float) -> int")


def _record(*entries: Entry, api: tuple[int, int] = (1, 2), released: tuple[int, int] | None = (1, 2)) -> Record:
    return replace(Record(api, released).renewed(entries, (1, 0)), api=api)


@pytest.mark.parametrize(
    ("after", "is_extension"),
    [
        ("(far: float) -> int", True),
        ("(far: float) -> int  # deprecated since 1.3, goes with 2.0", True),
        ("(far: float, high: int = 0) -> int", True),
        ("(far: float, *, high: int = 0) -> int", True),
        ("(far: float, high: int) -> int", False),
        ("(far: float, *, high: int) -> int", False),
        ("(high: int = 0, far: float = 0) -> int", False),
        ("(far: int) -> int", False),
        ("(far: float = 1.0) -> int", False),
        ("(wide: float) -> int", False),
        ("(far: float) -> float", False),
        ("() -> int", False),
    ],
)
def test_one_more_argument_that_may_be_left_out_is_an_extension(after: str, is_extension: bool) -> None:
    assert extends(RUN, Entry("function", "run", after)) is is_extension


def test_a_keyword_must_stay_as_it_is() -> None:
    before = Entry("method", "Role.go", "(*, far: float = 1.0)")
    assert extends(before, Entry("method", "Role.go", "(*, far: float = 1.0, high: int = 0)"))
    assert not extends(before, Entry("method", "Role.go", "(*, far: float = 2.0)"))


def test_a_method_that_plugins_write_takes_no_further_argument() -> None:
    assert not extends(GO, Entry("abstract method", "Role.go", "(far: float, high: int = 0) -> int"))


def test_a_new_method_that_plugins_must_write_is_demanded_of_them() -> None:
    fly = Entry("abstract method", "Role.fly", "() -> None")
    assert _record(ROLE).differences([ROLE, fly]) == [Difference(Change.DEMANDED, str(fly), (1, 0))]
    assert [one.change for one in _record().differences([ROLE, fly])] == [Change.ADDED, Change.ADDED]


CHANGED = Entry("function", "run", "(far: int) -> int")
EXTENDED = Entry("function", "run", "(far: float, high: int = 0) -> int")


@pytest.mark.parametrize(
    ("now", "api", "reason"),
    [
        ([RUN], (1, 2), None),
        ([RUN, ROLE], (1, 2), "added: class Role: raise API_VERSION to 1.3"),
        ([EXTENDED], (1, 2), f"extended: {EXTENDED}: raise API_VERSION to 1.3"),
        ([RUN, ROLE], (1, 3), None),
        ([EXTENDED], (1, 3), None),
        ([CHANGED], (1, 3), f"changed: {CHANGED}: deprecate it, or raise API_VERSION to 2.0"),
        ([], (1, 3), f"removed: {RUN}: deprecate it, or raise API_VERSION to 2.0"),
        ([CHANGED], (2, 0), None),
        ([], (2, 0), None),
        ([RUN], (1, 1), "API_VERSION is 1.1, and 1.2 is recorded already"),
    ],
)
def test_what_was_released_changes_with_the_version_only(
    now: list[Entry], api: tuple[int, int], reason: str | None
) -> None:
    assert _record(RUN).refusals(now, api) == ([] if reason is None else [reason])


def test_before_the_first_release_anything_may_be_recorded() -> None:
    assert _record(RUN, GO, released=None).refusals([CHANGED], (1, 2)) == []


def test_what_no_release_has_given_to_anybody_may_change_beside_what_one_has() -> None:
    grown = _record(RUN).renewed([RUN, ROLE], (1, 3))
    assert grown.refusals([RUN], (1, 3)) == []
    assert grown.refusals([ROLE], (1, 3)) == [f"removed: {RUN}: deprecate it, or raise API_VERSION to 2.0"]


def test_a_line_keeps_the_version_that_brought_it_until_it_changes() -> None:
    grown = _record(RUN).renewed([EXTENDED, ROLE], (1, 3))
    assert str(grown).splitlines()[-2:] == [f"1.0  {EXTENDED}", "1.3  class Role"]
    assert str(grown.renewed([CHANGED, ROLE], (2, 0))).splitlines()[-2:] == [f"2.0  {CHANGED}", "1.3  class Role"]


def test_a_record_with_a_line_of_somebody_elses_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="no line of the public surface: <<<<<<< ours"):
        read(str(_record(RUN)) + "<<<<<<< ours\n")


# The command ------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a record, of a surface that is one function."""
    monkeypatch.setattr(record_public_surface, "public_surface", lambda: [RUN])
    path = tmp_path / "surface.txt"
    path.write_text(str(_record(RUN, api=(1, 0), released=(1, 0))), "utf-8")
    return path


def test_the_command_writes_what_may_be_written(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(record_public_surface, "public_surface", lambda: [RUN, ROLE])
    monkeypatch.setattr(record_public_surface, "API_VERSION", (1, 1))
    assert record_public_surface.main([], file) == 0
    assert capsys.readouterr().out == "added: class Role\n"
    assert file.read_text("utf-8").splitlines()[2:] == [
        "# plugin API: 1.1",
        "# last released: 1.0",
        f"1.0  {RUN}",
        "1.1  class Role",
    ]


def test_the_command_writes_nothing_that_breaks_a_promise(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = file.read_text("utf-8")
    monkeypatch.setattr(record_public_surface, "public_surface", list)
    assert record_public_surface.main([], file) == 1
    assert capsys.readouterr().out == f"removed: {RUN}: deprecate it, or raise API_VERSION to 2.0\n"
    assert file.read_text("utf-8") == before


def test_a_release_is_marked_only_if_all_of_it_is_recorded(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(str(_record(RUN, api=(1, 0), released=None)), "utf-8")
    monkeypatch.setattr(record_public_surface, "public_surface", list)
    assert record_public_surface.main(["--released"], file) == 1
    assert capsys.readouterr().out == "what is released must be recorded first: leave out --released\n"
    monkeypatch.setattr(record_public_surface, "public_surface", lambda: [RUN])
    assert record_public_surface.main(["--released"], file) == 0
    assert "# last released: 1.0\n" in file.read_text("utf-8")


def test_functions_and_modules_and_aliases_have_their_kind() -> None:
    indicators = importlib.import_module("friday_core.causal.indicators")
    found = [*entries_of("in_utc", api.in_utc, {}), *entries_of("indicators", indicators, {})]
    found += [*entries_of("Intent", api.Intent, {}), *entries_of("hookimpl", api.hookimpl, {})]
    assert [str(entry) for entry in found] == [
        f"function in_utc{inspect.signature(api.in_utc)}".replace("'", ""),
        "module indicators",
        "alias Intent = PlaceOrder | CancelOrder",
        "object hookimpl: HookimplMarker",
    ]
