"""``friday run --sensitivity``: the same session again with other charges and slippage."""

from __future__ import annotations

import json
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from friday_core.cli.options import Choice, Loaded
from friday_core.errors import ConfigurationError, Problem, ProblemKind

if TYPE_CHECKING:
    from friday_core.orchestration.host import Host, RunResult

#: What the charges and the slippage of the run are multiplied with.
SCALES = (0, 2)
#: They wait for no clock, make nobody who would be told, and leave nothing but their figures.
_ALONE = ("run.observers=[]", "notify.use=[]", "run.bars_table=false", "clock.kind=historical")


def require_scalable(host: Host) -> None:
    """``ConfigurationError`` where slippage cannot be scaled: told before the run, and not after it."""
    from friday_core.interfaces.broker import SimulatedBroker  # noqa: PLC0415 - `friday --help` must stay light
    from friday_core.simulation.scaled_costs import slips_by_rules  # noqa: PLC0415 - the same

    made, broker = host.assembly.broker, host.assembly.settings.broker.use
    if not isinstance(made, SimulatedBroker) or slips_by_rules(matcher := made.matcher()):
        return
    what = f"its matcher is a {type(matcher).__name__} and no BarMatcher, of whose slippage Friday knows"
    mend = (
        "derive the matcher from friday_core.api.BarMatcher, or leave --sensitivity out and scale the charges alone: "
        "--set account.charges_scale=2"
    )
    message = f"--sensitivity cannot scale the slippage of this broker: {what}"
    raise ConfigurationError([Problem(ProblemKind.INVALID_VALUE, message, mend, "broker", f"broker.{broker}")])


def run_again(
    choice: Choice, loaded: Loaded, host: Host, run: Callable[[Host, str], RunResult]
) -> list[dict[str, Any]]:
    """What ``summary.json`` says under ``sensitivity``: a run for each of ``SCALES``, or why there is none.

    The versions of the model are those of ``host``, whose run is over: they do not depend on charges.
    Nothing leaves these runs: nothing is sent, and no broker started.
    ``run`` runs a host; it is told in words which of them. After one that was interrupted there is no other.
    """
    with TemporaryDirectory(prefix="friday-") as folder:
        own = (f"run.folder={json.dumps(folder)}", f"run.executor={host.executor.serving}")
        alone = choice.overridden(*_ALONE, *own)
        found: list[dict[str, Any]] = []
        for scale in SCALES:
            found.append(_one(alone, loaded, host, scale, run))
            if found[-1]["status"] == "interrupted":
                break
        return found


def _one(
    choice: Choice, loaded: Loaded, host: Host, scale: int, run: Callable[[Host, str], RunResult]
) -> dict[str, Any]:
    own = loaded.settings
    scaled = choice.overridden(
        f"account.charges_scale={own.account.charges_scale * scale}",
        f"broker.slippage_scale={own.broker.slippage_scale * scale}",
    )
    found: dict[str, Any] = {"charges": scale, "slippage": scale}
    try:
        again = scaled.builder()(scaled.load())
        again.training = host.training
        again.keep_inside()
        result = run(again, f"at {scale}x the charges and slippage")
    except Exception as error:  # noqa: BLE001 - the run itself is done, and its results are written
        return {**found, "status": "failed", "error": str(error) or type(error).__name__}
    status, summary = str(result.status), result.summary
    if status != "finished":
        return {**found, "status": status, "error": summary["error"] or "it did not see every bar"}
    paid = sum(book["charges"] for book in summary["strategies"].values())
    return {**found, "status": status, "error": "", "results": {**summary["results"], "charges": paid}}
