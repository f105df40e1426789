"""What was refused in a run, and what of it the configuration did not allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from friday_core.domain.orders import OrderEnded
from friday_core.domain.outcomes import DecisionTaken
from friday_core.trading.codes import Code

#: Among the codes that are allowed, it stands for every code.
ALL = "ALL"
_CODES: Mapping[str, Code] = {code.value: code for code in Code}


def refusals(decisions: Iterable[DecisionTaken], ended: Iterable[OrderEnded]) -> dict[str, int]:
    """How often each code refused something, sorted by code.

    A decision counts unless all of it was carried out or nothing had to be done; also where a part
    was sent. An order that ended counts if risk or cash ended it: its reason begins with one of
    Friday's own codes. A decision's code that Friday does not know is that of a risk rule.
    """
    return refused(Counter(one.code for one in decisions), Counter(one.reason.partition(":")[0] for one in ended))


def refused(decisions: Mapping[str, int], ends: Mapping[str, int]) -> dict[str, int]:
    """The same from how often each code stands among the decisions, and at the head of an ended order's reason."""
    found = Counter({code: count for code, count in decisions.items() if code not in _CODES or _CODES[code].refuses})
    found.update({code: count for code, count in ends.items() if code in _CODES and _CODES[code].refuses})
    return dict(sorted(found.items()))


def not_allowed(refused: Mapping[str, int], allowed: Collection[str]) -> dict[str, int]:
    """The refusals that make a run an error: ``allowed`` is ``[risk] allow_refusals``."""
    return {code: count for code, count in refused.items() if code not in allowed and ALL not in allowed}
