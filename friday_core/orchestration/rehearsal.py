"""A session of which nothing leaves the process: no run folder, no orders, no notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager

from friday_core.domain.records import ModelVersion, Record
from friday_core.infrastructure.logging import configure_logging
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.interfaces.component import Component
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.building import build_account, build_desks, build_driver, build_flow, build_risk
from friday_core.orchestration.lifecycle import Lifecycle
from friday_core.orchestration.masking import mask_error, secrets_of
from friday_core.plugin.spec import Kind
from friday_core.session.core import Core
from friday_core.session.desk import Desk
from friday_core.session.versions import with_versions

#: Their work is done outside, so they are not started.
_OUTSIDE = frozenset({Kind.BROKER, Kind.NOTIFIER, Kind.OBSERVER})


def rehearse(
    assembly: Assembly,
    prepare: Callable[[Sequence[Desk]], None],
    is_over: Callable[[], bool],
    versions: Sequence[ModelVersion] = (),
    records: Iterable[Record] | None = None,
) -> Core:
    """Run the session of an assembly that has not run, until ``is_over`` says so or the data end.

    ``prepare`` is handed the desks before the first record; ``versions`` are those of its model. ``records`` are those
    of a session that ran before, instead of the source's.
    The core sees the same records as in a run and decides the same; fills are the matcher's, and
    intents go nowhere. Returns the core as it stands then. No secret is in what is logged, to
    stderr, or raised.
    """
    secrets = secrets_of(assembly.graph.nodes.values())
    try:
        desks = build_desks(assembly, build_account(assembly), build_risk(assembly))
        prepare(desks)
        core = Core(build_flow(assembly), build_driver(assembly, desks))
        with _logging(secrets), started(assembly):
            for record in with_versions(assembly.records(), versions) if records is None else records:
                core.apply(record)
                if is_over() or core.halted is not None:
                    break
        return core
    except Exception as failure:
        shown = mask_error(failure, secrets.mask)
        if shown is not failure:
            raise shown from None
        raise


@contextmanager
def _logging(secrets: SecretRegistry) -> Iterator[None]:
    with closing(configure_logging(None, secrets, "WARNING", to_stderr=True)):
        yield


@contextmanager
def started(assembly: Assembly) -> Iterator[None]:
    """The components that do their work inside the process are started, and stopped at the end."""
    with ExitStack() as edges:
        lifecycle = Lifecycle(*inside(assembly), step_timeout=assembly.settings.run.step_timeout)
        edges.callback(lifecycle.close)
        lifecycle.start()
        yield


def inside(assembly: Assembly) -> tuple[dict[str, Component], dict[str, set[str]]]:
    """The components that do their work inside the process, and what each needs of the others among them."""
    nodes = assembly.graph.nodes.values()
    components = {node.id: assembly.components[node.id] for node in nodes if node.request.kind not in _OUTSIDE}
    return components, {name: needed & components.keys() for name, needed in assembly.graph.dependencies.items()}
