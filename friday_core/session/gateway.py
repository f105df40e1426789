"""Where intents leave: one after the other, so that a failure is that of one order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from friday_core.domain.records import CancelOrder, Command, Intent, Record
from friday_core.errors import BrokerError, ComponentError, FridayError
from friday_core.infrastructure.logging import described
from friday_core.interfaces.broker import Broker, SimulatedBroker
from friday_core.plugin.own_line import own_line

#: Orders that an error names; the log of the session has the reason of every one.
_NAMED = 5


class Gateway:
    """Hands intents to a broker in their order, one with each call.

    What it raises about an order (``BrokerError``) keeps the next ones from nobody: they may be those
    that reduce. After anything else it is broken, and is handed nothing more.
    """

    #: Whether the broker says what it took: an order that was handed over is in doubt until then.
    answers = False

    def __init__(self, broker: Broker, name: str) -> None:
        #: The broker as the configuration names it: ``broker.paper``.
        self.component = f"broker.{name}"
        #: What the broker has not returned from, as ``send of order F1``; empty if nothing. Safe from other threads.
        self.doing = ""
        #: By tag, why what was handed over last did not reach the broker, or perhaps not.
        self.unsent: dict[str, str] = {}
        #: Asked by gateways whose broker answers; here orders are only told of what a matcher does.
        self.unobeyed: Callable[[], Command | None] = lambda: None
        self.working: Callable[[], Sequence[str]] = tuple
        self._broker = broker
        #: Whether it leaves everything to its matcher: then no intent has to be there as an object.
        self._does_nothing = getattr(broker.send, "__func__", None) is SimulatedBroker.send

    def listen(self) -> None:
        """A matcher tells nothing by itself."""

    def close(self) -> None:
        """Nothing waits to be sent."""

    def opening(self, _keep_waiting: Callable[[], bool]) -> Iterable[Record]:
        """A matcher's session begins with its first row."""
        return ()

    def read_soon(self) -> None:
        """There is no book but the session's own."""

    def news(self) -> Iterable[Record]:
        """What becomes of orders is the matcher's account."""
        return ()

    def closing(self, _is_done: Callable[[], bool], _keep_waiting: Callable[[], bool]) -> Iterable[Record]:
        """Orders end with the session."""
        return ()

    def send(self, intents: Sequence[Intent]) -> None:
        """``ComponentError``, when all that can be sent is sent, if one failed: it names the orders."""
        self.unsent = {}
        if self._does_nothing:
            return
        failed: list[tuple[int, BaseException]] = []
        for place, intent in enumerate(intents):
            self.doing = f"send of {_named(intent)}"
            try:
                self._broker.send([intent])
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is told as the broker's
                failed.append((place, error))
                self._note(intent, "FAILED", described(error))
                if not isinstance(error, BrokerError):
                    break
            finally:
                self.doing = ""
        if failed:
            raise self._failure(intents, failed) from failed[0][1]

    def _failure(self, intents: Sequence[Intent], failed: Sequence[tuple[int, BaseException]]) -> ComponentError:
        (first, error), *others = failed
        of = "" if len(intents) == 1 else f" ({first + 1} of {len(intents)} intents of its record)"
        parts = [f"send of {_named(intents[first])}{of} failed: {_told(error)}"]
        parts += [f"that of {_named(intents[place])}: {_told(another)}" for place, another in others[:_NAMED]]
        if len(others) > _NAMED:
            parts.append(f"and {len(others) - _NAMED} more")
        last, why = failed[-1]
        kept = [] if isinstance(why, BrokerError) else intents[last + 1 :]
        for intent in kept:
            self._note(intent, "NOT_SENT", f"{self.component} failed before, at {_named(intents[last])}")
        if kept:
            parts.append(f"the {len(kept)} after it {'was' if len(kept) == 1 else 'were'} not sent")
        return ComponentError(self.component, "; ".join(parts))

    def _note(self, intent: Intent, outcome: str, why: str) -> None:
        if isinstance(intent, CancelOrder):
            code, tag = f"CANCEL_{outcome}", intent.tag
        else:
            code, tag = "SEND_FAILED" if outcome == "FAILED" else outcome, intent.order.tag
        self.unsent[tag] = "; ".join(filter(None, (self.unsent.get(tag), f"{code}: {why}")))


def _named(intent: Intent) -> str:
    return f"the cancel of order {intent.tag}" if isinstance(intent, CancelOrder) else f"order {intent.order.tag}"


def _told(error: BaseException) -> str:
    """In its own words; where it was raised too, unless the broker has put it into words."""
    line = "" if isinstance(error, FridayError) else own_line(error)
    return f"{described(error)} ({line})" if line else described(error)
