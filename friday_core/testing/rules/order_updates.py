"""What a real broker tells of its orders: all of it, exactly, and whatever the network does to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import get_args

from friday_core.domain.order_updates import OrderUpdate
from friday_core.domain.orders import OrderStatus
from friday_core.domain.records import PlaceOrder
from friday_core.errors import InDoubt, Refused
from friday_core.interfaces.broker import RealBroker
from friday_core.testing.on_the_wire import Rig, Standing, on_the_wire, order_of, standing
from friday_core.testing.outcomes import Broken, DoesNotApply, in_words
from friday_core.testing.rule import Rule
from friday_core.testing.subject import Subject
from friday_core.testing.wire import Accepted, Answer, Delivery, Ended, Happening, PlacedElsewhere, Traded

_OURS = tuple(f"FKIT0000{n}" for n in range(11, 15))
_QUANTITY = 10
#: In parts, at prices whose average is no whole number of paise.
_PARTS = ((3, 10_005), (4, 10_010), (3, 10_020))
_WORDS = "RMS: margin exceeds, available 12.50"


def _is_told_of(subject: Subject) -> None:
    with on_the_wire(subject) as rig:
        if not isinstance(rig.broker, RealBroker):
            raise Broken("it is no RealBroker, and has no way to tell what becomes of its orders")
        tag = _OURS[0]
        _sent(rig, [tag])
        if not rig.wire.heard:
            raise Broken("nobody listens to the wire's updates: the bench hands wire.listen() what takes them in")
        rig.play(Accepted(tag))
        rig.wait(lambda told: any(one.tag == tag for one in told))
        (number,) = (one.number for one in rig.wire.orders())
        wanted = (tag, number, OrderStatus.OPEN)
        if wanted not in {(one.tag, one.number, one.status) for one in rig.told}:
            raise Broken(f"order {tag} was accepted as {number}, and it tells {_shown(rig.told)}")


def _counts_exactly(subject: Subject) -> None:
    with _telling(subject) as rig:
        tag = _OURS[0]
        _sent(rig, [tag])
        rig.play(Accepted(tag))
        filled = notional = 0
        for quantity, price in _PARTS:
            rig.play(Traded(tag, quantity, price))
            filled, notional = filled + quantity, notional + quantity * price
            _wait_for(rig, tag, filled)
            latest = _of(rig.told, tag)[-1:]
            if [(one.filled, one.notional) for one in latest] != [(filled, notional)]:
                raise Broken(f"{filled} of order {tag} traded for {notional} paise, and it tells {_shown(latest)}")


def _repeats_the_words(subject: Subject) -> None:
    with _telling(subject) as rig:
        tag = _OURS[0]
        _sent(rig, [tag])
        rig.play(Accepted(tag), Ended(tag, OrderStatus.REJECTED, _WORDS))
        rig.wait(lambda told: any(one.status is OrderStatus.REJECTED for one in _of(told, tag)))
        latest = _of(rig.told, tag)[-1:]
        if not latest or latest[0].status is not OrderStatus.REJECTED:
            raise Broken(f"order {tag} was rejected, and it tells {_shown(latest)}")
        if _WORDS not in latest[0].reason:
            raise Broken(f"order {tag} was rejected with {_WORDS!r}, and its reason is {latest[0].reason!r:.80}")


def _bears_any_delivery(subject: Subject) -> None:
    for delivery in get_args(Delivery):
        for happenings, expected in _lives(_OURS[0]):
            with _telling(subject) as rig:
                _sent(rig, [_OURS[0]])
                rig.play(*happenings, delivery=delivery)
                _require(rig, order_of(_OURS[0], _QUANTITY), expected, f"where updates come {delivery}")


def _bears_strangers(subject: Subject) -> None:
    tag = _OURS[0]
    with _telling(subject) as rig:
        _sent(rig, [tag])
        for stranger in ("", "BYHAND1"):
            rig.play(PlacedElsewhere(stranger, 7, 10_000))
        rig.play(Accepted(tag), *(Traded(tag, *part) for part in _PARTS))
        _, expected = next(_lives(tag))
        _require(rig, order_of(tag, _QUANTITY), expected, "after orders of somebody else")
        if not _of(rig.orders(), tag):
            raise Broken(f"with orders of somebody else in the book, orders() lacks {tag}")


def _agrees_with_its_book(subject: Subject) -> None:
    filled, rejected, partial, cancelled = _OURS
    with _telling(subject) as rig:
        _sent(rig, _OURS)
        rig.play(PlacedElsewhere("", 7, 10_000), *map(Accepted, _OURS))
        rig.play(*(Traded(filled, *part) for part in _PARTS), Ended(rejected, OrderStatus.REJECTED, _WORDS))
        rig.play(*(Traded(tag, *part) for part in _PARTS[:2] for tag in (partial, cancelled)))
        rig.play(Ended(cancelled, OrderStatus.CANCELLED, "by request"))
        for tag in _OURS:
            found, intent = _of(rig.orders(), tag), order_of(tag, _QUANTITY)
            if len(found) != 1:
                raise Broken(f"orders() has order {tag} {len(found)} times, and not once")
            _require(rig, intent, standing(intent, found), "and not as in orders()")
            standing(intent, [*rig.told, *found])


def _finds_what_is_in_doubt(subject: Subject) -> None:
    silent, lost = _OURS[:2]
    with _telling(subject, ["silent", "lost"]) as rig:
        intents = [order_of(tag, _QUANTITY) for tag in (silent, lost)]
        if not all(isinstance(rig.send(intent), InDoubt) for intent in intents):
            raise DoesNotApply("what nobody answered to is not in doubt; see the rule about that")
        book = rig.orders()
        if _of(book, lost):
            raise Broken(f"order {lost} never arrived, and orders() has it")
        if not _of(book, silent):
            raise Broken(f"order {silent} arrived, its answer was lost, and orders() lacks it")
        if standing(intents[0], _of(book, silent), OrderStatus.IN_DOUBT)[2] is OrderStatus.IN_DOUBT:
            raise Broken(f"what orders() has of order {silent} leaves it in doubt: {_shown(_of(book, silent))}")


def _never_answers_short(subject: Subject) -> None:
    cases: list[tuple[Answer, type[Exception]]] = [("silent", ConnectionError), ("refuse", Refused)]
    for answer, wanted in cases:
        with _telling(subject, questions=[answer]) as rig:
            _sent(rig, _OURS[:1])
            what = "nobody answers" if answer == "silent" else "the answer is no"
            try:
                book = rig.orders()
            except wanted:
                continue
            except Exception as error:
                told = f"raises {in_words(error):.120}, which is no {wanted.__name__}"
                raise Broken(f"when {what}, orders() {told}") from error
            raise Broken(f"when {what}, orders() is a list of {len(book)}")


def _lives(tag: str) -> Iterator[tuple[list[Happening], Standing]]:
    """What can become of an order, and where it stands then."""
    trades = [Traded(tag, *part) for part in _PARTS]
    worth = [quantity * price for quantity, price in _PARTS]
    yield [Accepted(tag), *trades], (_QUANTITY, sum(worth), OrderStatus.FILLED)
    end = Ended(tag, OrderStatus.CANCELLED, "by request")
    yield [Accepted(tag), *trades[:2], end], (7, sum(worth[:2]), OrderStatus.CANCELLED)
    # The word of the cancellation overtakes that of the second trade.
    yield [Accepted(tag), trades[0], end, trades[1]], (7, sum(worth[:2]), OrderStatus.CANCELLED)


@contextmanager
def _telling(subject: Subject, script: Iterable[Answer] = (), questions: Iterable[Answer] = ()) -> Iterator[Rig]:
    with on_the_wire(subject, script, questions) as rig:
        if not isinstance(rig.broker, RealBroker) or not rig.wire.heard:
            raise DoesNotApply("it tells nothing of its orders; see the rule about that")
        yield rig


def _sent(rig: Rig, tags: Iterable[str]) -> None:
    error = rig.send(*(order_of(tag, _QUANTITY) for tag in tags))
    if error is not None:
        raise Broken(f"with a wire that takes everything it raises {in_words(error):.160}")


def _wait_for(rig: Rig, tag: str, filled: int) -> None:
    rig.wait(lambda told: any(one.filled >= filled for one in _of(told, tag)))


def _require(rig: Rig, intent: PlaceOrder, expected: Standing, how: str) -> None:
    """``Broken`` unless what is told of an order leads to where it stands."""
    try:
        rig.wait(lambda told: standing(intent, told) == expected)
        got = standing(intent, rig.told)
    except Broken as breach:
        raise Broken(f"{breach}, {how}") from breach
    if got != expected:
        raise Broken(f"order {intent.order.tag} is {_in_words(expected)}, and {_in_words(got)} by what is told, {how}")


def _in_words(where: Standing) -> str:
    filled, notional, status = where
    return f"{status} with {filled} for {notional} paise"


def _of(updates: Iterable[OrderUpdate], tag: str) -> list[OrderUpdate]:
    return [one for one in updates if one.tag == tag]


def _shown(updates: Sequence[OrderUpdate]) -> str:
    return (
        "; ".join(f"{one.tag!r} {one.number} {one.status} with {one.filled} for {one.notional}" for one in updates)
        or "nothing of it"
    )


RULES = (
    Rule(
        "an order that is accepted is told of, with its tag and the broker's number",
        "an order of which nobody hears blocks its cash and its instrument for ever",
        "derive it from RealBroker, and tell every update of the vendor's with order.tag as it came back",
        _is_told_of,
    ),
    Rule(
        "each fill raises what is told of quantity and money, exactly",
        "books are kept to the paisa, and a share that is counted twice is a position that does not exist",
        "tell totals, not what is new; make the notional of the trades, not of a rounded average price",
        _counts_exactly,
    ),
    Rule(
        "a rejection after acceptance is told with the broker's words",
        "only they say whether it is about money, a limit or the hour, and what has to be done",
        "put the vendor's message into the reason, after a code",
        _repeats_the_words,
    ),
    Rule(
        "updates that come twice, late or backwards tell of no more than was traded",
        "nothing is replayed on a broken connection, and the order of updates is nobody's promise",
        "pass each update on as it comes, or leave it out; compare it with nothing and add nothing up",
        _bears_any_delivery,
    ),
    Rule(
        "an order of somebody else does not stop it",
        "an account is open to its owner's hand, and to other programs",
        "look nothing up by tag that may not be there; tell such an update with its own tag, or not at all",
        _bears_strangers,
    ),
    Rule(
        "orders() has every order once, and agrees with what was told",
        "after a break, and after a restart, it is all that is known",
        "make both of the same row of the vendor's with the same function",
        _agrees_with_its_book,
    ),
    Rule(
        "an order in doubt is found in orders() if it arrived, and only then",
        "what is not there is sent again, or given up",
        "ask the vendor for the day's orders each time; keep no list of those whose placement was answered",
        _finds_what_is_in_doubt,
    ),
    Rule(
        "orders() is never short: silence is a ConnectionError, a no is Refused",
        "from a list that is empty for want of an answer follows that no order arrived, and all are sent again",
        "raise ConnectionError, or Refused, in place of a list that may lack something",
        _never_answers_short,
    ),
)
