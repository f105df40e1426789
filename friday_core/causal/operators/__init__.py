"""All operators, by name."""

from friday_core.causal.op import table
from friday_core.causal.operators import averages, elementwise, panel, recursive, session, trend, windows

OPERATORS = table(
    *elementwise.OPERATORS,
    *windows.OPERATORS,
    *recursive.OPERATORS,
    *session.OPERATORS,
    *panel.OPERATORS,
    *averages.OPERATORS,
    *trend.OPERATORS,
)
