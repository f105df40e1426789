"""Role ``risk_rule``, for targets: how much of what is wanted shall be wanted?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from friday_core.domain.market import Bar
from friday_core.domain.signals import Target
from friday_core.interfaces.component import Component
from friday_core.interfaces.strategy import BookView


@dataclass(frozen=True, slots=True)
class RiskState:
    """How a book has done, after the latest marks; shares between 0 and 1.

    ``drawdown`` is how far the equity is below its peak, as a share of the peak; ``deepest`` the
    largest drawdown since the equity was at its peak; ``day_loss`` what was lost since the session
    began, as a share of the equity then, negative for a gain.
    """

    drawdown: float = 0.0
    deepest: float = 0.0
    day_loss: float = 0.0


class RiskAdjuster(Component, ABC):
    """Makes targets smaller, before they become lots; adjusters work one after the other.

    The engine holds it to that: the same instrument, the same side or flat, no larger weight. An
    answer that breaks this, or an exception, sends nothing, and the decision is recorded as
    ``ADJUSTER_RAISED``. A flat target is not shown to adjusters, and orders of a strategy's own
    making are none of their business: those meet risk rules and limits.

    A plugin, complete; everything is half as large while the book is 5% below its peak::

        from friday_core.api import ComponentSpec, PluginSettings, RiskAdjuster, Target, hookimpl


        class Settings(PluginSettings):
            drawdown: float = 0.05


        class HalveInFalls(RiskAdjuster):
            def __init__(self, settings):
                self.drawdown = settings.drawdown

            def adjust(self, target, bar, book, state):
                scale = 0.5 if state.drawdown >= self.drawdown else 1.0
                return Target(target.instrument, target.weight * scale, target.reason)


        @hookimpl
        def friday_components():
            return [ComponentSpec("risk_rule", "halve_in_falls", HalveInFalls, Settings)]
    """

    #: Columns that the bars must carry; checked before the session starts.
    inputs: tuple[str, ...] = ()

    @abstractmethod
    def adjust(self, target: Target, bar: Bar, book: BookView, state: RiskState) -> Target | None:
        """The target, a smaller one, or ``None`` for no decision: the position stays as it is.

        ``bar`` is that of the target's instrument, of this slice.
        """
