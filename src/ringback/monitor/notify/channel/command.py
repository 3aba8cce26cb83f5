"""A program of one's own: the message on its standard input, the main things in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from threading import Thread
from typing import IO, TYPE_CHECKING

from ringback.monitor.notify.channel.channel import NotifierInvalid, NotSent
from ringback.monitor.notify.document import body
from ringback.monitor.notify.text import harmless, link, subject

if TYPE_CHECKING:
    from ringback.monitor.notify.message import Message
    from ringback.monitor.notify.settings import NotifierSettings

_KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT")
"""Variables that the program inherits; the monitor's others may hold secrets."""

_ERRORS = 2000


class Command:
    """Runs a program for each message, without a shell; status 0 says that it was told.

    Args:
        settings: The notifier: ``command``, ``timeout``, and of the options ``env``, further
            variables.

    Raises:
        NotifierInvalid: If there is no command.
    """

    refresh: float | None = None
    keyed = True

    def __init__(self, settings: NotifierSettings) -> None:
        if not settings.command:
            raise NotifierInvalid(f"notifier {settings.name} needs a command: a list of words")
        self._command = settings.command
        self._timeout = settings.timeout
        self._further: Mapping[str, object] = settings.options.get("env") or {}

    def send(self, message: Message) -> None:
        """Run the program; return when it has ended well."""
        with tempfile.TemporaryFile() as given:  # a program may leave it unread
            given.write(body(message))
            given.seek(0)
            self._run(given, self._environment(message))

    def _run(self, given: IO[bytes], environment: Mapping[str, str]) -> None:
        name = harmless(self._command[0], 80)
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own command, no shell
                self._command,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise NotSent(f"{name} cannot be run: {error}", surely=True) from None
        said = _Said(process.stderr)
        try:
            status = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise NotSent(f"{name} took longer than {self._timeout:g} s") from None
        line = said.line() if status else ""
        if status:
            reason = f"{name} ended with status {status}" + (f": {line}" if line else "")
            raise NotSent(reason, answered=True)

    def _environment(self, message: Message) -> dict[str, str]:
        first = message.stories[0]
        members = [id_ for story in message.stories for id_ in story.incident.members]
        known = {name: os.environ[name] for name in _KEPT if name in os.environ}
        known |= {name: str(value) for name, value in self._further.items()}
        return known | {
            "RINGBACK_ID": message.id,
            "RINGBACK_NOTIFIER": message.channel,
            "RINGBACK_TEST": "true" if message.test else "",
            "RINGBACK_SUBJECT": subject(message),
            "RINGBACK_WHAT": first.headline,
            "RINGBACK_INCIDENT": first.incident.id,
            "RINGBACK_COUNT": str(len(message.stories)),
            "RINGBACK_PATTERN": first.incident.pattern,
            "RINGBACK_KIND": first.incident.kind or "",
            "RINGBACK_ENDPOINTS": " ".join(dict.fromkeys(members))[:10_000],
            "RINGBACK_LINK": link(message.context.base_url, first.incident.id),
        }


class _Said:
    """Reads what a program says until it ends, and keeps the beginning."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        assert stream is not None
        self._stream = stream
        self._kept = b""
        self._thread = Thread(target=self._read, name="ringback-command", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while part := self._stream.read1(65536):  # type: ignore[attr-defined]  # of a pipe
                self._kept = (self._kept + part)[:_ERRORS]

    def line(self) -> str:
        self._thread.join(1.0)
        return harmless(self._kept.decode("utf-8", "replace"))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program that is still there, and those that it began."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
