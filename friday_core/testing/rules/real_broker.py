"""What a broker that trades real money keeps, on a wire that is a script: nothing leaves the machine."""

from __future__ import annotations

from friday_core.domain.records import CancelOrder
from friday_core.errors import InDoubt, Refused
from friday_core.testing.on_the_wire import is_real, on_the_wire, order_of
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.rules import order_updates
from friday_core.testing.subject import Subject
from friday_core.testing.wire import Answer

_TAGS = tuple(f"FKIT00000{n}" for n in range(1, 4))


def _has_a_wire(subject: Subject) -> None:
    if not is_real(subject):
        raise DoesNotApply("it is at no exchange")
    if subject.provision(subject.markets.daily).on_wire is None:
        raise Broken("nothing tells the kit how to put a scripted wire in place of its transport")


def _never_retries(subject: Subject) -> None:
    silences: list[Answer] = ["silent", "lost"]
    for answer in silences:
        with on_the_wire(subject, [answer]) as rig:
            error, placed = rig.send(order_of(_TAGS[0])), rig.wire.placed
        if len(placed) != 1:
            how = f"placed {len(placed)} times" if placed else "not placed at all"
            raise Broken(f"order {_TAGS[0]}, to which nobody answered in time, is {how}")
        if not isinstance(error, InDoubt):
            said = "says nothing" if error is None else f"raises {in_words(error):.120}"
            raise Broken(f"nobody answered to order {_TAGS[0]} in time, and it {said}: it may exist")


def _says_refused(subject: Subject) -> None:
    with on_the_wire(subject, ["refuse"]) as rig:
        error, placed = rig.send(order_of(_TAGS[0])), rig.wire.placed
    if not isinstance(error, Refused):
        said = "says nothing" if error is None else f"raises {in_words(error):.120}"
        raise Broken(f"order {_TAGS[0]} was refused, and it {said}")
    if len(placed) != 1:
        raise Broken(f"order {_TAGS[0]} was refused, and is placed {len(placed)} times")


def _sends_once_in_order(subject: Subject) -> None:
    with on_the_wire(subject) as rig:
        error = rig.send(*map(order_of, _TAGS)) or rig.send(CancelOrder(_TAGS[1], "CANCELLED: by the kit"))
        placed, cancelled = rig.wire.placed, rig.wire.cancelled
    if error is not None:
        raise Broken(f"with a wire that takes everything it raises {in_words(error):.160}")
    if tuple(placed) != _TAGS:
        raise Broken(f"of the orders {', '.join(_TAGS)} it places {', '.join(placed) or 'none'}")
    if cancelled != [_TAGS[1]]:
        raise Broken(f"it cancels {', '.join(cancelled) or 'nothing'}, and was asked for {_TAGS[1]}")


def _carries_on_after_doubt(subject: Subject) -> None:
    with on_the_wire(subject, ["silent"]) as rig:
        rig.send(order_of(_TAGS[0]))
        error, placed = rig.send(order_of(_TAGS[1])), rig.wire.placed
    if error is not None or placed != list(_TAGS[:2]):
        said = "no error" if error is None else in_words(error)
        raise Broken(f"after an order in doubt it places {', '.join(placed)} in all, with {said:.120}")


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
    *order_updates.RULES,
)
