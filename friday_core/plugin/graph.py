"""The object graph of a host: everything is checked, and every problem listed, before anything starts."""

from __future__ import annotations

import graphlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from friday_core.errors import ConfigurationError, DataError, FactsError, FridayError, Problem, ProblemKind
from friday_core.plugin.discovery import kind_mend, nearest
from friday_core.plugin.own_settings import OwnSettings
from friday_core.plugin.plan import Configuration, Request, line_to_enable, requested_components
from friday_core.plugin.registry import Loaded, PluginRegistry, described
from friday_core.plugin.roles import ROLES
from friday_core.plugin.secret_fields import holds_secrets
from friday_core.plugin.spec import Kind, NoSettings, PluginSettings
from friday_core.plugin.time_limit import OverdueError, within
from friday_core.plugin.wiring import HostCapabilities, Wires

#: Kinds of which a list is passed one after the other.
_STAGES = (Kind.VALIDATOR, Kind.TRANSFORMER, Kind.FEATURE_SET, Kind.RISK_RULE)


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


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id in the order of the requests, and the problems that were found.

    ``models`` are the settings' models by kind and name, also of components whose settings are
    not valid.
    """

    nodes: Mapping[str, Node]
    host: HostCapabilities
    problems: tuple[Problem, ...] = ()
    models: Mapping[tuple[str, str], type[PluginSettings]] = field(default_factory=dict)

    @property
    def dependencies(self) -> dict[str, set[str]]:
        """For each component, the components that must be ready before it."""
        found: dict[str, set[str]] = {}
        for node in self.nodes.values():
            found[node.id] = {target for target in node.wiring.values() if target in self.nodes}
            for maker in {self.host.get(target) for target in node.wiring.values()} - {None}:
                # A connection may know what the source does not: what is listed.
                makers = {maker} if node.request.kind is Kind.CONNECTION else {maker, Kind.CONNECTION}
                found[node.id] |= {other.id for other in self.nodes.values() if other.request.kind in makers}
        return found

    def without(self, problems: Iterable[Problem]) -> Graph:
        """The components that none of the problems names, and that need none of those: they can be built."""
        named = {problem.plugin.partition(" of ")[0] for problem in problems}
        nodes = {
            node.id: node
            for node in self.nodes.values()
            if node.request.key not in named and node.wiring.keys() == node.loaded.spec.requires.keys()
        }
        while lost := [one for one in nodes if not self._is_served(nodes[one], nodes)]:
            for one in lost:
                del nodes[one]
        return Graph(nodes, self.host, models=self.models)

    def _is_served(self, node: Node, nodes: Mapping[str, Node]) -> bool:
        """Whether these components, and the host with what it makes of them, are all that one needs."""
        kinds = {other.request.kind for other in nodes.values()}
        made = {capability for capability, maker in self.host.items() if maker is None or maker in kinds}
        return made | nodes.keys() >= set(node.wiring.values())

    def build(
        self,
        provide: Callable[[str, Mapping[str, Any]], Any],
        mask: Callable[[str], str] = lambda text: text,
        timeout: float = 30.0,
    ) -> dict[str, Any]:
        """Every component, each handed its own settings and requirements and nothing else.

        ``provide(capability, built)`` gives what the host provides, or raises ``ConfigurationError``.
        Raises ``ConfigurationError`` with everything that could not be built; components that need
        those are not built. ``mask`` takes secrets out of what a factory says. Factories of other
        distributions may take ``timeout`` seconds each.
        """
        if self.problems:
            raise ConfigurationError(self.problems)
        built: dict[str, Any] = {}
        problems: dict[Problem, None] = {}
        dependencies = self.dependencies
        for node_id in build_order(dependencies):
            if dependencies[node_id] <= built.keys():
                try:
                    built[node_id] = _made(self.nodes[node_id], built, provide, mask, timeout)
                except ConfigurationError as error:
                    problems.update(dict.fromkeys(error.problems))
        if problems:
            raise ConfigurationError(problems)
        return {node_id: built[node_id] for node_id in self.nodes}


def build_order(dependencies: Mapping[str, set[str]]) -> Iterable[str]:
    """Ids with dependencies first; the same order in every process."""
    place = {node_id: n for n, node_id in enumerate(dependencies)}
    ordered = {node_id: sorted(needed, key=place.__getitem__) for node_id, needed in dependencies.items()}
    return graphlib.TopologicalSorter(ordered).static_order()


def resolve_graph(configuration: Configuration, registry: PluginRegistry, host: HostCapabilities) -> Graph:
    """Load, validate and wire what is asked for; never raises for a mistake of user or plugin."""
    requests = requested_components(configuration.settings)
    problems = [*_unknown_sections(configuration.settings.plugins, registry), *_repeated(requests)]
    admitted: list[tuple[Request, Loaded]] = []
    for request in requests:
        answer = registry.load(request.key, request.section)
        if isinstance(answer, Problem):
            problems.append(_of_another_kind(answer, request, requests, registry))
        else:
            admitted.append((request, answer))
    nodes: dict[str, Node] = {}
    wires = Wires(admitted, requests, host, registry.for_our_major)
    for request, loaded in admitted:
        settings, wrong = OwnSettings(request, loaded, configuration).judged()
        written = configuration.plugin_values(request.kind, request.name)
        wiring, unmet = wires.of(request, loaded.spec.requires, written)
        problems += [*wrong, *unmet]
        if settings is not None:
            nodes[request.id] = Node(request, loaded, settings, wiring)
    models = {(str(request.kind), request.name): loaded.spec.settings for request, loaded in admitted}
    dependencies = Graph(nodes, host).dependencies
    problems += [*_cycles(nodes, dependencies), *_leaks(nodes)]
    return Graph(nodes, host, tuple(dict.fromkeys(problems)), models)


def settings_models(graph: Graph) -> dict[tuple[str, str], type[PluginSettings]]:
    """The settings model of each (kind, name) that could be loaded."""
    return dict(graph.models)


def _made(
    node: Node,
    built: Mapping[str, Any],
    provide: Callable[[str, Mapping[str, Any]], Any],
    mask: Callable[[str], str],
    timeout: float,
) -> Any:
    """The component; ``ConfigurationError`` if its factory raises, hangs, or makes something else."""
    arguments = {name: built[to] if to in built else provide(to, built) for name, to in node.wiring.items()}
    if node.loaded.spec.settings is not NoSettings:
        arguments["settings"] = node.settings
    try:
        make = partial(node.loaded.spec.factory, **arguments)
        made = make() if node.loaded.plugin.built_in else within(timeout, make, f"the factory of {node.request.key}")
    except (Exception, SystemExit) as error:
        raise ConfigurationError([_factory_failed(node, error, mask)]) from error
    roles = ROLES[node.request.kind]
    if not isinstance(made, roles):
        message = f"its factory made a {type(made).__name__}, which is no {roles[0].__name__}"
        mend = f"derive it from friday_core.api.{roles[0].__name__}"
        who = f"{node.request.key} of {node.loaded.plugin.origin}"
        raise ConfigurationError([Problem(ProblemKind.BAD_REGISTRATION, message, mend, node.request.section, who)])
    return made


def _factory_failed(node: Node, error: BaseException, mask: Callable[[str], str]) -> Problem:
    plugin, section = node.loaded.plugin, node.request.settings_section
    reason = str(error) if isinstance(error, FridayError | OverdueError) else described(error)
    if _is_about_a_file(error):
        mend = f"mend the file, or name another in [{section}]"
        return Problem(ProblemKind.INVALID_VALUE, mask(f"its file: {reason}"), mend, section, node.request.key)
    if isinstance(error, ImportError) and error.name:
        mend = f"install what it needs: pip install '{plugin.extra_with(error.name)}'"
    elif isinstance(error, OverdueError):
        mend = f"report it to the author of {plugin.distribution}; if that is no mistake, raise [run] step_timeout"
    else:
        mend = f"correct [{section}], or report it to the author of {plugin.distribution}"
    message = mask(f"{plugin.origin} could not build it: {reason}")
    return Problem(ProblemKind.FACTORY_FAILED, message, mend, section, node.request.key)


def _is_about_a_file(error: BaseException) -> bool:
    """Whether neither the settings nor the plugin are wrong, but the file that they name."""
    if isinstance(error, OSError):
        return error.filename is not None
    return isinstance(error, DataError) and not isinstance(error, FactsError)


def _of_another_kind(problem: Problem, request: Request, requests: list[Request], registry: PluginRegistry) -> Problem:
    """The problem; where a component of another kind has the name that nobody has, it says where that belongs."""
    kinds = [Kind(one.kind) for one in registry.for_our_major if one.name == request.name and one.kind in set(Kind)]
    if problem.kind is not ProblemKind.UNKNOWN_COMPONENT or not kinds:
        return problem
    lines = [f"there is a {kind} of that name: {line_to_enable(kind, request.name, requests)}" for kind in kinds]
    return replace(problem, mend=f"{'; '.join(lines)}; and take it out of {request.place} here")


def _repeated(requests: Iterable[Request]) -> Iterator[Problem]:
    """Stages that stand twice in one list: with the same settings, the second has nothing to add."""
    counts = Counter((one.kind, one.name, one.section, one.place) for one in requests if one.kind in _STAGES)
    for (kind, name, section, place), times in counts.items():
        if times > 1:
            message, mend = f"{place} names {name!r} {times} times", f"leave all but one out of {place}"
            yield Problem(ProblemKind.DUPLICATE_COMPONENT, message, mend, section, f"{kind}.{name}")


def _unknown_sections(given: Mapping[str, Mapping[str, Any]], registry: PluginRegistry) -> list[Problem]:
    """``[plugins.<kind>.<name>]`` must name a kind of component and an installed plugin."""
    problems = []
    for kind, names in given.items():
        if kind not in set(Kind):
            mend, message = kind_mend(kind, registry.plugins), f"{kind!r} is not a kind of component"
            problems.append(Problem(ProblemKind.UNKNOWN_SECTION, message, mend, f"plugins.{kind}"))
            continue
        known = [plugin.name for plugin in registry.plugins if plugin.kind == kind]
        for name in names:
            if name not in known:
                mend = f"{nearest(name, known)}Installed: {', '.join(known) or 'none'}"
                message, key = f"no installed plugin offers the {kind} {name!r}", f"{kind}.{name}"
                problems.append(Problem(ProblemKind.UNKNOWN_SECTION, message, mend, f"plugins.{key}", key))
    return problems


def _cycles(nodes: Mapping[str, Node], dependencies: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Every circle of components that need one another, until none is left."""
    remaining = {node_id: set(needed) for node_id, needed in dependencies.items()}
    while True:
        try:
            graphlib.TopologicalSorter({one: sorted(needed) for one, needed in remaining.items()}).prepare()
        except graphlib.CycleError as error:
            circle = error.args[1][::-1]
            remaining[circle[0]].remove(circle[1])
            request = nodes[circle[0]].request
            message = f"components need each other: {' needs '.join(circle)}"
            mend = "take one of them out of the configuration, or let its author do without the other"
            yield Problem(ProblemKind.CYCLE, message, mend, request.section, request.key)
        else:
            return


