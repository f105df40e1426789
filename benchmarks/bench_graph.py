"""A graph of 500 components that need one another: validated, and built."""

from __future__ import annotations

import random
import sys
import types
from importlib.metadata import EntryPoint
from typing import Any

from harness import interleaved, report

from friday_core.api import BookView, ComponentSpec, PluginSettings, Proposal, RiskRule, Ruling, hookimpl
from friday_core.plugin.discovery import InstalledPlugin, installed_plugins
from friday_core.plugin.graph import Graph, resolve_graph
from friday_core.plugin.registry import PluginRegistry
from friday_settings import load_settings

COMPONENTS = 500
KIND = "risk_rule"


class Settings(PluginSettings):
    level: int = 1
    names: tuple[str, ...] = ()


class Part(RiskRule):
    def __init__(self, settings: Settings, **needs: Any) -> None:
        self.settings, self.needs = settings, needs

    def check(self, proposal: Proposal, book: BookView) -> Ruling:  # noqa: ARG002 - every order may pass
        return Ruling(proposal.order.quantity)


def plugins(count: int, seed: int = 7) -> list[InstalledPlugin]:
    """A plugin for each component; component n needs up to three earlier ones by their ability."""
    draw = random.Random(seed)
    found = []
    for n in range(count):
        needs = {f"p{m}": f"{KIND}:a{m}" for m in sorted(draw.sample(range(n), min(n, draw.randrange(4))))}
        spec = ComponentSpec(KIND, f"c{n}", Part, Settings, requires=needs, provides=frozenset({f"a{n}"}))
        module = types.ModuleType(f"bench_component_{n}")
        module.friday_components = hookimpl(_registration(spec))  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module
        point = EntryPoint(f"{KIND}.c{n}", module.__name__, "friday.plugins")
        found.append(InstalledPlugin(point, "friday-trading", "0"))
    return found


def _registration(spec: ComponentSpec) -> Any:
    def friday_components() -> list[ComponentSpec]:
        return [spec]

    return friday_components


class OnlyRules:
    """The settings of a profile, of which the graph asks for nothing but the rules."""

    def __init__(self, names: list[str]) -> None:
        loaded = load_settings("backtest", environ={})
        risk = loaded.settings.risk.model_copy(update={"rules": tuple(names)})
        self.profile, self.settings = "bench", loaded.settings.model_copy(update={"risk": risk})

    def plugin_values(self, _kind: str, _name: str, _model: Any = None) -> dict[str, Any]:
        return {}

    def origin_of(self, _key: str) -> Any:
        raise AssertionError("no component here has a secret")


def main() -> None:
    configuration = OnlyRules([f"c{n}" for n in range(COMPONENTS)])
    installed = plugins(COMPONENTS)
    others = [one for one in _built_in() if one.kind != KIND]

    def validate() -> Graph:
        host = {"run_folder": None, "universe": None}
        graph = resolve_graph(configuration, PluginRegistry([*installed, *others]), host)
        assert len([node for node in graph.nodes.values() if node.request.kind == KIND]) == COMPONENTS, graph.problems
        return graph

    def by_hand() -> list[Part]:
        """The settings judged and the objects made, without a graph: what no host could save."""
        return [Part(Settings.model_validate({})) for _ in range(COMPONENTS)]

    graph = validate()
    contenders = {
        "500 objects made by hand": by_hand,
        "graph validated": validate,
        "graph built": lambda: graph.build(lambda _capability, _built: None),
    }
    report(f"A graph of {COMPONENTS} components", interleaved(contenders), "500 objects made by hand")


def _built_in() -> list[InstalledPlugin]:
    return [one for one in installed_plugins() if one.built_in]


if __name__ == "__main__":
    main()
