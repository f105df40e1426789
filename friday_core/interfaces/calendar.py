"""Role ``calendar``: when the exchange trades."""

from __future__ import annotations

from abc import ABC, abstractmethod

from friday_core.domain.schedule import Schedule
from friday_core.interfaces.component import Component


class Calendar(Component, ABC):
    """Knows an exchange's sessions as dated facts: which dates, from when to when.

    What follows from it (month ends, hours of bars, rows out of hours) Friday works out, and it
    refuses dates beyond those that the schedule says it knows. A calendar that does not know the
    future says so: it names the last date that it is sure of, and guesses none.

    A plugin, complete; a market that is closed from Friday to Sunday, at India's hours::

        import datetime as dt

        import numpy as np

        from friday_core.api import Calendar, ComponentSpec, PluginSettings, Schedule, hookimpl

        MINUTE = 60_000_000
        DAY = 1440 * MINUTE


        class Settings(PluginSettings):
            last: dt.date = dt.date(2030, 12, 31)


        class LongWeekend(Calendar):
            def __init__(self, settings):
                self.last = np.datetime64(settings.last).astype(int)

            def schedule(self):
                dates = np.arange(self.last + 1)
                dates = dates[np.is_busday(dates.astype("M8[D]"), weekmask="1111000")]
                opens, closes = dates * DAY + 225 * MINUTE, dates * DAY + 600 * MINUTE  # UTC
                return Schedule("long weekend", dates, opens, closes, known=(0, self.last))


        @hookimpl
        def friday_components():
            return [ComponentSpec("calendar", "long_weekend", LongWeekend, Settings)]
    """

    @abstractmethod
    def schedule(self) -> Schedule:
        """All that it knows; asked before ``initialize``, by the host and by each component that requires a calendar.

        The same settings give the same sessions, and a later release may know more of them. Raises
        ``CalendarError``.
        """
