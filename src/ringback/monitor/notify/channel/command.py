"""A program of one's own: the notification on standard input, the main facts as variables."""

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
from ringback.monitor.notify.text import incident_link, safe_line, subject_line

if TYPE_CHECKING:
    from ringback.monitor.notify.notification import Notification
    from ringback.monitor.notify.settings import NotifierSettings

_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT")
"""Variables that the program inherits; the monitor's others may hold secrets."""

_MAX_ERROR_OUTPUT = 2000


class CommandChannel:
    """Runs a program for each notification, without a shell; status 0 means delivered."""

    refresh: float | None = None
    idempotent = True

    def __init__(self, settings: NotifierSettings) -> None:
        if not settings.command:
            raise NotifierInvalid(f"notifier {settings.name} needs a command: a list of words")
        self._command = settings.command
        self._timeout = settings.timeout
        self._further: Mapping[str, object] = settings.options.get("env") or {}

    def send(self, notification: Notification) -> None:
        with tempfile.TemporaryFile() as given:  # a program may leave it unread
            given.write(body(notification))
            given.seek(0)
            self._run(given, self._environment(notification))

    def _run(self, given: IO[bytes], environment: Mapping[str, str]) -> None:
        name = safe_line(self._command[0], 80)
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
            raise NotSent(f"{name} cannot be run: {error}", not_delivered=True) from None
        output = _ErrorOutput(process.stderr)
        try:
            status = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise NotSent(f"{name} took longer than {self._timeout:g} s") from None
        line = output.line() if status else ""
        if status:
            reason = f"{name} ended with status {status}" + (f": {line}" if line else "")
            raise NotSent(reason, answered=True)

    def _environment(self, notification: Notification) -> dict[str, str]:
        first = notification.updates[0]
        members = [id_ for update in notification.updates for id_ in update.incident.members]
        known = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        known |= {name: str(value) for name, value in self._further.items()}
        return known | {
            "RINGBACK_ID": notification.id,
            "RINGBACK_NOTIFIER": notification.channel,
            "RINGBACK_TEST": "true" if notification.test else "",
            "RINGBACK_SUBJECT": subject_line(notification),
            "RINGBACK_WHAT": first.headline,
            "RINGBACK_INCIDENT": first.incident.id,
            "RINGBACK_COUNT": str(len(notification.updates)),
            "RINGBACK_PATTERN": first.incident.pattern,
            "RINGBACK_SEVERITY": first.incident.severity,
            "RINGBACK_KIND": first.incident.kind or "",
            "RINGBACK_ENDPOINTS": " ".join(dict.fromkeys(members))[:10_000],
            "RINGBACK_LINK": incident_link(notification.context.base_url, first.incident.id),
        }


class _ErrorOutput:
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
                self._kept = (self._kept + part)[:_MAX_ERROR_OUTPUT]

    def line(self) -> str:
        self._thread.join(1.0)
        return safe_line(self._kept.decode("utf-8", "replace"))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a program that is still there, and those that it began."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
