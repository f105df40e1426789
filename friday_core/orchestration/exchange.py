"""The exchange of a simulation: the matcher that the session's broker makes, if it makes one that can be asked."""

from __future__ import annotations

from dataclasses import replace

from friday_core.errors import ConfigurationError, FridayError, Problem, ProblemKind
from friday_core.infrastructure.logging import described
from friday_core.interfaces.broker import Matcher, SimulatedBroker
from friday_core.orchestration.assembly import Assembly
from friday_core.orchestration.blame import author_of
from friday_core.orchestration.masking import secrets_of
from friday_core.plugin.graph import Node
from friday_core.plugin.own_line import own_line
from friday_core.plugin.spec import Kind
from friday_core.plugin.time_limit import OverdueError, within
from friday_core.session.at_broker import Unmatched
from friday_core.simulation.scaled_costs import scaled_slippage


def exchange_of(assembly: Assembly) -> Matcher:
    """A fresh matcher of the session's broker, at the scale of slippage that the configuration has.

    Of a broker that tells of its fills one that fills nothing. ``ConfigurationError`` if it cannot be asked or scaled.
    """
    broker, settings = assembly.broker, assembly.settings
    node = next(one for one in assembly.graph.nodes.values() if one.request.kind is Kind.BROKER)
    if not isinstance(broker, SimulatedBroker):
        return Unmatched()
    try:
        matcher = _made(node, broker, settings.run.step_timeout)
        flaw = _flaw(matcher)
    except (Exception, SystemExit) as error:
        problem = _failed(node, error)
        mask = secrets_of(assembly.graph.nodes.values()).mask
        raise ConfigurationError([replace(problem, message=mask(problem.message))]) from error
    if flaw:
        mend = "return BarMatcher(MatchingRules()) of friday_core.api, or an object with latency and match()"
        who = f"{node.request.key} of {node.loaded.plugin.origin}"
        raise ConfigurationError([Problem(ProblemKind.BAD_REGISTRATION, flaw, mend, node.request.section, who)])
    return scaled_slippage(matcher, settings.broker.slippage_scale, settings.broker.use)


def _made(node: Node, broker: SimulatedBroker, timeout: float) -> Matcher:
    if node.loaded.plugin.built_in:
        return broker.matcher()
    return within(timeout, broker.matcher, f"matcher() of {node.request.key}")


def _flaw(matcher: Matcher) -> str:
    """Why it is no matcher; empty if it is one."""
    if not callable(getattr(matcher, "match", None)):
        return f"its matcher() gave {_kind_of(matcher)}, which is no Matcher: it has no match()"
    latency = getattr(matcher, "latency", None)
    if type(latency) is not int or latency < 0:
        return f"the latency of its matcher is {latency!r:.80}, and must be a whole number of slices"
    return ""


def _kind_of(matcher: object) -> str:
    return "None" if matcher is None else f"a {type(matcher).__name__}"


def _failed(node: Node, error: BaseException) -> Problem:
    if isinstance(error, OverdueError):
        reason, mend = str(error), f"report it to {author_of(node)}; if that is no mistake, raise [run] step_timeout"
    else:
        line = "" if isinstance(error, FridayError) else own_line(error)
        reason = f"{described(error)} ({line})" if line else described(error)
        mend = f"correct [{node.request.settings_section}], or report it to {author_of(node)}"
    message = f"{node.loaded.plugin.origin} could not make its matcher: {reason}"
    return Problem(ProblemKind.FACTORY_FAILED, message, mend, node.request.settings_section, node.request.key)
