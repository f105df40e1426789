"""The series of a share: a suffix that its symbol gets when the exchange trades it in another way."""

from __future__ import annotations

#: Of shares: trade for trade, small companies, and those of them trade for trade. A suffix such as ``-N8`` is
#: a debenture of the company and ``-BL`` the window for blocks beside the share: neither is the share itself.
_SERIES = ("BE", "BZ", "SM", "ST", "SZ", "IT")


def share(symbol: str) -> str:
    """The symbol without its series: ``CENTRALBK-BE`` is the share ``CENTRALBK``; ``BAJAJ-AUTO`` is itself."""
    stem, _, suffix = symbol.rpartition("-")
    return stem if stem and suffix in _SERIES else symbol
