"""What a connection keeps. Nobody is reached: the network is down while it is tried."""

from __future__ import annotations

from friday_core.plugin.time_limit import OverdueError
from friday_core.testing.network import dead_network
from friday_core.testing.outcomes import Broken, DoesNotApply
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject


def _waits_for_nobody(subject: Subject) -> None:
    with dead_network() as network:
        try:
            subject.started()
        except OverdueError:
            raise Broken(f"it did not start, or say why not, while the network was down: {network.asked}") from None
        except Exception:  # noqa: BLE001, S110 - that nobody is there may well be told
            pass
    if network.patient:
        raise Broken(f"it waits for {network.patient[0]} without a limit")
    if not network.asked:
        raise DoesNotApply("it uses no network when it starts, as far as the kit can see")


RULES = (
    Rule(
        "it waits for nobody without a limit when it starts",
        "a service that does not answer must end a start with a reason, and not hold it up",
        "give every request a timeout",
        _waits_for_nobody,
    ),
)
