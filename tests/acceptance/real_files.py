"""Real files: how a user would name them to Friday, and what pandas finds in them without it.

The expectations are derived from the files by rules that a reader can check, in whole columns and
without any of Friday's code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

#: Rows by validator, verdict and reason.
Counts = Counter[tuple[str, str, str]]
PRICES = ["open", "high", "low", "close"]
STALE = ("outlier_detection", "QUARANTINE", "stale: 5 bars or more at one price without volume")
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, eq=False)
class RealFile:
    """A file or a folder; ``columns`` and ``settings`` are the source's, the latter as in TOML.

    ``read`` gives the same rows by pandas: ``symbol``, ``closes`` on India's clock, prices, volume.
    """

    name: str
    path: str
    columns: Mapping[str, str]
    read: Callable[[Path], pd.DataFrame]
    settings: Mapping[str, str] = field(default_factory=dict)
    interval: str = "1d"
    session_open: str = "09:15"
    latest: str = ""
    floor: float = 0.25
    night_floor: float = 0.25
    cumulative: bool = False

    def overrides(self, data: Path) -> list[str]:
        """The profile's settings that put this file in place of its source."""
        source = "parquet" if self.path.endswith(".parquet") else "csv"
        columns = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in self.columns.items())
        given = {
            "path": f'"{data / self.path}"',
            "timezone": '"Asia/Kolkata"',
            "columns": f"{{ {columns} }}",
            "interval": f'"{self.interval}"',
            **self.settings,
        }
        stages = "plugins.validator"
        return [
            f'streams.market_data.source="{source}"',
            *(f"plugins.source.{source}.{key}={value}" for key, value in given.items()),
            f'{stages}.data_completeness.interval="{self.interval}"',
            f'{stages}.data_completeness.session_open="{self.session_open}"',
            f"{stages}.outlier_detection.floor={self.floor}",
            f"{stages}.outlier_detection.night_floor={self.night_floor}",
            *([f'{stages}.clock_sanity.latest="{self.latest}"'] if self.latest else []),
            f"plugins.transformer.volume_adjuster.cumulative={str(self.cumulative).lower()}",
        ]


def expected(rows: pd.DataFrame, file: RealFile) -> tuple[Counts, pd.DataFrame]:
    """What is odd about these rows, but for jumps of prices, and the rows that go on."""
    counts: Counts = Counter()
    rows = rows.sort_values(["closes", "symbol"], kind="stable").reset_index(drop=True)
    rows = _kept(rows, _reasons(rows, [(rows[PRICES].isna().any(axis=1), "a price is missing or not finite")]),
                 "source", counts)  # fmt: skip
    rows = _kept(rows, _reasons(rows, _clock(rows, file.latest)), "clock_sanity", counts)
    rows = _kept(rows, _reasons(rows, _contradictions(rows)), "bar_sanity", counts)
    rows = _without_repeats(rows, counts)
    remarks = _completeness(rows, file)
    counts.update(("data_completeness", "PASS", reason) for reason in remarks[remarks != ""])
    stale = _stale(rows)
    counts.update({STALE: int(stale.sum())} if stale.any() else {})
    return counts, rows[~stale]


def _reasons(rows: pd.DataFrame, faults: list[tuple[pd.Series, str]]) -> pd.Series:
    """The first that is true of each row; empty if none is."""
    found = np.select([wrong.to_numpy() for wrong, _ in faults], [reason for _, reason in faults], "")
    return pd.Series(found, rows.index)


def _kept(rows: pd.DataFrame, reasons: pd.Series, stage: str, counts: Counts) -> pd.DataFrame:
    counts.update((stage, "QUARANTINE", reason) for reason in reasons[reasons != ""])
    return rows[reasons == ""]


def _clock(rows: pd.DataFrame, latest: str) -> list[tuple[pd.Series, str]]:
    last = pd.Timestamp(latest or "2099-12-31")
    return [
        (rows["closes"] < pd.Timestamp("1990-01-01"), "stamped before 1990-01-01"),
        (rows["closes"] >= last + _DAY, f"stamped after {last:%Y-%m-%d}"),
    ]


def _contradictions(rows: pd.DataFrame) -> list[tuple[pd.Series, str]]:
    opened, high, low, close, volume = (rows[name] for name in [*PRICES, "volume"])
    return [
        *((rows[name] <= 0, f"{name} is zero or negative") for name in PRICES),
        (high < low, "high is below low"),
        (high < opened, "high is below open"),
        (high < close, "high is below close"),
        (low > opened, "low is above open"),
        (low > close, "low is above close"),
        (volume.isna(), "volume is missing or not finite"),
        (volume < 0, "volume is negative"),
    ]


