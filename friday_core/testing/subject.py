"""A component under test: its spec, and how a fresh one is made for a market."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args

from friday_core.causal.compiled.choice import ChosenExecutor
from friday_core.interfaces.broker import Broker
from friday_core.interfaces.component import Component
from friday_core.orchestration.lifecycle import Lifecycle
from friday_core.plugin.sections import RunSettings
from friday_core.plugin.spec import ComponentSpec, Kind, NoSettings, PluginSettings
from friday_core.testing import stand_ins
from friday_core.testing.markets import Market, Markets
from friday_core.testing.network import dead_network
from friday_core.testing.outcomes import DoesNotApply, in_words
from friday_core.testing.wire import ScriptedWire

T = TypeVar("T")

#: Seconds that a step of a component's life may take: what a run allows by default.
STEP_SECONDS = RunSettings().step_timeout


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that things may take, in a process that shares its machine with others.

    ``row`` is the mean of a component that is handed rows, decisions or orders one by one.
    """

    check: float = 60.0
    build: float = 5.0
    first_import: float = 5.0
    row: float = 0.01
    fit: float = 30.0
    notify: float = 5.0


@dataclass(frozen=True, slots=True)
class Provision:
    """What an author gives the kit for one component.

    ``settings`` are as in ``[plugins.<kind>.<name>]``. ``requirements`` serve parameters of ``requires``
    for which the kit has no stand-in. ``on_wire`` makes a real broker whose transport is the wire.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    requirements: Mapping[str, Any] = field(default_factory=dict)
    on_wire: Callable[[ScriptedWire], Broker] | None = None


#: Asked for each component (``source.csv``) and each market, with a folder for files of its own.
Provide = Callable[[str, Market, Path], Provision | None]


def nothing(_key: str, _market: Market, _folder: Path) -> Provision | None:
    """Defaults are enough."""
    return None


class Subject:
    """One component, which every rule gets as fresh as it likes.

    A setting that is a path, that must be given and that nobody gives, is a file with the rows of
    the market as comma-separated values.
    """

    def __init__(
        self,
        spec: ComponentSpec,
        module: str = "",
        *,
        provide: Provide = nothing,
        limits: Limits = Limits(),
        markets: Markets | None = None,
        seconds: Callable[[], float] = time.thread_time,
        unloadable: str | None = None,
        label: str = "",
    ) -> None:
        self.spec = spec
        #: What tells it from others of the same component, with other settings.
        self.label = label
        #: Why a run could not load the plugin, empty if it can; ``None`` if it was handed to the kit as it is.
        self.unloadable = unloadable
        self.module = module or str(spec.factory.__module__)
        self.limits = limits
        self.markets = markets or Markets()
        #: What a call has taken is told by this clock, which does not run while other threads do.
        self.seconds = seconds
        self._provide = provide
        self._found: dict[Hashable, Any] = {}
        self._lives: list[Lifecycle] = []

    def __str__(self) -> str:
        return f"{self.spec.key} ({self.label})" if self.label else self.spec.key

    @property
    def kind(self) -> Kind:
        return Kind(self.spec.kind)

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages of the author's code."""
        return frozenset(name.partition(".")[0] for name in (self.module, str(self.spec.factory.__module__)))

    @cached_property
    def folder(self) -> Path:
        """A folder of its own, which goes with it."""
        made = Path(tempfile.mkdtemp(prefix="friday-kit-"))
        weakref.finalize(self, shutil.rmtree, made, ignore_errors=True)
        return made

    @cached_property
    def executor(self) -> ChosenExecutor:
        """What runs its columns: what a run takes by default."""
        return ChosenExecutor()

    @property
    def reads_files(self) -> bool:
        """Whether one of its settings is a path."""
        settings = self.settings(self.markets.daily)
        return any(isinstance(getattr(settings, name), Path) for name in type(settings).model_fields)

    def provision(self, market: Market) -> Provision:
        return self._provide(self.spec.key, market, self.folder) or Provision()

    def settings(self, market: Market) -> PluginSettings:
        """The settings for a market; raises what the model raises."""
        given = dict(self.provision(market).settings)
        for name, one in self.spec.settings.model_fields.items():
            kinds = {one.annotation, *get_args(one.annotation)}
            if one.is_required() and name not in given and Path in kinds:
                path = self.folder / f"{market.full_name}.csv"
                path.write_text(market.as_csv, encoding="utf-8")
                given[name] = path
        return self.spec.settings.model_validate(given)

    def built(self, market: Market | None = None) -> Any:
        """A fresh component; raises whatever its factory raises, ``Broken`` if nothing stands in for a requirement."""
        market = market or self.markets.daily
        arguments = self.requirements(market)
        if self.spec.settings is not NoSettings:
            arguments["settings"] = self.settings(market)
        return self.spec.factory(**arguments)

    def requirements(self, market: Market) -> dict[str, Any]:
        """What serves its requirements: the author's, or a stand-in."""
        given = self.provision(market).requirements
        return {
            parameter: given[parameter] if parameter in given else stand_ins.of(capability, market, self.folder)
            for parameter, capability in self.spec.requires.items()
        }

    def make(self, market: Market | None = None) -> Any:
        """As ``built``; ``DoesNotApply`` if it cannot be made at all, which is the breach of another rule."""
        if self._obstacle:
            raise DoesNotApply(self._obstacle)
        return self.built(market)

    def started(self, market: Market | None = None) -> Any:
        """As ``make``, then initialized and started as in a run; ``DoesNotApply`` if it never starts."""
        return self.start(self.make(market))

    def start(self, component: Any) -> Any:
        """The component, initialized and started; stopped when ``running`` ends. The network is down meanwhile."""
        if self._standstill:
            raise DoesNotApply(self._standstill)
        self._lives.append(self._begun(component))
        return component

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is started in here is stopped at the end, in reverse; raises what a stop raises."""
        try:
            yield
        finally:
            errors = [error for life in reversed(self._lives) for error in life.close()]
            self._lives.clear()
        for error in errors:
            raise error

    @contextmanager
    def living(self, component: Any) -> Iterator[Lifecycle]:
        """Its life, to be started and stopped as a host does; over at the end. The network is down meanwhile."""
        life = self._life_of(component)
        try:
            with _offline():
                yield life
        finally:
            life.close()

    def once(self, what: Hashable, find: Callable[[], T]) -> T:
        """What several rules compare with, found once."""
        if what not in self._found:
            self._found[what] = find()
        found: T = self._found[what]
        return found

    @cached_property
    def _obstacle(self) -> str:
        try:
            made = self.built()
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            return f"it cannot be made: {in_words(error)}"
        return "" if isinstance(made, Component) else f"its factory makes a {type(made).__name__}"

    @cached_property
    def _standstill(self) -> str:
        try:
            self._begun(self.built()).close()
        except DoesNotApply as misfit:
            return str(misfit)
        except Exception as error:  # noqa: BLE001 - the author's code may raise anything
            return f"it cannot be started: {in_words(error)}"
        return ""

    def _life_of(self, component: Any) -> Lifecycle:
        return Lifecycle({self.spec.key: component}, {}, step_timeout=STEP_SECONDS)

    def _begun(self, component: Any) -> Lifecycle:
        life = self._life_of(component)
        try:
            with _offline():
                life.start()
        except BaseException:
            life.close()
            raise
        return life


@contextmanager
def _offline() -> Iterator[None]:
    """The network is down; whoever raises after it wanted out is not to blame."""
    with dead_network() as network:
        try:
            yield
        except Exception as error:
            if network.asked:
                raise DoesNotApply(f"it connects to {network.asked[0]}, and the kit's network is down") from error
            raise
