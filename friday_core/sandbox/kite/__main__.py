"""``python -m friday_core.sandbox.kite '{"folder": "kite"}'``: as ``friday sandbox kite``, and starts faster."""

from __future__ import annotations

import sys

import msgspec

from friday_core.errors import FridayError
from friday_core.sandbox.kite.server.process import Launch, serve

if __name__ == "__main__":
    try:
        serve(msgspec.json.decode(sys.argv[1], type=Launch))
    except FridayError as error:
        sys.exit(f"friday: {error}")
