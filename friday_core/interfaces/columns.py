"""Roles of plugins that write columns: traced once when they are loaded, executed by Friday."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from friday_core.causal.columns import Operand
from friday_core.causal.market import Market
from friday_core.domain.orders import OrderType
from friday_core.interfaces.component import Component


class Columns(Component, ABC):
    """Computes columns from columns.

    ``outputs`` is called once, when the plugin is loaded, with a market ``m`` that holds no data:
    what is recorded is which operators the answer is made of. What would see the future cannot be
    written: it raises ``LookaheadError`` with the author's line and the mend. Friday executes the
    record, with the same bits in research, backtest and live.
    """

    @abstractmethod
    def outputs(self, m: Market) -> Mapping[str, Operand]:
        """Named columns made of columns of ``m``; called once, before any data."""


class ColumnTransformer(Columns, ABC):
    """Role ``transformer`` in columns: each output becomes a column of the stream.

    Rows pass one by one, so that instruments cannot be compared here: ``m.panel`` is for
    strategies. A complete plugin::

        from friday_core.api import ColumnTransformer, ComponentSpec, PluginSettings, hookimpl, indicators


        class Settings(PluginSettings):
            window: int = 20


        class Distance(ColumnTransformer):
            def __init__(self, settings):
                self.window = settings.window

            def outputs(self, m):
                return {"distance": indicators.zscore(m.close, self.window)}


        @hookimpl
        def friday_components():
            return [ComponentSpec("transformer", "distance", Distance, Settings)]
    """


class FeatureSet(Columns, ABC):
    """Role ``feature_set``: features of a stream of slices, under one name, for models and strategies.

    Slices are whole: instruments may be compared with ``m.panel``, and coarser clock domains joined
    with ``m.at(...).asof()``. Features know nothing of the book, so that a model can be trained on
    them. A complete plugin::

        from friday_core.api import ComponentSpec, FeatureSet, PluginSettings, hookimpl


        class Settings(PluginSettings):
            rows: int = 120


        class Momentum(FeatureSet):
            def __init__(self, settings):
                self.rows = settings.rows

            def outputs(self, m):
                momentum = m.close / m.close.shift(self.rows) - 1
                return {"momentum": momentum, "momentum_rank": m.panel(momentum).rank()}


        @hookimpl
        def friday_components():
            return [ComponentSpec("feature_set", "momentum", Momentum, Settings)]
    """


class ColumnStrategy(Columns, ABC):
    """Role ``strategy`` in columns: answers ``signal`` or ``target``; other outputs are for show.

    A ``target`` is a weight of equity: every value is a decision, ``HOLD`` (NaN) is none. A
    ``signal`` is a strength in [-1, 1]: it is a decision when it changes. Nothing is decided for
    an instrument that has not had the program's warm-up rows. Orders are market orders. A complete
    plugin, half of the equity in the instrument with the best fortnight::

        from friday_core.api import ColumnStrategy, ComponentSpec, hookimpl


        class Leader(ColumnStrategy):
            def outputs(self, m):
                fortnight = m.close / m.close.shift(10) - 1
                return {"target": m.panel(fortnight).top(1) * 0.5}


        @hookimpl
        def friday_components():
            return [ComponentSpec("strategy", "leader", Leader)]
    """

    order_types: frozenset[OrderType] = frozenset({OrderType.MARKET})
