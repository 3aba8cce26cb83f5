"""What a proxy answers to the wish for a tunnel."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from ringback.failure.codes import kind_of_connect_status

Outcome = Literal[
    "open", "refused_by_proxy", "closed", "timeout", "nonsense", "tls_failed", "unresolved"
]

USER_REJECTED = 256
"""Stands beside the replies of SOCKS: the user and password (RFC 1929) were not accepted."""

NO_METHOD = 255
"""None of the offered methods of authentication is accepted (RFC 1928 section 3)."""

_KIND_OF_SOCKS = {
    2: "proxy.denied",
    7: "proxy.protocol_error",
    8: "proxy.protocol_error",
    92: "proxy.auth_required",
    93: "proxy.auth_required",
    NO_METHOD: "proxy.auth_required",
    USER_REJECTED: "proxy.auth_required",
}

_SOCKS_WORDS = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
    91: "rejected or failed",
    92: "the client's identd cannot be reached",
    93: "the client's identd names another user",
    NO_METHOD: "it wants another authentication",
    USER_REJECTED: "user or password not accepted",
}
"""RFC 1928 section 6, and the replies of SOCKS 4 from 91 on."""

_KIND_OF_OUTCOME = {
    "closed": "proxy.no_response",
    "timeout": "proxy.no_response",
    "nonsense": "proxy.protocol_error",
    "tls_failed": "proxy.protocol_error",
    "unresolved": "dns.failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a proxy answers to the wish for a tunnel; texts are as it sent them, cut.

    Attributes:
        method: ``CONNECT``, ``SOCKS4``, ``SOCKS4a``, ``SOCKS5`` or ``SOCKS5h``.
        outcome: What it comes to.
        status: Of HTTP.
        reason: The words behind the status, or what went wrong.
        authenticate: ``Proxy-Authenticate``.
        server: ``Server``.
        via: ``Via``.
        body_start: How the answer's body begins, where it refuses.
        socks_code: The reply of SOCKS.
        first_bytes: What it sent, where that is not its protocol.
    """

    method: str
    outcome: Outcome
    status: int | None = None
    reason: str = ""
    authenticate: str | None = None
    server: str | None = None
    via: str | None = None
    body_start: str | None = None
    socks_code: int | None = None
    first_bytes: str | None = None

    @property
    def kind(self) -> str | None:
        """The kind of failure; ``None``: the tunnel stands."""
        if self.outcome == "open":
            return None
        if self.status is not None and self.outcome == "refused_by_proxy":
            return kind_of_connect_status(self.status)
        if self.socks_code is not None:
            return _KIND_OF_SOCKS.get(self.socks_code, "proxy.upstream_failed")
        return _KIND_OF_OUTCOME.get(self.outcome, "proxy.protocol_error")

    @property
    def text(self) -> str:
        """The same in some words."""
        if self.status is not None:
            return f"{self.status} {self.reason}".strip()
        if self.socks_code:
            words = _SOCKS_WORDS.get(self.socks_code, "an unknown reply")
            return words if self.socks_code > 93 else f"SOCKS reply {self.socks_code}: {words}"
        if self.first_bytes:
            return f"{_WORDS[self.outcome]}: it says {self.first_bytes[:80]!r}"
        return _WORDS[self.outcome] + (f": {self.reason}" if self.reason else "")

    def facts(self) -> dict[str, Any]:
        """Return it as a reading has it."""
        return asdict(self)


_WORDS: dict[str, str] = {
    "open": "the tunnel stands",
    "refused_by_proxy": "the proxy refuses",
    "closed": "the proxy closed the connection without an answer",
    "timeout": "the proxy did not answer",
    "nonsense": "what answers is not a proxy of this kind",
    "tls_failed": "TLS with the proxy failed",
    "unresolved": "the target's name is not resolved here, as this proxy wants it to be",
}


class TunnelError(ConnectionError):
    """The proxy did not make the tunnel.

    Args:
        answer: What it said.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer
