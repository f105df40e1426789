"""What a plugin may import: everything here, and nothing else of ``friday_core``."""

from friday_core.causal import indicators
from friday_core.causal.columns import Col
from friday_core.causal.market import HOLD, Market, latch, ratchet, where
from friday_core.data.bar_files import BarFileSettings, BarFileSource
from friday_core.data.bar_times import BarTimes, Origin
from friday_core.data.frames import BarReader, in_chunks
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Chunk, Float64, Int64, Universe
from friday_core.domain.executed import ExecutedOrder
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
from friday_core.domain.schedule import Schedule, Sessions, in_utc
from friday_core.domain.sessions import to_date
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.domain.verdicts import Judgement, RowCode, Verdict
from friday_core.errors import (
    BrokerError,
    CalendarError,
    DataError,
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
    Tariff,
)
from friday_core.interfaces.calendar import Calendar
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer, FeatureSet
from friday_core.interfaces.component import Component, Health, Stateful
from friday_core.interfaces.model import CompiledModel, Model, TrainingTable
from friday_core.interfaces.notifier import Notification, Notifier, Severity
from friday_core.interfaces.risk_adjuster import RiskAdjuster, RiskState
from friday_core.interfaces.risk_rule import Proposal, RiskRule, Ruling
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import HistoricalData
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff
from friday_core.models.compiling import compile_boosting, compile_forest, compile_linear, compile_logistic
from friday_core.models.linear import LinearModel
from friday_core.models.trees import TreeModel, TreeNodes
from friday_core.plugin.hookspecs import hookimpl
from friday_core.plugin.spec import API_VERSION, ComponentSpec, NoSettings, PluginSettings, TimeZone
from friday_core.simulation.matching import BarMatcher, MatchingRules, MatchingSettings

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
    "Calendar",
    "CalendarError",
    "Cancel",
    "CancelOrder",
    "ChargesPlan",
    "Chunk",
    "Col",
    "ColumnStrategy",
    "ColumnTransformer",
    "CompiledModel",
    "Component",
    "ComponentSpec",
    "CorporateAction",
    "DataError",
    "DataSourceError",
    "Decision",
    "Event",
    "ExecutedOrder",
    "Execution",
    "FeatureSet",
    "Fill",
    "Float64",
    "FridayError",
    "Health",
    "HistoricalData",
    "InDoubt",
    "IndianTariff",
    "Instrument",
    "InstrumentId",
    "Int64",
    "Intent",
    "Judgement",
    "LinearModel",
    "Market",
    "Matcher",
    "MatchingRules",
    "MatchingSettings",
    "Model",
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
    "RiskAdjuster",
    "RiskRule",
    "RiskState",
    "RowCode",
    "Ruling",
    "Schedule",
    "SchemaError",
    "Sessions",
    "Severity",
    "Side",
    "Signal",
    "SimulatedBroker",
    "Sizer",
    "Stateful",
    "Strategy",
    "Target",
    "Tariff",
    "TimeInForce",
    "TimeZone",
    "TrainingTable",
    "Transformer",
    "TreeModel",
    "TreeNodes",
    "Universe",
    "Validator",
    "Verdict",
    "WindowStrategy",
    "WindowTransformer",
    "WorkingOrder",
    "compile_boosting",
    "compile_forest",
    "compile_linear",
    "compile_logistic",
    "divide_half_even",
    "format_money",
    "get_logger",
    "hookimpl",
    "in_chunks",
    "in_utc",
    "indicators",
    "latch",
    "ratchet",
    "rate_tables",
    "to_date",
    "where",
]
