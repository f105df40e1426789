"""The object graph of a host: everything is checked, and every problem listed, before anything starts."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from friday_core.errors import ConfigurationError, Problem, ProblemKind
from friday_core.plugin.discovery import nearest
from friday_core.plugin.plan import Configuration, Request, requested_components
from friday_core.plugin.registry import Loaded, PluginRegistry
from friday_core.plugin.spec import Kind, NoSettings, PluginSettings
from friday_core.plugin.wiring import HostCapabilities, Wires

#: Reserved key of a plugin's section: which component serves which requirement.
USE = "use"


@dataclass(frozen=True, slots=True)
class Node:
    """A component to be built: its spec, its validated settings, and the ids that it depends on."""

    request: Request
    loaded: Loaded
    settings: PluginSettings
    wiring: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.request.id


class Graph:
    """Nodes by id in the order of the requests, and the problems that were found."""

    def __init__(self, nodes: Mapping[str, Node], host: HostCapabilities, problems: Sequence[Problem]) -> None:
        self.nodes = nodes
        self._host = host
        self.problems = tuple(problems)

    @property
    def dependencies(self) -> dict[str, set[str]]:
        """For each component, the components that must be ready before it."""
        found: dict[str, set[str]] = {}
        for node in self.nodes.values():
            found[node.id] = {target for target in node.wiring.values() if target in self.nodes}
            for maker in {self._host.get(target) for target in node.wiring.values()} - {None}:
                found[node.id] |= {other.id for other in self.nodes.values() if other.request.kind is maker}
        return found

    def build(self, provide: Callable[[str, Mapping[str, Any]], Any]) -> dict[str, Any]:
        """Every component, each handed its own settings and requirements and nothing else.

        ``provide(capability, built)`` gives what the host provides. Raises ``ConfigurationError``
        with every factory that failed; components that need those are not built.
        """
        if self.problems:
            raise ConfigurationError(self.problems)
        built: dict[str, Any] = {}
        problems: list[Problem] = []
        dependencies = self.dependencies
        for node_id in graphlib.TopologicalSorter(dependencies).static_order():
            node = self.nodes[node_id]
            if not dependencies[node_id] <= set(built):
                continue
            arguments = {
                name: built[to] if to in built else provide(to, built) for name, to in node.wiring.items()
            }
            if node.loaded.spec.settings is not NoSettings:
                arguments["settings"] = node.settings
            try:
                built[node_id] = node.loaded.spec.factory(**arguments)
            except Exception as error:  # noqa: BLE001 - a factory may raise anything
                problems.append(_factory_failed(node, error))
        if problems:
            raise ConfigurationError(problems)
        return {node_id: built[node_id] for node_id in self.nodes}


def _factory_failed(node: Node, error: Exception) -> Problem:
    message = f"{node.loaded.plugin.origin} could not build it: {type(error).__name__}: {error}"
    mend = f"correct [{node.request.settings_section}], or report it to the author of {node.loaded.plugin.distribution}"
    return Problem(ProblemKind.FACTORY_FAILED, message, mend, node.request.settings_section, node.request.key)


def resolve_graph(configuration: Configuration, registry: PluginRegistry, host: HostCapabilities) -> Graph:
    """Load, validate and wire what is asked for; never raises for a mistake of user or plugin."""
    requests = requested_components(configuration.settings)
    problems = _unknown_sections(configuration.settings.plugins, registry)
    admitted: list[tuple[Request, Loaded]] = []
    for request in requests:
        answer = registry.load(request.key, request.section)
        if isinstance(answer, Problem):
            problems.append(answer)
        else:
            admitted.append((request, answer))
    nodes: dict[str, Node] = {}
    wires = Wires(admitted, requests, host)
    for request, loaded in admitted:
        settings, wrong = _settings_of(request, loaded, configuration)
        chosen = configuration.plugin_values(request.kind, request.name).get(USE, {})
        wiring, unmet = wires.of(request, loaded.spec.requires, chosen)
        problems += [*wrong, *unmet]
        if settings is not None:
            nodes[request.id] = Node(request, loaded, settings, wiring)
    return Graph(nodes, host, [*problems, *_cycles(Graph(nodes, host, ()))])


def _unknown_sections(given: Mapping[str, Mapping[str, Any]], registry: PluginRegistry) -> list[Problem]:
    """``[plugins.<kind>.<name>]`` must name a kind of component and an installed plugin."""
    problems = []
    for kind, names in given.items():
        if kind not in set(Kind):
            mend = f"{nearest(kind, Kind)}Kinds are {', '.join(Kind)}"
            problems.append(
                Problem(ProblemKind.UNKNOWN_SECTION, f"{kind!r} is not a kind of component", mend, f"plugins.{kind}")
            )
            continue
        known = [plugin.name for plugin in registry.plugins if plugin.kind == kind]
        for name in names:
            if name not in known:
                mend = f"{nearest(name, known)}Installed: {', '.join(known) or 'none'}"
                message = f"no installed plugin offers the {kind} {name!r}"
                problems.append(Problem(ProblemKind.UNKNOWN_SECTION, message, mend, f"plugins.{kind}.{name}"))
    return problems


def _settings_of(
    request: Request, loaded: Loaded, configuration: Configuration
) -> tuple[PluginSettings | None, list[Problem]]:
    model = loaded.spec.settings
    values = {**configuration.plugin_values(request.kind, request.name, model), **request.own}
    values.pop(USE, None)
    problems = [
        _secret_in_file(request, name)
        for name, info in model.model_fields.items()
        if name in values and _is_secret(info.annotation) and not _may_be_secret(request, name, configuration)
    ]
    try:
        return model.model_validate(values), problems
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        return None, [*problems, *(_setting_problem(detail, request, model) for detail in details)]


def _may_be_secret(request: Request, name: str, configuration: Configuration) -> bool:
    """A secret comes from the environment or a secrets folder, never from a file or an argument."""
    if name in request.own:
        return False
    return configuration.origin_of(f"{request.settings_section}.{name}").may_hold_secrets


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


def _secret_in_file(request: Request, name: str) -> Problem:
    section = request.settings_section
    variable = "FRIDAY_" + f"{section}.{name}".replace(".", "__").upper()
    mend = f"take it out there, and set {variable} or put it into the secrets folder"
    message = f"{name} is a secret and stands in a file or an argument"
    return Problem(ProblemKind.SECRET_IN_FILE, message, mend, section, request.key)


def _setting_problem(detail: Any, request: Request, model: type[PluginSettings]) -> Problem:
    path = ".".join(str(part) for part in detail["loc"])
    first = str(detail["loc"][0]) if detail["loc"] else ""
    beside = first in request.own or (not first and bool(request.own))
    section = f"{request.section}.settings" if beside else request.settings_section
    if detail["type"] == "extra_forbidden":
        known = list(model.model_fields)
        mend = f"{nearest(path, known)}Known: {', '.join(known) or 'none, it has no settings'}"
        return Problem(ProblemKind.UNKNOWN_KEY, f"unknown key {path!r}", mend, section, request.key)
    described = model.model_fields[first].description if first in model.model_fields else None
    mend = f"correct {path or 'the section'}{f': {described}' if described else ''}"
    message = f"{path}: {detail['msg']}" if path else detail["msg"]
    return Problem(ProblemKind.INVALID_VALUE, message, mend, section, request.key)


def _cycles(graph: Graph) -> list[Problem]:
    try:
        graphlib.TopologicalSorter(graph.dependencies).prepare()
    except graphlib.CycleError as error:
        path = " -> ".join(error.args[1])
        mend = "let one of them do without the other"
        return [Problem(ProblemKind.CYCLE, f"components need each other: {path}", mend, "plugins", error.args[1][0])]
    return []


def settings_models(graph: Graph) -> dict[tuple[str, str], type[PluginSettings]]:
    """The settings model of each (kind, name) in the graph."""
    return {
        (str(node.request.kind), node.request.name): node.loaded.spec.settings for node in graph.nodes.values()
    }
