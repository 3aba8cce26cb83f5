"""The command line: words in, words out."""

import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program ``ringback`` and exit with its status."""
    try:
        from ringback.cli.run import run_command_line  # noqa: PLC0415 - Ctrl-C during the imports ends quietly

        sys.exit(run_command_line(arguments))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
