"""What can go wrong at Kite, and the rule that says with what, when, and how often."""

from __future__ import annotations

import enum
import fnmatch
import hashlib
import re

import msgspec

_DRAWN = 2**32
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d")


class Do(enum.StrEnum):
    """What goes wrong.

    Of a request:

    ================= ==============================================================================================
    lost_request      the connection ends, and nothing is done
    lost_answer       it is done, and the connection ends without an answer
    error, html       answered with ``code``, as JSON in ``words`` or as the page of a gateway; nothing is done
    error_after       it is done, and answered as an error: with 400 and *timed out* as Kite does, too
    html_after        it is done, and answered with the page of a gateway
    empty_answer      it is done, and the answer has no body and no content type
    cut_answer        it is done, and half of the JSON is answered
    late_accept       it is done only ``seconds`` later, and nobody sees it before; answered at once with ``code``
    slow              it is done at once, and answered ``seconds`` later
    hang              the whole server stands still for ``seconds``, sockets included, and then goes on
    rate_limited      429, and so to all requests of the same limit for ``seconds``
    stale_book        the order book is answered as it stood ``seconds`` ago
    ================= ==============================================================================================

    Of an order, or of a request to change one:

    ================= ==============================================================================================
    reject            it gets its number, and is then REJECTED with ``words``
    partial           ``parts`` parts of it trade, and the rest waits until it is cancelled
    stuck             it stays in ``status`` for ``seconds`` (0: until the end of the day)
    ignore_cancel     the cancellation is answered as if done, and is not
    ignore_modify     the same for a modification: NOT MODIFIED
    fail_slice        of an autosliced order ``parts`` slices fail with an error, the last ones
    ================= ==============================================================================================

    Of what a socket sends, frame by frame:

    ================= ==============================================================================================
    lost_update       an order update is sent to nobody
    double_update     it is sent twice
    late_update       it is sent after the next one; several that wait come the newest first
    lost_frame        a frame of ticks is not sent; ``double_frame`` and ``late_frame`` as for updates
    corrupt_frame     bits of its prices are flipped
    garbage_frame     bytes that mean nothing come in its place
    cut_frame         its end is missing
    odd_packet        it holds a packet of a length that nobody knows
    refuse_socket     a socket is refused at the handshake with ``code`` (429 unless given)
    ================= ==============================================================================================

    At a time, or at a request:

    ================= ==============================================================================================
    drop              all sockets end
    mute              sockets that are open send nothing more, heartbeats included, for ``seconds`` (0: ever)
    stall             sockets send heartbeats and no ticks for ``seconds``
    expire_token      the access token is dead; sockets that are open live on
    restart           the server is gone for ``seconds``, and comes back with its book
    clock_skew        the server's stamps are ``seconds`` off, until ``until``
    halt              nothing trades in ``symbol`` (all, without one) for ``seconds``, or until ``until``
    freeze            the price stands at its limit, and ``side`` of the depth is empty
    gap               the price jumps by ``percent`` and stays there
    spike             one bad print, ``percent`` off, seen for ``seconds``
    stale_prices      prices and their stamps stand still, and ticks go on, for ``seconds``
    reissue_token     ``symbol`` has another instrument token, and nobody knows the old one
    foreign_order     somebody else in the account orders ``quantity`` of ``symbol``
    square_off        the broker closes what is held in ``product``
    ================= ==============================================================================================
    """

    LOST_REQUEST = "lost_request"
    LOST_ANSWER = "lost_answer"
    ERROR = "error"
    ERROR_AFTER = "error_after"
    HTML = "html"
    HTML_AFTER = "html_after"
    EMPTY_ANSWER = "empty_answer"
    CUT_ANSWER = "cut_answer"
    LATE_ACCEPT = "late_accept"
    SLOW = "slow"
    HANG = "hang"
    RATE_LIMITED = "rate_limited"
    STALE_BOOK = "stale_book"
    REJECT = "reject"
    PARTIAL = "partial"
    STUCK = "stuck"
    IGNORE_CANCEL = "ignore_cancel"
    IGNORE_MODIFY = "ignore_modify"
    FAIL_SLICE = "fail_slice"
    LOST_UPDATE = "lost_update"
    DOUBLE_UPDATE = "double_update"
    LATE_UPDATE = "late_update"
    LOST_FRAME = "lost_frame"
    DOUBLE_FRAME = "double_frame"
    LATE_FRAME = "late_frame"
    CORRUPT_FRAME = "corrupt_frame"
    GARBAGE_FRAME = "garbage_frame"
    CUT_FRAME = "cut_frame"
    ODD_PACKET = "odd_packet"
    REFUSE_SOCKET = "refuse_socket"
    DROP = "drop"
    MUTE = "mute"
    STALL = "stall"
    EXPIRE_TOKEN = "expire_token"  # noqa: S105 - a word, and no secret
    RESTART = "restart"
    CLOCK_SKEW = "clock_skew"
    HALT = "halt"
    FREEZE = "freeze"
    GAP = "gap"
    SPIKE = "spike"
    STALE_PRICES = "stale_prices"
    REISSUE_TOKEN = "reissue_token"  # noqa: S105
    FOREIGN_ORDER = "foreign_order"
    SQUARE_OFF = "square_off"


