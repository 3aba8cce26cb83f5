"""A Python of our own that is asked on its standard input and answers on its standard output."""

import subprocess
import sys
from typing import Any, Final

# Ctrl-C is for the one that asked, and this from the first instant, before any handler is set.
if sys.platform == "win32":
    _GROUP: Final[dict[str, Any]] = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
else:
    _GROUP: Final[dict[str, Any]] = {"process_group": 0}


def start_apart(program: str, *options: str) -> subprocess.Popen[bytes]:
    """Start a program, isolated: -c alone would put the current directory first on the path."""
    return subprocess.Popen(  # noqa: S603 - this interpreter, with a program of ours
        [sys.executable, "-I", *options, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **_GROUP,
    )
