"""A terminal of a given width, to run a program in."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios

from program import program_without, running_program
from rich.cells import cell_len

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run_in_terminal(*arguments, columns, env=None, typed=b"", without=None):
    """Return the exit status and everything written, with its control sequences.

    ``without`` names a module that the program does not find.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
    for name in ("COLUMNS", "LINES", "NO_COLOR") if env is None else ("COLUMNS", "LINES"):
        environment.pop(name, None)
    with running_program(
        [sys.executable, *program_without(without), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ) as process:
        os.close(theirs)
        os.write(ours, typed)
        written = _read_all(ours)
        process.wait(timeout=120)
    os.close(ours)
    return process.returncode, written


def lines_of(written):
    """Return the lines without their control sequences; of a rewritten line the last state."""
    text = _CONTROL.sub("", written.replace("\r\n", "\n"))
    return [line.rpartition("\r")[2] for line in text.split("\n")]


def width_of(written):
    """Return the columns of the longest line."""
    return max(cell_len(line) for line in lines_of(written))


def _read_all(descriptor):
    written = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not piece:
            break
        written += piece
    return written.decode()
