"""The kit's scripted wire with a paper broker's process behind it: what the kit plays happens in that process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from friday_core.api import OrderStatus, Universe
from friday_core.testing.builders import universe
from friday_core.testing.paper_process import PaperServer
from friday_core.testing.wire import (
    Accepted,
    Answer,
    Delivery,
    Ended,
    Happening,
    PlacedElsewhere,
    ScriptedWire,
    Traded,
    WireOrder,
)
from friday_plugins.brokers.paper_process import PaperProcess

#: Of a server whose orders do what the kit says and nothing else.
SCENARIO = "[market]\nmanual = true\n"
_FAULTS: Mapping[Answer, str] = {"refuse": "refuse", "silent": "lost_reply", "lost": "lost_request"}


class ServedWire(ScriptedWire):
    """Asks the process for what the scripted wire would know, and tells it what is to happen."""

    server: PaperServer
    #: How many requests there were before.
    first: int

    @property
    def placed(self) -> list[str]:  # type: ignore[override]
        return self._received("place")

    @property
    def cancelled(self) -> list[str]:  # type: ignore[override]
        return self._received("cancel")

    @property
    def heard(self) -> bool:
        return True

    def orders(self) -> list[WireOrder]:
        found = self.server.ask("book")
        return [
            WireOrder(one["number"], one["tag"], one["quantity"], OrderStatus(one["status"]), one["ts_event"])
            for one in found["orders"]
            if one["day"] == found["day"]
        ]

    def play(self, *happenings: Happening, delivery: Delivery = "once") -> None:
        """The last of several deliveries is an order's state; how they come is up to the faults of updates."""
        self._deliver(delivery, len(happenings))
        for one in happenings:
            match one:
                case Accepted(tag):
                    self.server.ask("happen", what="open", tag=tag)
                case Traded(tag, quantity, price):
                    self.server.ask("happen", what="trade", tag=tag, quantity=quantity, price=price)
                case Ended(tag, status, words):
                    self.server.ask("happen", what=str(status), tag=tag, words=words)
                case PlacedElsewhere(tag, quantity, price):
                    placed = self.server.ask("external", tag=tag, instrument="INFY.NSE", side="buy", quantity=quantity)
                    self.server.ask("happen", what="trade", quantity=quantity, price=price, **placed)

    def _deliver(self, delivery: Delivery, count: int) -> None:
        if delivery == "twice":
            self.server.fail("twice")
        elif delivery == "late":  # each second one comes after the one that follows it
            for nth in range(1, count, 2):
                self.server.fail("late_update", nth=nth)
        elif delivery == "backwards":  # all but the last wait for it, and come the newest first
            self.server.fail("late_update", times=count - 1)

    def _received(self, method: str) -> list[str]:
        found = self.server.ask("requests")[self.first :]
        return [one["tag"] for one in found if one["method"] == method]


def on_server(server: PaperServer, wire: ScriptedWire, settings: Mapping[str, Any]) -> PaperProcess:
    """The broker at a server that answers as the wire's script says, on a day of its own."""
    answers = (("place", wire._script), ("orders", wire._questions))
    server.ask("clear_faults")
    server.ask("next_day")
    for method, script in answers:
        for nth, answer in enumerate(cast(Sequence[Answer], script), 1):
            if answer != "take":
                server.fail(_FAULTS[answer], method=method, nth=nth, words="insufficient margin")
    wire.__class__ = ServedWire
    served = cast(ServedWire, wire)
    served.server, served.first = server, len(server.ask("requests"))
    instruments: Universe = universe("INFY.NSE")
    return PaperProcess(PaperProcess.Settings(folder=server.folder, **settings), instruments)
