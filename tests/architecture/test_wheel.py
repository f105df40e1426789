"""What is shipped: exactly the product, whether built from the checkout or from the archive."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from architecture.source_tree import PACKAGES, ROOT

pytestmark = pytest.mark.install


def _build(source: Path, target: str, into: Path) -> Path:
    """Builds with the environment's own hatchling: no network, no isolated environment."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
        text=True,
    )
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel built from the checkout."""
    built = _build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder inside the source archive built from the checkout."""
    built = _build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(built) as archive:
        archive.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    return inside


def test_the_top_level_of_the_wheel_is_exactly_the_product(wheel: set[str]) -> None:
    top = {name.split("/")[0] for name in wheel}
    (metadata,) = (name for name in top if name.endswith(".dist-info"))
    assert top - {metadata} == {"containers.py", "friday_core", "friday_plugins", "friday_settings"}


def test_the_wheel_holds_every_profile(wheel: set[str]) -> None:
    profiles = {f"friday_settings/{path.name}" for path in PACKAGES[2].glob("*.toml")}
    assert {"friday_settings/default.toml", "friday_settings/demo.toml"} <= profiles <= wheel


def test_the_wheel_says_that_its_packages_are_typed(wheel: set[str]) -> None:
    assert {f"{package.name}/py.typed" for package in PACKAGES} <= wheel


def test_the_wheel_holds_every_module_and_no_test_or_document(wheel: set[str]) -> None:
    shipped = {name for name in wheel if name.endswith(".py")}
    modules = {str(path.relative_to(package.parent)) for package in PACKAGES for path in package.rglob("*.py")}
    assert shipped == modules | {"containers.py"}
    assert [name for name in wheel if name.endswith(".md")] == []


def test_the_wheel_holds_the_licence_and_the_entry_points(wheel: set[str]) -> None:
    metadata = {name.split("/", 1)[1] for name in wheel if ".dist-info/" in name}
    assert metadata == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_archive_builds_the_same_wheel(wheel: set[str], unpacked: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(_build(unpacked, "wheel", tmp_path)) as archive:
        assert set(archive.namelist()) == wheel


def test_the_archive_holds_no_environment_and_no_run(unpacked: Path) -> None:
    left_over = {".venv", "runs", "dist", "build", "uv.lock", ".git"}
    assert {path.name for path in unpacked.iterdir()} & left_over == set()
