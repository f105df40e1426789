"""What a configuration and dated facts say about holding positions: products, lists of a day, last sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from friday_core.causal.domains import parse
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.products import DERIVATIVES, Product, products_of
from friday_core.domain.sessions import to_date, to_days
from friday_core.errors import DataError, FridayError, Problem, ProblemKind
from friday_core.infrastructure.logging import get_logger
from friday_core.interfaces.broker import Matcher
from friday_core.interfaces.strategy import Strategy
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.margins.holdings import contract_of
from friday_core.market.margins.legs import Contract, Right
from friday_core.market.margins.rows import Underlying
from friday_core.market.universes.delistings_file import read_delistings
from friday_core.market.universes.membership import Membership
from friday_core.market.universes.membership_file import read_membership
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.exchange import exchange_of
from friday_core.plugin.discovery import nearest
from friday_core.plugin.sections import StrategyEntry
from friday_core.session.custody import HoldingTerms
from friday_core.simulation.matching_rules import FillAt
from friday_core.trading.codes import Code
from friday_core.trading.endings import Ending, OptionTerms
from friday_core.trading.entry_rules import EntryRules, Members
from friday_core.trading.session_times import IntradayTimes, SessionTimes, daily_times, dated_times

_INTRADAY = Product.INTRADAY.value
_SECOND = 1_000_000
_DAY = 86_400


def entry_rules(assembly: Assembly) -> EntryRules | None:
    """What an order must respect in what it adds; ``None`` if the configuration and the facts say nothing."""
    settings = assembly.settings
    universe, shortable = (_members(assembly, name) for name in (settings.data.universe, settings.risk.shortable))
    rules = EntryRules(_times(assembly), _endings(assembly), universe, shortable, _intraday(assembly))
    return None if rules.is_empty else rules


def holding_terms(assembly: Assembly) -> HoldingTerms | None:
    """What becomes of positions by themselves; ``None`` if nothing does."""
    terms = HoldingTerms(
        _times(assembly), _endings(assembly), _intraday(assembly), assembly.settings.risk.borrow_fee_ppm
    )
    return None if terms.is_empty else terms


def holding_problems(assembly: Assembly) -> Iterator[Problem]:
    """Products that instruments do not have, intraday positions on daily bars, lists that are not there."""
    for n, entry in enumerate(assembly.settings.trading.active_strategies):
        if entry.product:
            yield from _product_problems(assembly, entry, f"trading.active_strategies[{n}]")
    yield from _list_problems(assembly)
    yield from _ending_problems(assembly)


def _times(assembly: Assembly) -> SessionTimes:
    data = assembly.settings.data
    if assembly.schedule is not None:
        return dated_times(assembly.schedule)
    return daily_times(data.session_open, data.session_close, data.timezone)


# Intraday -----------------------------------------------------------------------------------------


def _intraday(assembly: Assembly) -> IntradayTimes | None:
    """Times for strategies that hold intraday, or may: event strategies name the product of each order."""
    trading = assembly.settings.trading
    entries = trading.active_strategies
    if not any(one.product == _INTRADAY or isinstance(assembly.strategy(one.id), Strategy) for one in entries):
        return None
    timezone = assembly.settings.data.timezone
    lead = _lead(exchange_of(assembly), _bar_seconds(assembly) * _SECOND)
    return IntradayTimes(_times(assembly), timezone, trading.square_off, trading.last_entry, lead)


def _lead(matcher: Matcher, bar: int) -> int:
    """Microseconds from a close until what the next one decides would have traded."""
    fill = getattr(matcher, "fill", FillAt.NEXT_OPEN)
    if fill is FillAt.THIS_CLOSE:
        return bar
    return bar * (1 + matcher.latency + (fill is FillAt.NEXT_CLOSE)) + getattr(matcher, "latency_us", 0)


def _bar_seconds(assembly: Assembly) -> int:
    plan = assembly.stream_plan()
    return parse(plan.bars or plan.interval).seconds


# Endings ------------------------------------------------------------------------------------------


def _endings(assembly: Assembly) -> dict[InstrumentId, Ending]:
    """Last sessions that the configuration names, and those of contracts by their names and rules."""
    data = assembly.settings.data
    named = {InstrumentId.parse(one.instrument): (one.last, one.price) for one in data.endings}
    if data.delistings is not None:
        delisted = read_delistings(data.delistings)
        for own in (one for one in assembly.universe if one.kind not in DERIVATIVES and one.id not in named):
            if (at := delisted.get(str(own.id)) or delisted.get(own.id.symbol)) is not None:
                named[own.id] = at.last, at.price
    found: dict[InstrumentId, Ending] = {}
    contracts = dict(_contracts(assembly))
    for instrument in assembly.universe:
        contract = contracts.get(instrument.id)
        code = Code.EXPIRED_INSTRUMENT if instrument.kind in DERIVATIVES else Code.DELISTED
        option, delivers = _option(assembly, contract), contract is not None and contract.kind is Underlying.STOCK
        if (one := named.get(instrument.id)) is not None:
            last, stated = one
            price = None if stated is None else instrument.units(stated)
            found[instrument.id] = Ending(to_days(last), code, price, option, delivers)
        elif contract is not None:
            found[instrument.id] = Ending(to_days(contract.expiry), code, None, option, delivers)
    return found


def _contracts(assembly: Assembly) -> Iterator[tuple[InstrumentId, Contract]]:
    """The terms of contracts whose names and the facts tell them; of others it is logged that they do not."""
    traded = [one for one in assembly.universe if one.kind in DERIVATIVES]
    if assembly.schedule is None or not traded:
        return
    facts = instrument_facts()
    for instrument in traded:
        try:
            yield instrument.id, contract_of(instrument, facts, assembly.schedule)
        except FridayError as error:
            reason = str(error).partition("\n")[0]
            get_logger("holding").info("a contract has no known expiry, and is never settled", reason=reason)


def _option(assembly: Assembly, contract: Contract | None) -> OptionTerms | None:
    if contract is None or contract.strike is None:
        return None
    name, universe = contract.underlying, assembly.universe
    underlying = universe.instrument(name) if name in universe else Instrument(name, "INR", kind="index")
    return OptionTerms(underlying, contract.strike, contract.right is Right.CALL)


def _ending_problems(assembly: Assembly) -> Iterator[Problem]:
    known = {one.id: one for one in assembly.universe}
    data = assembly.settings.data
    for n, one in enumerate(data.endings):
        section, name = f"data.endings[{n}]", InstrumentId.parse(one.instrument)
        if name not in known:
            mend = f"{nearest(one.instrument, [str(other) for other in known])}Leave it out, or correct the name"
            yield Problem(ProblemKind.INVALID_VALUE, f"no instrument {name} in the data", mend, section)
        elif one.price is not None:
            try:
                known[name].units(one.price)
            except ValueError as error:
                yield Problem(ProblemKind.INVALID_VALUE, str(error), "round the price", section)
    if data.delistings is not None:
        yield from _delisting_problems(assembly, data.delistings)


def _delisting_problems(assembly: Assembly, path: Path) -> Iterator[Problem]:
    """What is wrong with the file, and with prices of what is in the data; other lines concern others."""
    try:
        for symbol, one in read_delistings(path).items():
            for instrument in assembly.universe:
                if one.price is not None and symbol in {str(instrument.id), instrument.id.symbol}:
                    instrument.units(one.price)
    except DataError as error:
        message, _, mend = str(error).partition("\n    mend: ")
        yield Problem(ProblemKind.INVALID_VALUE, message, mend or "correct the file", "data.delistings")
    except ValueError as error:
        yield Problem(ProblemKind.INVALID_VALUE, f"{path}: {error}", "round the price", "data.delistings")


# Products -----------------------------------------------------------------------------------------


def _product_problems(assembly: Assembly, entry: StrategyEntry, section: str) -> Iterator[Problem]:
    who = f"strategy.{entry.use}"
    for kind, example in _kinds(assembly, entry).items():
        if entry.product not in products_of(kind):
            products = ", ".join(sorted(products_of(kind)))
            message = f"{example}, of kind {kind}, is not held as {entry.product}"
            mend = f"write product = one of {products}, or leave {example} out of its instruments"
            yield Problem(ProblemKind.INVALID_VALUE, message, mend, section, who)
    if entry.product == _INTRADAY and _bar_seconds(assembly) >= _DAY:
        message = "intraday positions are closed inside their session, and each bar is a whole session"
        mend = 'write product = "delivery" (of contracts "normal"), or take bars of 15 minutes or shorter'
        yield Problem(ProblemKind.INVALID_VALUE, message, mend, section, who)


def _kinds(assembly: Assembly, entry: StrategyEntry) -> Mapping[str, InstrumentId]:
    """Each kind of what a strategy trades, with one of it; an index is looked at only."""
    seen = {InstrumentId.parse(name) for name in entry.instruments}
    kinds = {one.kind: one.id for one in assembly.universe if not seen or one.id in seen}
    return {kind: name for kind, name in kinds.items() if kind != "index"}


# Lists --------------------------------------------------------------------------------------------


def _members(assembly: Assembly, name: str | None) -> Members | None:
    path = assembly.settings.data.lists
    if name is None or path is None:
        return None
    membership = read_membership(path)
    return cache(lambda session: _on(membership, name, session))


def _on(membership: Membership, name: str, session: int) -> frozenset[str]:
    return frozenset(membership.members(name, to_date(session)))


def _list_problems(assembly: Assembly) -> Iterator[Problem]:
    data = assembly.settings.data
    wanted = {"data.universe": data.universe, "risk.shortable": assembly.settings.risk.shortable}
    for key, name in wanted.items():
        section = key.partition(".")[0]
        if name is None:
            continue
        if data.lists is None:
            mend = 'write [data] lists = "lists.csv", a file with the columns index,symbol,from,to'
            yield Problem(ProblemKind.INVALID_VALUE, f"{key} names the list {name!r} of no file", mend, section)
            continue
        try:
            read_membership(data.lists).span(name)
        except DataError as error:
            message, _, mend = str(error).partition("\n    mend: ")
            yield Problem(ProblemKind.INVALID_VALUE, message, mend or "correct the file", section)
