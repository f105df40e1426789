"""What a panel draws."""

from __future__ import annotations

import math
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from friday_core.analytics.report.plot import Panel, figure, thinned
from friday_core.analytics.report.scales import Scale

PANEL = Panel(Scale(0.0, 10.0, 0.0, 100.0), Scale(0.0, 1.0, 50.0, 0.0), 0.5)


def test_a_line_breaks_where_a_value_is_missing() -> None:
    drawn = PANEL.line(range(4), np.array([0.0, 1.0, math.nan, 0.5]), "x")
    assert drawn == '<path d="M0.0,50.0L10.0,0.0M30.0,25.0" class="line x"></path>'


def test_an_area_stands_on_zero() -> None:
    drawn = PANEL.area([0.0, 10.0], np.array([1.0, 0.5]), "x")
    assert 'd="M0.0,50.0L0.0,0.0L100.0,25.0L100.0,50.0Z"' in drawn


def test_an_area_of_nothing_is_empty() -> None:
    assert PANEL.area([], np.zeros(0), "x") == "<g></g>"


def test_an_area_below_zero_hangs_from_the_top() -> None:
    assert Panel(PANEL.x, Scale(-1.0, 0.0, 50.0, 0.0)).floor == 0.0


def test_the_frame_names_its_marks_and_its_title() -> None:
    drawn = figure(100, 50, "a & b", PANEL.frame([(5.0, "2024")], [(0.0, "0"), (1.0, "1")], "USD"))
    assert re.findall(r"<text[^>]*>([^<]*)</text>", drawn) == ["0", "1", "2024", "USD"]
    assert 'aria-label="a &amp; b"' in drawn


def test_labels_at_the_edges_stay_inside() -> None:
    drawn = "".join(PANEL.frame([(0.0, "first"), (5.0, "middle"), (10.0, "last")], [], ""))
    assert re.findall(r'text-anchor="(\w+)"', drawn) == ["start", "middle", "end"]


def test_a_dot_says_what_it_is() -> None:
    assert "<title>bought &lt;5&gt;</title>" in PANEL.point(1.0, 0.5, "buy", "bought <5>")


def test_the_tip_of_an_arrow_is_at_the_value() -> None:
    assert 'd="M50.0,25.0l3.5,6h-7Z"' in PANEL.arrow(5.0, 0.5, True, "buy", "")
    assert 'd="M50.0,25.0l3.5,-6h-7Z"' in PANEL.arrow(5.0, 0.5, False, "sell", "")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400))
def test_a_thinned_line_keeps_its_ends_and_its_extremes(values: list[float]) -> None:
    xs, ys = thinned(np.arange(len(values), dtype=np.float64), np.array(values), most=40)
    assert (xs[0], xs[-1], ys.min(), ys.max()) == (0, len(values) - 1, min(values), max(values))
    assert len(xs) <= 44
    assert ys.tolist() == [values[int(x)] for x in xs]


def test_a_stretch_without_values_stays_a_gap() -> None:
    _, ys = thinned(np.arange(100.0), np.full(100, math.nan), most=20)
    assert np.isnan(ys).all()
