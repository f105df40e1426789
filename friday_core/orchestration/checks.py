"""What can only be told once the components stand side by side."""

from __future__ import annotations

from collections.abc import Iterator

from friday_core.errors import Problem, ProblemKind
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.mode import derive_mode
from friday_core.plugin.discovery import nearest
from friday_core.plugin.plan import MARKET_DATA
from friday_core.trading.capital import capital_per_strategy


def check_assembly(assembly: Assembly) -> Iterator[Problem]:
    """Every conflict between the parts: mode, money, order types, columns, instruments."""
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
        yield mode
    elif mode != "backtest":
        source = assembly.settings.streams[MARKET_DATA].source
        mend = 'set [clock] kind = "historical", or choose a source of live data'
        message = f"the mode is {mode}, and the source {source!r} has only past data"
        yield Problem(ProblemKind.MODE_CONFLICT, message, mend, f"streams.{MARKET_DATA}", f"source.{source}")


def _currencies(assembly: Assembly) -> Iterator[Problem]:
    account = assembly.settings.account.currency
    others = sorted({one.currency for one in assembly.universe} - {account})
    if others:
        message = f"the account is in {account}, instruments are in {', '.join(others)}: a book has one currency"
        mend = f'set [account] currency = "{others[0]}", or choose instruments in {account}'
        yield Problem(ProblemKind.CURRENCY_CONFLICT, message, mend, "account")


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
    mend = "add a transformer that provides it before this stage"
    for stage, column in plan.missing_columns():
        yield Problem(ProblemKind.SCHEMA_MISMATCH, f"{stage!r} needs the column {column!r}", mend, section)
    given = set(plan.output_columns())
    users = [("trading", f"sizer.{assembly.settings.trading.sizer}", assembly.sizer.inputs)]
    users += [
        (f"trading.active_strategies[{n}]", f"strategy.{entry.use}", assembly.strategy(entry.id).inputs)
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
                section = f"trading.active_strategies[{n}]"
                yield Problem(ProblemKind.INVALID_VALUE, f"no instrument {name!r} in the data", mend, section)
