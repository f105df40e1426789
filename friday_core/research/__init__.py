"""Research in Python: a backtest from a script or a notebook, and its result as tables."""

from friday_core.cli.options import Loaded
from friday_core.errors import BacktestError
from friday_core.orchestration.oracle_run import Checked, Difference
from friday_core.research.bars import Bars
from friday_core.research.plots import Plot
from friday_core.research.result import Result
from friday_core.research.result_table import ResultTable
from friday_core.research.running import backtest

__all__ = ["BacktestError", "Bars", "Checked", "Difference", "Loaded", "Plot", "Result", "ResultTable", "backtest"]
