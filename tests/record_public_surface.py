"""Record the public surface anew, as far as the version of the plugin API allows.

python tests/record_public_surface.py               after a change
python tests/record_public_surface.py --released    when this version of the API is given to others
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from architecture.public_surface import public_surface
from architecture.surface_record import FILE, Record, read

from friday_core.api import API_VERSION


def main(arguments: Sequence[str], path: Path = FILE) -> int:
    """Write the file and say what has changed; 1 and nothing is written if that must not be recorded."""
    record = read(path.read_text("utf-8")) if path.exists() else Record(API_VERSION, None)
    now = public_surface()
    differences = record.differences(now)
    refusals = record.refusals(now, API_VERSION)
    if "--released" in arguments and differences:
        refusals += ["what is released must be recorded first: leave out --released"]
    sys.stdout.writelines(f"{one}\n" for one in refusals or (f"{one.change}: {one.line}" for one in differences))
    if refusals:
        return 1
    renewed = record.renewed(now, API_VERSION)
    path.write_text(str(replace(renewed, released=API_VERSION) if "--released" in arguments else renewed), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
