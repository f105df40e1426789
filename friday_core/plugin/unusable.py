"""Why a plugin cannot be used, on its way from where it is found to the list of problems."""

from __future__ import annotations

from friday_core.errors import ProblemKind


class Unusable(Exception):  # noqa: N818 - never leaves the registry
    """Carries a problem out of a registration."""

    def __init__(self, kind: ProblemKind, message: str, mend: str) -> None:
        super().__init__(message)
        self.kind, self.message, self.mend = kind, message, mend
