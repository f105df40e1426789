"""What can only be told once the components stand side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from friday_core.errors import Problem, ProblemKind
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.declarations import check_declarations
from friday_core.orchestration.mode import derive_mode
from friday_core.plugin.discovery import nearest
from friday_core.plugin.plan import MARKET_DATA
from friday_core.plugin.spec import Kind
from friday_core.trading.capital import capital_per_strategy


def check_assembly(assembly: Assembly) -> Iterator[Problem]:
    """Every conflict between the parts: mode, money, order types, columns, instruments.

    Components that break their role's contract are told first and alone: nothing that they say of
    themselves can be compared.
    """
    broken = list(check_declarations(assembly))
    yield from broken
    if not broken:
        yield from _mode(assembly)
        yield from _currencies(assembly)
        yield from _capital(assembly)
        yield from _order_types(assembly)
        yield from _columns(assembly)
        yield from _instruments(assembly)


def mode_of(assembly: Assembly) -> str:
    """The mode of an assembly without conflicts."""
    return str(derive_mode(assembly.settings.clock.kind, assembly.broker.account))


def _mode(assembly: Assembly) -> Iterator[Problem]:
    mode = derive_mode(assembly.settings.clock.kind, assembly.broker.account)
    if isinstance(mode, Problem):
        yield replace(mode, plugin=f"broker.{assembly.settings.broker.use}")
    elif mode != "backtest":
        source = assembly.settings.streams[MARKET_DATA].source
        mend = 'set [clock] kind = "historical", or choose a source of live data'
        message = f"the mode is {mode}, and the source {source!r} has only past data"
        yield Problem(ProblemKind.MODE_CONFLICT, message, mend, f"streams.{MARKET_DATA}", f"source.{source}")


def _currencies(assembly: Assembly) -> Iterator[Problem]:
    account = assembly.settings.account.currency
    found = sorted({one.currency for one in assembly.universe})
    if found == [account] or not found:
        return
    source = f"source.{assembly.settings.streams[MARKET_DATA].source}"
    message = f"the account is in {account}, instruments are in {', '.join(found)}: a book has one currency"
    if len(found) == 1:
        mend = f'set [account] currency = "{found[0]}", or choose instruments in {account}'
    else:
        only = account if account in found else found[0]
        names = ", ".join(f'"{one.id}"' for one in assembly.universe if one.currency == only)
        account_too = "" if only == account else f' and [account] currency = "{only}"'
        mend = f"set [data] instruments = [{names}]{account_too}"
    yield Problem(ProblemKind.CURRENCY_CONFLICT, message, mend, "account", source)


def _capital(assembly: Assembly) -> Iterator[Problem]:
    try:
        capital_per_strategy(assembly.settings.account, assembly.settings.trading.active_strategies)
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
    section = f"streams.{MARKET_DATA}"
    plan = assembly.stream_plan(MARKET_DATA)
    nodes = [node for node in assembly.graph.nodes.values() if node.request.section == section]
    keys = {node.request.name: node.request.key for node in nodes if node.request.kind is not Kind.SOURCE}
    for stage, column in plan.missing_columns():
        who = keys.get(stage, f"source.{assembly.settings.streams[MARKET_DATA].source}")
        later = [name for name, transformer in plan.transformers if column in transformer.outputs]
        mend = f"put a transformer that provides {column!r} before it"
        if later and who == f"{Kind.VALIDATOR}.{stage}":
            mend = f"write {stage!r} in validators_after instead of validators"
        elif later:
            mend = f"write {later[0]!r} before {stage!r} in transformers"
        yield Problem(ProblemKind.SCHEMA_MISMATCH, f"{stage!r} needs the column {column!r}", mend, section, who)
    given = set(plan.output_columns())
    users = [("trading", f"sizer.{assembly.settings.trading.sizer}", assembly.sizer.inputs)]
    users += [
        (f"trading.active_strategies[{n}]", f"strategy.{entry.use}", assembly.event_inputs(entry.id))
        for n, entry in enumerate(assembly.settings.trading.active_strategies)
    ]
    for where, who, inputs in users:
        for column in inputs:
            if column not in given:
                message = f"needs the column {column!r}, the stream has {', '.join(sorted(given))}"
                add = f"add a transformer that provides {column!r} to [{section}] transformers"
                yield Problem(ProblemKind.SCHEMA_MISMATCH, message, add, where, who)


def _instruments(assembly: Assembly) -> Iterator[Problem]:
    known = [str(one.id) for one in assembly.universe]
    for n, entry in enumerate(assembly.settings.trading.active_strategies):
        for name in entry.instruments:
            if name not in known:
                mend = f"{nearest(name, known)}The source offers {', '.join(known[:20])}"
                section, who = f"trading.active_strategies[{n}]", f"strategy.{entry.use}"
                yield Problem(ProblemKind.INVALID_VALUE, f"no instrument {name!r} in the data", mend, section, who)
