"""What a broker that trades real money keeps, on a wire that is a script: nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence

from friday_core.domain.instruments import InstrumentId
from friday_core.domain.orders import Order, Side
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.errors import BrokerError, InDoubt, Refused
from friday_core.interfaces.broker import Broker
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject
from friday_core.testing.wire import Answer, ScriptedWire

_TAGS = tuple(f"FKIT00000{n}" for n in range(1, 4))


def _has_a_wire(subject: Subject) -> None:
    if not _is_real(subject):
        raise DoesNotApply("it trades no real money")
    if subject.provision(subject.markets.daily).on_wire is None:
        raise Broken("nothing tells the kit how to put a scripted wire in place of its transport")


def _never_retries(subject: Subject) -> None:
    for answer in ("silent", "lost"):
        wire, broker = _wired(subject, [answer])
        error = _sent(broker, [_place(_TAGS[0])])
        if len(wire.placed) != 1:
            how = f"placed {len(wire.placed)} times" if wire.placed else "not placed at all"
            raise Broken(f"order {_TAGS[0]}, to which nobody answered in time, is {how}")
        if not isinstance(error, InDoubt):
            said = "says nothing" if error is None else f"raises {in_words(error):.120}"
            raise Broken(f"nobody answered to order {_TAGS[0]} in time, and it {said}: it may exist")


def _says_refused(subject: Subject) -> None:
    wire, broker = _wired(subject, ["refuse"])
    error = _sent(broker, [_place(_TAGS[0])])
    if not isinstance(error, Refused):
        said = "says nothing" if error is None else f"raises {in_words(error):.120}"
        raise Broken(f"order {_TAGS[0]} was refused, and it {said}")
    if len(wire.placed) != 1:
        raise Broken(f"order {_TAGS[0]} was refused, and is placed {len(wire.placed)} times")


def _sends_once_in_order(subject: Subject) -> None:
    wire, broker = _wired(subject, [])
    error = _sent(broker, [*map(_place, _TAGS), CancelOrder(_TAGS[1], "CANCELLED: by the kit")])
    if error is not None:
        raise Broken(f"with a wire that takes everything it raises {in_words(error):.160}")
    if tuple(wire.placed) != _TAGS:
        raise Broken(f"of the orders {', '.join(_TAGS)} it places {', '.join(wire.placed) or 'none'}")
    if wire.cancelled != [_TAGS[1]]:
        raise Broken(f"it cancels {', '.join(wire.cancelled) or 'nothing'}, and was asked for {_TAGS[1]}")


def _carries_on_after_doubt(subject: Subject) -> None:
    wire, broker = _wired(subject, ["silent"])
    _sent(broker, [_place(_TAGS[0])])
    error = _sent(broker, [_place(_TAGS[1])])
    if error is not None or wire.placed != list(_TAGS[:2]):
        said = "no error" if error is None else in_words(error)
        raise Broken(f"after an order in doubt it places {', '.join(wire.placed)} in all, with {said:.120}")


def _place(tag: str) -> PlaceOrder:
    return PlaceOrder(Order(InstrumentId("INFY", "NSE"), Side.BUY, 1, tag=tag, strategy="trial"))


def _sent(broker: Broker, intents: Sequence[Intent]) -> Exception | None:
    """What ``send`` raised."""
    try:
        broker.send(intents)
    except BrokerError as error:
        return error
    except Exception as error:
        raise Broken(f"send() raises {in_words(error):.160}, which is neither Refused nor InDoubt") from error
    return None


def _wired(subject: Subject, script: Sequence[Answer]) -> tuple[ScriptedWire, Broker]:
    if not _is_real(subject):
        raise DoesNotApply("it trades no real money")
    on_wire = subject.provision(subject.markets.daily).on_wire
    if on_wire is None:
        raise DoesNotApply("it has no wire of the kit's; see the rule about that")
    wire = ScriptedWire(script)
    return wire, on_wire(wire)


def _is_real(subject: Subject) -> bool:
    account = getattr(subject.spec.factory, "account", None) or subject.make().account
    return bool(account == "real")


RULES = (
    Rule(
        "it can be tried on a scripted wire",
        "what it does when the exchange is silent cannot be tried on the exchange",
        "give a Provision with on_wire, which makes the broker with ScriptedWire in place of the vendor's client",
        _has_a_wire,
    ),
    Rule(
        "a placement is sent once, and what nobody answered to is in doubt",
        "a request that timed out may have arrived: sent again, it is a second position",
        "switch off the library's retries for POST, send once, and raise InDoubt for everything that is no definite no",
        _never_retries,
    ),
    Rule(
        "a definite no is Refused",
        "an order in doubt blocks its instrument until somebody has asked; a refused one does not",
        "raise Refused where the answer says that the order does not exist, and nowhere else",
        _says_refused,
    ),
    Rule(
        "intents are sent once each, in their order, with their tags",
        "recovery finds orders by their tag, and sells come before the buys that they pay for",
        "send one after the other, and put order.tag on the request",
        _sends_once_in_order,
    ),
    Rule(
        "after an order in doubt the next one is sent",
        "one silence must not silence everything: what follows may be the order that reduces",
        "keep no state that an exception leaves half done, and do not send what was in doubt again",
        _carries_on_after_doubt,
    ),
)
