"""Stands for pip where commands of the documents are run: ``install [-e] FOLDER[EXTRA]`` without an index.

It lays a project into the folder that its first argument names, which is on ``PYTHONPATH``: links to its
modules, and the metadata by which Python finds entry points, as an editable installation leaves them.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path


def lay(project: Path, site: Path) -> None:
    """Make a project's modules and entry points known in ``site``."""
    table = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = table["name"], table["version"]
    metadata = site / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
    lines = []
    for group, points in table.get("entry-points", {}).items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join([*lines, ""]), "utf-8")
    source = project / "src" if (project / "src").is_dir() else project
    for path in [*source.glob("*.py"), *(file.parent for file in source.glob("*/__init__.py"))]:
        (site / path.name).symlink_to(path.resolve())


def main(site: Path, arguments: Sequence[str]) -> int:
    """0 if all of the folders named were laid; 1 for anything else that pip could do."""
    verb, *words = arguments
    folders = [Path(word.partition("[")[0]) for word in words if not word.startswith("-")]
    if verb != "install" or not folders or not all((one / "pyproject.toml").exists() for one in folders):
        sys.stderr.write(f"only folders can be installed here, not: {' '.join(arguments)}\n")
        return 1
    for folder in folders:
        lay(folder, site)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
