"""All operators, by name."""

from friday_core.causal.op import table
from friday_core.causal.operators import elementwise, recursive, windows

OPERATORS = table(*elementwise.OPERATORS, *windows.OPERATORS, *recursive.OPERATORS)
