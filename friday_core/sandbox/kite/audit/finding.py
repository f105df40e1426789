"""What a verdict consists of."""

from __future__ import annotations

import enum

import msgspec


class Rule(enum.StrEnum):
    """What a client must keep to, and what it is said with."""

    DUPLICATES = "duplicates"
    LOST_ORDERS = "lost_orders"
    RATES = "rates"
    INVALID_REQUESTS = "invalid_requests"
    REPEATED_REFUSALS = "repeated_refusals"
    DEAD_TOKEN = "dead_token"  # noqa: S105 - a word, and no secret
    RECONNECTION = "reconnection"
    DEAD_FEED = "dead_feed"
    END_STATE = "end_state"


MEANING = {
    Rule.DUPLICATES: "no order stands twice because an answer was lost",
    Rule.LOST_ORDERS: "the book is looked at after each outcome that is not known",
    Rule.RATES: "no limit is exceeded",
    Rule.INVALID_REQUESTS: "no request is malformed",
    Rule.REPEATED_REFUSALS: "no refused order is repeated unchanged",
    Rule.DEAD_TOKEN: "at most five requests with a dead token, and one order among them",
    Rule.RECONNECTION: "subscriptions and modes are back 30 s after a drop",
    Rule.DEAD_FEED: "no position is opened when there were no ticks for 10 s",
    Rule.END_STATE: "no position and no open order at the end",
}


class Finding(msgspec.Struct, frozen=True):
    """Something that the client should not have done; ``lines`` of the audit prove it, counted from 1."""

    rule: Rule
    words: str
    lines: tuple[int, ...]
