"""What of a configuration is written in columns, and the rows that its session hands to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from friday_core.causal.parity.rows import RowSet
from friday_core.causal.program import Program
from friday_core.domain.chunk import Universe
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.records import ModelVersion
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.column_stage import ColumnStage, SliceStage
from friday_core.interfaces.strategy import Strategy
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.explaining import QuestionError
from friday_core.orchestration.recording import Recorder
from friday_core.orchestration.rehearsal import rehearse
from friday_core.orchestration.watching import watched_by, watched_rows
from friday_core.plugin.graph import Node
from friday_core.plugin.plan import MARKET_DATA
from friday_core.plugin.spec import Kind
from friday_core.session.desk import Desk
from friday_core.trading.column_runner import ColumnRunner

#: Kinds whose authors choose between columns and something else.
_MAY_BE_COLUMNS = frozenset({Kind.STRATEGY, Kind.TRANSFORMER, Kind.FEATURE_SET, Kind.VALIDATOR})
#: A component that is shown few rows is waited for until another one had so many times as many as are wanted.
_PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Written:
    """A component that is written in columns: its id, its plugin's ``kind.name``, and its program."""

    id: str
    plugin: str
    program: Program


def written(assembly: Assembly, name: str | None = None) -> list[Written]:
    """All that a configuration has in columns, or what ``name`` means there; nothing if it means nothing.

    A name is an id (``strategy.first``, ``first``) or a plugin's name, with its kind or without.
    ``QuestionError`` for one that means several, or something that is not written in columns.
    """
    nodes = _nodes(assembly)
    if name is not None:
        exact = [node for node in nodes if name in (node.id, node.id.partition(".")[2])]
        nodes = exact or [node for node in nodes if name in (node.request.name, node.request.key)]
    found = {node.id: _program(assembly, node) for node in nodes}
    if name is not None and len(found) > 1:
        raise QuestionError(f"{name!r} may be {' or '.join(found)}: write one of these")
    for node in nodes if name is not None else ():
        if found[node.id] is None:
            raise QuestionError(f"{node.id} ({node.request.name}) {why_not(assembly.components[node.id])}")
    keys = {node.id: node.request.key for node in nodes}
    return [Written(id_, keys[id_], program) for id_, program in found.items() if program is not None]


def left_out(assembly: Assembly) -> dict[str, str]:
    """By id, why a component of the configuration has nothing to compare."""
    without = (node for node in _nodes(assembly) if _program(assembly, node) is None)
    return {node.id: why_not(assembly.components[node.id]) for node in without}


def known_names(assembly: Assembly) -> list[str]:
    """What ``name`` may be."""
    return [node.id for node in _nodes(assembly)]


def why_not(component: object) -> str:
    """What a component without a program is, and why no two ways to execute it could differ."""
    if isinstance(component, Strategy):
        return "is called event by event, not written in columns: it is executed in one way, and nothing can differ"
    if isinstance(component, WindowStrategy | WindowTransformer):
        return (
            "is written in windows, not in columns: it is of grade C, and pandas executes it in one way; "
            "nothing is compared"
        )
    return "is code of its own, not written in columns: it is executed in one way, and nothing can differ"


def session_rows(
    assembly: Assembly, chosen: Sequence[Written], most: int, versions: Callable[[], Sequence[ModelVersion]]
) -> dict[str, RowSet]:
    """By id, the first ``most`` rows, or a slice more, that the configuration's session hands to each program.

    The session runs with its book, so that ``m.pos`` is what it would be; nothing leaves it. Components that
    get no row, or whose place is unknown, are missing. The assembly must not have run, and cannot run
    afterwards. Raises what a session raises.
    """
    universe = assembly.universe
    recorders = {one.id: Recorder(one.program, most) for one in chosen}
    stages = {**assembly.programs.stages}
    for name, recorder in recorders.items():
        stage = stages.get(name)
        if isinstance(stage, SliceStage):
            stages[name] = SliceStage(stage.program, universe, watched_by(recorder.saw))
        elif isinstance(stage, ColumnStage | CheckStage):
            stages[name] = watched_rows(stage, universe, recorder.saw_row)
    watched = replace(assembly, programs=replace(assembly.programs, stages=stages))

    def prepare(desks: Sequence[Desk]) -> None:
        for desk in desks:
            name = f"{Kind.STRATEGY}.{desk.name}"
            if name in recorders:
                desk.runner = _runner(assembly, desk.name, recorders[name])

    rehearse(watched, prepare, lambda: _is_enough(recorders, most), versions())
    title = f"rows of {assembly.settings.streams[MARKET_DATA].source}"
    return {name: _row_set(title, one, universe) for name, one in recorders.items() if one.passed}


def _is_enough(recorders: Mapping[str, Recorder], most: int) -> bool:
    passed = [one.passed for one in recorders.values()]
    return min(passed) >= most or max(passed) >= _PATIENCE * most


def _nodes(assembly: Assembly) -> list[Node]:
    """What is, or may be, written in columns."""
    nodes = assembly.graph.nodes.values()
    return [node for node in nodes if node.request.kind in _MAY_BE_COLUMNS or _program(assembly, node) is not None]


def _program(assembly: Assembly, node: Node) -> Program | None:
    stage = assembly.programs.stages.get(node.id)
    found = assembly.programs.strategies.get(node.id) or getattr(stage, "program", None)
    return found if isinstance(found, Program) else None


def _runner(assembly: Assembly, name: str, recorder: Recorder) -> ColumnRunner:
    entry = next(one for one in assembly.settings.trading.active_strategies if one.id == name)
    instruments = [InstrumentId.parse(one) for one in entry.instruments]
    return ColumnRunner(name, recorder.program, assembly.universe, instruments, watched_by(recorder.saw))


def _row_set(title: str, recorder: Recorder, universe: Universe) -> RowSet:
    ids = tuple(one.id for one in universe)
    return RowSet(title, recorder.columns(), tuple(universe.scales.tolist()), ids, recorder.closes())
