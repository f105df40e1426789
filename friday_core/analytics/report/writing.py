"""Where a page goes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from friday_core.errors import RunFolderError


def write_page(path: Path, page: str) -> None:
    """Under a temporary name first, so that nobody meets half a page; ``RunFolderError`` if it cannot be."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(page, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise RunFolderError(f"{path} cannot be written: {error.strerror or error}") from error
