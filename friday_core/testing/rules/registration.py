"""What every component keeps: its registration, what importing it costs, and its life."""

from __future__ import annotations

import ast
import importlib
import inspect
import time
from collections.abc import Iterator

from friday_core.interfaces.broker import RealBroker
from friday_core.interfaces.component import Component, Health
from friday_core.plugin.roles import ROLES
from friday_core.plugin.spec import Kind
from friday_core.plugin.spec_check import check_spec
from friday_core.testing.import_cost import Cost, cost_of_importing
from friday_core.testing.network import dead_network
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject

API = "friday_core.api"
KIT = "friday_core.testing"


def _can_be_loaded(subject: Subject) -> None:
    if subject.unloadable is None:
        raise DoesNotApply("it was handed to the kit as it is")
    if subject.unloadable:
        raise Broken(subject.unloadable)


def _spec_is_sound(subject: Subject) -> None:
    problem = check_spec(subject.spec, "", subject.module)
    if problem is not None:
        raise Broken(f"{problem.message}; {problem.mend}")


def _can_be_made(subject: Subject) -> None:
    begun = time.perf_counter()
    with dead_network() as network:
        made = subject.built()
    seconds = time.perf_counter() - begun
    if network.asked:
        raise Broken(f"its factory connects to {network.asked[0]}: that is for initialize() or start()")
    roles = ROLES[subject.kind]
    if not isinstance(made, roles):
        names = " or ".join(role.__name__ for role in roles)
        raise Broken(f"its factory makes a {type(made).__name__}, which is no {names}")
    if seconds > subject.limits.build:
        raise Broken(f"its factory took {seconds:.1f} s, and may take {subject.limits.build:g} s")


def _imports_only_the_api(subject: Subject) -> None:
    try:
        tree = ast.parse(inspect.getsource(importlib.import_module(subject.module)))
    except (OSError, TypeError) as error:
        raise DoesNotApply(f"its source cannot be read: {error}") from error
    beyond = sorted({name for name in _imported(tree) if _is_beyond(name)})
    if beyond:
        raise Broken(f"{subject.module} imports {', '.join(beyond)}")


def _is_beyond(name: str) -> bool:
    return name.partition(".")[0] == "friday_core" and name != API and not name.startswith(KIT)


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inside = node.module == "friday_core"
            yield from (f"{node.module}.{alias.name}" if inside else node.module for alias in node.names)


def _imports_light(subject: Subject) -> None:
    cost: Cost = cost_of_importing(subject.module)
    if cost.error:
        raise DoesNotApply(f"{subject.module} cannot be imported in a process of its own: {cost.error}")
    if cost.heavy:
        raise Broken(f"importing {subject.module} loads {', '.join(cost.heavy)}")
    if cost.seconds > subject.limits.first_import:
        most = subject.limits.first_import
        raise Broken(f"importing {subject.module} took {cost.seconds:.1f} s, and may take {most:g} s")


def _lives_twice(subject: Subject) -> None:
    made = subject.make()
    if isinstance(made, RealBroker) or (subject.kind is Kind.BROKER and made.account == "real"):
        raise DoesNotApply("a real broker would connect")
    with subject.living(made) as life:
        for _ in range(2):
            life.start()
            _require_health(made, "start")
            for error in life.stop():
                raise error
            _require_health(made, "stop")


def _require_health(component: Component, step: str) -> None:
    health: object = component.health()
    if not isinstance(health, Health):
        raise Broken(f"after {step}() its health() is {health!r:.60}, which is no Health")


#: All that a plugin that cannot be loaded is held to.
LOADS = Rule(
    "it can be loaded as a run loads it",
    "a plugin that cannot be loaded stops every profile that names it",
    "let the module of its entry point register the component of that name, and import without an error",
    _can_be_loaded,
)
#: All that a component of a kind that does not exist is held to.
SPEC = Rule(
    "its factory takes what its spec says",
    "a run refuses a component whose factory asks for more, or for less, than its spec declares",
    "let the factory's parameters be `settings`, if the spec names a model, and the keys of `requires`",
    _spec_is_sound,
)
RULES = (
    LOADS,
    SPEC,
    Rule(
        "it can be made from its settings",
        "all that is wrong with a configuration is told before a run starts, and making a component is part of that",
        "give settings defaults, or write those that the kit needs into [tool.friday.conformance.settings]; "
        "do slow work in initialize(), which has a time limit of its own",
        _can_be_made,
    ),
    Rule(
        "it imports nothing of Friday but its api",
        "every other module of Friday may change or move in any release",
        f"import from {API}; if a name is missing there, ask for it",
        _imports_only_the_api,
    ),
    Rule(
        "importing it loads nothing heavy",
        "whoever lists plugins, or names this one in a profile, waits for its import",
        "import what is heavy in the factory or in the method that needs it, and types under TYPE_CHECKING",
        _imports_light,
    ),
    Rule(
        "it can be started, stopped, and started again",
        "a start that fails elsewhere stops it, and the next one starts it once more",
        "release in stop() what start() took, so that one may follow the other; let health() return a Health at once",
        _lives_twice,
    ),
)
