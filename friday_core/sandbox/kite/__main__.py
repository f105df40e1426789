"""``python -m friday_core.sandbox.kite '{"folder": "kite"}'``: as ``friday sandbox kite``, and starts faster."""

from __future__ import annotations

import sys

import msgspec

from friday_core.errors import FridayError
from friday_core.sandbox.kite.server.process import Launch, prepare, serve

__all__ = ["prepare", "run"]


def run(launch: str) -> None:
    """Serve, as the JSON of a launch says; ``SystemExit`` with the reason where that cannot be."""
    try:
        serve(msgspec.json.decode(launch, type=Launch))
    except FridayError as error:
        sys.exit(f"friday: {error}")


if __name__ == "__main__":
    run(sys.argv[1])
