"""The tables of a run folder: written while the run goes on, so that no row is kept for long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from friday_core.domain.chunk import Universe
from friday_core.orchestration.model_tables import models_table, predictions_table
from friday_core.orchestration.training import Training
from friday_core.session.columns import Block
from friday_core.session.core import Core
from friday_core.session.run_folder import RunFolder
from friday_core.session.table_parts import TableParts
from friday_core.session.tables import Mask, ResultTables, parents_in

#: Rows of one table that wait in memory, at the end of a record, before they are written ...
WAITING_ROWS = 32_768
#: ... and among them so many times less objects.
OBJECT = 4


class RunTables:
    """Writes what the core logged, held back and saw. ``capital`` of all books at the start, in minor units.

    ``flush`` is called after every record: a table with ``waiting`` rows or more is written as a part and
    let go of. ``finish`` writes the rest, and every table becomes one file.
    """

    def __init__(
        self,
        folder: RunFolder,
        core: Core,
        universe: Universe,
        capital: int,
        *,
        currency: str,
        mask: Mask,
        waiting: int = WAITING_ROWS,
    ) -> None:
        self._folder = folder
        self._core = core
        self._universe = universe
        self._capital = capital
        self._tables = ResultTables(universe, currency, mask)
        self._waiting = waiting
        self._rows = core.log.tables()
        self._parts: dict[str, TableParts] = {}
        #: By tags of orders that are not over, the account order that stands for each.
        self._sent_in: dict[str, str] = {}

    def flush(self) -> None:
        """Write what has become too much to keep. ``RunFolderError`` if that fails."""
        for name, rows in self._rows.items():
            if rows.kept * OBJECT >= self._waiting and max(rows.kept, rows.objects * OBJECT) >= self._waiting:
                self._release(name)
        bars = self._core.bars
        if bars is not None and bars.kept >= 2 * self._waiting:
            self._of("bars").write(bars.release(self._universe))
        for quarantine in self._core.flow.quarantines.values():
            if len(quarantine) >= 2 * self._waiting:
                self._of("quarantine").write(self._tables.quarantine(quarantine.release(self._waiting)))

    def finish(self, training: Training | None) -> None:
        """Write everything that is left, also of the model if there is one. The log keeps what it has."""
        core, behind = self._core, self._behind()
        for name, rows in core.log.tables().items():
            if name in self._tables.names:
                numbers = sorted(rows.late)
                late = [rows.layout.block([rows.late[number] for number in numbers])]
                rest = self._tables.table(name, list(rows.blocks()), behind)
                self._of(name).finish(rest, numbers, self._tables.table(name, late, behind))
        held = [row for quarantine in core.flow.quarantines.values() for row in quarantine.rows]
        self._of("quarantine").finish(self._tables.quarantine(held))
        if core.bars is not None:
            self._of("bars").finish(core.bars.table(self._universe))
        if training is not None:
            predicted = core.flow.predictions(training.stream)
            self._folder.write_table("predictions", predictions_table(predicted, self._universe, training))
            self._folder.write_table("models", models_table(training))

    def _release(self, name: str) -> None:
        log, behind = self._core.log, self._behind()
        blocks = log.release(name, self._universe, self._capital)
        if name in ("orders", "account_orders"):
            known = _tags(log.orders.blocks()) | {one.order.tag for one in log.orders.late.values()}
            self._sent_in = {tag: account for tag, account in behind.items() if tag in known}
        if name in self._tables.names:
            self._of(name).write(self._tables.table(name, blocks, behind))

    def _behind(self) -> Mapping[str, str]:
        """By orders that may still be written, the account order that stands for each."""
        netting = self._core.log.netting
        return self._sent_in if netting is None else self._sent_in | parents_in(netting.orders.blocks())

    def _of(self, name: str) -> TableParts:
        return self._parts.setdefault(name, TableParts(self._folder, name))


def _tags(blocks: Iterable[Block]) -> set[str]:
    return {tag for block in blocks for tag in block.coded("tag").values}
