"""Plots of a result in a notebook: those of the report, with its style, in a frame of their own."""

from __future__ import annotations

from pathlib import Path

from friday_core.analytics.report.figures import equity_figure, legend
from friday_core.analytics.report.key_figures import headline_figures
from friday_core.analytics.report.markup import Markup, tag
from friday_core.analytics.report.page import captioned, document
from friday_core.analytics.report.writing import write_page
from friday_core.analytics.run_analysis import RunAnalysis

_CAPTION = "Equity after each slice, and how far it is below its highest value so far."
#: Pixels: the figure alone, and with the key figures above.
_HEIGHT, _WITH_FIGURES = 620, 780


class Plot:
    """A page with one figure. A notebook shows it; ``save`` writes it, to be opened in a browser."""

    def __init__(self, title: str, body: Markup, height: int = _HEIGHT) -> None:
        self.page = document(title, body)
        self._height = height

    def save(self, path: str | Path) -> Path:
        """Write the page; ``RunFolderError`` if it cannot be."""
        write_page(Path(path), self.page)
        return Path(path)

    def _repr_html_(self) -> str:
        """In a frame, so that the style of the page does not reach the notebook."""
        height = f"height: {self._height}px"
        return tag("iframe", srcdoc=self.page, style=f"width: 100%; {height}; border: 0", title="Friday")


def equity_plot(run: RunAnalysis, title: str) -> Plot:
    """Equity and drawdown, and the benchmark where the run kept its bars."""
    return Plot(title, _equity(run))


def overview(run: RunAnalysis, title: str) -> Plot:
    """The headline figures above equity and drawdown."""
    tiles = [
        tag("div", tag("span", name), tag("b", value), [tag("i", one) for one in beside])
        for name, value, beside in headline_figures(run)
    ]
    shown = tag("div", tag("section", tiles, class_="tiles"), _equity(run))
    return Plot(title, shown, _WITH_FIGURES)


def _equity(run: RunAnalysis) -> Markup:
    if not len(run.curve):
        return tag("p", "no slice was seen: there is no equity to show")
    entries = [("equity", "equity")] + ([("benchmark", "benchmark")] if run.has_bars else [])
    return captioned(equity_figure(run), _CAPTION, legend(*entries))
