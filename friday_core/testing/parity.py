"""The programs of a plugin that no configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from friday_core.causal.program import Program
from friday_core.errors import PluginContractError
from friday_core.interfaces.columns import Columns
from friday_core.orchestration.explaining import QuestionError
from friday_core.orchestration.parity import why_not
from friday_core.plugin.spec import ComponentSpec
from friday_core.testing.markets import Market
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.subject import Provision, Subject
from friday_core.testing.tracing import program_on


def programs_of(spec: ComponentSpec, settings: Mapping[str, Any]) -> dict[str, Program]:
    """By the market of the kit that they were traced for; doubles serve what the component requires.

    Daily bars are adjusted, and their prices are numbers; minutes are not, and their prices are exact. Every
    column that the plugin asks for is there. ``QuestionError`` if it is not written in columns,
    ``PluginContractError`` if it cannot be made. Raises what tracing raises.
    """

    def provide(_key: str, _market: Market, _folder: Path) -> Provision:
        return Provision(settings)

    subject = Subject(spec, provide=provide)
    try:
        component = subject.make()
    except (DoesNotApply, Broken) as misfit:
        raise PluginContractError(f"{spec.key} cannot be made: {misfit}") from misfit
    if not isinstance(component, Columns):
        raise QuestionError(f"{spec.key} {why_not(component)}")
    found: dict[str, Program] = {}
    reason = ""
    for market in (subject.markets.daily, subject.markets.minutes):
        try:
            found[market.name] = program_on(subject, market)
        except DoesNotApply as misfit:
            reason = str(misfit)
    if not found:
        raise PluginContractError(f"{spec.key} fits no market of the kit: {reason}")
    return found
