"""What every script that writes a document does at its end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def brought_up_to_date(path: Path, text: str, script: str, arguments: Sequence[str]) -> int:
    """Write the text, or with ``--check`` say that the document is another one; the exit code."""
    if path.exists() and path.read_text("utf-8") == text:
        return 0
    if "--check" in arguments:
        sys.stdout.write(f"stale, run python docs/{script}.py: {path}\n")
        return 1
    path.write_text(text, "utf-8")
    sys.stdout.write(f"written: {path}\n")
    return 0
