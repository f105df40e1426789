"""What an exception of the client means: a definite no, a doubt, a dead session, or too fast.

The client names an exception by Kite's ``error_type`` where it knows it, and has ``code``, the HTTP status. Neither
alone is enough: an HTML page has the code 502 whatever its status was, and Kite has said 400 of orders that stand.
"""

from __future__ import annotations

import enum
import re

from friday_core.api import BrokerError, InDoubt, Refused

#: Words with which Kite has answered orders that stand (forum, comment 35732).
_DOUBTFUL = ("timed out", "check the order book", "confirm before placing")
#: Words of a request that came from an address that is not registered; its ``error_type`` is not documented.
_ADDRESS = re.compile(
    r"\bip\b.{0,40}(allow|whitelist|regist|permit)|(allow|whitelist|regist).{0,40}\bip\b", re.I | re.S
)
_ADDRESS_MEND = (
    "orders are taken only from an address that is registered: add this machine's static IP to your developer account "
    "at developers.kite.trade (once a week at most), and start anew; prices and the book work from anywhere"
)
_TOO_MANY, _FORBIDDEN, _BAD, _SERVER = 429, 403, 400, 500
_LONGEST = 300


class Meaning(enum.Enum):
    """What is known of a request that raised."""

    REFUSED = enum.auto()
    DOUBT = enum.auto()
    DEAD_TOKEN = enum.auto()
    TOO_FAST = enum.auto()
    BAD_ADDRESS = enum.auto()


class TokenDead(Refused):
    """There is no session that lives: nothing was sent, or what was sent was turned away."""


class NotPermitted(Refused):
    """The app, the account, or this machine's address may not do it."""


class TooFast(Refused):
    """Kite counted too many requests, and did not process this one."""


class Unanswered(BrokerError, ConnectionError):  # noqa: N818 - as InDoubt
    """Something that was only asked for was not answered, or not understood, until its deadline."""


def meaning_of(error: BaseException) -> Meaning:
    """Of an exception that a method of the client raised, whatever it is."""
    kind, code = type(error).__name__, getattr(error, "code", None)
    if not _is_of_client(error) or not isinstance(code, int):
        return Meaning.DOUBT  # the network's, and what the client makes of an answer that is none
    if kind == "TokenException":
        return Meaning.DEAD_TOKEN
    if code == _TOO_MANY:
        return Meaning.TOO_FAST
    words = str(error).lower()
    if any(one in words for one in _DOUBTFUL) or code >= _SERVER or kind == "DataException":
        return Meaning.DOUBT
    if code in (_BAD, _FORBIDDEN) and _ADDRESS.search(words):
        return Meaning.BAD_ADDRESS
    return Meaning.REFUSED if _BAD <= code < _SERVER else Meaning.DOUBT


def words_of(error: BaseException) -> str:
    """Kite's words, without what an answer that could not be read held: it may be a token."""
    kind = type(error).__name__
    if not _is_of_client(error):
        return kind
    text = str(error)
    if kind == "DataException" and ("Couldn't parse" in text or "Unknown Content-Type" in text):
        return f"{kind}: an answer that is not Kite's"
    return f"{kind}: {text[:_LONGEST]}"


def of_write(error: BaseException, what: str) -> BrokerError:
    """What to raise for a request that would have changed something; it is never sent again for that."""
    words = f"{what}: {words_of(error)}"
    match meaning_of(error):
        case Meaning.DEAD_TOKEN:
            return TokenDead(words)
        case Meaning.TOO_FAST:
            return TooFast(words)
        case Meaning.BAD_ADDRESS:
            return NotPermitted(f"{words}; {_ADDRESS_MEND}")
        case Meaning.REFUSED:
            return NotPermitted(words) if getattr(error, "code", None) == _FORBIDDEN else Refused(words)
    return InDoubt(words)


def _is_of_client(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == "kiteconnect"
