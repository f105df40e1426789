"""What roles in pandas say of themselves."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from fakes.windows import Decides

from friday_core.errors import PluginContractError
from friday_core.interfaces.columns import ColumnStrategy, ColumnTransformer
from friday_core.interfaces.component import Component
from friday_core.interfaces.strategy import Strategy
from friday_core.interfaces.transformer import Transformer
from friday_core.interfaces.windows import WindowStrategy, WindowTransformer, window_rows


@pytest.mark.parametrize("rows", [1, 500, np.int64(7)])
def test_a_window_has_at_least_one_row(rows: int) -> None:
    assert window_rows(Decides(rows, lambda bars: None)) == rows


@pytest.mark.parametrize("rows", [0, -1, 2.0, "20", True, None])
def test_rows_that_are_no_positive_whole_number_are_refused(rows: Any) -> None:
    with pytest.raises(PluginContractError, match=r"Decides: its rows are .*; set self\.rows in __init__ to how many"):
        window_rows(Decides(rows, lambda bars: None))


def test_rows_that_nobody_set_are_refused() -> None:
    class Forgets(WindowStrategy):
        def decide(self, bars: object) -> None:
            return None

    with pytest.raises(PluginContractError, match="Forgets: its rows are None"):
        window_rows(Forgets())


def test_windows_are_of_grade_c_and_everything_else_of_grade_a_unless_it_says_so() -> None:
    class Approximate(Strategy):
        grade = "C"

    assert [role.grade for role in (WindowStrategy, WindowTransformer, Approximate)] == ["C", "C", "C"]
    roles: list[type[Component]] = [Component, Strategy, Transformer, ColumnStrategy, ColumnTransformer]
    assert {role.grade for role in roles} == {"A"}


def test_the_roles_are_there_without_pandas_and_the_first_window_brings_it() -> None:
    script = (
        "import sys, friday_core.api, friday_core.trading.window_runner as runner, friday_core.flow.window_stage; "
        "print('pandas' in sys.modules); runner.BarWindows(5); print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
