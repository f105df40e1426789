"""Why a column has the value that it has: the tree of its operators, with the numbers of one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from friday_core.causal.checks import verdict_and_reason
from friday_core.causal.instructions import Instruction, warmup_rows
from friday_core.causal.kinds import Kind as ColumnKind
from friday_core.causal.listing import named, places
from friday_core.causal.op import NAN
from friday_core.causal.program import DECISIONS, Program
from friday_core.causal.trace import ANY_DOMAIN
from friday_core.domain.instruments import InstrumentId
from friday_core.domain.records import ModelVersion, Record
from friday_core.domain.sessions import SessionDates, to_date, to_datetime
from friday_core.domain.verdicts import Verdict
from friday_core.flow.check_stage import CheckStage
from friday_core.flow.column_stage import ColumnStage, SliceStage
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.rehearsal import rehearse
from friday_core.orchestration.watching import Moment, SeenRow, Watch, watched_by, watched_stage
from friday_core.plugin.discovery import nearest
from friday_core.plugin.graph import Node
from friday_core.plugin.spec import Kind
from friday_core.session.core import Core
from friday_core.session.desk import Desk
from friday_core.trading.column_runner import ColumnRunner

#: Instead of an author's line: Friday holds decisions back until an instrument has warmed up.
_GATE = "Friday's gate"
_LEAVES = {"const": "constant", "input": "column"}
_IN_COLUMNS = frozenset({Kind.STRATEGY, Kind.TRANSFORMER, Kind.FEATURE_SET, Kind.VALIDATOR})
_STAGES = CheckStage | ColumnStage | SliceStage


class QuestionError(LookupError):
    """What was asked for is not there; says what is, so that the question can be corrected."""


@dataclass(frozen=True, slots=True)
class Question:
    """As a person writes it: ``at`` a date or a time with its zone, no ``output`` for the decision or the verdict.

    An output of a validator is a condition, by its reason.
    """

    component: str
    instrument: str
    at: str
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One operator: its ``value``, in price units if its kind is price, and what it reads, by number.

    It stands on the clock ``domain``, of which it is shown on the latest bar. It has values after
    ``warmup`` bars of the instrument; ``rows`` have come, and ``is_warm`` says whether those are
    enough. A step that stands ``again`` is shown with all that is below it where it stood first.
    A ``leaf`` is ``constant`` or ``column``, and empty for what is computed.
    """

    number: int
    depth: int
    name: str
    leaf: str
    inputs: tuple[int, ...]
    value: float
    kind: ColumnKind
    domain: str
    warmup: int
    rows: int
    line: str
    again: bool

    @property
    def is_warm(self) -> bool:
        return self.rows > self.warmup


@dataclass(frozen=True, slots=True)
class CoarseBar:
    """The latest bar of a coarser domain on a row: when it closed, and which one of the instrument it is.

    Without one, ``row`` is 0 and the others are ``None``.
    """

    domain: str
    ts_event: int | None
    session: int | None
    row: int


