"""What a session on live data keeps time by."""

from __future__ import annotations

from collections.abc import Callable

from friday_core.causal.domains import parse
from friday_core.flow.session_hours import Hours, SessionHours
from friday_core.orchestration.assembly import Assembly
from friday_core.plugin.plan import MARKET_DATA
from friday_core.session.live.feed import LiveFeed
from friday_core.session.live.freshness import Freshness
from friday_core.session.live.pace import GRACE, LivePace, next_close
from friday_core.session.pacing import Pacer

_SECOND = 1_000_000
#: Seconds after which nothing counts as live any more, at least.
_LEAST = 10.0


def build_pace(assembly: Assembly, now: Callable[[], int]) -> Pacer | LivePace | None:
    """What lets records through in their time; ``None`` where nothing waits. ``now`` tells microseconds UTC."""
    settings, feed = assembly.settings, assembly.feed
    if not isinstance(feed, LiveFeed):
        return Pacer.of(settings.clock, assembly.source.interval)
    stream = settings.streams[MARKET_DATA]
    stale = stream.stale_after or max(_LEAST, 2.0 * parse(assembly.source.interval).seconds)
    feed.freshness = Freshness(MARKET_DATA, round(stale * _SECOND), hours_of(assembly))
    if settings.run.until == "close":
        feed.ends = next_close(hours_of(assembly), now()) + round(stream.lateness * _SECOND) + GRACE
    return LivePace(feed, now)


def hours_of(assembly: Assembly) -> Hours:
    """When the exchange trades: by the calendar, else from ``[data] session_open`` to ``session_close``."""
    data = assembly.settings.data
    return assembly.schedule or SessionHours(data.session_open, data.session_close, data.timezone)
