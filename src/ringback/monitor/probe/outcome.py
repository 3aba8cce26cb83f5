"""How far a check has come, and what went wrong with it: a kind and one line."""

from __future__ import annotations

import errno
import os
import ssl
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ringback.failure import classify
from ringback.failure.settle import TIMEOUT_IN, settle

if TYPE_CHECKING:
    from ringback.failure.model import Phase
    from ringback.failure.names import KindName
    from ringback.incident.model import CertificateSeen
    from ringback.monitor.model import Endpoint


class PhaseTimer:
    """The phases of one check."""

    __slots__ = (
        "address", "at", "began", "certificate", "on_timeout", "other_certificate", "phase",
        "status", "timings",
    )  # fmt: skip

    def __init__(self) -> None:
        # On `time.monotonic()`; `at`: when the phase it is in began, or the last one ended
        self.began = self.at = monotonic()
        self.phase: Phase = "dns"  # How far it is
        # Seconds of the phases that are over, by the names that `Check` has
        self.timings: dict[str, float] = {}
        self.address: str | None = None
        self.certificate: CertificateSeen | None = None
        self.other_certificate: CertificateSeen | None = None
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


@dataclass(slots=True)
class ProbeNotes:
    """What one check sees beyond what is kept of it: probes fill it in where somebody asked.

    It is the option ``notes`` of an endpoint.
    """

    phase: Phase = "unknown"  # How far the check came
    # Seconds of the phases of HTTP exchanges that ended in a redirect, by the names of `Check`
    redirected: dict[str, float] = field(default_factory=dict)
    redirects: int = 0  # How many were followed
    http_version: str = ""  # Of the last response, as `1.1`; `""`: there was none
    content_length: int | None = None  # What its header says
    body_length: int = 0  # Bytes of its body that were read
    last_modified: str = ""  # What its header says
    tls_version: str = ""  # As OpenSSL writes it; `""`: it was not encrypted
    chain: tuple[bytes, ...] = ()  # Certificates that the server sent, in DER
    verified: tuple[bytes, ...] = ()  # Those up to the authority that was trusted
    lookup: float = 0.0  # Seconds until the nameserver's own address was known
    # Records in the answer, authority and additional section; `None`: no nameserver answered
    records: tuple[int, int, int] | None = None
    serial: int | None = None  # Of the zone, where it was asked for
    hop_limit: int | None = None  # Of an echo reply (of IPv4: its TTL), where the system says it


def notes_of(endpoint: Endpoint) -> ProbeNotes | None:
    """Return where a check is to note what it sees; ``None``: nobody asked."""
    notes: ProbeNotes | None = endpoint.options.get("notes")
    return notes


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