@dataclass(frozen=True, slots=True)
class Condition:
    """What a validator must not find, and whether it did: ``value`` is 1, 0, or NaN where that is unknown."""

    output: str
    verdict: Verdict
    reason: str
    value: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps of one output on a row, which is the ``row``-th of the instrument that the program had.

    ``coarser`` are the bars of other domains that steps are shown on. Of a validator, ``conditions`` are all
    that it looks at.
    """

    component: str
    output: str
    outputs: tuple[str, ...]
    instrument: InstrumentId
    ts_event: int
    session: int
    row: int
    coarser: tuple[CoarseBar, ...]
    steps: tuple[Step, ...]
    conditions: tuple[Condition, ...] = ()
    #: Of every output, the value; prices in price units.
    values: tuple[float, ...] = ()

    @property
    def stands(self) -> Condition | None:
        """The condition whose verdict the row got: the worst that is true, the first of several as bad."""
        return max((one for one in self.conditions if one.value == 1.0), key=lambda one: one.verdict, default=None)


def explain(
    assembly: Assembly,
    question: Question,
    versions: Callable[[], Sequence[ModelVersion]] = list,
    records: Iterable[Record] | None = None,
) -> Explanation:
    """Run the session up to the row, so that the book is what it was, and look at every operator there.

    ``versions`` makes those of the session's model; it is called once the question is known to make
    sense. ``records`` are those of a session that ran before, instead of the source's and the versions.
    The assembly must not have run, and cannot run afterwards. Raises ``QuestionError``, and what a
    session raises.
    """
    node = _component(assembly, question.component)
    instrument = _instrument(assembly, question.instrument)
    try:
        moment = Moment.parse(question.at)
    except ValueError as error:
        raise QuestionError(str(error)) from None
    watch = Watch(moment, assembly.universe.position(instrument), SessionDates(assembly.settings.data.timezone))
    watched, program, prepare = _watched(assembly, node, instrument, watch)
    asked = _output(node, program, question.output)
    core = rehearse(watched, prepare, lambda: watch.is_over, versions() if records is None else (), records)
    row = watch.found
    if row is None:
        raise QuestionError(_no_row(node, question, watch, core))
    return _explanation(node, instrument, program, asked, row)


# What is meant ----------------------------------------------------------------------------------


def _component(assembly: Assembly, name: str) -> Node:
    """A strategy, transformer, feature set or validator, by its id or its plugin's name."""
    nodes = [node for node in assembly.graph.nodes.values() if node.request.kind in _IN_COLUMNS]
    exact = [node for node in nodes if name in (node.id, node.id.partition(".")[2])]
    found = exact or [node for node in nodes if name in (node.request.name, node.request.key)]
    ids = [node.id for node in nodes]
    if not found:
        words = {word for node in nodes for word in (node.id, node.id.partition(".")[2], node.request.name)}
        hint = nearest(name, sorted(words))
        what = "strategy, transformer, feature set or validator"
        raise QuestionError(f"no {what} in use is called {name!r}; {hint}In use are {', '.join(ids)}")
    if len(found) > 1:
        raise QuestionError(f"{name!r} may be {' or '.join(node.id for node in found)}: write one of these")
    (node,) = found
    stage = assembly.programs.stages.get(node.id)
    if not isinstance(stage, _STAGES) and node.id not in assembly.programs.strategies:
        kind = "its events are its own code" if node.request.kind is Kind.STRATEGY else "its rows pass its own code"
        raise QuestionError(
            f"{node.id} ({node.request.name}) is not written in columns: {kind}, which has no operators"
        )
    return node


def _instrument(assembly: Assembly, name: str) -> InstrumentId:
    try:
        instrument = InstrumentId.parse(name)
    except ValueError as error:
        raise QuestionError(str(error)) from None
    if instrument not in assembly.universe:
        raise QuestionError(
            f"the session has no instrument {name!r}; {_choice(name, [str(one.id) for one in assembly.universe])}"
        )
    return instrument


def _output(node: Node, program: Program, name: str | None) -> str | None:
    """``None`` where the row will tell: the condition that a validator's verdict comes from."""
    is_validator = node.request.kind is Kind.VALIDATOR
    by_reason = {verdict_and_reason(one)[1]: one for one in program.outputs} if is_validator else {}
    names = list(program.outputs)
    if name is None:
        return None if is_validator else next((one for one in DECISIONS if one in names), names[0])
    if name not in names and name not in by_reason:
        raise QuestionError(f"{node.id} has no output {name!r}; {_choice(name, list(by_reason) or names)}")
    return by_reason.get(name, name)


def _choice(name: str, known: Sequence[str]) -> str:
    more = ", ..." if len(known) > 20 else ""
    return f"{nearest(name, known)}There is {', '.join(known[:20])}{more}"


# What is watched --------------------------------------------------------------------------------


