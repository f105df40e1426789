"""What becomes of a strategy's answer before it is sized: its decisions, and what could not become one."""

from __future__ import annotations

import msgspec

from friday_core.domain.instruments import InstrumentId
from friday_core.interfaces.strategy import Decision


class Unfit(msgspec.Struct, frozen=True):
    """What columns asked for and no order can be: ``value`` signed shares, and why not, in a code and in words."""

    instrument: InstrumentId
    value: float
    code: str
    detail: str
    reason: str = ""


Asked = Decision | Unfit
