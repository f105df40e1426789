"""What a plugin registers: a description of a component, light enough to be read without building it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from friday_core.domain.sessions import known_zone
from friday_core.plugin.api_version import API_VERSION

#: Reserved key of a plugin's section: which component serves which requirement.
USE = "use"


class Kind(enum.StrEnum):
    """The roles a component can play."""

    SOURCE = "source"
    VALIDATOR = "validator"
    TRANSFORMER = "transformer"
    FEATURE_SET = "feature_set"
    MODEL = "model"
    STRATEGY = "strategy"
    SIZER = "sizer"
    RISK_RULE = "risk_rule"
    BROKER = "broker"
    CHARGES = "charges"
    CALENDAR = "calendar"
    CONNECTION = "connection"
    NOTIFIER = "notifier"
    OBSERVER = "observer"


#: A setting that names a time zone.
TimeZone = Annotated[str, AfterValidator(known_zone)]


class PluginSettings(BaseModel):
    """Base of a plugin's settings: frozen, unknown keys are errors. Secrets are ``SecretStr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class NoSettings(PluginSettings):
    """A component without settings."""


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """A component that a plugin offers.

    ``factory`` is called as ``factory(settings, **requirements)``, or without ``settings`` if the
    spec declares none; heavy imports belong into it. ``requires`` maps its parameters to
    capabilities: a kind (``"charges"``), a kind with an ability (``"charges:intraday"``), or
    something that the host provides (``"run_folder"``, ``"universe"``). ``provides`` lists
    abilities besides the kind itself; of a broker whose factory is its class they are, unless given,
    its ``order_types``; of a connection its name. ``api`` is the version of the plugin interface that
    it needs: by default whichever runs it.
    """

    kind: str
    name: str
    factory: Callable[..., Any]
    settings: type[PluginSettings] = NoSettings
    requires: Mapping[str, str] = field(default_factory=dict)
    provides: frozenset[str] = frozenset()
    api: tuple[int, int] = API_VERSION
    version: str = ""

    def __post_init__(self) -> None:
        taken = getattr(self.factory, "order_types", None)
        if self.kind == Kind.CONNECTION and not self.provides:
            object.__setattr__(self, "provides", frozenset({self.name}))
        if self.kind == Kind.BROKER and not self.provides and isinstance(taken, frozenset):
            object.__setattr__(self, "provides", taken)

    @property
    def key(self) -> str:
        """``kind.name``: the entry point's name and the component's name everywhere."""
        return f"{self.kind}.{self.name}"

    @property
    def capabilities(self) -> frozenset[str]:
        """Everything that a ``requires`` may ask of this component."""
        return frozenset({self.kind, *(f"{self.kind}:{ability}" for ability in self.provides)})
