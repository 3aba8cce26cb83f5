"""How far a check has come, and what went wrong with it: a kind and one line."""

import errno
import os
import ssl
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ringback.failure import classify
from ringback.failure.model import Phase
from ringback.failure.settle import TIMEOUT_IN, settle

if TYPE_CHECKING:
    from ringback.incident.model import CertificateSeen


class Course:
    """The course of one look.

    Attributes:
        began: When it began, on ``time.monotonic()``.
        at: When the phase it is in began; once it is over, when that was.
        phase: How far it is.
        timings: Seconds of the phases that are over, by the names that ``Check`` has.
        address: The address used.
        certificate: The one that was seen.
        status: The HTTP status.
        late: What it means that time runs out now; ``None``: the phase says that.
    """

    __slots__ = ("address", "at", "began", "certificate", "late", "phase", "status", "timings")

    def __init__(self) -> None:
        self.began = self.at = monotonic()
        self.phase: Phase = "dns"
        self.timings: dict[str, float] = {}
        self.address: str | None = None
        self.certificate: CertificateSeen | None = None
        self.status: int | None = None
        self.late: Failed | None = None

    def enter(self, phase: Phase, told: str = "") -> None:
        """Begin a phase."""
        now = monotonic()
        if told:
            self.timings[told] = now - self.at
        self.at, self.phase = now, phase

    def leave(self, told: str = "") -> None:
        """End the last phase."""
        self.enter(self.phase, told)


_MAX_DETAIL = 200
_OWN = ("client.resources_exhausted", "client.local_address", "client.closed", "config.")
"""Beginnings of the kinds that say nothing of the target: this machine could not look."""

_WAITED_FOR: dict[Phase, str] = {
    "dns": "the name's address",
    "connect": "the connection",
    "tls": "the TLS handshake",
    "send": "the request to be taken",
    "wait": "an answer",
    "body": "the rest of the answer",
}


class Failed(NamedTuple):
    """What was wrong.

    Attributes:
        kind: Kind of failure.
        detail: One line without credentials.
        of_target: Whether it says something of the target; else this machine could not look.
    """

    kind: str
    detail: str
    of_target: bool = True


class Refused(Exception):  # noqa: N818 - it carries what was refused, and is no error of the program
    """A look that ends early with what was wrong."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail)
        self.failed = failed


def failed_of(error: BaseException, phase: Phase) -> Failed:
    """Return what an exception says."""
    if isinstance(error, Refused):
        return error.failed
    failure = classify(error)
    kind = settle(_exact(error, failure.kind, phase), phase).kind
    own = kind.startswith(_OWN) or (kind == "unknown" and not isinstance(error, OSError))
    return Failed(kind, (_said(error) or failure.message)[:_MAX_DETAIL], not own)


def _said(error: BaseException) -> str:
    """What the system says, in its words and without those of Python; ``""``: it is not known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) or not isinstance(error, OSError):
        return ""
    number = error.errno or 0
    name = errno.errorcode.get(number)
    return f"{os.strerror(number)} ({name})" if name else ""


def _exact(error: BaseException, kind: str, phase: Phase) -> str:
    """An end without a number is no reset: the event loops raise it for a FIN in the handshake."""
    if phase == "tls" and isinstance(error, ConnectionError) and error.errno is None:
        return "tls.closed"
    return kind


def timed_out(course: Course) -> Failed:
    """Return that the time for a look ran out."""
    if course.late is not None:
        return course.late
    kind = TIMEOUT_IN.get(course.phase, "client.deadline_exceeded")
    return Failed(kind, f"waited in vain for {_WAITED_FOR.get(course.phase, 'the end')}")
