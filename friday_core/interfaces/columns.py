"""Roles of plugins that write columns: traced once when they are loaded, executed by Friday."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from friday_core.causal.checks import named_conditions
from friday_core.causal.columns import Col, Operand
from friday_core.causal.market import Market
from friday_core.causal.trace import line_of
from friday_core.domain.orders import OrderType
from friday_core.domain.verdicts import Verdict
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


class ColumnValidator(Columns, ABC):
    """Role ``validator`` in columns: what must not be, each with its reason.

    A row on which a condition is true is held back with that reason: quarantined, or as the verdict says
    that stands with the condition, ``(Verdict.PASS, m.volume == 0)`` for a remark on a row that goes on.
    Where the condition is false or unknown, nothing is said: a missing value is asked for by ``isna()``. The
    worst verdict stands, and of several as bad the first. A row counts for the rows of its instrument that
    come after it whether it was held back or not, and also where it came late. Rows pass one by one: there
    is no ``m.panel``, no ``m.at``, and no repair. A complete plugin::

        from friday_core.api import ColumnValidator, ComponentSpec, PluginSettings, hookimpl


        class Settings(PluginSettings):
            rows: int = 5


        class Frozen(ColumnValidator):
            def __init__(self, settings):
                self.rows = settings.rows

            def checks(self, m):
                last = m.raw.close.rolling(self.rows)
                return {
                    "nobody knows its volume": m.volume.isna(),
                    "the price stands still": last.max() == last.min(),
                }


        @hookimpl
        def friday_components():
            return [ComponentSpec("validator", "frozen", Frozen, Settings)]
    """

    @abstractmethod
    def checks(self, m: Market) -> Mapping[str, Col | tuple[Verdict, Col]]:
        """Conditions by reason, in the order in which they count; called once, before any data."""

    def outputs(self, m: Market) -> Mapping[str, Operand]:
        """The conditions of ``checks`` by verdict and reason; Friday's own."""
        return named_conditions(self.checks(m), line_of(self.checks))


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
    an instrument that has not had the program's warm-up rows. What comes of both are market orders.

    Instead of these it may answer ``order``, a signed number of shares, which is neither sized nor weighed;
    NaN and 0 are none. It is rounded down to whole lots. ``limit_price`` and ``trigger_price`` make it a limit
    order, a stop, or a stop limit, ``stop_loss`` and ``take_profit`` a bracket; where one is NaN, the order
    has no such price. Prices are like ``m.close``, and are rounded to ticks, away from a worse one and from an
    earlier trigger. It works for its session, or until ``good_till``, which is like ``m.session``. ``cancel``,
    where it is neither NaN nor 0, ends what works of an instrument before the row's order. ``order_types`` has
    the types that come of all that.

    A complete plugin, half of the equity in the instrument with the best fortnight::

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
