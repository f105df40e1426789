"""What a command tells the shell; one meaning for one number, whatever the command."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """2 is also what click answers to a wrong option, 130 what a shell makes of Ctrl-C."""

    FINISHED = 0
    FAILED = 1
    MISCONFIGURED = 2
    STOPPED = 3
    REFUSED = 4
    INTERRUPTED = 130
