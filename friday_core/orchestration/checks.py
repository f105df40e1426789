"""What can only be told once the components stand side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from friday_core.errors import Problem, ProblemKind
from friday_core.flow.bars import BarBuilder
from friday_core.flow.session_flags import CALENDAR_COLUMNS
from friday_core.interfaces.broker import RealBroker
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.source import LiveData
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.declarations import check_declarations
from friday_core.orchestration.grades import check_grades
from friday_core.orchestration.holding import holding_problems
from friday_core.orchestration.known_dates import date_problems
from friday_core.orchestration.mode import check_speed, derive_mode, play_problem
from friday_core.plugin.discovery import nearest
from friday_core.plugin.plan import MARKET_DATA, UPSTREAM, SettingsSections
from friday_core.plugin.signal_steps import SIGNALS
from friday_core.plugin.spec import Kind
from friday_core.session.reading import check_back_pressure
from friday_core.trading.capital import capital_per_strategy

#: Without a calendar nobody stamps these columns on the rows.
_CALENDAR = 'write [data] calendar = "weekdays", or the calendar of your exchange'


def check_assembly(assembly: Assembly, now: int) -> Iterator[Problem]:
    """Every conflict between the parts: mode, money, order types, columns, instruments, dates.

    ``now`` is in microseconds UTC. Components that break their role's contract are told first:
    nothing that they say of themselves can be compared, only their settings.
    """
    broken = list(check_declarations(assembly))
    yield from broken
    yield from check_settings(assembly.settings)
    if not broken:
        yield from _mode(assembly)
        yield from _grades(assembly)
        yield from _currencies(assembly)
        yield from _order_types(assembly)
        yield from _columns(assembly)
        yield from _instruments(assembly)
        yield from holding_problems(assembly)
        yield from date_problems(assembly, now)
        yield from _of_the_model(assembly)


def check_settings(settings: SettingsSections) -> Iterator[Problem]:
    """Conflicts between sections, which need no component to be told."""
    yield from check_speed(settings.clock)
    yield from check_back_pressure(settings)
    yield from _capital(settings)


def mode_of(assembly: Assembly) -> str:
    """The mode of an assembly without conflicts."""
    return str(derive_mode(assembly.settings.clock.kind, assembly.broker.account))


def _mode(assembly: Assembly) -> Iterator[Problem]:
    clock = assembly.settings.clock
    mode = derive_mode(clock.kind, assembly.broker.account)
    if mode == "backtest" and isinstance(assembly.broker, RealBroker):
        message = "a historical clock with a broker that answers in its own time"
        mend = 'set [broker] use = "paper", or [clock] kind = "wall" with a speed'
        yield Problem(ProblemKind.MODE_CONFLICT, message, mend, "broker", f"broker.{assembly.settings.broker.use}")
    elif isinstance(mode, Problem):
        yield replace(mode, plugin=f"broker.{assembly.settings.broker.use}")
    elif problem := play_problem(mode, clock, _source(assembly), is_live=isinstance(assembly.source, LiveData)):
        yield problem


def _source(assembly: Assembly) -> str:
    return assembly.settings.streams[MARKET_DATA].source


def _grades(assembly: Assembly) -> Iterator[Problem]:
    mode = derive_mode(assembly.settings.clock.kind, assembly.broker.account)
    if isinstance(mode, str):
        grades = {name: component.grade for name, component in assembly.components.items()}
        yield from check_grades(mode, grades, assembly.settings.trading.allow_grade_c)


def _currencies(assembly: Assembly) -> Iterator[Problem]:
    account = assembly.settings.account.currency
    found = sorted({one.currency for one in assembly.universe})
    if found == [account] or not found:
        return
    source = f"source.{_source(assembly)}"
    message = f"the account is in {account}, instruments are in {', '.join(found)}: a book has one currency"
    if len(found) == 1:
        mend = f'set [account] currency = "{found[0]}", or choose instruments in {account}'
    else:
        only = account if account in found else found[0]
        names = ", ".join(f'"{one.id}"' for one in assembly.universe if one.currency == only)
        account_too = "" if only == account else f' and [account] currency = "{only}"'
        mend = f"set [data] instruments = [{names}]{account_too}"
    yield Problem(ProblemKind.CURRENCY_CONFLICT, message, mend, "account", source)


def _capital(settings: SettingsSections) -> Iterator[Problem]:
    try:
        capital_per_strategy(settings.account, settings.trading.active_strategies)
    except ValueError as error:
        mend = "raise [account] capital, or lower the strategies' own"
        yield Problem(ProblemKind.INVALID_VALUE, str(error), mend, "trading.active_strategies")


def _order_types(assembly: Assembly) -> Iterator[Problem]:
    broker = assembly.settings.broker.use
    for n, entry in enumerate(assembly.settings.trading.active_strategies):
        lacking = sorted(assembly.strategy(entry.id).order_types - assembly.broker.order_types)
        if lacking:
            message = f"strategy {entry.id!r} uses {', '.join(lacking)} orders, the broker {broker!r} has none"
            offered = ", ".join(sorted(assembly.broker.order_types))
            mend = f"choose another broker, or a strategy that needs only {offered}"
            section = f"trading.active_strategies[{n}]"
            yield Problem(ProblemKind.UNSUPPORTED_ORDER_TYPE, message, mend, section, f"broker.{broker}")


def _columns(assembly: Assembly) -> Iterator[Problem]:
    given = assembly.output_columns()
    added: list[str] = []
    yield from _missing_in_source(assembly)
    for name, plan in assembly.derived_plans().items():
        section, before = f"streams.{name}", given[plan.source]
        if name == assembly.model_stream and not assembly.model_features(name):
            mend = f'let its source be a stream with feature_sets, as source = "{UPSTREAM}features"'
            message = f"the model has no column to read: the stream {plan.source!r} adds none"
            yield Problem(ProblemKind.SCHEMA_MISMATCH, message, mend, section)
        keys = _keys(assembly, section)
        for stage, column in plan.missing_columns(before):
            mend = _CALENDAR if column in CALENDAR_COLUMNS else f"put what provides {column!r} before it"
            message = f"{stage!r} needs the column {column!r}"
            yield Problem(ProblemKind.SCHEMA_MISMATCH, message, mend, section, keys[stage])
        for stage, column in plan.repeated_columns([*before, *added]):
            message = f"{stage!r} adds the column {column!r}, which is there already"
            mend = "give its output another name: a slice has one column of each name"
            yield Problem(ProblemKind.SCHEMA_MISMATCH, message, mend, section, keys[stage])
        added += plan.added_columns()
    everything = {column for columns in given.values() for column in columns}
    users = [("trading", f"sizer.{assembly.settings.trading.sizer}", assembly.sizer.inputs)]
    users += [
        (f"trading.active_strategies[{n}]", f"strategy.{entry.use}", assembly.event_inputs(entry.id))
        for n, entry in enumerate(assembly.settings.trading.active_strategies)
    ]
    users += [
        (f"streams.{SIGNALS}", f"{Kind.RISK_RULE}.{name}", rule.inputs)
        for name, rule in assembly.risk_rules().items()
        if isinstance(rule, RiskAdjuster)
    ]
    for where, who, inputs in users:
        for column in inputs:
            if column not in everything:
                message = f"needs the column {column!r}, the streams have {', '.join(sorted(everything))}"
                mend = f"add a transformer that provides {column!r} to [streams.{MARKET_DATA}] transformers"
                mend = _CALENDAR if column in CALENDAR_COLUMNS else mend
                yield Problem(ProblemKind.SCHEMA_MISMATCH, message, mend, where, who)


def _missing_in_source(assembly: Assembly) -> Iterator[Problem]:
    section, plan = f"streams.{MARKET_DATA}", assembly.stream_plan()
    keys = _keys(assembly, section)
    for stage, column in plan.missing_columns():
        who = keys.get(stage, f"source.{_source(assembly)}")
        later = [name for name, transformer in plan.transformers if column in transformer.outputs]
        mend = f"put a transformer that provides {column!r} before it"
        if column in CALENDAR_COLUMNS:
            mend = _CALENDAR
        elif plan.bars and column in BarBuilder.columns and who == f"{Kind.VALIDATOR}.{stage}":
            mend = f"write {stage!r} in validators_after: the rows become bars after the transformers"
        elif later and who == f"{Kind.VALIDATOR}.{stage}":
            mend = f"write {stage!r} in validators_after instead of validators"
        elif later:
            mend = f"write {later[0]!r} before {stage!r} in transformers"
        yield Problem(ProblemKind.SCHEMA_MISMATCH, f"{stage!r} needs the column {column!r}", mend, section, who)


def _keys(assembly: Assembly, section: str) -> dict[str, str]:
    """By name, the kind and name of each stage of a stream."""
    nodes = [node for node in assembly.graph.nodes.values() if node.request.section == section]
    return {node.request.name: node.request.key for node in nodes if node.request.kind is not Kind.SOURCE}


def _instruments(assembly: Assembly) -> Iterator[Problem]:
    known = [str(one.id) for one in assembly.universe]
    for n, entry in enumerate(assembly.settings.trading.active_strategies):
        for name in entry.instruments:
            if name not in known:
                mend = f"{nearest(name, known)}The source offers {', '.join(known[:20])}"
                section, who = f"trading.active_strategies[{n}]", f"strategy.{entry.use}"
                yield Problem(ProblemKind.INVALID_VALUE, f"no instrument {name!r} in the data", mend, section, who)


def _of_the_model(assembly: Assembly) -> Iterator[Problem]:
    """Stages of the model's stream whose settings say something else of its predictions than the model does."""
    if assembly.model_stream is None:
        return
    section = f"streams.{assembly.model_stream}"
    if isinstance(assembly.source, LiveData):
        message = f"a model is fitted on the past of its source, and {_source(assembly)!r} has only live data"
        mend = "leave the stream out, or choose a source of past data"
        yield Problem(ProblemKind.MODE_CONFLICT, message, mend, section, f"source.{_source(assembly)}")
    ((_, model),) = assembly.placed(Kind.MODEL, section, "model")
    truth = {"predicts": model.output, "horizon": assembly.settings.model.horizon}
    for node in assembly.graph.nodes.values():
        if node.request.section != section or not hasattr(node.settings, "predicts"):
            continue
        for name, value in truth.items():
            said = getattr(node.settings, name, value)
            if said != value:
                message = f"its {name} is {said!r}, and the model of its stream has {value!r}"
                mend = f"write {name} = {json.dumps(value)} in [{node.request.settings_section}]"
                yield Problem(ProblemKind.INVALID_VALUE, message, mend, node.request.settings_section, node.request.key)
