"""Trying out installed plugins: each kind of mishap becomes a reason, and none of them reaches this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.installed_distribution import install_distribution, strategy_module

from friday_core.errors import ProblemKind
from friday_core.plugin.discovery import installed_plugins
from friday_core.plugin.probe import Probed, probe_plugins

#: Far more than an import takes, however busy the machine.
AMPLE = 60.0

#: Uses something that goes.
GOING = """\
import warnings
from friday_core.api import FridayDeprecationWarning
warnings.warn(FridayDeprecationWarning("the moon goes with 2.0"), stacklevel=1)
"""

Install = Callable[..., None]


class Lifeline:
    """A pipe by name: whether a process that a plugin started still lives is read from its end."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._was_held = False
        #: Source that takes hold of the pipe for as long as the process lives.
        self.held = f"import os; lifeline = os.open({str(path)!r}, os.O_WRONLY); os.write(lifeline, b'x')\n"

    def wait_until_held(self) -> None:
        while not self._was_held:
            self._read()

    def was_held_and_is_free(self) -> bool:
        """Whether everybody who held the pipe has ended; waits for it for 20 s."""
        self.wait_until_held()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self._read() == b"":
                return True
        return False

    def close(self) -> None:
        os.close(self._end)

    def _read(self) -> bytes | None:
        """What was written, nothing once nobody holds the pipe, ``None`` while somebody does."""
        time.sleep(0.02)
        try:
            text = os.read(self._end, 100)
        except BlockingIOError:
            return None
        self._was_held |= bool(text)
        return text


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[Lifeline]:
    line = Lifeline(tmp_path / "lifeline")
    yield line
    line.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on the path."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def install(folder: Path) -> Install:
    """Installs ``friday-<name>`` with a strategy of that name, whose module has this source."""

    def put(name: str, source: str) -> None:
        module = f"friday_{name}"
        distribution = f"friday-{name}"
        install_distribution(folder, distribution, {f"strategy.{name}": module}, {module: textwrap.dedent(source)})

    return put


def probe(limit: float = AMPLE) -> list[Probed]:
    """What becomes of the plugins of other distributions."""
    strangers = [plugin for plugin in installed_plugins() if plugin.distribution != "friday-trading"]
    return probe_plugins(strangers, limit)


def reason(limit: float = AMPLE) -> tuple[ProblemKind, str]:
    """Why the only stranger cannot be used."""
    (only,) = probe(limit)
    assert only.problem is not None
    return only.problem.kind, only.problem.message


def test_a_sound_plugin_has_its_distributions_version_and_no_problem(install: Install) -> None:
    install("moon", strategy_module("moon"))
    (moon,) = probe()
    assert (moon.plugin.key, moon.plugin.origin, moon.version, moon.problem) == (
        "strategy.moon",
        "friday-moon 1.0",
        "1.0",
        None,
    )


def test_a_components_own_version_is_stronger_than_its_distributions(install: Install) -> None:
    install("moon", strategy_module("moon", 'version="7.2"'))
    assert [one.version for one in probe()] == ["7.2"]


def test_every_built_in_plugin_is_sound() -> None:
    own = [plugin for plugin in installed_plugins() if plugin.built_in]
    assert {one.plugin.key: one.problem for one in probe_plugins(own, AMPLE)} == {plugin.key: None for plugin in own}


def test_an_exception_on_import_is_the_reason(install: Install) -> None:
    install("dark", "1 / 0")
    assert reason() == (
        ProblemKind.IMPORT_FAILED,
        "importing friday_dark raised ZeroDivisionError: division by zero",
    )


def test_an_import_that_hangs_is_given_up_after_the_limit(install: Install) -> None:
    install("slow", "import time; time.sleep(3600)")
    kind, message = reason(limit=0.5)
    assert (kind, message) == (ProblemKind.IMPORT_FAILED, "its import did not return within 0.5 s")


def test_a_registration_that_hangs_is_given_up_after_the_limit(install: Install) -> None:
    hanging = strategy_module("slow").replace("return [Comp", "import time; time.sleep(3600); return [Comp")
    install("slow", hanging)
    assert reason(limit=2) == (ProblemKind.IMPORT_FAILED, "it did not finish registering within 2 s")


def test_plugins_that_hang_wait_side_by_side(install: Install) -> None:
    for name in ("slow", "slower", "slowest"):
        install(name, "import time; time.sleep(3600)")
    started = time.monotonic()
    assert [one.problem is None for one in probe(limit=6)] == [False, False, False]
    assert time.monotonic() - started < 17, "one after the other they take 18 seconds"


