"""Role ``validator``: may this row be believed?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

from friday_core.domain.chunk import Chunk
from friday_core.domain.row import FewRows, PlainRow
from friday_core.domain.verdicts import Judgement, Verdict
from friday_core.interfaces.component import Component


class Validator(Component, ABC):
    """Gives every row a verdict.

    The same rows must get the same verdicts however they are cut into chunks: state is kept per
    instrument and depends on earlier rows only. A validator sees every row that its predecessors
    did not hold back, in stream order.

    A plugin, complete; it holds back bars in which almost nothing was traded::

        from friday_core.api import ComponentSpec, Judgement, PluginSettings, Validator, Verdict, hookimpl


        class Settings(PluginSettings):
            least: float = 1.0


        class ThinTrade(Validator):
            inputs = ("volume",)

            def __init__(self, settings):
                self.least = settings.least

            def validate(self, chunk):
                thin = ~(chunk["volume"] >= self.least)
                return Judgement.passing(chunk).marked(thin, Verdict.QUARANTINE, "too little was traded")


        @hookimpl
        def friday_components():
            return [ComponentSpec("validator", "thin_trade", ThinTrade, Settings)]
    """

    #: Columns that must be there; checked before the session starts.
    inputs: tuple[str, ...] = ()

    @abstractmethod
    def validate(self, chunk: Chunk) -> Judgement:
        """One verdict a row: PASS, REPAIR, DUPLICATE, QUARANTINE or REJECT_CHUNK."""


@runtime_checkable
class RowJudge(Protocol):
    """A validator that can judge a row without a chunk; optional, for rows that come alone while a market is open.

    It says and remembers what ``validate`` does of the same row. Without it the row is made a chunk, which takes
    some microseconds.
    """

    def judge(self, row: PlainRow) -> tuple[Verdict, str] | None:
        """The verdict, which is not REPAIR, and its reason; ``None`` if the row passes and nothing is to be said."""
        ...


@runtime_checkable
class RowsJudge(RowJudge, Protocol):
    """A validator that can pass a few rows at once, which come together while a market is open; optional.

    Without it ``judge`` is asked of each of them.
    """

    def passes(self, rows: FewRows) -> bool:
        """Whether all of them, which have one time, pass and nothing is to be said of any; then they have passed.

        If not, or if it raises, nothing has changed: ``judge`` will be asked of each row.
        """
        ...
