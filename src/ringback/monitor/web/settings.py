"""How the web page is served, and to whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ringback.failure.target import bracketed

Scope = Literal["read", "write", "push"]
"""``read``: see everything. ``write``: also acknowledge, silence, adopt. ``push``: only send events
and heartbeats."""


class WebError(Exception):
    """Raised when the page cannot, or must not, be served as configured; the message says why."""


def digest_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Who may do what."""

    name: str  # Whom it was given to; stands in the timeline of what is done with it
    hash: str  # SHA-256 of the secret in hexadecimal, as `digest_of` gives it
    scopes: frozenset[Scope] = frozenset({"read"})  # What may be done with it


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the web page is served."""

    host: str = "127.0.0.1"  # Address to listen on
    port: int = 8480  # Port to listen on; 0: any that is free
    # Without any, who reaches the page may do everything, and it listens on loopback only. With
    # one, everybody needs one.
    tokens: tuple[Token, ...] = ()
    # Whether `/status` and the badges of public endpoints are for everybody
    status_page: bool = False
    title: str = "Status"  # Title of the public status page
    # What `/probe` may be asked for: `[scheme://]host[:port]`, where the host may hold `*`; empty:
    # nothing
    probe_targets: tuple[str, ...] = ()
    base_url: str = ""  # Where people reach the page, for links in notices; `""`: host and port
    # PEM files with which the page is served over TLS; the certificate's may hold the key as well
    certificate: Path | None = None
    key: Path | None = None

    @property
    def local(self) -> bool:
        return is_loopback_host(self.host)

    @property
    def url(self) -> str:
        """Where people reach the page, without a slash at the end."""
        return self.base_url.rstrip("/") or f"{self.scheme}://{bracketed(self.host)}:{self.port}"

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"

    def verify(self) -> None:
        """Do nothing when the page may be served so."""
        if not self.local and not self.tokens:
            raise WebError(
                f"the web page would be open to everybody who reaches {self.host}: "
                "configure a token, or listen on 127.0.0.1"
            )

    def serves(self, host: str) -> bool:
        """Return whether a name in a Host header is one of the page's own.

        A page elsewhere can point a name of its own at 127.0.0.1 (DNS rebinding); where no token is
        asked for, that name must not be answered.
        """
        own = urlsplit(self.base_url).hostname if self.base_url else None
        return bool(self.tokens) or is_loopback_host(host) or host.lower() == own


def is_loopback_host(host: str) -> bool:
    """Return whether a name or address can only be this machine."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if not name[-1:].isdigit() and ":" not in name:
        return False  # at once: it is asked of 100,000 names
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
