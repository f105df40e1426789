"""Which installed plugins can be used, tried out one by one.

Built-in plugins are tried in this process. Those of other distributions are tried in a process of
their own each, because an import that hangs cannot be stopped in any other way. That process is
this module run with ``python -m``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import EntryPoint

import msgspec

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.compatibility import refusal
from friday_core.plugin.discovery import InstalledPlugin
from friday_core.plugin.hookspecs import PLUGIN_GROUP
from friday_core.plugin.registry import PluginRegistry

#: Seconds that an interpreter may take until it has loaded Friday and turns to the plugin.
START_SECONDS = 30.0
#: Seconds on top of the limit: an import that merely sleeps is then reported in the words of a run.
GRACE_SECONDS = 1.0
#: Processes at the same time.
AT_ONCE = 8
#: Characters of a plugin's own words that are shown.
LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Probed:
    """An installed plugin, its component's version, what stands in the way of using it, and what it uses that goes."""

    plugin: InstalledPlugin
    version: str
    problem: Problem | None = None
    deprecations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plugin tells of itself: its version, everything that it registers and uses that goes, or its problem."""

    version: str = ""
    registers: tuple[str, ...] = ()
    problem: Problem | None = None
    deprecations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """The plugin to be tried, for how many seconds, and where modules are looked for."""

    key: str
    value: str
    distribution: str
    version: str
    limit: float
    path: tuple[str, ...]

    def plugin(self) -> InstalledPlugin:
        return InstalledPlugin(EntryPoint(self.key, self.value, PLUGIN_GROUP), self.distribution, self.version)


def probe_plugins(
    plugins: Sequence[InstalledPlugin],
    limit: float,
    on_probed: Callable[[InstalledPlugin], None] = lambda _plugin: None,
) -> list[Probed]:
    """Every plugin in the given order, after at most about ``limit`` seconds for each that hangs.

    Whatever a third party's plugin prints, raises, or does to its process stays there; what it
    leaves running is ended. It does not see the variables ``FRIDAY_*``, which may hold secrets of
    others. ``on_probed`` is called after each plugin. Must not be called from a running event loop.
    """
    tried = list(zip(plugins, asyncio.run(_all(plugins, limit, on_probed)), strict=True))
    return [
        Probed(
            plugin,
            answer.version or plugin.version,
            _conflict(plugin, answer, tried) or answer.problem,
            answer.deprecations,
        )
        for plugin, answer in tried
    ]


def examine(plugin: InstalledPlugin, limit: float) -> Answer:
    """Load one plugin into this process as a run would."""
    registry = PluginRegistry([plugin], import_timeout=limit)
    loaded = registry.load(plugin.key)
    if isinstance(loaded, Problem):
        return Answer(problem=loaded)
    registers = [spec.key for specs in registry.hooks.hook.friday_components() for spec in specs]
    deprecations = tuple(one for heard in registry.deprecations.values() for one in heard)
    return Answer(str(loaded.spec.version), tuple(registers), deprecations=deprecations)


async def _all(
    plugins: Sequence[InstalledPlugin], limit: float, on_probed: Callable[[InstalledPlugin], None]
) -> list[Answer]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(plugin: InstalledPlugin) -> Answer:
        refused = refusal(plugin)
        if refused is not None:
            answer = Answer(problem=_readable(refused))
        elif plugin.built_in:
            answer = examine(plugin, limit)
        else:
            async with places:
                answer = await _examine_apart(plugin, limit)
        on_probed(plugin)
        return answer

    return await asyncio.gather(*map(one, plugins))


async def _examine_apart(plugin: InstalledPlugin, limit: float) -> Answer:
    """``examine`` in a process of its own, which is ended whatever happens."""
    point = plugin.entry_point
    question = Question(point.name, point.value, plugin.distribution, plugin.version, limit, tuple(sys.path))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__, msgspec.json.encode(question).decode()),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("FRIDAY_")},
        start_new_session=True,
    )
    try:
        return await _answer_of(process, plugin, limit)
    finally:
        _end(process)
        await process.wait()


async def _answer_of(process: Process, plugin: InstalledPlugin, limit: float) -> Answer:
    lines = process.stdout
    assert lines is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            await lines.readline()
    except TimeoutError:
        return _failed(plugin, f"a Python process for it did not start within {START_SECONDS:g} s")
    try:
        async with asyncio.timeout(limit + GRACE_SECONDS):
            line = await lines.readline()
            if not line:
                return _failed(plugin, f"importing it ends the process with {_ending(await process.wait())}")
            return msgspec.json.decode(line, type=Answer)
    except TimeoutError:
        return _failed(plugin, f"it did not finish registering within {limit:g} s")
    except (msgspec.MsgspecError, ValueError):
        return _failed(plugin, "it writes where only its examination may write")


def _end(process: Process) -> None:
    """Kill the process and, where there are process groups, what it started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"


