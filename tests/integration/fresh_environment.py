"""A new virtual environment with wheels in it, made without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from fakes.installed_distribution import install_distribution

ROOT = Path(__file__).resolve().parents[2]


def build_wheel(source: Path, into: Path) -> Path:
    """The wheel of a project, built by this environment's own hatchling."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
        text=True,
    )
    (built,) = into.glob("*.whl")
    return built


class FreshEnvironment:
    """A virtual environment that borrows the dependencies, and nothing else, of the one that runs the tests.

    A ``.pth`` file names the lender's site-packages. ``.pth`` files in there are not read, so that
    the lender's editable installation of Friday stays out of sight.
    """

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, text=True)
        self._bin = folder / "bin"
        answer = self.python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
        self.site = Path(answer.stdout.strip())

    def borrow_dependencies(self) -> None:
        """After Friday's own wheel, which pip would else take for installed already."""
        lenders = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
        (self.site / "borrowed.pth").write_text("".join(f"{lender}\n" for lender in lenders), "utf-8")

    def pip(self, *arguments: str) -> None:
        done = self.python("-m", "pip", "--disable-pip-version-check", *arguments, cwd=self.site)
        assert done.returncode == 0, done.stderr

    def install(self, wheel: Path) -> None:
        self.pip("install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel))

    def uninstall(self, distribution: str) -> None:
        self.pip("uninstall", "--quiet", "--yes", distribution)

    def plant(self, distribution: str, key: str, source: str) -> None:
        """A distribution of one plugin, written by hand: faster than a wheel, and the same to Python."""
        module = distribution.replace("-", "_")
        install_distribution(self.site, distribution, {key: module}, {module: source})

    def python(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return self._run("python", *arguments, cwd=cwd)

    def friday(self, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """The command as a user calls it in the folder ``cwd``, with these variables besides."""
        return self._run("friday", *arguments, cwd=cwd, **variables)

    def _run(self, script: str, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """With nothing of the tests' own environment variables that Python, pip or Friday would heed."""
        heeded = ("PYTHON", "PIP_", "FRIDAY_", "VIRTUAL_ENV")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(heeded)}
        environment = {**inherited, "PIP_CONFIG_FILE": os.devnull, **variables}
        command = [str(self._bin / script), *arguments]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=100)
