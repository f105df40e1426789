"""Takes secrets out of what leaves a run: summaries, and the errors that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from friday_core.errors import FridayError
from friday_core.infrastructure.secrets import SecretRegistry
from friday_core.plugin.graph import Node
from friday_core.plugin.secret_fields import secrets_in

#: ``SecretRegistry.mask``.
Mask = Callable[[str], str]


def secrets_of(nodes: Iterable[Node]) -> SecretRegistry:
    """A registry of its own that knows every secret of these components."""
    secrets = SecretRegistry()
    for node in nodes:
        for secret in secrets_in(node.settings):
            secrets.register(secret, node.request.settings_section)
    return secrets


def mask_texts(value: Any, mask: Mask) -> Any:
    """A copy of dicts and lists with every text masked; anything else as it is."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask_texts(key, mask): mask_texts(one, mask) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [mask_texts(one, mask) for one in value]
    return value


def mask_error(error: BaseException, mask: Mask) -> BaseException:
    """The error, with its texts and those of its causes masked in place.

    An error that makes its text of something else, and shows a secret still, is replaced.
    """
    return _masked_error(error, mask, {})


def _masked_error(error: BaseException, mask: Mask, seen: dict[int, BaseException]) -> BaseException:
    if id(error) in seen:
        return seen[id(error)]
    seen[id(error)] = error
    error.args = tuple(_masked_argument(argument, mask) for argument in error.args)
    if hasattr(error, "__notes__"):
        error.__notes__ = [mask(str(note)) for note in error.__notes__]
    text, parts = _text(error), error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    if mask(text) != text or any(_masked_error(one, mask, seen) is not one for one in parts):
        seen[id(error)] = FridayError(mask(f"{type(error).__name__}: {text}"))
        return seen[id(error)]
    suppressed = error.__suppress_context__
    if error.__cause__ is not None:
        error.__cause__ = _masked_error(error.__cause__, mask, seen)
    if error.__context__ is not None:
        error.__context__ = _masked_error(error.__context__, mask, seen)
    error.__suppress_context__ = suppressed
    return error


def _masked_argument(argument: Any, mask: Mask) -> Any:
    text = _text(argument)
    return argument if mask(text) == text else mask(text)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - the text is a stranger's code
        return ""
