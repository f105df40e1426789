"""A name that is to go still works, says so to whoever uses it, and is overheard whoever that is."""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.plugin_list import PluginList

from friday_core import api
from friday_core.api import FridayDeprecationWarning
from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.deprecation import Deprecated, overheard
from friday_core.plugin.registry import Loaded
from friday_core.testing.outcomes import Broken
from friday_core.testing.project import Project, checks_of_project

SAID = "friday_core.api.OldTarget is deprecated since plugin API 1.3 and goes with 2.0: import Target"

#: A strategy that uses it, in line 2 of a module.
OLD_FASHIONED = """\
from friday_core.api import ComponentSpec, Strategy, hookimpl
from friday_core.api import OldTarget


class Idle(Strategy):
    def on_event(self, event, book):
        return []


@hookimpl
def friday_components():
    return [ComponentSpec("strategy", "moon", Idle)]
"""

Write = Callable[[str, str], str]

ignored = pytest.mark.filterwarnings("ignore::friday_core.api.FridayDeprecationWarning")


@pytest.fixture(autouse=True)
def _old_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """``Target`` had another name once."""
    monkeypatch.setitem(api._DEPRECATED, "OldTarget", Deprecated(api.Target, (1, 3), 2, "import Target"))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Puts modules on the path."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(name: str, text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
        importlib.invalidate_caches()
        return name

    return put


# The name ---------------------------------------------------------------------------------------------


def test_whoever_imports_the_name_gets_it_and_is_warned_at_the_own_line(write: Write) -> None:
    name = write("uses_old_target", "x = 1\nfrom friday_core.api import OldTarget\n")
    with pytest.warns(FridayDeprecationWarning) as warned:
        module = importlib.import_module(name)
    assert module.OldTarget is api.Target
    (only,) = warned
    assert (str(only.message), Path(only.filename).name, only.lineno) == (SAID, "uses_old_target.py", 2)


def test_whoever_reads_it_from_the_module_is_warned_too() -> None:
    with pytest.warns(FridayDeprecationWarning, match="import Target"):
        assert api.OldTarget is api.Target  # type: ignore[attr-defined]


def test_what_is_going_is_not_among_the_names_for_everybody() -> None:
    assert "OldTarget" not in api.__all__
    assert "OldTarget" not in vars(api)


def test_a_name_that_never_was_is_an_error_as_ever() -> None:
    with pytest.raises(AttributeError, match=r"module 'friday_core\.api' has no attribute 'Tagret'"):
        api.Tagret  # type: ignore[attr-defined] # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Tagret'"):
        exec("from friday_core.api import Tagret")


def test_what_goes_goes_with_a_later_major() -> None:
    assert [name for name, one in api._DEPRECATED.items() if one.goes <= one.since[0]] == []


# Overhearing ------------------------------------------------------------------------------------------


def warn(message: str = "the moon goes") -> None:
    warnings.warn_explicit(FridayDeprecationWarning(message), FridayDeprecationWarning, "/somewhere/moon.py", 7)


def listening(heard: list[str], *deeds: Callable[[], None]) -> None:
    """Do these, and add what was heard, whatever comes of them."""
    told: list[str] = []
    try:
        with overheard() as told:
            for deed in deeds:
                deed()
    finally:
        heard += told


@ignored
def test_it_is_heard_although_the_filters_hide_it() -> None:
    with overheard() as heard:
        warn()
    assert heard == ["the moon goes (moon.py, line 7)"]


@ignored
def test_it_is_heard_from_another_thread() -> None:
    with overheard() as heard:
        thread = threading.Thread(target=warn)
        thread.start()
        thread.join()
    assert heard == ["the moon goes (moon.py, line 7)"]


def test_whoever_wants_to_see_the_warning_sees_it() -> None:
    with pytest.warns(FridayDeprecationWarning, match="the moon goes") as warned, overheard():
        warn()
    assert [Path(one.filename).name for one in warned] == ["moon.py"]


def test_whoever_wants_an_error_gets_it_when_all_was_heard() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FridayDeprecationWarning)
        heard: list[str] = []
        with pytest.raises(FridayDeprecationWarning, match="the moon goes"):
            listening(heard, warn, lambda: warn("the tide goes"))
    assert [one.partition(" (")[0] for one in heard] == ["the moon goes", "the tide goes"]


def test_other_warnings_are_shown_as_ever() -> None:
    with pytest.warns(UserWarning, match="hot") as warned, overheard() as heard:
        warnings.warn("it is hot", UserWarning, stacklevel=1)
    assert (heard, len(warned)) == ([], 1)


def test_an_error_in_between_is_raised_and_what_was_heard_is_not_lost() -> None:
    def fail() -> None:
        raise ValueError("new moon")

    heard: list[str] = []
    with pytest.raises(ValueError, match="new moon"):
        listening(heard, warn, fail)
    assert heard == ["the moon goes (moon.py, line 7)"]


# Plugins ----------------------------------------------------------------------------------------------


@ignored
def test_the_registry_knows_who_uses_what_goes(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = PluginList(monkeypatch)
    plugins.point("strategy.moon", write("old_fashioned_one", OLD_FASHIONED))
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    registry.load("strategy.moon")
    assert registry.deprecations == {"strategy.moon of friday-moon 1.0": (f"{SAID} (old_fashioned_one.py, line 2)",)}


def test_a_plugin_that_uses_nothing_of_the_kind_is_not_mentioned(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = PluginList(monkeypatch)
    plugins.point("strategy.moon", write("up_to_date", OLD_FASHIONED.replace("OldTarget", "Target")))
    registry = plugins.registry()
    assert isinstance(registry.load("strategy.moon"), Loaded)
    assert registry.deprecations == {}


def test_where_the_warning_is_an_error_the_plugin_is_refused_and_taken_out_again(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = PluginList(monkeypatch)
    plugins.point("strategy.moon", write("old_fashioned_two", OLD_FASHIONED))
    registry = plugins.registry()
    problem = registry.load("strategy.moon")
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.message) == (ProblemKind.IMPORT_FAILED, SAID)
    assert registry.hooks.list_name_plugin() == []


@ignored
def test_the_rules_of_a_plugin_do_not_mind_unless_they_are_asked_to(write: Write) -> None:
    project = Project("friday-moon", {"strategy.moon": write("old_fashioned_three", OLD_FASHIONED)})
    loads = checks_of_project(project)[0]
    assert str(loads) == "strategy.moon: it can be loaded as a run loads it"
    loads()


def test_an_author_who_asks_for_errors_has_the_rule_broken(write: Write) -> None:
    project = Project("friday-moon", {"strategy.moon": write("old_fashioned_four", OLD_FASHIONED)})
    with pytest.raises(Broken, match="OldTarget is deprecated"):
        checks_of_project(project)[0]()
