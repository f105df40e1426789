"""Which components a configuration asks for, and where it says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from pydantic import BaseModel

from friday_core.plugin import sections
from friday_core.plugin.signal_steps import SIGNALS, SignalSteps
from friday_core.plugin.spec import Kind

#: The stream that carries bars from the source to the strategies.
MARKET_DATA = "market_data"


#: What stands before the name of a stream whose slices another one takes as its source.
UPSTREAM = "stream:"


def upstream_of(stream: sections.StreamSettings) -> str | None:
    """The stream whose slices it takes; ``None`` if it takes the rows of a source."""
    return stream.source.removeprefix(UPSTREAM) if stream.source.startswith(UPSTREAM) else None


class SettingsSections(Protocol):
    """The settings of a host, section by section."""

    @property
    def data(self) -> sections.DataSettings: ...
    @property
    def streams(self) -> Mapping[str, sections.StreamSettings]: ...
    @property
    def model(self) -> sections.ModelSettings: ...
    @property
    def account(self) -> sections.AccountSettings: ...
    @property
    def trading(self) -> sections.TradingSettings: ...
    @property
    def risk(self) -> sections.RiskSettings: ...
    @property
    def broker(self) -> sections.BrokerSettings: ...
    @property
    def clock(self) -> sections.ClockSettings: ...
    @property
    def journal(self) -> sections.JournalSettings: ...
    @property
    def notify(self) -> sections.NotifySettings: ...
    @property
    def run(self) -> sections.RunSettings: ...
    @property
    def plugins(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]: ...


class Configuration(Protocol):
    """Settings together with where each value came from."""

    @property
    def profile(self) -> str: ...
    @property
    def settings(self) -> SettingsSections: ...
    def plugin_values(self, kind: str, name: str, model: type[BaseModel] | None = None) -> dict[str, Any]:
        """A copy of ``[plugins.<kind>.<name>]`` as ``model`` is to judge it."""
        ...

    def origin_of(self, key: str) -> ValueOrigin: ...


class ValueOrigin(Protocol):
    """Where a value came from; prints as the file, variable or option."""

    @property
    def may_hold_secrets(self) -> bool: ...
    @property
    def is_text(self) -> bool:
        """Whether whoever wrote it could write nothing but text."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One component that a configuration asks for.

    ``id`` is unique in the graph. ``section`` and ``place`` are where it is asked for: a section
    and a key in it. ``own`` are settings that stand there, stronger than the plugin's section.
    """

    id: str
    kind: Kind
    name: str
    section: str
    place: str
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.kind}.{self.name}"

    @property
    def settings_section(self) -> str:
        """Where the component's settings stand in the configuration."""
        return f"plugins.{self.key}"


class _Requests:
    """Collects requests and gives each an id of its own."""

    def __init__(self) -> None:
        self.all: list[Request] = []
        self._taken: set[str] = set()

    def ask(self, kind: Kind, names: Iterable[str], section: str, place: str) -> None:
        for name in names:
            self.add(Request(self._free_id(f"{kind}.{name}"), kind, name, section, place))

    def add(self, request: Request) -> None:
        self.all.append(request)
        self._taken.add(request.id)

    def _free_id(self, base: str) -> str:
        candidates = (base if n == 1 else f"{base}#{n}" for n in count(1))
        return next(candidate for candidate in candidates if candidate not in self._taken)


def requested_components(settings: SettingsSections) -> list[Request]:
    """Every component that the configuration names, in the order of data flow."""
    requests = _Requests()
    requests.ask(Kind.CALENDAR, [settings.data.calendar] if settings.data.calendar else [], "data", "calendar")
    for stream_name, stream in settings.streams.items():
        section = f"streams.{stream_name}"
        if stream_name == SIGNALS:
            requests.ask(Kind.RISK_RULE, SignalSteps.of(stream).adjusters, section, "transformers")
            continue
        requests.ask(Kind.SOURCE, [stream.source] if upstream_of(stream) is None else [], section, "source")
        requests.ask(Kind.MODEL, [stream.model] if stream.model else [], section, "model")
        requests.ask(Kind.VALIDATOR, stream.validators, section, "validators")
        requests.ask(Kind.TRANSFORMER, stream.transformers, section, "transformers")
        requests.ask(Kind.FEATURE_SET, stream.feature_sets, section, "feature_sets")
        requests.ask(Kind.VALIDATOR, stream.validators_after, section, "validators_after")
    for n, entry in enumerate(settings.trading.active_strategies):
        section = f"trading.active_strategies[{n}]"
        requests.add(Request(f"strategy.{entry.id}", Kind.STRATEGY, entry.use, section, "use", entry.settings))
    requests.ask(Kind.SIZER, [settings.trading.sizer], "trading", "sizer")
    requests.ask(Kind.RISK_RULE, settings.risk.rules, "risk", "rules")
    requests.ask(Kind.CHARGES, [settings.account.charges], "account", "charges")
    requests.ask(Kind.BROKER, [settings.broker.use], "broker", "use")
    requests.ask(Kind.CONNECTION, [settings.data.listing] if settings.data.listing else [], "data", "listing")
    requests.ask(Kind.CONNECTION, _connections(settings, requests.all), f"plugins.{Kind.CONNECTION}", "")
    requests.ask(Kind.NOTIFIER, settings.notify.use, "notify", "use")
    requests.ask(Kind.OBSERVER, settings.run.observers, "run", "observers")
    return requests.all


def _connections(settings: SettingsSections, requests: Sequence[Request]) -> list[str]:
    """Those with a section, of whose vendor something is asked for: ``zerodha`` with ``zerodha_history``."""
    asked = [f"{request.name}_" for request in requests]
    return [
        name
        for name in settings.plugins.get(Kind.CONNECTION, {})
        if name != settings.data.listing and any(one.startswith(f"{name}_") for one in asked)
    ]


#: Where a component is enabled: the section and the key, and whether the key holds several.
_PLACES: Mapping[Kind, tuple[str, str, bool]] = {
    Kind.SOURCE: (f"streams.{MARKET_DATA}", "source", False),
    Kind.VALIDATOR: (f"streams.{MARKET_DATA}", "validators", True),
    Kind.TRANSFORMER: (f"streams.{MARKET_DATA}", "transformers", True),
    Kind.FEATURE_SET: ("streams.features", "feature_sets", True),
    Kind.MODEL: ("streams.predictions", "model", False),
    Kind.CALENDAR: ("data", "calendar", False),
    Kind.SIZER: ("trading", "sizer", False),
    Kind.RISK_RULE: ("risk", "rules", True),
    Kind.CHARGES: ("account", "charges", False),
    Kind.BROKER: ("broker", "use", False),
    Kind.NOTIFIER: ("notify", "use", True),
    Kind.OBSERVER: ("run", "observers", True),
}


def line_to_enable(kind: Kind, name: str, requests: Sequence[Request]) -> str:
    """What to write so that a component is enabled besides those that are asked for already."""
    if kind is Kind.CONNECTION:
        return f"write a section [plugins.{kind}.{name}]"
    if kind not in _PLACES:
        return f'add [[trading.active_strategies]] with id = "{name}" and use = "{name}"'
    section, key, several = _PLACES[kind]
    if not several:
        return f'write in [{section}]: {key} = "{name}"'
    there = [one.name for one in requests if (one.kind, one.section, one.place) == (kind, section, key)]
    names = ", ".join(f'"{one}"' for one in (*there, name))
    return f"write in [{section}]: {key} = [{names}]"
