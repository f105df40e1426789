"""What of orders and prices at Kite is in order before real money is traded; nothing is placed for it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from friday_core.api import Finding, InDoubt, InstrumentId, Outcome, Refused
from friday_plugins.zerodha.account_preflight import DEADLINE, clock_finding, fail, ok
from friday_plugins.zerodha.connection import Zerodha
from friday_plugins.zerodha.instruments import Listed
from friday_plugins.zerodha.margins import Funds
from friday_plugins.zerodha.outcomes import NotPermitted, TokenDead, TooFast
from friday_plugins.zerodha.portfolio import portfolio_of
from friday_plugins.zerodha.slicing import FreezeQuantities
from friday_plugins.zerodha.token_file import IST
from friday_plugins.zerodha.updates import TERMINAL

#: An order that nobody has placed: to cancel it changes nothing, and is turned away like an order would be.
_NOBODYS = "{:%y%m%d}000000000"
#: Its price has news each second of a session.
_ALWAYS_NEW = "NSE:NIFTY 50"
#: Instruments whose quotes are asked for, and of those held how many are named.
_SOME, _TOLD = 20, 10
_PLAN = (
    "quotes, history and sockets need the paid plan of the app, at developers.kite.trade; or take prices from elsewhere"
)
_ASK = "look at the network, and try again"


def order_findings(
    account: Zerodha, names: Iterable[InstrumentId], product: str, freeze: FreezeQuantities
) -> Iterator[Finding]:
    """Whether orders of these instruments can be placed, and what the account has; nothing without a session.

    ``product`` is Kite's word for how they are held where nobody says.
    """
    if account.session.is_dead:
        return  # the connection's findings say it
    listed = [row for row in map(account.instruments().of, names) if row is not None and not row.is_index]
    yield from _guarded("segments", lambda: _segments(account, {row.exchange for row in listed}, product))
    yield from _guarded("order book", lambda: _book(account))
    yield from _guarded("money", lambda: _money(account))
    yield from _guarded("holdings", lambda: _holdings(account))
    yield from _freeze(listed, freeze)
    yield _address(account)


def price_findings(account: Zerodha, names: Sequence[InstrumentId], *, in_session: bool) -> Iterator[Finding]:
    """Whether Kite gives this app prices, and by what clock they are stamped; nothing without a session."""
    if account.session.is_dead:
        return
    listing = account.instruments()
    keys = [row.key for row in map(listing.of, names[:_SOME]) if row is not None]
    try:
        quotes = account.read("quote", _ALWAYS_NEW, *keys, deadline=DEADLINE)
    except TokenDead:
        return
    except NotPermitted as error:
        yield fail("data plan", str(error), _PLAN)
        return
    except (Refused, OSError) as error:
        yield fail("data plan", str(error), _ASK)
        return
    received = time.time()
    yield ok("data plan", f"Kite gives this app prices: {len(quotes)} of {len(keys) + 1} asked for")
    stamps = [row["timestamp"] for row in quotes.values() if isinstance(row.get("timestamp"), dt.datetime)]
    if in_session and stamps:
        ahead = max(stamps).replace(tzinfo=IST).timestamp() - received
        found = clock_finding(0.0 if -1.0 <= ahead <= 0.0 else ahead)
        if found.outcome is not Outcome.OK:
            yield Finding(found.outcome, "clock", f"by the latest price, {found.evidence}", found.mend)


def _guarded(check: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    """One look; a dead session is the connection's to tell."""
    try:
        yield look()
    except TokenDead:
        return
    except (Refused, OSError) as error:
        yield fail(check, str(error), _ASK)
    except (LookupError, TypeError, ValueError) as error:
        yield fail(check, f"Kite's answer is not understood: {type(error).__name__}", _ASK)


def _segments(account: Zerodha, exchanges: set[str], product: str) -> Finding:
    profile = account.read("profile", deadline=DEADLINE)
    lacking = sorted(exchanges - set(profile["exchanges"])) + ([product] if product not in profile["products"] else [])
    if lacking:
        return fail(
            "segments", f"the account does not trade {', '.join(lacking)}",
            "have it enabled at console.zerodha.com, or trade something else",
        )  # fmt: skip
    return ok("segments", f"{', '.join(sorted(exchanges)) or 'no exchange'}, as {product} where nobody says")


def _book(account: Zerodha) -> Finding:
    rows = account.read("orders", deadline=DEADLINE)
    working = sum(row["status"] not in TERMINAL for row in rows)
    return ok("order book", f"{len(rows):,} orders of the account today, {working:,} of them work")


def _money(account: Zerodha) -> Finding:
    row = account.read("margins", "equity", deadline=DEADLINE)
    if not row["enabled"]:
        return fail("money", "the equity segment of the account is not enabled", "have it enabled at Zerodha")
    funds = Funds.of(row)
    return ok("money", str(funds)) if funds.net > 0 else fail("money", str(funds), "pay in, or close what ties it up")


def _holdings(account: Zerodha) -> Finding:
    held = portfolio_of(account, DEADLINE).quantities()
    told = ", ".join(f"{name} {quantity:+}" for name, quantity in sorted(held.items())[:_TOLD])
    return ok("holdings", f"{len(held)} instruments: {told}" if held else "nothing is held")


def _freeze(listed: Iterable[Listed], freeze: FreezeQuantities) -> Iterator[Finding]:
    """That of each contract the quantity is known above which an order has to be sliced."""
    today = dt.datetime.now(IST).date()
    contracts = [row for row in listed if row.kind in ("future", "option")]
    lacking = sorted({row.name or row.symbol for row in contracts if freeze.of(row, today) is None})
    if lacking:
        example = f"freeze_quantities = {{ {lacking[0]} = 1800 }}"
        yield fail(
            "freeze quantity", f"nothing says what the exchange takes in one order of {', '.join(lacking)}",
            f"write into [plugins.broker.zerodha] what the exchange's circular says, as {example}",
        )  # fmt: skip
    elif contracts:
        yield ok("freeze quantity", f"known of {len(contracts)} contracts")


def _address(account: Zerodha) -> Finding:
    """Whether orders are taken from here: asked by cancelling what nobody has placed."""
    number = _NOBODYS.format(dt.datetime.now(IST))
    try:
        account.write("cancel_order", "regular", number, urgent=True)
    except NotPermitted as error:
        words, _, mend = str(error).partition("; ")
        return fail("address", words, mend or "look at the app and its addresses at developers.kite.trade")
    except (InDoubt, TooFast, TokenDead) as error:
        return Finding(Outcome.WARN, "address", f"it is not known whether orders are taken: {error}", "try again")
    except Refused:
        pass  # as it should be
    return ok("address", "orders are taken from this machine's address")
