"""What a plugin may import: everything here, and nothing else of ``friday_core``."""

from friday_core.causal import indicators
from friday_core.causal.columns import Col
from friday_core.causal.market import HOLD, Market, latch, ratchet, where
from friday_core.data.bar_files import BarFileSettings, BarFileSource
from friday_core.data.bar_times import BarTimes, Origin
from friday_core.data.frames import BarReader, in_chunks
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Chunk, Float64, Int64, Universe
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.market import Bar, CorporateAction, RawBar
from friday_core.domain.money import divide_half_even, format_money
from friday_core.domain.orders import (
    Fill,
    Order,
    OrderEnded,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
    WorkingOrder,
)
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.domain.verdicts import Judgement, RowCode, Verdict
from friday_core.errors import (
    BrokerError,
    DataSourceError,
    FridayError,
    InDoubt,
    PluginError,
    Refused,
    SchemaError,
)
from friday_core.infrastructure.logging import get_logger
from friday_core.interfaces.broker import (
    Broker,
    ChargesPlan,
    Execution,
    Matcher,
    SimulatedBroker,
)
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer
from friday_core.interfaces.component import Component, Health, Stateful
from friday_core.interfaces.notifier import Notification, Notifier, Severity
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import HistoricalData
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator
from friday_core.plugin.hookspecs import hookimpl
from friday_core.plugin.spec import API_VERSION, ComponentSpec, NoSettings, PluginSettings
from friday_core.simulation.matching import BarMatcher, MatchingRules

__all__ = [
    "API_VERSION",
    "HOLD",
    "MISSING_PRICE",
    "PRICE_COLUMNS",
    "Bar",
    "BarFileSettings",
    "BarFileSource",
    "BarMatcher",
    "BarReader",
    "BarTimes",
    "BookView",
    "Broker",
    "BrokerError",
    "Cancel",
    "CancelOrder",
    "ChargesPlan",
    "Chunk",
    "Col",
    "ColumnStrategy",
    "ColumnTransformer",
    "Component",
    "ComponentSpec",
    "CorporateAction",
    "DataSourceError",
    "Decision",
    "Event",
    "Execution",
    "Fill",
    "Float64",
    "FridayError",
    "Health",
    "HistoricalData",
    "InDoubt",
    "Instrument",
    "InstrumentId",
    "Int64",
    "Intent",
    "Judgement",
    "Market",
    "Matcher",
    "MatchingRules",
    "NoSettings",
    "Notification",
    "Notifier",
    "Order",
    "OrderEnded",
    "OrderStatus",
    "OrderType",
    "Origin",
    "PlaceOrder",
    "PluginError",
    "PluginSettings",
    "Proposal",
    "RawBar",
    "Refused",
    "RiskRule",
    "RowCode",
    "Ruling",
    "SchemaError",
    "Severity",
    "Side",
    "Signal",
    "SimulatedBroker",
    "Sizer",
    "Stateful",
    "Strategy",
    "Target",
    "TimeInForce",
    "Transformer",
    "Universe",
    "Validator",
    "Verdict",
    "WorkingOrder",
    "divide_half_even",
    "format_money",
    "get_logger",
    "hookimpl",
    "in_chunks",
    "indicators",
    "latch",
    "ratchet",
    "where",
]
