"""Where and at what price orders of a simulated broker trade, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_DEFAULT = "next_open"
_WHERE = {
    "next_open": "decided at a close, filled at the next open",
    "next_close": "decided at a close, filled at the next close",
    "this_close": "decided at a close and filled at that very close, which looks ahead by one print",
}
#: Shares by which prices are made worse, by the name of the setting.
_SHARES = {
    "slippage_spread": "half a spread of {:.4%}",
    "slippage_impact": "an impact of {:g} times the squared share of the volume",
    "slippage_range": "{:.4%} of the bar's range",
}


def fill_convention(settings: Mapping[str, Any]) -> str:
    """What ``resolved.toml`` says of market orders: where they trade, what they slip, how much a bar gives.

    Of a broker without these settings it names the broker.
    """
    section = settings.get("broker", {})
    broker = str(section.get("use", ""))
    own = settings.get("plugins", {}).get("broker", {}).get(broker, {})
    if own.get("fill", _DEFAULT) not in _WHERE or "slippage_ticks" not in own:
        return f"as the broker {broker!r} fills them" if broker else "not known"
    parts = [_WHERE[own.get("fill", _DEFAULT)], _slippage(own, section.get("slippage_scale", 1.0))]
    return "; ".join([*parts, _volume(own.get("participation")), *_latency(own)])


def _slippage(own: Mapping[str, Any], scale: float) -> str:
    count = own["slippage_ticks"]
    told = [f"{count:,} tick{'' if count == 1 else 's'}"] if count else []
    told += [words.format(own[name]) for name, words in _SHARES.items() if own.get(name)]
    if not told or scale == 0:
        return "no slippage"
    return f"{' and '.join(told)} slippage{'' if scale == 1 else f', times {scale:g}'}"


def _volume(share: float | None) -> str:
    return "any volume" if share is None else f"at most {share:.4g} of a bar's volume"


def _latency(own: Mapping[str, Any]) -> Iterator[str]:
    if slices := own.get("latency"):
        yield f"{slices:,} bar{'' if slices == 1 else 's'} later"
    if seconds := own.get("latency_seconds"):
        yield f"not before {seconds:g} s have passed"
    if protection := own.get("protection"):
        yield f"not further than {protection:.4g} from the latest price"
    if band := own.get("band"):
        yield f"not further than {band:.4g} from the close of the session before"
