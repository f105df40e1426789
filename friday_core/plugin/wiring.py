"""Which component serves which requirement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.discovery import InstalledPlugin, nearest
from friday_core.plugin.plan import Request, line_to_enable
from friday_core.plugin.registry import Loaded
from friday_core.plugin.spec import USE, Kind

#: What the host itself provides: for each capability the kind of component that it is made from,
#: or ``None``. Whoever requires it is built after all components of that kind.
HostCapabilities = Mapping[str, Kind | None]


class Wires:
    """Knows what every admitted component offers, and what the host does.

    A requirement of a kind of which a component was asked for and not admitted is not reported as
    missing: that component's own problem is, already.
    """

    def __init__(
        self,
        admitted: Sequence[tuple[Request, Loaded]],
        requests: Sequence[Request],
        host: HostCapabilities,
        installed: Sequence[InstalledPlugin],
    ) -> None:
        self._host = host
        self._requests = requests
        self._installed = installed
        ids = {request.id for request, _ in admitted}
        self._failed = {str(request.kind) for request in requests if request.id not in ids}
        self._offers: dict[str, list[Request]] = {}
        for request, loaded in admitted:
            for capability in loaded.spec.capabilities:
                self._offers.setdefault(capability, []).append(request)

    def of(
        self, request: Request, requires: Mapping[str, str], written: Mapping[str, Any]
    ) -> tuple[dict[str, str], list[Problem]]:
        """For each requirement, the id of the one component or the host capability that serves it.

        ``written`` is what stands in the component's section; ``use`` in there, or among the
        request's own settings, names the component for a parameter where several could serve: by
        its name, or by what distinguishes its id.
        """
        wiring: dict[str, str] = {}
        chosen, problems = self._chosen(request, requires, written)
        for parameter, capability in requires.items():
            if capability in self._host:
                wiring[parameter] = capability
                continue
            able = [other for other in self._offers.get(capability, ()) if other.id != request.id]
            wanted = chosen.get(parameter)
            serving = able if wanted is None else _named(able, wanted)
            if len(serving) == 1:
                wiring[parameter] = serving[0].id
            elif serving:
                problems.append(_ambiguous(request, parameter, capability, serving))
            elif able:
                problems.append(_not_able(request, parameter, capability, str(wanted), able))
            elif capability.partition(":")[0] not in self._failed:
                problems.append(self._missing(request, parameter, capability))
        return wiring, problems

    def _chosen(
        self, request: Request, requires: Mapping[str, str], written: Mapping[str, Any]
    ) -> tuple[dict[str, str], list[Problem]]:
        chosen: dict[str, str] = {}
        problems: list[Problem] = []
        free = [parameter for parameter, capability in requires.items() if capability not in self._host]
        for section, table in ((request.settings_section, written), (f"{request.section}.settings", request.own)):
            use = table.get(USE, {})
            if not isinstance(use, Mapping) or not all(isinstance(name, str) for name in use.values()):
                mend = f'write {USE} = {{ {free[0]} = "<name>" }}' if free else f"take {USE} out"
                message = f"{USE} must be a table of parameters and components"
                problems.append(Problem(ProblemKind.INVALID_VALUE, message, mend, section, request.key))
                continue
            for parameter in use.keys() - set(free):
                mend = f"{nearest(parameter, free)}It can be told for {', '.join(free) or 'nothing: take it out'}"
                message = f"{USE} names {parameter!r}, for which no component can be chosen"
                problems.append(Problem(ProblemKind.UNKNOWN_KEY, message, mend, section, request.key))
            chosen.update(use)
        return chosen, problems

    def _missing(self, request: Request, parameter: str, capability: str) -> Problem:
        message = f"{parameter!r} needs {capability}, and no enabled component provides it"
        section, kind = request.settings_section, capability.partition(":")[0]
        if kind not in set(Kind):
            mend = f"{nearest(kind, Kind)}What can be required: {', '.join([*Kind, *self._host])}"
            return Problem(ProblemKind.MISSING_DEPENDENCY, message, mend, section, request.key)
        enabled = {other.name for other in self._requests if other.kind == kind}
        others = [one.name for one in self._installed if one.kind == kind and one.name not in enabled]
        likely = others if capability == kind else [one for one in others if one == capability.partition(":")[2]]
        if likely:
            mend = line_to_enable(Kind(kind), likely[0], self._requests)
        else:
            line = line_to_enable(Kind(kind), f"<one that provides {capability}>", self._requests)
            mend = f"{line}; installed besides are {', '.join(others) or 'none'}"
        return Problem(ProblemKind.MISSING_DEPENDENCY, message, mend, section, request.key)


def _label(request: Request) -> str:
    """The component's name, made unique."""
    return request.id.partition(".")[2]


def _named(able: Sequence[Request], wanted: str) -> list[Request]:
    return [one for one in able if _label(one) == wanted] or [one for one in able if one.name == wanted]


def _ambiguous(request: Request, parameter: str, capability: str, serving: Sequence[Request]) -> Problem:
    section = request.settings_section
    message = f"{parameter!r} needs {capability}, offered by {', '.join(map(_label, serving))}"
    mend = f'add to [{section}]: {USE} = {{ {parameter} = "{_label(serving[0])}" }}'
    return Problem(ProblemKind.AMBIGUOUS_DEPENDENCY, message, mend, section, request.key)


def _not_able(request: Request, parameter: str, capability: str, wanted: str, able: Sequence[Request]) -> Problem:
    names = list(map(_label, able))
    message = f"{USE} chooses {wanted!r} for {parameter!r}, which is not enabled or does not provide {capability}"
    mend = f"{nearest(wanted, names)}It is provided by {', '.join(names)}"
    return Problem(ProblemKind.INVALID_VALUE, message, mend, request.settings_section, request.key)
