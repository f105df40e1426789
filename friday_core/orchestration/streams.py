"""The streams of a configuration: which is fed by which, and whether that can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from friday_core.causal.domains import TICK, parse
from friday_core.errors import ClockDomainError, Problem, ProblemKind
from friday_core.plugin.discovery import nearest
from friday_core.plugin.plan import MARKET_DATA, UPSTREAM, upstream_of
from friday_core.plugin.sections import StreamSettings
from friday_core.plugin.signal_steps import SIGNALS, signal_problems

Streams = Mapping[str, StreamSettings]
#: What the driver makes of decisions; nothing of it flows through stages.
_OF_THE_DRIVER = frozenset({"orders", "fills"})
#: Keys that only the stream of a source may have.
_OF_A_SOURCE = ("lateness", "bars", "backpressure", "capacity_rows")


def derived_streams(streams: Streams) -> list[str]:
    """The streams of other streams' slices, each after its source, else in the configuration's order."""
    sources = {name: upstream_of(settings) for name, settings in streams.items() if name != SIGNALS}
    found: list[str] = []
    while waiting := [name for name, source in sources.items() if source and name not in found]:
        ready = [name for name in waiting if sources[name] == MARKET_DATA or sources[name] in found]
        if not ready:
            break
        found.append(ready[0])
    return found


def stream_problems(streams: Streams) -> Iterator[Problem]:
    """Everything that is wrong with how streams hang together."""
    if MARKET_DATA not in streams:
        mend = f'add [streams.{MARKET_DATA}] with source = "synthetic", or choose a profile that has it'
        yield Problem(ProblemKind.MISSING_DEPENDENCY, "no stream carries market data", mend, f"streams.{MARKET_DATA}")
    for name, settings in streams.items():
        yield from signal_problems(settings) if name == SIGNALS else _of_one(name, settings, streams)
    models = [name for name, settings in streams.items() if settings.model is not None]
    if len(models) > 1:
        message = f"the streams {', '.join(models)} have a model each, and [model] says how one learns"
        mend = "leave model out of all but one; several in one plugin of kind model are an ensemble"
        yield Problem(ProblemKind.INVALID_VALUE, message, mend, f"streams.{models[1]}")
    yield from _cycles(streams)


def bars_problem(settings: StreamSettings, interval: str) -> Problem | None:
    """Whether bars can be made of the rows of a source, and whether they have to be."""
    section = f"streams.{MARKET_DATA}"
    if settings.bars is None:
        if interval != TICK:
            return None
        message = f"the source {settings.source!r} has ticks, strategies and fills need bars"
        return Problem(ProblemKind.SCHEMA_MISMATCH, message, f'write in [{section}]: bars = "1m"', section)
    try:
        wanted, there = parse(settings.bars), parse(interval)
    except ClockDomainError as error:
        return Problem(ProblemKind.INVALID_VALUE, str(error), f'write in [{section}]: bars = "15m"', section)
    if wanted.volume or wanted.seconds > there.seconds:
        return None
    message = f"bars of {settings.bars} cannot be made of the source's {interval}"
    mend = f"choose coarser bars than {interval}, or leave bars out"
    return Problem(ProblemKind.INVALID_VALUE, message, mend, section)


def _of_one(name: str, settings: StreamSettings, streams: Streams) -> Iterator[Problem]:
    section, upstream = f"streams.{name}", upstream_of(settings)
    if name in _OF_THE_DRIVER:
        mend = "leave it out: [trading] makes orders, [risk] limits them, [broker] sends them"
        yield Problem(ProblemKind.INVALID_VALUE, f"{name} are no stream of columns", mend, section)
        return
    if upstream is None:
        if name != MARKET_DATA:
            mend = f'write source = "{UPSTREAM}{MARKET_DATA}", or another stream'
            message = f"a session has one source of rows, that of [streams.{MARKET_DATA}]; {name!r} names another"
            yield Problem(ProblemKind.INVALID_VALUE, message, mend, section)
        if settings.model is not None:
            message = "a model predicts whole slices, which a source's rows are not yet"
            mend = f'move it to [streams.predictions] with source = "{UPSTREAM}{name}"'
            yield Problem(ProblemKind.INVALID_VALUE, message, mend, section)
        if settings.feature_sets:
            message = "feature sets need whole slices, which a source's rows are not yet"
            mend = f'move feature_sets to [streams.features] with source = "{UPSTREAM}{name}"'
            yield Problem(ProblemKind.INVALID_VALUE, message, mend, section)
        return
    if name == MARKET_DATA:
        mend = 'write source = "synthetic", or another source of rows'
        yield Problem(ProblemKind.INVALID_VALUE, "market data must come from a source", mend, section)
    elif upstream not in streams:
        mend = f"{nearest(upstream, list(streams))}There is {', '.join(streams)}"
        yield Problem(ProblemKind.MISSING_DEPENDENCY, f"there is no stream {upstream!r}", mend, section)
    for key in _OF_A_SOURCE:
        if getattr(settings, key) != StreamSettings.model_fields[key].default:
            message = f"{key} is for the rows of a source, and slices of {upstream!r} come here"
            mend = f"write {key} in the section of the stream that has the source"
            yield Problem(ProblemKind.INVALID_VALUE, message, mend, section)


def _cycles(streams: Streams) -> Iterator[Problem]:
    sources = {name: {upstream_of(settings)} - {None} for name, settings in streams.items()}
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        names = list(reversed(error.args[1]))
        message = f"streams feed one another in a circle: {' -> '.join(names)}"
        mend = f'let one of them start at source = "{UPSTREAM}{MARKET_DATA}"'
        yield Problem(ProblemKind.CYCLE, message, mend, f"streams.{names[0]}")
