"""A TOML file of dated facts: read, and judged line by line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from friday_core.market.charges.rate_file import Fault
from friday_core.market.toml_lines import TomlLines

ModelT = TypeVar("ModelT", bound=BaseModel)


class Judged(NamedTuple):
    """Faults in the order of their lines, and where things stand."""

    faults: list[Fault]
    lines: TomlLines


def judge(path: Path, model: type[ModelT]) -> tuple[ModelT | None, Judged]:
    """The file as ``model``; ``None`` if it has faults. ``OSError`` if it cannot be read."""
    try:
        text = path.read_text("utf-8")
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return None, _broken(Fault(1, f"it is not UTF-8 text: {error.reason}"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return None, _broken(Fault(int(found[1]) if found else 1, str(error)))
    lines = TomlLines(text)
    try:
        return model.model_validate(content), Judged([], lines)
    except ValidationError as error:
        # Of one value the first fault only: the others follow from it.
        faults = {one["loc"][:3]: _fault(lines, one["loc"], one["msg"]) for one in reversed(error.errors())}
        return None, Judged(sorted(faults.values()), lines)


def _broken(fault: Fault) -> Judged:
    return Judged([fault], TomlLines(""))


def _fault(lines: TomlLines, place: tuple[str | int, ...], message: str) -> Fault:
    what = ".".join(str(step) for step in place if isinstance(step, str))
    return Fault(lines.of(*place), f"{what}: {message.removeprefix('Value error, ')}")
