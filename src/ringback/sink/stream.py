"""Events as lines of text, into a file or onto stderr."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import TextIO

from ringback.event import Event
from ringback.sink.wording import json_line, text_line


class StreamSink:
    """Writes a line for each event, except for calls that succeed at once.

    For programs whose logging is none of ringback's business. A file is opened for each line and
    appended to by one write, so that several processes can share it and it can be rotated.
    """

    wants_success = False

    def __init__(self, path: Path | None = None, *, json: bool = False) -> None:
        """Write lines.

        Args:
            path: The file; ``None``: stderr.
            json: Lines of JSON, as of ``LogSink(json=True)``.
        """
        self._path = path
        self._json = json
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Write an event.

        Args:
            event: What happened.
        """
        if event.uneventful:
            return
        level = "INFO" if event.failure is None else "WARNING"
        line = json_line(event, level) if self._json else f"ringback: {text_line(event)}"
        with self._lock, self._opened() as stream:
            stream.write(line + "\n")
            stream.flush()

    def _opened(self) -> AbstractContextManager[TextIO]:
        return self._path.open("a", encoding="utf-8") if self._path else nullcontext(sys.stderr)
