"""Lower bounds in ``pyproject.toml``, exact versions in ``constraints.txt``, and the two agree."""

from __future__ import annotations

import re

import pytest
from architecture.source_tree import ROOT, pyproject
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONSTRAINTS = ROOT / "constraints.txt"
PYTHONS = ("3.11.0", "3.12.0", "3.13.0", "3.14.0")


def _declared() -> list[Requirement]:
    tables = pyproject()
    project = tables["project"]
    lists = [
        tables["build-system"]["requires"],
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *tables["dependency-groups"].values(),
    ]
    return [Requirement(one) for some in lists for one in some]


def _pins() -> list[Requirement]:
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _version(pin: Requirement) -> str:
    (only,) = pin.specifier
    return only.version


@pytest.mark.parametrize("requirement", _declared(), ids=str)
def test_a_dependency_has_a_lower_bound_and_no_upper_one(requirement: Requirement) -> None:
    assert [clause.operator for clause in requirement.specifier] == [">="]


@pytest.mark.parametrize("pin", _pins(), ids=str)
def test_a_constraint_is_one_exact_version(pin: Requirement) -> None:
    assert [clause.operator for clause in pin.specifier] == ["=="]
    assert (pin.extras, pin.url) == (set(), None)


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_is_pinned_once_on_every_python_within_its_bound(python: str) -> None:
    environment = {"python_version": python[:4], "python_full_version": python}
    pins: dict[str, list[str]] = {}
    for pin in _pins():
        if pin.marker is None or pin.marker.evaluate(environment):
            pins.setdefault(canonicalize_name(pin.name), []).append(_version(pin))
    wrong = {
        str(one): found
        for one in _declared()
        if len(found := pins.get(canonicalize_name(one.name), [])) != 1 or not one.specifier.contains(found[0])
    }
    assert wrong == {}


def test_the_constraints_hold_no_address_and_no_path() -> None:
    text = CONSTRAINTS.read_text(encoding="utf-8")
    assert re.findall(r"\S*://\S*|(?:^|\s)(?:/|~/|[A-Z]:\\)\S+|--\S*(?:index|find-links)\S*", text) == []