@pytest.mark.parametrize(
    ("deed", "ending"),
    [("os._exit(3)", "exit code 3"), ("os._exit(0)", "exit code 0"), ("os.kill(os.getpid(), 9)", "SIGKILL")],
)
def test_an_import_that_ends_the_process_is_the_reason(install: Install, deed: str, ending: str) -> None:
    install("dark", f"import os; {deed}")
    assert reason() == (ProblemKind.IMPORT_FAILED, f"importing it ends the process with {ending}")


def test_an_import_that_leaves_by_sys_exit_is_the_reason(install: Install) -> None:
    install("dark", "import sys; sys.exit(0)")
    assert reason() == (ProblemKind.IMPORT_FAILED, "importing friday_dark raised SystemExit: 0")


def test_what_a_plugin_prints_is_neither_shown_nor_taken_for_an_answer(
    install: Install, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = "import os, sys; print('{}'); os.write(1, b'ready\\n{}\\n'); print('oh', file=sys.stderr)\n"
    install("moon", noise + strategy_module("moon"))
    assert [one.problem for one in probe()] == [None]
    assert capfd.readouterr() == ("", "")


def test_what_writes_on_every_descriptor_is_reported(install: Install) -> None:
    install(
        "loud",
        """
        import os
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b"x" * 100_000 + b"\\n")
            except OSError:
                pass
        """,
    )
    assert reason() == (ProblemKind.IMPORT_FAILED, "it writes where only its examination may write")


def test_a_plugin_of_another_interface_is_told_both_versions(install: Install) -> None:
    install("future", strategy_module("future", "api=(99, 0)"))
    assert reason() == (ProblemKind.API_VERSION, "it is written for plugin API 99.0, this Friday has 1.0")


def test_a_plugin_for_another_major_is_told_so_and_not_imported(folder: Path) -> None:
    imported = folder / "imported"
    source = f"open({str(imported)!r}, 'w').close()"
    later = {"friday.plugins.v2": {"strategy.moon": "friday_moon"}}
    install_distribution(folder, "friday-moon", {}, {"friday_moon": source}, others=later)
    assert reason() == (ProblemKind.API_VERSION, "it is written for plugin API 2, this Friday has 1.0")
    assert not imported.exists()


def test_a_plugin_whose_distribution_excludes_this_friday_is_told_so_and_not_imported(folder: Path) -> None:
    points, modules = {"strategy.moon": "friday_moon"}, {"friday_moon": "1 / 0"}
    install_distribution(folder, "friday-moon", points, modules, requires=["friday-trading>=99"])
    kind, message = reason()
    assert (kind, message.partition(", and this is ")[0]) == (ProblemKind.API_VERSION, "it requires friday-trading>=99")


def test_a_distribution_that_serves_two_majors_is_sound(folder: Path) -> None:
    later = {"friday.plugins.v2": {"strategy.moon": "no_such_module"}}
    modules = {"friday_moon": strategy_module("moon")}
    install_distribution(folder, "friday-moon", {"strategy.moon": "friday_moon"}, modules, others=later)
    assert [(one.plugin.key, one.problem) for one in probe()] == [("strategy.moon", None)]


def test_a_plugin_for_another_major_does_not_make_one_for_ours_a_duplicate(install: Install, folder: Path) -> None:
    install("moon", strategy_module("moon"))
    later = {"friday.plugins.v2": {"strategy.moon": "no_such_module"}}
    install_distribution(folder, "friday-sun", {}, {}, others=later)
    assert [(one.plugin.distribution, one.problem and one.problem.kind) for one in probe()] == [
        ("friday-moon", None),
        ("friday-sun", ProblemKind.API_VERSION),
    ]


def test_what_a_plugin_uses_that_goes_is_told_and_it_is_sound(install: Install) -> None:
    install("moon", GOING + strategy_module("moon"))
    (moon,) = probe()
    assert (moon.problem, moon.deprecations) == (None, ("the moon goes with 2.0 (friday_moon.py, line 3)",))


def test_whatever_a_registration_provokes_is_a_problem_of_its_plugin(install: Install) -> None:
    install("odd", strategy_module("odd", "api=None"))
    (odd,) = probe()
    assert odd.problem is not None
    assert odd.problem.plugin == "strategy.odd of friday-odd 1.0"


def test_a_plugins_words_are_one_printable_line_of_bounded_length(install: Install) -> None:
    install("loud", "raise ValueError('one\\ntwo\\x1b[31m' + 'x' * 100_000)")
    _, message = reason()
    assert message.startswith("importing friday_loud raised ValueError: one two [31mxxx")
    assert len(message) == 503


def test_two_distributions_with_one_key_are_both_told_of_both(install: Install, folder: Path) -> None:
    install("moon", strategy_module("moon"))
    install_distribution(folder, "friday-sun", {"strategy.moon": "friday_sun"}, {"friday_sun": strategy_module("moon")})
    problems = [one.problem for one in probe()]
    assert [problem and (problem.kind, problem.message) for problem in problems] == [
        (ProblemKind.DUPLICATE_COMPONENT, "offered by friday-moon 1.0 and friday-sun 1.0")
    ] * 2


def test_a_key_that_one_distribution_has_twice_is_a_duplicate(folder: Path) -> None:
    sources = {"moon_a": strategy_module("moon"), "moon_b": strategy_module("moon")}
    install_distribution(folder, "friday-moon", {"strategy.moon": "moon_a", "strategy.moon ": "moon_b"}, sources)
    assert [one.problem and one.problem.kind for one in probe()] == [ProblemKind.DUPLICATE_COMPONENT] * 2


def test_a_component_that_a_module_registers_twice_is_a_duplicate(install: Install) -> None:
    twice = strategy_module("moon").replace("return [", 'return [ComponentSpec("strategy", "moon", Idle), ')
    install("moon", twice)
    assert reason() == (ProblemKind.DUPLICATE_COMPONENT, "it registers strategy.moon twice")


def test_who_registers_a_strangers_component_is_told_of_both_and_the_owner_is_sound(install: Install) -> None:
    install("moon", strategy_module("moon"))
    install("sun", strategy_module("sun").replace("return [", 'return [ComponentSpec("strategy", "moon", Idle), '))
    message = "strategy.moon is registered by friday-sun 1.0 (friday_sun) and by friday-moon 1.0 (friday_moon)"
    assert {one.plugin.name: one.problem and (one.problem.kind, one.problem.message) for one in probe()} == {
        "moon": None,
        "sun": (ProblemKind.DUPLICATE_COMPONENT, message),
    }


def test_a_component_that_nobody_owns_and_two_register_is_told_to_both(install: Install) -> None:
    for name in ("moon", "sun"):
        more = strategy_module(name).replace("return [", 'return [ComponentSpec("strategy", "star", Idle), ')
        install(name, more)
    assert [one.problem and one.problem.message for one in probe()] == [
        "strategy.star is registered by friday-moon 1.0 (friday_moon) and by friday-sun 1.0 (friday_sun)",
        "strategy.star is registered by friday-sun 1.0 (friday_sun) and by friday-moon 1.0 (friday_moon)",
    ]


def test_a_module_may_register_the_components_of_several_entry_points(folder: Path) -> None:
    both = strategy_module("moon").replace("return [", 'return [ComponentSpec("strategy", "sun", Idle), ')
    install_distribution(
        folder, "friday-sky", {"strategy.moon": "friday_sky", "strategy.sun": "friday_sky"}, {"friday_sky": both}
    )
    assert [(one.plugin.key, one.problem) for one in probe()] == [("strategy.moon", None), ("strategy.sun", None)]


def test_a_plugin_does_not_see_fridays_variables(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRIDAY_PLUGINS__BROKER__VENDOR__API_SECRET", "hunter2")
    monkeypatch.setenv("HARMLESS", "1")
    install("nosy", "import os; raise ValueError([n for n in os.environ if n.startswith(('FRIDAY_', 'HARMLESS'))])")
    assert reason()[1] == "importing friday_nosy raised ValueError: ['HARMLESS']"


def test_what_a_plugin_starts_is_ended_with_it(install: Install, lifeline: Lifeline) -> None:
    sleeper = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'], {})"
    install("parent", lifeline.held + sleeper.format("pass_fds=[lifeline]"))
    probe()
    assert lifeline.was_held_and_is_free()


def test_plugins_are_looked_for_where_this_process_looks(
    install: Install, folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("current")
    (elsewhere / "friday_moon.py").write_text("raise ValueError('the file of the current folder')")
    monkeypatch.chdir(elsewhere)
    install("moon", strategy_module("moon"))
    assert [one.problem for one in probe()] == [None]


def test_each_plugin_is_reported_when_it_is_done(install: Install) -> None:
    install("moon", strategy_module("moon"))
    install("dark", "1 / 0")
    done: list[str] = []
    plugins = installed_plugins()
    probed = probe_plugins(plugins, AMPLE, lambda plugin: done.append(plugin.key))
    assert sorted(done) == [one.plugin.key for one in probed] == [plugin.key for plugin in plugins]


def test_an_interrupt_leaves_no_process_behind(install: Install, folder: Path, lifeline: Lifeline) -> None:
    install("slow", lifeline.held + "import time; time.sleep(99)")
    line = (
        "from friday_core.plugin.discovery import installed_plugins as found\n"
        "from friday_core.plugin.probe import probe_plugins\n"
        "probe_plugins([one for one in found() if not one.built_in], 3600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    with subprocess.Popen([sys.executable, "-c", line], env=environment, stderr=subprocess.DEVNULL) as interrupted:
        lifeline.wait_until_held()
        interrupted.send_signal(signal.SIGINT)
        interrupted.wait(30)
    assert lifeline.was_held_and_is_free()
