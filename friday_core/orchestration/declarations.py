"""Whether components declare of themselves what their roles ask for, before anybody relies on it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import pluggy

from friday_core.domain.orders import OrderType
from friday_core.errors import PluginContractError, Problem, ProblemKind
from friday_core.interfaces.broker import Broker, RealBroker, SimulatedBroker
from friday_core.interfaces.columns import Columns, ColumnStrategy
from friday_core.interfaces.component import Component
from friday_core.interfaces.strategy import Strategy
from friday_core.interfaces.windows import WindowStrategy, window_rows
from friday_core.orchestration.assembly import Assembly
from friday_core.plugin import hookspecs
from friday_core.plugin.registry import HOOK_MEND
from friday_core.plugin.spec import Kind

_COLUMNS = ("inputs", "outputs", "columns")


def check_declarations(assembly: Assembly) -> Iterator[Problem]:
    """Attributes of another kind than the role's, and hooks of observers that do not exist."""
    for node in assembly.graph.nodes.values():
        component = assembly.components[node.id]
        who = f"{node.request.key} of {node.loaded.plugin.origin}"
        for message, mend in (*_columns(component), *_broker(component), *_order_types(component), *_rows(component)):
            yield Problem(ProblemKind.BAD_REGISTRATION, message, mend, node.request.section, who)
        for message, mend in _provided(component, node.loaded.spec.provides):
            yield Problem(ProblemKind.BAD_REGISTRATION, message, mend, node.request.section, who)
        if node.request.kind is Kind.OBSERVER and (refused := _refused_hooks(component)):
            yield Problem(ProblemKind.BAD_REGISTRATION, refused, HOOK_MEND, node.request.section, who)


def _columns(component: Component) -> Iterator[tuple[str, str]]:
    if isinstance(component, Columns):
        return
    for name in _COLUMNS:
        if isinstance(getattr(component, name, ()), str):
            yield f"its {name} are a text instead of names", f'write {name} = ("{getattr(component, name)}",)'


def _broker(component: Component) -> Iterator[tuple[str, str]]:
    if not isinstance(component, Broker):
        return
    account = getattr(component, "account", None)
    if account not in ("simulated", "real"):
        yield f"its account is {account!r}", 'brokers declare account = "simulated" or "real"'
    elif account == "simulated" and not isinstance(component, SimulatedBroker | RealBroker):
        mend = "derive it from friday_core.api.SimulatedBroker, or from RealBroker if a sandbox tells of its orders"
        yield "its account is simulated, and it has no matcher", mend
    elif account == "real" and not isinstance(component, RealBroker):
        mend = "derive it from friday_core.api.RealBroker, or from SimulatedBroker if it trades no money"
        yield "its account is real, and it cannot tell what becomes of its orders", mend


def _order_types(component: Component) -> Iterator[tuple[str, str]]:
    if not isinstance(component, Broker | Strategy | ColumnStrategy | WindowStrategy):
        return
    declared = getattr(component, "order_types", None)
    if not isinstance(declared, AbstractSet):
        yield f"its order_types are {declared!r:.80}", "declare order_types = frozenset({OrderType.MARKET})"


def _provided(component: Component, provides: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """A spec may say nothing of the types of orders that its broker takes, or all of them."""
    taken = getattr(component, "order_types", None)
    told = provides & set(OrderType)
    if isinstance(component, Broker) and isinstance(taken, AbstractSet) and told and told != taken:
        provided, has = ", ".join(sorted(map(str, told))), ", ".join(sorted(map(str, taken))) or "none"
        mend = "leave provides out of its ComponentSpec, or write provides=<its class>.order_types"
        yield f"its spec provides {provided}, and its order_types are {has}", mend


def _rows(component: Component) -> Iterator[tuple[str, str]]:
    if isinstance(component, WindowStrategy):
        try:
            window_rows(component)
        except PluginContractError as error:
            message, _, mend = str(error).partition("; ")
            yield message, mend


def _refused_hooks(observer: Component) -> str:
    """Why pluggy does not take the observer's hooks; empty if it does."""
    trial = pluggy.PluginManager(hookspecs.PROJECT)
    trial.add_hookspecs(hookspecs)
    try:
        trial.register(observer)
        trial.check_pending()
    except pluggy.PluginValidationError as error:
        return str(error)
    return ""