def _failed(plugin: InstalledPlugin, message: str) -> Answer:
    mend = f"mend or uninstall {plugin.distribution}, or take {plugin.key} out of the configuration"
    return Answer(problem=Problem(ProblemKind.IMPORT_FAILED, message, mend, plugin=f"{plugin.key} of {plugin.origin}"))


def _conflict(
    plugin: InstalledPlugin, answer: Answer, tried: Sequence[tuple[InstalledPlugin, Answer]]
) -> Problem | None:
    """Two entry points of one name, or a component that belongs to another module as well.

    Whose entry point names a component is its owner, and not to blame if others register it too.
    What is registered for another major is in nobody's way.
    """
    if not plugin.for_our_major:
        return None
    tried = [(other, it) for other, it in tried if other.for_our_major]
    if sum(other.key == plugin.key for other, _ in tried) > 1:
        # Refused before anything is imported, in the words of a run.
        conflict = PluginRegistry([other for other, _ in tried]).load(plugin.key)
        assert isinstance(conflict, Problem)
        return conflict
    module = plugin.entry_point.value
    owned = {other.key for other, _ in tried if other.entry_point.value == module}
    strangers = [(other, it) for other, it in tried if other.entry_point.value != module]
    for key in answer.registers:
        claims = [other for other, it in strangers if key in (other.key, *it.registers)]
        if claims and key not in owned:
            owners = [f"{one.origin} ({one.entry_point.value})" for one in (plugin, claims[0])]
            message = f"{key} is registered by {owners[0]} and by {owners[1]}"
            mend = f"uninstall {' or '.join(dict.fromkeys(one.distribution for one in (plugin, claims[0])))}"
            return Problem(ProblemKind.DUPLICATE_COMPONENT, message, mend, plugin=f"{plugin.key} of {plugin.origin}")
    return None


def _printable(text: str) -> str:
    """One line that a terminal shows as it is."""
    line = "".join(one if one.isprintable() else " " for one in " ".join(text.split()))
    return line if len(line) <= LONGEST_MESSAGE else f"{line[:LONGEST_MESSAGE]}..."


def _readable(problem: Problem) -> Problem:
    return Problem(problem.kind, _printable(problem.message), _printable(problem.mend), plugin=problem.plugin)


def _examine_here(question: Question) -> Answer:
    """``examine`` in the process made for it; the plugin's own words are made printable."""
    plugin = question.plugin()
    try:
        answer = examine(plugin, question.limit)
    except Exception as error:  # noqa: BLE001 - whatever a registration provokes is the plugin's
        answer = _failed(plugin, f"it cannot be examined: {type(error).__name__}: {error}")
    if answer.problem is not None:
        return Answer(problem=_readable(answer.problem))
    deprecations = tuple(map(_printable, answer.deprecations))
    return Answer(_printable(answer.version), answer.registers, deprecations=deprecations)


def main() -> None:
    """In the process of one plugin: try it and answer on a channel that its output does not reach."""
    question = msgspec.json.decode(sys.argv[1], type=Question)
    with os.fdopen(os.dup(1), "wb", buffering=0) as channel:
        # C code writes to the descriptor and not to sys.stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.path[:] = question.path
        channel.write(b"ready\n")
        channel.write(msgspec.json.encode(_examine_here(question)) + b"\n")
    # Not sys.exit(): it waits for threads, and runs what the plugin registered for the end.
    os._exit(0)


if __name__ == "__main__":
    main()
