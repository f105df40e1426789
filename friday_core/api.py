"""What a plugin may import: everything here, and nothing else of ``friday_core``.

A name that is to go moves from ``__all__`` to ``_DEPRECATED``; type checkers find it by an import under
``_typing.TYPE_CHECKING``.
"""

import typing as _typing

from friday_core.causal import indicators
from friday_core.causal.columns import Col
from friday_core.causal.market import HOLD, Market, latch, ratchet, where
from friday_core.causal.op import Example, Op
from friday_core.causal.own_operators import operator
from friday_core.data.bar_files import BarFileSettings, BarFileSource
from friday_core.data.bar_times import BarTimes, Origin
from friday_core.data.frames import BarReader, in_chunks
from friday_core.domain.bill_terms import Amount, BillLine, BillRounding, BillTerms
from friday_core.domain.chunk import MISSING_PRICE, PRICE_COLUMNS, Chunk, Float64, Int64, Universe
from friday_core.domain.cursor import Cursor
from friday_core.domain.executed import ExecutedOrder
from friday_core.domain.findings import Finding, Outcome
from friday_core.domain.instruments import Instrument, InstrumentId
from friday_core.domain.known_dates import KnownDates
from friday_core.domain.market import Bar, CorporateAction, RawBar
from friday_core.domain.money import divide_half_even, format_money
from friday_core.domain.order_updates import OrderUpdate
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
from friday_core.domain.products import Product
from friday_core.domain.records import CancelOrder, Intent, PlaceOrder
from friday_core.domain.row import FewRows, PlainRow, chunk_of
from friday_core.domain.schedule import Schedule, Sessions, in_utc
from friday_core.domain.sessions import to_date, to_days
from friday_core.domain.signals import Cancel, Signal, Target
from friday_core.domain.verdicts import Judgement, RowCode, Verdict
from friday_core.errors import (
    BrokerError,
    CalendarError,
    DataError,
    DataSourceError,
    FactsError,
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
    RealBroker,
    SimulatedBroker,
    Tariff,
)
from friday_core.interfaces.calendar import Calendar
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer, ColumnValidator, FeatureSet
from friday_core.interfaces.component import Component, Health, Stateful
from friday_core.interfaces.connection import Connection, Lists
from friday_core.interfaces.model import CompiledModel, Model, ModelKernel, TrainingTable
from friday_core.interfaces.notifier import Notification, Notifier, Severity
from friday_core.interfaces.risk_adjuster import RiskAdjuster, RiskState
from friday_core.interfaces.risk_rule import Bound, OrderTerms, Proposal, RiskRule, Ruling
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import Fetches, HistoricalData, LiveData
from friday_core.interfaces.strategy import BookView, Decision, Event, Strategy
from friday_core.interfaces.transformer import RowTransformer, Transformer
from friday_core.interfaces.validator import RowJudge, RowsJudge, Validator
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer
from friday_core.market.charges.shipped import rate_tables
from friday_core.market.charges.tariff import IndianTariff
from friday_core.market.corporate_actions.recognition import Gap, LikelyRatio, likely_ratio, spread_of, turnover_of
from friday_core.market.instruments.contract_names import ContractName, contract_name
from friday_core.market.instruments.dated_facts import instrument_facts
from friday_core.market.instruments.expiry_rules import monthly_expiry
from friday_core.market.margins.estimate import MarginEstimate
from friday_core.market.margins.holdings import HoldingsMargin, Volatilities
from friday_core.market.margins.shipped import margin_tables
from friday_core.market.sessions.library import library_sessions
from friday_core.market.sessions.market_sessions import MarketSessions, SessionBase
from friday_core.market.sessions.overrides import session_overrides
from friday_core.market.sessions.session_file import SessionFile
from friday_core.market.sessions.shipped import session_files
from friday_core.models.compiling import compile_boosting, compile_forest, compile_linear, compile_logistic
from friday_core.models.linear import LinearModel
from friday_core.models.trees import TreeModel, TreeNodes
from friday_core.plugin.api_version import API_VERSION
from friday_core.plugin.deprecation import Deprecated as _Deprecated
from friday_core.plugin.deprecation import FridayDeprecationWarning
from friday_core.plugin.deprecation import announced as _announced
from friday_core.plugin.hookspecs import hookimpl
from friday_core.plugin.spec import ComponentSpec, NoSettings, PluginSettings, TimeZone
from friday_core.simulation.matching import BarMatcher, FillAt, MatchingRules, MatchingSettings

__all__ = [
    "API_VERSION",
    "HOLD",
    "MISSING_PRICE",
    "PRICE_COLUMNS",
    "Amount",
    "Bar",
    "BarFileSettings",
    "BarFileSource",
    "BarMatcher",
    "BarReader",
    "BarTimes",
    "BillLine",
    "BillRounding",
    "BillTerms",
    "BookView",
    "Bound",
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
    "ColumnValidator",
    "CompiledModel",
    "Component",
    "ComponentSpec",
    "Connection",
    "ContractName",
    "CorporateAction",
    "Cursor",
    "DataError",
    "DataSourceError",
    "Decision",
    "Event",
    "Example",
    "ExecutedOrder",
    "Execution",
    "FactsError",
    "FeatureSet",
    "Fetches",
    "FewRows",
    "Fill",
    "FillAt",
    "Finding",
    "Float64",
    "FridayDeprecationWarning",
    "FridayError",
    "Gap",
    "Health",
    "HistoricalData",
    "HoldingsMargin",
    "InDoubt",
    "IndianTariff",
    "Instrument",
    "InstrumentId",
    "Int64",
    "Intent",
    "Judgement",
    "KnownDates",
    "LikelyRatio",
    "LinearModel",
    "Lists",
    "LiveData",
    "MarginEstimate",
    "Market",
    "MarketSessions",
    "Matcher",
    "MatchingRules",
    "MatchingSettings",
    "Model",
    "ModelKernel",
    "NoSettings",
    "Notification",
    "Notifier",
    "Op",
    "Order",
    "OrderEnded",
    "OrderStatus",
    "OrderTerms",
    "OrderType",
    "OrderUpdate",
    "Origin",
    "Outcome",
    "PlaceOrder",
    "PlainRow",
    "PluginError",
    "PluginSettings",
    "Product",
    "Proposal",
    "RawBar",
    "RealBroker",
    "Refused",
    "RiskAdjuster",
    "RiskRule",
    "RiskState",
    "RowCode",
    "RowJudge",
    "RowTransformer",
    "RowsJudge",
    "Ruling",
    "Schedule",
    "SchemaError",
    "SessionBase",
    "SessionFile",
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
    "Volatilities",
    "WindowStrategy",
    "WindowTransformer",
    "WorkingOrder",
    "chunk_of",
    "compile_boosting",
    "compile_forest",
    "compile_linear",
    "compile_logistic",
    "contract_name",
    "divide_half_even",
    "format_money",
    "get_logger",
    "hookimpl",
    "in_chunks",
    "in_utc",
    "indicators",
    "instrument_facts",
    "latch",
    "library_sessions",
    "likely_ratio",
    "margin_tables",
    "monthly_expiry",
    "operator",
    "ratchet",
    "rate_tables",
    "session_files",
    "session_overrides",
    "spread_of",
    "to_date",
    "to_days",
    "turnover_of",
    "where",
]

#: Names that still work, but warn: they go with the next major.
_DEPRECATED: dict[str, _Deprecated] = {}

if not _typing.TYPE_CHECKING:  # A type checker would take any misspelt name for a good one.

    def __getattr__(name: str) -> object:
        return _announced(__name__, name, _DEPRECATED)
