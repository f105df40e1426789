"""What happened in a session, line by line in the log: states, orders, beginning and end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from friday_core.api import Component, ComponentSpec, Health, OrderEnded, get_logger, hookimpl


class ActivityObserver(Component):
    """Logs what the host tells its observers, as component ``activity``, each kind counted from 1.

    The session's last line holds all counts. Progress is the number of events seen.
    """

    def __init__(self) -> None:
        self._log = get_logger("activity")
        self._counts: Counter[str] = Counter()

    def health(self) -> Health:
        return Health(progress=self._counts.total())

    @hookimpl
    def friday_component_state(self, component: str, old: str, new: str) -> None:
        self._note("component state", of=component, old=old, new=new)

    @hookimpl
    def friday_session_opened(self, profile: str, mode: str) -> None:
        self._note("session opened", profile=profile, mode=mode)

    @hookimpl
    def friday_order_terminal(self, order: OrderEnded) -> None:
        whose = {"tag": order.tag, "instrument": str(order.instrument), "strategy": order.strategy}
        self._note(f"order {order.status}", **whose, filled=order.filled, reason=order.reason)

    @hookimpl
    def friday_session_closed(self, summary: dict[str, Any]) -> None:
        self._note("session closed", status=summary.get("status"), counts=dict(sorted(self._counts.items())))

    def _note(self, event: str, **fields: object) -> None:
        self._counts[event] += 1
        self._log.info(event, number=self._counts[event], **fields)


@hookimpl
def friday_components() -> list[ComponentSpec]:
    return [ComponentSpec("observer", "activity", ActivityObserver)]
