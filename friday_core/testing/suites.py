"""Which rules a component of each kind is held to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from friday_core.interfaces.broker import RealBroker
from friday_core.interfaces.source import LiveData
from friday_core.plugin.spec import ComponentSpec, Kind
from friday_core.testing import import_cost
from friday_core.testing.rule import Check, Rule
from friday_core.testing.rules import (
    calendar,
    charges,
    connection,
    feature_set,
    live_source,
    model,
    notifier,
    observer,
    operators,
    real_broker,
    registration,
    risk_rule,
    settings,
    simulated_broker,
    sizer,
    source,
    strategy,
    transformer,
    validator,
)
from friday_core.testing.subject import Subject

EVERY_KIND: tuple[Rule, ...] = (*registration.RULES, *settings.RULES)
BY_KIND: Mapping[Kind, tuple[Rule, ...]] = {
    Kind.SOURCE: tuple(dict.fromkeys((*source.RULES, *live_source.RULES))),
    Kind.VALIDATOR: validator.RULES,
    Kind.TRANSFORMER: transformer.RULES,
    Kind.FEATURE_SET: feature_set.RULES,
    Kind.MODEL: model.RULES,
    Kind.STRATEGY: strategy.RULES,
    Kind.SIZER: sizer.RULES,
    Kind.RISK_RULE: risk_rule.RULES,
    Kind.BROKER: (*simulated_broker.RULES, *real_broker.RULES),
    Kind.CHARGES: charges.RULES,
    Kind.CALENDAR: calendar.RULES,
    Kind.CONNECTION: connection.RULES,
    Kind.NOTIFIER: notifier.RULES,
    Kind.OBSERVER: observer.RULES,
}


#: Of the operators that a module registers, tried once for all its components.
OF_OPERATORS: tuple[Rule, ...] = operators.RULES


def rules_of(spec: ComponentSpec) -> tuple[Rule, ...]:
    """What every component keeps, and what its role adds; a kind that is none breaks the rule about its spec."""
    if spec.kind not in set(Kind):
        return (registration.SPEC,)
    of_role = BY_KIND[Kind(spec.kind)]
    if spec.kind == Kind.BROKER:
        is_told = isinstance(spec.factory, type) and issubclass(spec.factory, RealBroker)
        account = "real" if is_told else getattr(spec.factory, "account", None)
        of_role = {"simulated": simulated_broker.RULES, "real": real_broker.RULES}.get(str(account), of_role)
    if spec.kind == Kind.SOURCE:
        is_live = isinstance(spec.factory, type) and issubclass(spec.factory, LiveData)
        of_role = live_source.RULES if is_live else source.RULES
    return (*EVERY_KIND, *of_role)


def checks_of(subjects: Iterable[Subject]) -> list[Check]:
    """Every rule on every component, in the order of both."""
    subjects = list(subjects)
    import_cost.announce([one.module for one in subjects])
    return list(_checks(subjects))


def _checks(subjects: Iterable[Subject]) -> Iterator[Check]:
    modules: set[str] = set()
    for subject in subjects:
        yield from (Check(subject, rule) for rule in rules_of(subject.spec))
        if subject.module not in modules and operators.operators_of(subject.module):
            modules.add(subject.module)
            yield from (Check(subject, rule) for rule in OF_OPERATORS)
