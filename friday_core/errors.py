"""Every exception that Friday raises on purpose, grouped by who can mend it.

FridayError
├── ConfigurationError       the user: settings, profile, environment; carries every problem at once
├── PluginError              the author of a plugin, or whoever installed it
│   ├── PluginImportError        the module raises or hangs when it is imported
│   ├── PluginContractError      it loads, but breaks the contract of its role
│   └── TraceError               columns that cannot be traced; names the author's line and the mend
│       ├── LookaheadError           they would see the future
│       └── ClockDomainError         they mix clock domains without asof()
├── ComponentError           an illegal step of a component's life
│   └── ComponentTimeout         a step took longer than it may
├── DataError                the data, or whoever delivers it
│   ├── DataSourceError          a file or a feed that cannot be read
│   ├── SchemaError              a column is missing or has another type or unit
│   ├── FactsError               dated facts do not answer for a day, or not for what is asked
│   │   └── CalendarError            a calendar is asked about dates that it does not know
│   └── DataValidationError      a stream was stopped by a verdict
├── BrokerError              raised by brokers for one order
│   ├── Refused                  definite: the order does not exist at the broker
│   └── InDoubt                  anything else: it may exist
├── JournalError             a journal cannot be read, written or held
│   └── ReplayDivergence         the same records led to something else: names the first
├── RunFolderError           results cannot be written
├── BacktestError            a backtest ended, but not as it should: carries what there is of its result
└── InvariantError           Friday itself is wrong; please report
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class ProblemKind(enum.StrEnum):
    """What can be wrong with a configuration; every kind has a test."""

    MISSING_PROFILE = "missing profile"
    UNREADABLE_FILE = "unreadable file"
    UNKNOWN_SECTION = "unknown section"
    UNKNOWN_KEY = "unknown key"
    UNKNOWN_VARIABLE = "unknown environment variable"
    INVALID_VALUE = "invalid value"
    SECRET_IN_FILE = "secret in a file"
    UNKNOWN_COMPONENT = "unknown component"
    DUPLICATE_COMPONENT = "duplicate component"
    IMPORT_FAILED = "import failed"
    BAD_REGISTRATION = "bad registration"
    API_VERSION = "API version"
    FACTORY_SIGNATURE = "factory signature"
    FACTORY_FAILED = "factory failed"
    MISSING_DEPENDENCY = "missing dependency"
    AMBIGUOUS_DEPENDENCY = "ambiguous dependency"
    CYCLE = "dependency cycle"
    MODE_CONFLICT = "mode conflict"
    CURRENCY_CONFLICT = "currency conflict"
    UNSUPPORTED_ORDER_TYPE = "unsupported order type"
    SCHEMA_MISMATCH = "schema mismatch"
    UNTRACEABLE = "columns that cannot be traced"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands between a configuration and a start.

    ``section`` is the place in the configuration (``streams.market_data``), ``plugin`` the
    component it concerns (``validator.bar_sanity``), ``mend`` what to do about it.
    """

    kind: ProblemKind
    message: str
    mend: str
    section: str = ""
    plugin: str = ""

    def __str__(self) -> str:
        where = f"[{self.section}] " if self.section else ""
        who = f" ({self.plugin})" if self.plugin else ""
        return f"{where}{self.kind}: {self.message}{who}\n    mend: {self.mend}"


class FridayError(Exception):
    """Base of everything that Friday raises on purpose."""


class ConfigurationError(FridayError):
    """The configuration cannot be started; ``problems`` holds all that is wrong with it.

    ``salvaged`` are the settings without what is wrong in them, if there are any: never to be
    run, only to be looked at for further problems.
    """

    def __init__(self, problems: Iterable[Problem], salvaged: object = None) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.salvaged = salvaged
        count = len(self.problems)
        heading = f"{count} problem{'' if count == 1 else 's'} in the configuration:"
        super().__init__("\n".join([heading, *(f"  {n}. {p}" for n, p in enumerate(self.problems, 1))]))


class PluginError(FridayError):
    """A plugin cannot be used."""


class PluginImportError(PluginError):
    """A plugin's module raises, or does not return, when it is imported."""


class PluginContractError(PluginError):
    """A plugin breaks the contract of its role; names the plugin and the rule."""


class TraceError(PluginError):
    """An author's columns cannot be traced; names the line of the author's code and the mend."""


class LookaheadError(TraceError):
    """An author's columns would see the future."""


class ClockDomainError(TraceError):
    """An author's columns mix clock domains, or name one that does not exist."""


class ComponentError(FridayError):
    """A component was asked for a step that its state does not allow, or the step failed."""

    def __init__(self, component: str, message: str) -> None:
        self.component = component
        super().__init__(f"component {component!r}: {message}")


class ComponentTimeout(ComponentError):
    """A step of a component's life took longer than it may."""


class DataError(FridayError):
    """Something is wrong with the data or with its delivery."""


class DataSourceError(DataError):
    """A file or feed cannot be read; names it, and where possible the line and the column."""


class SchemaError(DataError):
    """A chunk lacks a column, or carries it in another type."""


class FactsError(DataError):
    """Dated facts have no answer: names what was asked, the day, the days that they know, and the mend."""


class CalendarError(FactsError):
    """A calendar does not know a date, or is not known itself; names date, calendar and mend."""


class DataValidationError(DataError):
    """A validator stopped a stream. Carries stream, validator and what was observed."""

    def __init__(self, stream: str, validator: str, reason: str, rows: Sequence[int] = ()) -> None:
        self.stream, self.validator, self.reason = stream, validator, reason
        self.rows = tuple(rows[:10])
        shown = f" (rows {', '.join(map(str, self.rows))}{', ...' if len(rows) > 10 else ''})" if rows else ""
        super().__init__(f"stream {stream!r} stopped by validator {validator!r}: {reason}{shown}")


class BrokerError(FridayError):
    """A broker could not do what it was asked for one order."""


class Refused(BrokerError):
    """Definite: the order does not exist at the broker and never will."""


class InDoubt(BrokerError):
    """The order may or may not exist at the broker; only asking again can tell."""


class JournalError(FridayError):
    """A journal cannot be read, written or held: names the file, the place in it, and what to do."""


class ReplayDivergence(JournalError):
    """The records of a journal led to something else than it says: names the first one, and what differs."""


class RunFolderError(FridayError):
    """Results cannot be written: names the folder and what to do."""


class BacktestError(FridayError):
    """A backtest did not finish, had orders refused, or is not what plain Python makes of it; ``result`` tells."""

    def __init__(self, message: str, result: object) -> None:
        self.result = result
        super().__init__(message)


class InvariantError(FridayError):
    """A rule that Friday itself must keep is broken."""
