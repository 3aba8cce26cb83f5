"""A command of ringback in a process of its own, which ends with the demo.

Run as ``python -m ringback.testing.demo.process up -c FILE``.
"""

from __future__ import annotations

import sys

from ringback.cli.run import run_command_line
from ringback.testing.demo.child import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    sys.exit(run_command_line(sys.argv[1:]))
