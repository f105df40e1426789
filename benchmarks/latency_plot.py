"""Latencies as an SVG: how many frames took how long, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import numpy.typing as npt

#: Nanoseconds at the ends of the scale, and bins of a power of ten.
_FIRST, _LAST, _BINS = 10, 10_000_000, 24
_WIDTH, _PANEL, _LEFT, _TOP = 720, 52, 210, 10
_MARKS = {10: "10 ns", 100: "100 ns", 1_000: "1 us", 10_000: "10 us", 100_000: "100 us", 1_000_000: "1 ms"}


def histograms(nanoseconds: Mapping[str, npt.NDArray[np.int64]]) -> str:
    """One panel each, under the other; the highest bin fills its panel. What is off the scale counts at its end."""
    height = _TOP + _PANEL * len(nanoseconds) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for mark, name in _MARKS.items():
        x = _place(mark)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{height - 20}" stroke="#d8d8d8"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle" fill="#444444">{name}</text>')
    for number, (name, times) in enumerate(nanoseconds.items()):
        parts += _panel(name, times, _TOP + _PANEL * (number + 1))
    return "\n".join([*parts, "</svg>\n"])


def _panel(name: str, times: npt.NDArray[np.int64], base: int) -> list[str]:
    powers = int(np.log10(_LAST / _FIRST))
    edges = np.geomspace(_FIRST, _LAST, powers * _BINS + 1)
    counts, _ = np.histogram(np.clip(times, _FIRST, _LAST), edges)
    tallest, half = max(1, int(counts.max())), float(np.median(times))
    bars = "".join(
        f"M{_place(low):.1f} {base}V{base - (_PANEL - 12) * count / tallest:.1f}H{_place(high):.1f}V{base}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    )
    label = f"{escape(name)}, p50 {half / 1e3:.3g} us"
    return [
        f'<path d="{bars}" fill="#3b6ea8"/>',
        f'<path d="M{_LEFT} {base}H{_WIDTH - 10}" stroke="#888888"/>',
        f'<path d="M{_place(half):.1f} {base}v-{_PANEL - 8}" stroke="#b03030"/>',
        f'<text x="{_LEFT - 8}" y="{base - 4}" text-anchor="end" fill="#222222">{label}</text>',
    ]


def _place(nanoseconds: float) -> float:
    share = np.log(nanoseconds / _FIRST) / np.log(_LAST / _FIRST)
    return float(_LEFT + share * (_WIDTH - 10 - _LEFT))
