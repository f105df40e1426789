"""The model of a run: what its predictions were worth out of sample, its versions, and who it never spoke of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from friday_core.analytics.report.figures import HALF, TimeAxis, axis_of, panel_over, share
from friday_core.analytics.report.markup import Markup, joined, tag
from friday_core.analytics.report.plot import Mark, figure
from friday_core.analytics.report.scales import Scale, marks_of, nice_range
from friday_core.analytics.report.tables import table
from friday_core.analytics.report.wording import UNDEFINED, counted, percent, ratio
from friday_core.analytics.run_analysis import RunAnalysis

#: Versions that are listed of those that were fitted, the latest; those that failed are always listed.
MOST_VERSIONS = 8
#: Instruments that are listed of those that were left out.
MOST_LEFT_OUT = 40
_CALIBRATION = (
    "Predictions in ten groups of equal size, from low to high, against what came true on average. Of a model that "
    "means what it says the dots lie on the line; where they do not rise, high predictions are worth no more than low."
)


def model_part(run: RunAnalysis) -> Markup:
    """Verdict, skill, calibration and versions, as ``summary["model"]`` has them."""
    model: Mapping[str, Any] = run.files.summary["model"]
    skill = model["skill"]
    return joined(
        tag("p", skill["verdict"], class_="verdict"),
        tag("p", _in_words(model), class_="note"),
        tag("div", skill_table(skill), calibration_figure(model), class_="pair apart"),
        tag("h3", "Versions"),
        *_versions(run, model["versions"]),
    )


def skill_table(skill: Mapping[str, Any]) -> Markup:
    """Figures of ``models.evaluation.skill``, with t where there is one."""
    pairs = counted(skill["pairs"], "pair")
    rows = [
        *(
            (name, ratio(mean, 4), ratio(t, 1), counted(n, "time"))
            for name, (mean, t, n) in (
                ("rank IC", skill["rank_ic"]),
                ("IC", skill["ic"]),
                ("correlation over time", skill["timing"]),
            )
        ),
        ("side was right", percent(skill["hit_rate"], 1), "", pairs),
        ("outcomes above zero", percent(skill["up_rate"], 1), "", pairs),
        ("R² against the mean so far", ratio(skill["r2_constant"], 4), "", ""),
        ("R² against zero", ratio(skill["r2_zero"], 4), "", ""),
        ("calibration error", ratio(skill["calibration_error"], 4), "", ""),
    ]
    return table(("out of sample", "value", "t", "over"), rows)


def calibration_figure(model: Mapping[str, Any]) -> Markup:
    """Mean outcome against mean prediction of each group, with the line on which they are equal."""
    buckets = model["skill"]["calibration"]
    said, came = (np.array([one[name] for one in buckets], np.float64) for name in ("prediction", "outcome"))
    low, high, step = nice_range(float(said.min(initial=0.0)), float(said.max(initial=0.0)), 5)
    panel = panel_over([came, np.zeros(1)], Scale(low, high, 64.0, HALF - 12.0), 26.0, 232.0)
    digits = 0 if step >= 0.01 else 1
    marks: list[Mark] = [(value, percent(value, digits)) for value in marks_of(low, high, step)]
    ends = np.clip(np.array([panel.x.low, panel.x.high]), panel.y.low, panel.y.high)
    dots = [
        panel.point(x, y, "said", f"{counted(one['pairs'], 'prediction')}: {percent(x)} said, {percent(y)} came")
        for one, x, y in zip(buckets, said.tolist(), came.tolist(), strict=True)
    ]
    drawing = figure(
        HALF, 272.0, "what came true against what was predicted",
        panel.frame(marks, share(panel), "came true"),
        panel.line(ends, ends, "ideal"),
        dots,
        panel.text(HALF - 12.0, 268.0, "predicted", "tick", "end"),
    )  # fmt: skip
    return tag("figure", drawing, tag("figcaption", _CALIBRATION))


def left_out_table(found: Sequence[Mapping[str, Any]]) -> Markup:
    """Instruments that were never traded or never predicted, those without a prediction first."""
    ordered = sorted(found, key=lambda one: (one["predictions"] != 0, one["instrument"]))
    has_model = any(one["predictions"] is not None for one in ordered)
    heads = ("instrument", "reason", "bars", *(["predictions"] if has_model else []), "fills")
    rows = [
        (
            one["instrument"], one["reason"], _count(one["bars"]),
            *([_count(one["predictions"])] if has_model else []), _count(one["fills"]),
        )
        for one in ordered[:MOST_LEFT_OUT]
    ]  # fmt: skip
    return joined(
        table(heads, rows, words=2),
        tag("p", f"{counted(len(ordered) - MOST_LEFT_OUT, 'instrument')} more in summary.json.", class_="note")
        if len(ordered) > MOST_LEFT_OUT
        else None,
    )


def _in_words(model: Mapping[str, Any]) -> str:
    skill = model["skill"]
    return (
        f"{model['plugin']} on {', '.join(model['features'])}; it predicts the {model['horizon']:,} bars ahead. "
        f"{counted(skill['pairs'], 'prediction')} at {counted(skill['times'], 'time')} were compared with what came, "
        "each made by a version that had not seen it. IC is the correlation of predictions and outcomes across the "
        "instruments of one time, its mean over all times; t after Newey and West, for outcomes that overlap."
    )


def _versions(run: RunAnalysis, versions: Sequence[Mapping[str, Any]]) -> list[Markup]:
    axis = axis_of(run)
    failed = [one for one in versions if one["model_id"] is None]
    latest = list(versions[-MOST_VERSIONS:])
    shown = [one for one in versions if one in latest or one in failed]
    rows = [_version(axis, one) for one in shown]
    listed = [table(("fitted as of", "predicts after", "version", "labelled rows"), rows, words=3)]
    told = f"{counted(len(versions), 'fit')}, {f'{len(failed):,} of them' if failed else 'none'} failed."
    if len(shown) < len(versions):
        too = " and every one that failed" if failed else ""
        told += f" Listed: the latest {len(latest):,}{too}; all are in models.parquet."
    return [*listed, tag("p", told, class_="note")]


def _version(axis: TimeAxis, one: Mapping[str, Any]) -> tuple[Markup | str, ...]:
    made = one["model_id"]
    told = (
        tag("code", made[:12])
        if made
        else tag("span", f"failed, the one before stays: {one['failure']}", class_="loss")
    )
    return axis.told(one["asof"]), axis.told(one["effective_from"]), told, f"{one['rows']:,}"


def _count(number: int | None) -> str:
    return UNDEFINED if number is None else f"{number:,}"