OF_ORDERS = frozenset({Do.REJECT, Do.PARTIAL, Do.STUCK, Do.FAIL_SLICE})
OF_UPDATES = frozenset({Do.LOST_UPDATE, Do.DOUBLE_UPDATE, Do.LATE_UPDATE})
OF_FRAMES = frozenset(
    {Do.LOST_FRAME, Do.DOUBLE_FRAME, Do.LATE_FRAME, Do.CORRUPT_FRAME, Do.GARBAGE_FRAME, Do.CUT_FRAME, Do.ODD_PACKET}
)
OF_SOCKETS = frozenset({Do.REFUSE_SOCKET})
#: Their ``symbol`` says what they happen to, and not which request they meet.
OF_PRICES = frozenset({Do.HALT, Do.FREEZE, Do.GAP, Do.SPIKE, Do.STALE_PRICES, Do.REISSUE_TOKEN, Do.FOREIGN_ORDER})
TIMED = OF_PRICES | {Do.DROP, Do.MUTE, Do.STALL, Do.EXPIRE_TOKEN, Do.RESTART, Do.CLOCK_SKEW, Do.SQUARE_OFF}
#: What a request must be, unless the rule says it: its method, and the path that its path is or begins with.
USUAL = {
    Do.LATE_ACCEPT: ("POST", "/orders"),
    Do.STALE_BOOK: ("GET", "/orders"),
    Do.IGNORE_CANCEL: ("DELETE", "/orders"),
    Do.IGNORE_MODIFY: ("PUT", "/orders"),
}
STATUSES = frozenset({
    "PUT ORDER REQ RECEIVED", "VALIDATION PENDING", "OPEN PENDING", "OPEN", "TRIGGER PENDING", "CANCEL PENDING",
    "MODIFY VALIDATION PENDING", "MODIFY PENDING", "AMO REQ RECEIVED",
})  # fmt: skip


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule.

    It meets what fits ``method``, ``path`` (``/orders`` is also ``/orders/regular``; ``*`` is any part), ``symbol``
    (``INFY`` or ``NSE:INFY``) and ``tag``, each if it is given, from ``at`` until ``until``: seconds of the market
    since somebody came, or its clock, ``"HH:MM:SS"`` IST. Of what it meets it takes ``nth``, counted from 1, or
    each with ``probability``, drawn from ``seed``; and at most ``times`` (0: no limit). What is to happen at a time
    happens once, at ``at``; unless ``method``, ``path`` or ``nth`` are given: then at a request, as any other.
    ``price`` is rupees; ``code`` 0 is what is usual for it.
    """

    do: Do
    method: str = ""
    path: str = ""
    symbol: str = ""
    tag: str = ""
    nth: int = 0
    probability: float = 1.0
    seed: int = 0
    times: int = 0
    at: float | str = 0.0
    until: float | str | None = None
    seconds: float = 0.0
    code: int = 0
    error_type: str = ""
    words: str = ""
    parts: int = 1
    percent: float = 0.0
    status: str = "OPEN"
    side: str = ""
    quantity: int = 0
    price: float = 0.0
    product: str = "MIS"

    def __post_init__(self) -> None:
        if min(self.nth, self.times, self.parts, self.quantity) < 0 or not 0 <= self.probability <= 1:
            raise ValueError("nth, times, parts and quantity must not be negative, probability 0 to 1")
        if self.seconds < 0 and self.do is not Do.CLOCK_SKEW:
            raise ValueError("seconds must not be negative")
        if self.code and not 400 <= self.code <= 599:
            raise ValueError(f"code {self.code} is no error: 400 to 599 are")
        if self.method not in ("", "GET", "POST", "PUT", "DELETE"):
            raise ValueError(f"method {self.method!r} is none of GET, POST, PUT, DELETE")
        if self.path and not self.path.startswith("/"):
            raise ValueError(f"path {self.path!r} does not begin with /")
        if self.side not in ("", "BUY", "SELL"):
            raise ValueError(f"side {self.side!r} is neither BUY nor SELL")
        _check_time("at", self.at)
        _check_time("until", 0.0 if self.until is None else self.until)
        self._check_kind()

    def _check_kind(self) -> None:
        if self.do in OF_UPDATES | OF_FRAMES | OF_SOCKETS and (self.method or self.path):
            raise ValueError(f"{self.do} is about no request: leave method and path out")
        if self.do in OF_ORDERS and self.method not in ("", "POST"):
            raise ValueError(f"{self.do} is about the placing of an order: method POST, or none")
        if self.do is Do.STUCK and self.status not in STATUSES:
            raise ValueError(f"status {self.status!r} is none of {', '.join(sorted(STATUSES))}")
        if self.do in (Do.GAP, Do.SPIKE) and (not self.percent or self.percent <= -100):
            raise ValueError(f"{self.do} needs percent, above -100 and not 0")
        if self.do in (Do.LATE_ACCEPT, Do.RATE_LIMITED, Do.SLOW, Do.HANG, Do.STALE_BOOK) and not self.seconds:
            raise ValueError(f"{self.do} needs seconds")
        if self.do is Do.FREEZE and not self.side:
            raise ValueError("freeze needs side, the side of the depth that is empty")
        if self.do in (Do.REISSUE_TOKEN, Do.FOREIGN_ORDER, Do.GAP, Do.SPIKE, Do.FREEZE) and not self.symbol:
            raise ValueError(f"{self.do} needs symbol")
        if self.do is Do.FOREIGN_ORDER and not (self.side and self.quantity):
            raise ValueError("foreign_order needs side and quantity")

    @property
    def is_timed(self) -> bool:
        """Whether it happens at a time, and not at a request."""
        return self.do in TIMED and not (self.method or self.path or self.nth)

    def fits(self, method: str, path: str, symbol: str, tag: str) -> bool:
        """Whether it is about such a request, or such an order placed by it."""
        usual = USUAL.get(self.do, ("", ""))
        named = "" if self.do in OF_PRICES else self.symbol
        return (
            (self.method or usual[0]) in ("", method)
            and _is_under(path, self.path or usual[1])
            and same_symbol(named, symbol)
            and self.tag in ("", tag)
        )

    def strikes(self, meeting: int) -> bool:
        """Whether it takes the n-th that it meets; the same whenever it is asked."""
        if self.nth:
            return meeting == self.nth
        drawn = hashlib.blake2b(f"{self.seed}|{self.do}|{meeting}".encode(), digest_size=4).digest()
        return int.from_bytes(drawn, "big") < self.probability * _DRAWN


def same_symbol(named: str, symbol: str) -> bool:
    """Whether a rule names a symbol: ``""`` names all; the exchange counts where both have one."""
    if ":" in named and ":" in symbol:
        return named == symbol
    return not named or named.rpartition(":")[2] == symbol.rpartition(":")[2]


def _is_under(path: str, named: str) -> bool:
    if "*" in named:
        return fnmatch.fnmatchcase(path, named)
    return not named or path == named or path.startswith(named.rstrip("/") + "/")


def _check_time(name: str, written: float | str) -> None:
    wrong = not _CLOCK.fullmatch(written) if isinstance(written, str) else written < 0
    if wrong:
        raise ValueError(f"{name} {written!r} is neither HH:MM:SS nor seconds since the start")
