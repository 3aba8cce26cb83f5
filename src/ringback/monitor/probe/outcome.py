"""How far a check has come, and what went wrong with it: a kind and one line."""

import errno
import os
import ssl
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ringback.failure import classify
from ringback.failure.model import Phase
from ringback.failure.names import KindName
from ringback.failure.settle import TIMEOUT_IN, settle

if TYPE_CHECKING:
    from ringback.incident.model import CertificateSeen


class PhaseTimer:
    """The phases of one check."""

    __slots__ = (
        "address", "at", "began", "certificate", "on_timeout", "phase", "status", "timings",
    )  # fmt: skip

    def __init__(self) -> None:
        # On `time.monotonic()`; `at`: when the phase it is in began, or the last one ended
        self.began = self.at = monotonic()
        self.phase: Phase = "dns"  # How far it is
        # Seconds of the phases that are over, by the names that `Check` has
        self.timings: dict[str, float] = {}
        self.address: str | None = None
        self.certificate: CertificateSeen | None = None
        self.status: int | None = None
        # What it means that time runs out now; `None`: the phase says that
        self.on_timeout: ProbeFailure | None = None

    def enter(self, phase: Phase, record: str = "") -> None:
        now = monotonic()
        if record:
            self.timings[record] = now - self.at
        self.at, self.phase = now, phase

    def leave(self, record: str = "") -> None:
        self.enter(self.phase, record)


_MAX_DETAIL = 200
_OWN_KINDS = ("client.resources_exhausted", "client.local_address", "client.closed", "config.")
"""Beginnings of the kinds that say nothing of the target: this machine could not check."""

_WAITED_FOR: dict[Phase, str] = {
    "dns": "the name's address",
    "connect": "the connection",
    "tls": "the TLS handshake",
    "send": "the request to be sent",
    "wait": "a response",
    "body": "the rest of the response",
}


class ProbeFailure(NamedTuple):
    """What was wrong."""

    kind: KindName
    detail: str  # One line without credentials
    # Whether it says something of the target; else this machine could not check
    of_target: bool = True


class ProbeError(Exception):
    """A check that ends early, with what was wrong."""

    def __init__(self, failure: ProbeFailure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def probe_failure_of(error: BaseException, phase: Phase) -> ProbeFailure:
    if isinstance(error, ProbeError):
        return error.failure
    failure = classify(error)
    kind = settle(_exact(error, failure.kind, phase), phase).kind
    own = kind.startswith(_OWN_KINDS) or (kind == "unknown" and not isinstance(error, OSError))
    return ProbeFailure(kind, (_system_words(error) or failure.message)[:_MAX_DETAIL], not own)


def _system_words(error: BaseException) -> str:
    """What the system says, in its words and without those of Python; ``""``: it is not known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) or not isinstance(error, OSError):
        return ""
    number = error.errno or 0
    name = errno.errorcode.get(number)
    return f"{os.strerror(number)} ({name})" if name else ""


def _exact(error: BaseException, kind: KindName, phase: Phase) -> str:
    """An end without a number is no reset: the event loops raise it for a FIN in the handshake."""
    if phase == "tls" and isinstance(error, ConnectionError) and error.errno is None:
        return "tls.closed"
    return kind


def timeout_failure(phases: PhaseTimer) -> ProbeFailure:
    if phases.on_timeout is not None:
        return phases.on_timeout
    kind = TIMEOUT_IN.get(phases.phase, "client.deadline_exceeded")
    return ProbeFailure(kind, f"timed out waiting for {_WAITED_FOR.get(phases.phase, 'the end')}")
