"""What a running monitor or agent says on standard error, in the form that fits who reads it."""

from __future__ import annotations

import json
import logging
import os
import sys
import textwrap
import time
from datetime import UTC, datetime
from typing import Any

import click

from ringback.cli.terminal import plain

_PREFIX = "ringback: "
_MIN_WIDTH = 30  # Columns: in fewer, lines are left to the terminal
_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


def log_to_stderr(*, level: int = logging.INFO, as_json: bool = False) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if as_json:
        handler.setFormatter(JSONLines())
    elif sys.stderr.isatty():
        handler.setFormatter(TerminalLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("ringback")
    log.addHandler(handler)
    log.setLevel(level)


class JSONLines(logging.Formatter):
    """An object in each line: what programs that gather logs take."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage().removeprefix(_PREFIX),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class TerminalLines(logging.Formatter):
    """The time of day and what happened, wrapped at the terminal's width, which may change."""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        message = plain(record.getMessage().removeprefix(_PREFIX))
        indent = " " * (len(clock) + 1)
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        if width >= _MIN_WIDTH:
            message = textwrap.fill(
                message,
                width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_on_hyphens=False,
            ).lstrip()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        colour = _COLOURS.get(record.levelname)
        if "event" in getattr(record, "fields", {}):
            colour = "red" if record.levelno >= logging.WARNING else "green"
        if colour and not os.environ.get("NO_COLOR"):
            message = click.style(message, fg=colour)
        return f"{clock} {message}"
