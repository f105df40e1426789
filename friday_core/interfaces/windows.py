"""Roles of plugins that are written in pandas: called bar by bar, with the latest bars of one instrument."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, ClassVar

from friday_core.domain.orders import OrderType
from friday_core.errors import PluginContractError
from friday_core.interfaces.component import Component, Grade

if TYPE_CHECKING:
    import pandas as pd


class Windows(Component):
    """Looks at the latest ``rows`` bars of one instrument, of which the last one just closed.

    A frame ``bars`` has a row a bar, oldest first, indexed by its close in UTC: prices ``open``,
    ``high``, ``low``, ``close`` in the currency, adjusted as in ``Bar``; ``volume``; ``factor``;
    ``session`` in days since 1970-01-01; then the columns of the source and of transformers. All
    are float64, NaN where a value is missing. It is a copy: what is done to it reaches nobody, and
    no later row ever appears in it. An instrument that has not had ``rows`` bars is not asked about.

    Grade C: what pandas computes depends in its last bits on where the window starts, and an
    average that never forgets, such as ``ewm``, starts anew with every window.
    """

    grade: ClassVar[Grade] = "C"
    #: Bars of a window, at least 1; usually set from the settings. A longer window costs more.
    rows: int
    #: Columns that must be there besides those that every frame has; checked before the session starts.
    inputs: tuple[str, ...] = ()


class WindowTransformer(Windows, ABC):
    """Role ``transformer`` in pandas: each output becomes a column of the stream.

    Rows pass one by one, in the order of their arrival. What ``values`` keeps in ``self`` makes its
    answers depend on more than the window; it then needs ``Stateful``. A complete plugin, for what
    the operators of columns do not have::

        from friday_core.api import ComponentSpec, PluginSettings, WindowTransformer, hookimpl


        class Settings(PluginSettings):
            rows: int = 20


        class Skewness(WindowTransformer):
            outputs = ("skewness",)

            def __init__(self, settings):
                self.rows = settings.rows

            def values(self, bars):
                return {"skewness": bars.close.pct_change().skew()}


        @hookimpl
        def friday_components():
            return [ComponentSpec("transformer", "skewness", Skewness, Settings)]
    """

    #: Columns that this transformer adds.
    outputs: tuple[str, ...] = ()

    @abstractmethod
    def values(self, bars: pd.DataFrame) -> Mapping[str, float | None]:
        """A number for each of ``outputs`` and for nothing else; NaN or ``None`` where there is none."""


class WindowStrategy(Windows, ABC):
    """Role ``strategy`` in pandas: answers ``signal`` or ``target`` for the instrument of the window.

    Both mean what they mean in ``ColumnStrategy``: a ``target``, a weight of equity, is a decision
    whenever there is one; a ``signal``, a strength in [-1, 1], when it changes. NaN and ``None``
    are no decision. A bare number is a signal; other entries of a mapping are for show. Orders are
    market orders. An exception stops the strategy, as in ``Strategy``. A complete plugin, long
    while rises tend to be followed by rises::

        from friday_core.api import ComponentSpec, PluginSettings, WindowStrategy, hookimpl


        class Settings(PluginSettings):
            rows: int = 21


        class Persistence(WindowStrategy):
            def __init__(self, settings):
                self.rows = settings.rows

            def decide(self, bars):
                returns = bars.close.pct_change()
                persistence = returns.autocorr()
                rising = persistence > 0 and returns.iloc[-1] > 0
                return {"signal": 1.0 if rising else 0.0, "persistence": persistence}


        @hookimpl
        def friday_components():
            return [ComponentSpec("strategy", "persistence", Persistence, Settings)]
    """

    order_types: frozenset[OrderType] = frozenset({OrderType.MARKET})

    @abstractmethod
    def decide(self, bars: pd.DataFrame) -> float | Mapping[str, float | None] | None:
        """Called once for each bar, after it closed. No decision trades before the next slice."""


def window_rows(component: Windows) -> int:
    """The component's ``rows``; ``PluginContractError`` if it does not say them."""
    rows: object = getattr(component, "rows", None)
    if isinstance(rows, bool) or not isinstance(rows, Integral) or rows < 1:
        rule = "set self.rows in __init__ to how many bars it looks at, a whole number of at least 1"
        raise PluginContractError(f"{type(component).__name__}: its rows are {rows!r:.80}; {rule}")
    return int(rows)