def _without_repeats(rows: pd.DataFrame, counts: Counts) -> pd.DataFrame:
    """The first row of each instrument and time."""
    times = rows.groupby(["symbol", "closes"], sort=False)
    again = times.cumcount() > 0
    first = times[[*PRICES, "volume"]].transform("first")
    same = (rows[[*PRICES, "volume"]] == first).all(axis=1)
    found = {
        ("bar_sanity", "DUPLICATE", "the same bar again"): int((again & same).sum()),
        ("bar_sanity", "QUARANTINE", "two different bars for one time"): int((again & ~same).sum()),
    }
    counts.update({key: count for key, count in found.items() if count})
    return rows[~again]


def _completeness(rows: pd.DataFrame, file: RealFile) -> pd.Series:
    """For each row whether it lies outside of the hours, or how many bars are missing before it."""
    date = rows["closes"].dt.normalize()
    opens, closes = (pd.Timedelta(f"{clock}:00") for clock in (file.session_open, "15:30"))
    if file.interval == "1d":
        bars, bar, inside = 1, pd.Series(1, rows.index), pd.Series(True, rows.index)
    else:
        step = pd.Timedelta(file.interval)
        since = rows["closes"] - date - opens
        bars, bar = -((opens - closes) // step), -((-since) // step)
        inside = (since > pd.Timedelta(0)) & (since <= closes - opens)
    session = date[inside].rank(method="dense")
    place = session * bars + bar[inside]
    missing = (place.groupby(rows.loc[inside, "symbol"]).diff() - 1).fillna(0).astype(int)
    words = missing.map(lambda n: f"{n} bar{'' if n == 1 else 's'} missing before this" if n > 0 else "")
    return words.reindex(rows.index, fill_value="outside the hours of the session")


def _stale(rows: pd.DataFrame) -> pd.Series:
    """The fifth row and later of a run at one price without volume; the first may be of any shape."""
    before = rows.groupby("symbol")["close"].shift()
    quiet = rows["volume"] == 0
    repeats = quiet & (rows["close"] == before) & (rows["high"] == rows["low"])
    runs = (~repeats).groupby(rows["symbol"]).cumsum()
    by_run = [rows["symbol"], runs]
    length = repeats.groupby(by_run).cumcount() + quiet.groupby(by_run).transform("first").astype(int)
    return repeats & (length >= 5)


def off_tick(rows: pd.DataFrame, decimals: int) -> int:
    """Closes that are no multiple of five units of the last decimal."""
    return int((np.rint(rows["close"] * 10**decimals) % 5 != 0).sum())


def falls(rows: pd.DataFrame) -> int:
    """Rows whose counter of the day lies below an earlier one of the same instrument and day."""
    rows = rows.sort_values(["closes", "symbol"], kind="stable")
    by_day = rows.groupby(["symbol", rows["closes"].dt.normalize()])["volume"]
    return int((rows["volume"] < by_day.cummax()).sum())


def moves(rows: pd.DataFrame) -> pd.DataFrame:
    """Log returns of each row's prices from the instrument's close before; days since it."""
    rows = rows.sort_values(["symbol", "closes"]).reset_index(drop=True)
    own = rows.groupby("symbol")
    before = own["close"].shift()
    found = rows[PRICES].apply(lambda column: np.log(column / before))
    return rows.assign(
        **{f"move_{name}": found[name] for name in PRICES},
        farthest=found.abs().max(axis=1),
        away=own["closes"].diff().dt.days,
        number=own.cumcount(),
    )


def lone_opens(rows: pd.DataFrame, least: float) -> pd.DataFrame:
    """Opens at the bar's edge, farther than ``least`` from the close before and, on one side, from the bar's own.

    ``alone`` is how far, ``deviations`` the same in median absolute deviations of the sixty returns
    before, jumps left out. ``rows`` are those of ``moves``.
    """
    off_own = np.log(rows["open"] / rows["close"])
    one_side = np.sign(rows["move_open"]) == np.sign(off_own)
    alone = np.minimum(rows["move_open"].abs(), off_own.abs()).where(one_side, 0.0)
    edge = (rows["open"] >= rows["high"]) | (rows["open"] <= rows["low"])
    found = rows.assign(alone=alone)[edge & (alone > least) & (rows["number"] > 60)]
    returns = rows["move_close"].where(rows["move_close"].abs() < 0.25).to_numpy()
    spreads = [_mad(returns[row - 60 : row]) for row in found.index]
    return found.assign(deviations=found["alone"] / spreads)


def _mad(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(np.abs(known - np.median(known))))
