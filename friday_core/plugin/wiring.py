"""Which component serves which requirement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from friday_core.errors import Problem, ProblemKind
from friday_core.plugin.plan import Request
from friday_core.plugin.registry import Loaded
from friday_core.plugin.spec import Kind

#: What the host itself provides: for each capability the kind of component that it is made from,
#: or ``None``. Whoever requires it is built after all components of that kind.
HostCapabilities = Mapping[str, Kind | None]


class Wires:
    """Knows what every admitted component offers, and what the host does.

    A requirement of a kind of which no component was admitted, though one was asked for, is not
    reported as missing: that component's own problem is, already.
    """

    def __init__(
        self, admitted: Sequence[tuple[Request, Loaded]], requests: Sequence[Request], host: HostCapabilities
    ) -> None:
        self._host = host
        self._failed = {str(request.kind) for request in requests} - {str(request.kind) for request, _ in admitted}
        self._offers: dict[str, list[Request]] = {}
        for request, loaded in admitted:
            for capability in loaded.spec.capabilities:
                self._offers.setdefault(capability, []).append(request)

    def of(
        self, request: Request, requires: Mapping[str, str], chosen: Mapping[str, str]
    ) -> tuple[dict[str, str], list[Problem]]:
        """For each requirement, the id of the one component or the host capability that serves it.

        ``chosen`` names the component for a parameter where several could serve.
        """
        wiring: dict[str, str] = {}
        problems: list[Problem] = []
        for parameter, capability in requires.items():
            if capability in self._host:
                wiring[parameter] = capability
                continue
            able = [other for other in self._offers.get(capability, ()) if other.id != request.id]
            wanted = chosen.get(parameter)
            serving = [other for other in able if wanted in (None, other.name)]
            if len(serving) == 1:
                wiring[parameter] = serving[0].id
            elif serving:
                problems.append(_ambiguous(request, parameter, capability, serving))
            elif capability.partition(":")[0] not in self._failed:
                problems.append(_missing(request, parameter, capability, able))
        return wiring, problems


def _ambiguous(request: Request, parameter: str, capability: str, serving: Sequence[Request]) -> Problem:
    section = request.settings_section
    message = f"{parameter!r} needs {capability}, offered by {', '.join(other.name for other in serving)}"
    mend = f'add to [{section}]: use = {{ {parameter} = "{serving[0].name}" }}'
    return Problem(ProblemKind.AMBIGUOUS_DEPENDENCY, message, mend, section, request.key)


def _missing(request: Request, parameter: str, capability: str, able: Sequence[Request]) -> Problem:
    message = f"{parameter!r} needs {capability}, and no enabled component provides it"
    kind = capability.partition(":")[0]
    others = f"; use may name {', '.join(other.name for other in able)}" if able else ""
    mend = f"enable a {kind} that provides {capability}{others}"
    return Problem(ProblemKind.MISSING_DEPENDENCY, message, mend, request.settings_section, request.key)
