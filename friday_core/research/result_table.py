"""One table of a result, for whichever library the reader likes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa


class ResultTable:
    """Rows of a run. Money and prices are exact decimals in Arrow, times UTC; a copy costs what is asked for.

    ``to_pandas`` and ``to_polars`` give decimals as float64, the nearest one; ``exact=True`` keeps them.
    """

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        self._table = table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __repr__(self) -> str:
        return f"<{self.name}: {len(self):,} rows of {', '.join(self._table.column_names)}>"

    def _repr_html_(self) -> str:
        """The first and the last rows, as pandas shows them."""
        return self.to_pandas().to_html(max_rows=10)

    def to_arrow(self) -> pa.Table:
        return self._table

    def to_pandas(self, *, exact: bool = False) -> pd.DataFrame:
        frame: pd.DataFrame = self._converted(exact).to_pandas()
        return frame

    def to_polars(self, *, exact: bool = False) -> Any:
        """A ``polars.DataFrame``; ``ImportError`` with what to install if there is no polars."""
        try:
            import polars as pl  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ImportError(
                "to_polars() needs polars: pip install 'friday-trading[polars]'", name="polars"
            ) from error
        return pl.from_arrow(self._converted(exact))

    def _converted(self, exact: bool) -> pa.Table:
        if exact:
            return self._table
        fields = [one.with_type(pa.float64()) if pa.types.is_decimal(one.type) else one for one in self._table.schema]
        return self._table.cast(pa.schema(fields))
