"""Of which day a list can be: a file does not say it, but its contracts do."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc

from friday_core.market.instruments.columns import MONTH_OF_EXPIRY
from friday_core.market.text_table import TextTable

#: Contracts of three months are always listed, so that the next expiry is never farther away.
_FARTHEST_NEXT_EXPIRY = dt.timedelta(days=45)


def check_day(file: TextTable, expiry: pa.Array, day: dt.date) -> None:
    """``DataSourceError`` if the contracts show that the file is of another day."""
    first = pc.min(expiry).as_py()
    if first is None:
        return
    row = pc.index(expiry, pa.scalar(first, pa.date32())).as_py()
    if first < day:
        past = pc.sum(pc.less(expiry, pa.scalar(day, pa.date32()))).as_py()
        why = f"it is not the list of {day}: {past} contracts had expired by then, the first on {first}"
        raise file.error(why, f"name the day it is of, {first} or earlier", row=row, column="expiry")
    listed = pc.is_in(file["exchange"], pa.array(MONTH_OF_EXPIRY))
    near = pc.min(expiry.filter(listed.combine_chunks())).as_py()
    if near is not None and near - day > _FARTHEST_NEXT_EXPIRY:
        row = pc.index(expiry, pa.scalar(near, pa.date32())).as_py()
        why = f"it is not the list of {day}: no contract expires before {near}, {(near - day).days} days later"
        raise file.error(why, "name the day it is of; the next expiry is always near", row=row, column="expiry")
