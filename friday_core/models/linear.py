"""Compiled linear models: ridge, least squares, logistic regression."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import msgspec
import numpy as np

from friday_core.domain.chunk import Float64
from friday_core.interfaces.model import CompiledModel, ModelKernel, NanPolicy, Output
from friday_core.models.blob import check_features, frozen, packed, sealed, unpacked
from friday_core.models.kernels import linear_kernel
from friday_core.models.links import LINKS, Link, linked


class LinearContent(msgspec.Struct, frozen=True, tag="linear 1"):
    """What the bytes of a linear model hold; arrays are little-endian float64."""

    features: tuple[str, ...]
    link: Link
    intercept: float
    weight: bytes
    centre: bytes
    scale: bytes


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel(CompiledModel):
    """``link(b + sum_i w_i * (x_i - c_i) / s_i)``, the sum from left to right, ``b`` added last.

    ``weight``, ``centre`` and ``scale`` are flat float64 arrays in the order of ``features``;
    without them the centre is 0 and the scale 1. They are kept apart from the weights: folded in,
    features with a mean far from zero would lose digits to cancellation. With the link ``sigmoid``
    it predicts a probability. ``ValueError`` unless all numbers are finite, one a feature, and
    scales above zero.
    """

    features: tuple[str, ...]
    weight: Float64
    intercept: float
    _: KW_ONLY
    centre: Any = None
    scale: Any = None
    link: Link = "identity"
    output: Output = field(init=False)
    nan: NanPolicy = field(init=False, default="abstain")
    _terms: tuple[tuple[float, float, float], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        k = len(self.features)
        arrays = {
            "weight": frozen(self.weight, np.float64),
            "centre": frozen(np.zeros(k) if self.centre is None else self.centre, np.float64),
            "scale": frozen(np.ones(k) if self.scale is None else self.scale, np.float64),
        }
        intercept = float(self.intercept)
        check_features(self.features)
        _check(k, arrays, intercept, self.link)
        own = {**arrays, "features": tuple(self.features), "intercept": intercept}
        own["output"] = "probability" if self.link == "sigmoid" else "return"
        own["_terms"] = tuple(zip(*(one.tolist() for one in arrays.values()), strict=True))
        for name, value in own.items():
            object.__setattr__(self, name, value)

    def step(self, values: Sequence[float]) -> float:
        if len(values) != len(self.features):
            raise ValueError(f"{len(self.features)} features, but {len(values)} values")
        total, whole = 0.0, True
        for value, (weight, centre, scale) in zip(values, self._terms, strict=True):
            whole = whole and math.isfinite(value)
            total += weight * ((value - centre) / scale)
        return linked(total + self.intercept, self.link) if whole else math.nan

    @property
    def kernel(self) -> ModelKernel:
        return linear_kernel(self.weight, self.centre, self.scale, self.intercept, self.link)

    def to_bytes(self) -> bytes:
        arrays = packed(self.weight), packed(self.centre), packed(self.scale)
        return sealed(LinearContent(self.features, self.link, self.intercept, *arrays))

    @classmethod
    def of(cls, content: LinearContent) -> LinearModel:
        """The model again; ``ValueError`` if the content is none."""
        weight, centre, scale = (unpacked(one, np.float64) for one in (content.weight, content.centre, content.scale))
        return cls(content.features, weight, content.intercept, centre=centre, scale=scale, link=content.link)


def _check(k: int, arrays: dict[str, Any], intercept: float, link: Link) -> None:
    if wrong := {name: one.shape for name, one in arrays.items() if one.shape != (k,)}:
        raise ValueError(f"{k} features need as many numbers each: {wrong}")
    if infinite := [name for name, one in arrays.items() if not np.isfinite(one).all()]:
        raise ValueError(f"numbers that are not finite: {', '.join(infinite)}")
    if not math.isfinite(intercept):
        raise ValueError(f"the intercept is {intercept}")
    if (arrays["scale"] <= 0.0).any():
        raise ValueError("scales are above zero")
    if link not in LINKS:
        raise ValueError(f"unknown link {link!r}; known are {', '.join(LINKS)}")
