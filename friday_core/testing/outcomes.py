"""How a check of a rule can end besides well."""

from __future__ import annotations

from pydantic import ValidationError

from friday_core.errors import FridayError
from friday_core.plugin.registry import described


class Broken(AssertionError):  # noqa: N818 - reads as what it says: a rule is broken
    """A rule is broken; the text says on what, in words."""


class DoesNotApply(Exception):  # noqa: N818 - no error: nothing is wrong
    """The component has nothing that the rule is about; the text is the reason."""


def in_words(error: BaseException) -> str:
    """What was raised, in one line: settings by field, Friday's own errors without their class."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'settings'}: {one['msg']}" for one in error.errors(include_url=False)
        )
    return str(error) if isinstance(error, Broken | FridayError) else described(error)
