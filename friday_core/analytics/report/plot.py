"""Panels of a figure in SVG: frame, lines, areas, points and bars. Colours are the style sheet's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from friday_core.analytics.report.markup import Child, Markup, tag
from friday_core.analytics.report.scales import Scale, marks_of
from friday_core.domain.chunk import Float64, Int64

#: Vertices of a line that a figure keeps: more cannot be told apart on a page.
_MOST_VERTICES = 2_400
#: How far from the frame a label of the x axis still stands in its middle.
_ROOM = 30.0

Mark = tuple[float, str]


def figure(width: float, height: float, label: str, *children: Child) -> Markup:
    """The whole drawing; ``label`` is what a reader who cannot see it is told."""
    return tag("svg", *children, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=label)


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle with two axes. Everything drawn is in the units of the axes."""

    x: Scale
    y: Scale
    step: float = 0.0

    @property
    def floor(self) -> float:
        """The pixel of zero, or of the edge that is nearest to it."""
        return self.y(min(max(0.0, self.y.low), self.y.high))

    def frame(self, x_marks: Sequence[Mark], y_marks: Sequence[Mark], title: str) -> list[Markup]:
        """Grid, labels on the left and below, the title above."""
        return [*self._rows(y_marks), *self._columns(x_marks), self.text(self.x.start, self.y.end - 8, title, "title")]

    def y_values(self) -> list[float]:
        """The values that the y axis names."""
        return marks_of(self.y.low, self.y.high, self.step)

    def line(self, xs: Sequence[float] | Float64 | Int64, ys: Float64, style: str) -> Markup:
        """A line through the points; it breaks where a value is missing."""
        return tag("path", d=_path(self._pixels(*thinned(np.asarray(xs, np.float64), ys))), class_=f"line {style}")

    def area(self, xs: Sequence[float] | Float64 | Int64, ys: Float64, style: str) -> Markup:
        """Between the values and zero."""
        pixels = self._pixels(*thinned(np.asarray(xs, np.float64), np.nan_to_num(ys)))
        if not pixels:
            return tag("g")
        inner = _path(pixels)[1:]
        outline = f"M{pixels[0][0]:.1f},{self.floor:.1f}L{inner}L{pixels[-1][0]:.1f},{self.floor:.1f}Z"
        return tag("path", d=outline, class_=f"area {style}")

    def band(self, first: float, last: float, style: str) -> Markup:
        """The whole height between two x values."""
        left, right = self.x(first), self.x(last)
        top, height = self.y.end, self.y.start - self.y.end
        return tag("rect", x=left, y=top, width=max(right - left, 0.0), height=height, class_=style)

    def point(self, x: float, y: float, style: str, told: str) -> Markup:
        """A dot; ``told`` is shown when it is pointed at."""
        return tag("circle", tag("title", told), cx=self.x(x), cy=self.y(y), r=3.5, class_=f"dot {style}")

    def arrow(self, x: float, y: float, up: bool, style: str, told: str) -> Markup:
        """A triangle whose tip is at the value: from below for up, from above for down."""
        left, tip, away = self.x(x), self.y(y), 6.0 if up else -6.0
        shape = f"M{left:.1f},{tip:.1f}l3.5,{away:g}h-7Z"
        return tag("path", tag("title", told), d=shape, class_=f"dot {style}")

    def zero_line(self) -> Markup:
        """An upright line where x is 0."""
        return tag("line", x1=self.x(0.0), x2=self.x(0.0), y1=self.y.start, y2=self.y.end, class_="grid zero")

    def text(self, x: float, y: float, words: str, style: str, anchor: str | None = None) -> Markup:
        """Words at a pixel."""
        return tag("text", words, x=float(x), y=float(y), class_=style, text_anchor=anchor)

    def _rows(self, marks: Sequence[Mark]) -> Iterator[Markup]:
        for value, name in marks:
            y = self.y(value)
            zero = " zero" if value == 0 else ""
            yield tag("line", x1=self.x.start, x2=self.x.end, y1=y, y2=y, class_=f"grid{zero}")
            yield self.text(self.x.start - 8, y + 4, name, "tick", "end")

    def _columns(self, marks: Sequence[Mark]) -> Iterator[Markup]:
        for value, name in marks:
            x = self.x(value)
            yield tag("line", x1=x, x2=x, y1=self.y.start, y2=self.y.start + 5, class_="grid")
            anchor = "start" if x < self.x.start + 4 else "end" if x > self.x.end - _ROOM else "middle"
            yield self.text(x, self.y.start + 19, name, "tick", anchor)

    def _pixels(self, xs: Float64, ys: Float64) -> list[tuple[float, float]]:
        return [(self.x(x), self.y(y)) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def thinned(xs: Float64, ys: Float64, most: int = _MOST_VERTICES) -> tuple[Float64, Float64]:
    """The same line with at most about ``most`` vertices: of each stretch its ends, its lowest and its highest."""
    if len(xs) <= most:
        return xs, ys
    kept: set[int] = set()
    for part in np.array_split(np.arange(len(xs)), most // 4):
        finite = part[np.isfinite(ys[part])]
        extremes = [finite[np.argmin(ys[finite])], finite[np.argmax(ys[finite])]] if len(finite) else []
        kept.update(int(one) for one in (part[0], part[-1], *extremes))
    rows = np.array(sorted(kept))
    return xs[rows], ys[rows]


def _path(pixels: Sequence[tuple[float, float]]) -> str:
    shown, drawing = [], False
    for x, y in pixels:
        if math.isfinite(y):
            shown.append(f"{'L' if drawing else 'M'}{x:.1f},{y:.1f}")
        drawing = math.isfinite(y)
    return "".join(shown)
