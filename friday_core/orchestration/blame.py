"""Whose failure it was, what is to be done about it, and whether the run may be called finished all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from friday_core.errors import ComponentError, ComponentTimeout, FridayError
from friday_core.infrastructure.logging import described, get_logger
from friday_core.interfaces.broker import Broker
from friday_core.plugin.graph import Graph, Node
from friday_core.plugin.own_line import own_line
from friday_core.plugin.spec import Kind

#: They look on: whatever becomes of them, a run has done all that it was asked for.
_ONLOOKERS = frozenset({Kind.NOTIFIER, Kind.OBSERVER})


def author_of(node: Node) -> str:
    return f"the author of {node.loaded.plugin.distribution}"


def mend_of(graph: Graph, error: ComponentError) -> str:
    """What to do about a component's error; empty if the error says so itself, or is no component's."""
    node = graph.nodes.get(error.component)
    if node is None or isinstance(error, ComponentTimeout):
        return ""
    return f"correct [{node.request.settings_section}], or report it to {author_of(node)}"


class Endings:
    """What went wrong when the components of a run were stopped.

    A component may write what it holds when it is stopped, and nobody else knows what that was: one
    that fails then fails the run, unless it only looked on.
    """

    def __init__(self, graph: Graph) -> None:
        #: All of it, each with its mend; in ``summary.json``.
        self.errors: list[str] = []
        #: Those for which the run has failed.
        self.fatal: list[str] = []
        self._graph = graph

    def add(self, errors: Iterable[ComponentError], lost: str = "what it wrote last may be missing") -> None:
        """``lost`` is what the failure means for what components leave behind."""
        for error in errors:
            node, mend = self._graph.nodes.get(error.component), mend_of(self._graph, error)
            is_onlooker = node is not None and node.request.kind in _ONLOOKERS
            told = "; ".join(filter(None, (str(error), "" if is_onlooker else lost, mend)))
            self.errors.append(told)
            if not is_onlooker:
                self.fatal.append(told)


def files_of(broker: Broker, name: str) -> Mapping[str, str]:
    """What a broker wrote; ``ComponentError`` if it cannot tell, or does not do so in texts."""
    try:
        answer: object = broker.results()
        files = dict(answer) if isinstance(answer, Mapping) else None
    except Exception as error:
        get_logger("host").error("a broker cannot tell its files", of=name, exc_info=error)
        line = "" if isinstance(error, FridayError) else own_line(error)
        where = f" ({line})" if line else ""
        raise ComponentError(name, f"results failed: {described(error)}{where}") from error
    if files is None or not all(isinstance(text, str) for pair in files.items() for text in pair):
        raise ComponentError(name, f"results() gave {answer!r:.80}, and must give a mapping of texts: what, and where")
    return files
