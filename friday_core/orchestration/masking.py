"""Takes secrets out of what leaves a run: summaries, tables, and the errors that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from friday_core.errors import FridayError

#: ``SecretRegistry.mask``.
Mask = Callable[[str], str]


def mask_texts(value: Any, mask: Mask) -> Any:
    """A copy of dicts and lists with every text masked; anything else as it is."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask_texts(key, mask): mask_texts(one, mask) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [mask_texts(one, mask) for one in value]
    return value


def mask_table(table: pa.Table, mask: Mask) -> pa.Table:
    """The table with every column of text masked."""
    for position, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            values = table.column(position).to_pylist()
            masked = {text: mask(text) for text in set(values) if text is not None}
            if any(text != shown for text, shown in masked.items()):
                table = table.set_column(position, field, pa.array([masked.get(one) for one in values], field.type))
    return table


def mask_error(error: BaseException, mask: Mask) -> BaseException:
    """The error, with its texts and those of its causes masked in place.

    One that makes its text of something else, and shows a secret still, is replaced.
    """
    for one in _chain(error):
        one.args = tuple(_masked_argument(argument, mask) for argument in one.args)
        if hasattr(one, "__notes__"):
            one.__notes__ = [mask(str(note)) for note in one.__notes__]
    text = _text(error)
    return error if mask(text) == text else FridayError(mask(f"{type(error).__name__}: {text}"))


def _masked_argument(argument: Any, mask: Mask) -> Any:
    text = _text(argument)
    return argument if mask(text) == text else mask(text)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - the text is a stranger's code
        return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it came from."""
    ahead: list[BaseException | None] = [error]
    seen: list[BaseException] = []
    while ahead:
        one = ahead.pop()
        if one is not None and not any(one is other for other in seen):
            seen.append(one)
            ahead += [one.__cause__, one.__context__, *(one.exceptions if isinstance(one, BaseExceptionGroup) else ())]
            yield one
