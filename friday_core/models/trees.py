"""Compiled trees: forests and gradient boosting, for returns and for probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from friday_core.domain.chunk import Float64
from friday_core.interfaces.model import CompiledModel, ModelKernel, NanPolicy, Output
from friday_core.models.blob import check_features, frozen, packed, sealed, unpacked
from friday_core.models.kernels import tree_kernel
from friday_core.models.links import LINKS, Link, linked

Int32 = npt.NDArray[np.int32]
#: ``feature`` of a leaf.
LEAF = -1
_TYPES = (np.int32, np.int32, np.float64, np.int32, np.int32, np.uint8, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class TreeNodes:
    """Nodes of all trees, one tree after the other, as flat arrays.

    ``root[t]`` is where tree t begins. At a node, ``x[feature] <= threshold`` leads to ``left``, else to
    ``right``, positions in these arrays; NaN leads left if ``missing_left``. ``feature`` is ``LEAF`` at
    a leaf, where ``value`` stands. A child stands behind its parent and in the same tree, so that a
    walk ends; ``ValueError`` if not.
    """

    root: Int32
    feature: Int32
    threshold: Float64
    left: Int32
    right: Int32
    missing_left: npt.NDArray[np.uint8]
    value: Float64

    def __post_init__(self) -> None:
        for name, dtype in zip(self.__slots__, _TYPES, strict=True):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        n = len(self.feature)
        columns = (self.threshold, self.left, self.right, self.missing_left, self.value)
        if any(one.shape != (n,) for one in (self.feature, *columns)):
            raise ValueError("columns of the nodes of trees differ in length")
        if not len(self.root) or self.root[0] != 0 or (np.diff(self.root) < 1).any() or self.root[-1] >= n:
            raise ValueError("roots of trees begin at 0 and ascend")
        _check_branches(self)

    def __len__(self) -> int:
        return len(self.feature)


class TreeContent(msgspec.Struct, frozen=True, tag="trees 1"):
    """What the bytes of a tree model hold: ``nodes`` are the columns of ``TreeNodes``, little-endian."""

    features: tuple[str, ...]
    output: Output
    nan: NanPolicy
    link: Link
    base: float
    divisor: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class TreeModel(CompiledModel):
    """``link((base + v_1 + v_2 + ...) / divisor)``, ``v_t`` the leaf that tree t leads to, added in order.

    With the policy ``abstain`` a feature that is NaN or infinite gives NaN; with ``native`` NaN takes
    the branch of its node and an infinite feature is compared like any number. ``ValueError`` if
    nodes ask for features that are not there.
    """

    features: tuple[str, ...]
    nodes: TreeNodes
    _: KW_ONLY
    output: Output = "return"
    nan: NanPolicy = "abstain"
    link: Link = "identity"
    base: float = 0.0
    divisor: int = 1
    _walk: tuple[list[Any], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_features(self.features)
        object.__setattr__(self, "features", tuple(self.features))
        object.__setattr__(self, "base", float(self.base))
        object.__setattr__(self, "_walk", tuple(column.tolist() for column in _columns(self.nodes)))
        if int(self.nodes.feature.max()) >= len(self.features):
            raise ValueError(f"a node asks for feature {self.nodes.feature.max()} of {len(self.features)}")
        if not math.isfinite(self.base) or self.divisor < 1:
            raise ValueError(f"the base is finite and the divisor at least 1, not {self.base} and {self.divisor}")
        if self.link not in LINKS or self.nan not in ("abstain", "native"):
            raise ValueError(f"unknown link {self.link!r} or policy {self.nan!r}")

    def step(self, values: Sequence[float]) -> float:
        if len(values) != len(self.features):
            raise ValueError(f"{len(self.features)} features, but {len(values)} values")
        if self.nan == "abstain" and not all(map(math.isfinite, values)):
            return math.nan
        root, feature, threshold, left, right, missing_left, value = self._walk
        total = self.base
        for node in root:
            while (at := feature[node]) >= 0:
                x = values[at]
                goes_left = x <= threshold[node] or (missing_left[node] and math.isnan(x))
                node = left[node] if goes_left else right[node]  # noqa: PLW2901 - the walk begins at the root
            total += value[node]
        return linked(total / self.divisor, self.link)

    @property
    def kernel(self) -> ModelKernel:
        nodes = dict(zip(self.nodes.__slots__, _columns(self.nodes), strict=True))
        return tree_kernel(
            nodes,
            features=len(self.features),
            abstains=self.nan == "abstain",
            link=self.link,
            base=self.base,
            divisor=self.divisor,
        )

    def to_bytes(self) -> bytes:
        nodes = tuple(packed(column) for column in _columns(self.nodes))
        content = (self.features, self.output, self.nan, self.link, self.base, self.divisor)
        return sealed(TreeContent(*content, nodes))

    @classmethod
    def of(cls, content: TreeContent) -> TreeModel:
        """The model again; ``ValueError`` if the content is none."""
        nodes = TreeNodes(*(unpacked(one, dtype) for one, dtype in zip(content.nodes, _TYPES, strict=True)))
        return cls(
            content.features,
            nodes,
            output=content.output,
            nan=content.nan,
            link=content.link,
            base=content.base,
            divisor=content.divisor,
        )


def _columns(nodes: TreeNodes) -> tuple[Any, ...]:
    return tuple(getattr(nodes, name) for name in nodes.__slots__)


def _check_branches(nodes: TreeNodes) -> None:
    n = len(nodes)
    inner = np.flatnonzero(nodes.feature != LEAF)
    if (nodes.feature < LEAF).any() or not np.isfinite(nodes.value[nodes.feature == LEAF]).all():
        raise ValueError("a node is a leaf with a finite value, or asks for a feature")
    if np.isnan(nodes.threshold[inner]).any():
        raise ValueError("a threshold is NaN")
    tree = np.searchsorted(nodes.root, np.arange(n), side="right")
    ends = np.append(nodes.root, n)[tree]
    for child in (nodes.left[inner], nodes.right[inner]):
        if ((child <= inner) | (child >= ends[inner])).any():
            raise ValueError("a child stands behind its parent, in the same tree")