def _leaks(nodes: Mapping[str, Node]) -> Iterator[Problem]:
    """Who would be handed, directly or through others, what belongs to another distribution alone.

    That is a component with secrets, and a broker: orders go to it through risk, or not at all.
    """
    users: dict[str, list[str]] = {}
    for node in nodes.values():
        for target in node.wiring.values():
            users.setdefault(target, []).append(node.id)
    for guarded in nodes.values():
        if guarded.request.kind is not Kind.BROKER and not holds_secrets(guarded.loaded.spec.settings):
            continue
        seen, ahead = {guarded.id}, list(users.get(guarded.id, ()))
        while ahead:
            node = nodes[ahead.pop()]
            if node.id not in seen:
                seen.add(node.id)
                ahead += users.get(node.id, ())
                if node.loaded.plugin.distribution != guarded.loaded.plugin.distribution:
                    yield _leak(node.request, guarded)


def _leak(request: Request, guarded: Node) -> Problem:
    owner = guarded.loaded.plugin.distribution
    message = f"it requires {guarded.id}, which belongs to {owner} and is handed to nobody else"
    mend = "take it out of the configuration, or let its author do without: brokers and secrets are not shared"
    return Problem(ProblemKind.BAD_REGISTRATION, message, mend, request.section, request.key)
