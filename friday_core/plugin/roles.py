"""Which interface a component of each kind implements."""

from __future__ import annotations

from collections.abc import Mapping

from friday_core.interfaces.broker import Broker, ChargesPlan, Tariff
from friday_core.interfaces.calendar import Calendar
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer, ColumnValidator, FeatureSet
from friday_core.interfaces.component import Component
from friday_core.interfaces.connection import Connection
from friday_core.interfaces.model import Model
from friday_core.interfaces.notifier import Notifier
from friday_core.interfaces.risk_adjuster import RiskAdjuster
from friday_core.interfaces.risk_rule import RiskRule
from friday_core.interfaces.sizer import Sizer
from friday_core.interfaces.source import HistoricalData
from friday_core.interfaces.strategy import Strategy
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.validator import Validator
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer
from friday_core.plugin.spec import Kind

#: Where there are several ways to write a component, the first one is what messages name.
ROLES: Mapping[Kind, tuple[type[Component], ...]] = {
    Kind.SOURCE: (HistoricalData,),
    Kind.VALIDATOR: (Validator, ColumnValidator),
    Kind.TRANSFORMER: (Transformer, ColumnTransformer, WindowTransformer),
    Kind.FEATURE_SET: (FeatureSet,),
    Kind.MODEL: (Model,),
    Kind.STRATEGY: (Strategy, ColumnStrategy, WindowStrategy),
    Kind.SIZER: (Sizer,),
    Kind.RISK_RULE: (RiskRule, RiskAdjuster),
    Kind.BROKER: (Broker,),
    Kind.CHARGES: (ChargesPlan, Tariff),
    Kind.CALENDAR: (Calendar,),
    Kind.CONNECTION: (Connection,),
    Kind.NOTIFIER: (Notifier,),
    Kind.OBSERVER: (Component,),
}
