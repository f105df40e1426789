"""What of an account at Kite is in order before real money is traded: key, session, clock, list of instruments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from friday_core.api import DataSourceError, Finding, Outcome, Refused
from friday_plugins.zerodha.clock_skew import ClockSkew
from friday_plugins.zerodha.instruments import Listing
from friday_plugins.zerodha.outcomes import TokenDead
from friday_plugins.zerodha.session import KiteSession
from friday_plugins.zerodha.token_file import IST

#: Seconds that an answer may take while a person waits.
DEADLINE = 5.0
#: Seconds that the clocks may differ until it is said, and until nothing is sent but what reduces.
TOLD_SKEW, MOST_SKEW = 2.0, 10.0
_LOG_IN = "friday login zerodha"
_SET_CLOCK = "let this machine's clock be set by NTP: stamps, hours and limits go by it"


class Account(Protocol):
    """Of the connection what is looked at."""

    session: KiteSession
    clock: ClockSkew

    def read(self, method: str, *, deadline: float) -> Any: ...

    def instruments(self) -> Listing: ...


def account_findings(
    account: Account, lacking: Sequence[str], root: str, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(IST)
) -> Iterator[Finding]:
    """In the order in which a person mends them: what cannot be asked before something else is mended is left out.

    ``lacking`` are secrets that are not there; ``root`` is where Kite is asked.
    """
    if lacking:
        files = " and ".join(f"secrets/plugins__connection__zerodha__{name}" for name in lacking)
        evidence = f"there is no {' and no '.join(one.replace('_', ' ') for one in lacking)}"
        yield fail("app", evidence, f"write it, from developers.kite.trade, into {files}, mode 0600")
        return
    account.session.look()
    if trouble := account.session.trouble():
        yield fail("login", trouble.partition(": log in")[0], _LOG_IN)
        return
    try:
        profile = account.read("profile", deadline=DEADLINE)
    except TokenDead:
        yield fail("login", "Kite has ended the session: by its page, or by a login elsewhere", _LOG_IN)
        return
    except Refused as error:
        yield fail("account", str(error), "look at the app at developers.kite.trade")
        return
    except OSError as error:
        yield fail("account", f"Kite does not answer at {root}: {error}", "look at the network, and try again")
        return
    yield _life(account.session, profile, now())
    yield clock_finding(account.clock.seconds)
    yield _list(account, now().date())


def _life(session: KiteSession, profile: Any, now: dt.datetime) -> Finding:
    """Whether the session lasts until the exchanges have closed."""
    expires = session.expires
    until = "" if expires is None else f"until {expires.astimezone(IST):%d %b %H:%M} IST"
    if expires is not None and expires.date() == now.date():
        evidence = f"the session lives {until}, and ends before the exchanges open"
        return Finding(Outcome.WARN, "login", evidence, f"{_LOG_IN}, after that")
    return ok("login", f"{profile.get('user_id', 'somebody')}, {until}")


def clock_finding(seconds: float | None) -> Finding:
    """How far Kite's clock is ahead of this machine's."""
    if seconds is None:
        return Finding(Outcome.WARN, "clock", "Kite's answers do not tell its time", _SET_CLOCK)
    evidence = f"this machine's clock and Kite's are {seconds:+.0f} s apart"
    if abs(seconds) > MOST_SKEW:
        return fail("clock", evidence, _SET_CLOCK)
    if abs(seconds) > TOLD_SKEW:
        return Finding(Outcome.WARN, "clock", evidence, _SET_CLOCK)
    return ok("clock", f"this machine's clock and Kite's agree to {TOLD_SKEW:g} s")


def _list(account: Account, today: dt.date) -> Finding:
    try:
        listing = account.instruments()
    except (DataSourceError, Refused, OSError) as error:
        return fail("instruments", str(error), "Kite has the list of a day from about 08:30 on; see above")
    if listing.day != today:
        return fail("instruments", f"the list is of {listing.day}", "start anew: it is read at the start")
    if listing.is_early:
        evidence = f"the list of {listing.day} was fetched before Kite made it, at about 08:30 IST"
        return Finding(
            Outcome.WARN, "instruments", evidence, "look again after 08:30: a later one is fetched by itself"
        )
    return ok("instruments", f"{len(listing):,} are listed on {listing.day}")


def ok(check: str, evidence: str) -> Finding:
    return Finding(Outcome.OK, check, evidence)


def fail(check: str, evidence: str, mend: str) -> Finding:
    return Finding(Outcome.FAIL, check, evidence, mend)