def _watched(
    assembly: Assembly, node: Node, instrument: InstrumentId, watch: Watch
) -> tuple[Assembly, Program, Callable[[Sequence[Desk]], None]]:
    """The assembly with the component under the watch, its program, and what is to be done to the desks."""
    programs, universe = assembly.programs, assembly.universe
    stage = programs.stages.get(node.id)
    if isinstance(stage, _STAGES):
        stages = {**programs.stages, node.id: watched_stage(stage, universe, watch)}
        return replace(assembly, programs=replace(programs, stages=stages)), stage.program, lambda _desks: None
    program = programs.strategies[node.id]
    entries = assembly.settings.trading.active_strategies
    entry = next(one for one in entries if f"{Kind.STRATEGY}.{one.id}" == node.id)
    instruments = [InstrumentId.parse(name) for name in entry.instruments]
    runner = ColumnRunner(entry.id, program, universe, instruments, watched_by(watch.saw))
    if not runner.sees(instrument):
        known = _choice(str(instrument), entry.instruments)
        raise QuestionError(f"{node.id} does not see {instrument}: its entry names instruments; {known}")

    def prepare(desks: Sequence[Desk]) -> None:
        next(desk for desk in desks if desk.name == entry.id).runner = runner

    return assembly, program, prepare


def _no_row(node: Node, question: Question, watch: Watch, core: Core) -> str:
    """Why there is nothing to show, and the row that is next to what was asked for."""
    near = watch.nearest()
    found = f"the nearest is {told(near.ts_event, near.session)}" if near is not None else "it has none at all"
    ends = [f"strategy {one.strategy!r} was stopped: {one.error}" for one in core.log.stopped]
    ends += [str(core.halted)] if core.halted is not None else []
    return "; ".join([f"{node.id} had no row of {question.instrument} at {question.at}; {found}", *ends])


def told(ts_event: int, session: int) -> str:
    """A row's session and close, both as ``Moment.parse`` takes them."""
    return f"{to_date(session)} ({to_datetime(ts_event).isoformat().replace('+00:00', 'Z')})"


# What is shown ----------------------------------------------------------------------------------


def _explanation(
    node: Node, instrument: InstrumentId, program: Program, asked: str | None, row: SeenRow
) -> Explanation:
    names = tuple(program.outputs)
    whole = Explanation(node.id, asked or names[0], names, instrument, row.ts_event, row.session, row.number, (), ())
    if node.request.kind is Kind.VALIDATOR:
        found = (Condition(name, *verdict_and_reason(name), row.values[n]) for name, n in program.outputs.items())
        whole = replace(whole, conditions=tuple(found))
        if asked is None and whole.stands is not None:
            whole = replace(whole, output=whole.stands.output)
    steps = tuple(_steps(program, program.outputs[whole.output], row))
    whole = replace(whole, values=tuple(row.values[number] for number in program.outputs.values()))
    return replace(whole, steps=steps, coarser=tuple(_coarse_bars(program, steps, row)))


def _steps(program: Program, root: int, row: SeenRow) -> Iterator[Step]:
    warmup = warmup_rows([one.node for one in program.instructions])
    for place in places(program.instructions, root, set()):
        one = program.instructions[place.number]
        seen = _seen(program, one, row)
        yield Step(
            number=place.number,
            depth=place.depth,
            name=named(one, program.base),
            leaf=_LEAVES.get(one.name, ""),
            inputs=one.inputs,
            value=seen.values[place.number] if seen is not None else NAN,
            kind=one.node.kind,
            domain=one.node.domain or program.base,
            warmup=warmup[place.number],
            rows=seen.number if seen is not None else 0,
            line=_GATE if one.node.is_gate else one.node.line,
            again=place.again,
        )


def _seen(program: Program, one: Instruction, row: SeenRow) -> SeenRow | None:
    """The row that an instruction was executed on: this one, or the latest of a coarser domain."""
    return row if one.node.domain in (ANY_DOMAIN, program.base) else row.coarser.get(one.node.domain)


def _coarse_bars(program: Program, steps: Sequence[Step], row: SeenRow) -> Iterator[CoarseBar]:
    shown = {step.domain for step in steps} - {program.base}
    for domain in (one for one in program.domains if one in shown):
        seen = row.coarser.get(domain)
        yield CoarseBar(domain, seen.ts_event, seen.session, seen.number) if seen else CoarseBar(domain, None, None, 0)
