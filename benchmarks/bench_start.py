"""Start-up: ``friday --help`` and ``import friday_core`` against bare Python."""

from __future__ import annotations

import sys

from harness import interleaved_commands, report

if __name__ == "__main__":
    python = sys.executable
    friday = [python, "-c", "from friday_core.cli.main import main; main()"]
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "import friday_core": [python, "-c", "import friday_core"],
        "import friday_core.api": [python, "-c", "import friday_core.api"],
        "friday --help": [*friday, "--help"],
        "friday version": [*friday, "version"],
        "friday config check": [*friday, "config", "check"],
    }
    report("Start-up", interleaved_commands(commands), "python -c pass")
