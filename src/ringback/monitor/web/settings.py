"""How the web page is served, and to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ringback.failure.target import bracketed

Scope = Literal["read", "write", "admin", "push"]
"""``read``: see everything. ``write``: acknowledge, note, silence, check, pause. ``admin``: change
what is monitored and from where. ``push``: only send events and heartbeats."""

Role = Literal["view", "act", "administer"]
"""What a person may do; each may what the one before may."""

SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    "view": frozenset({"read"}),
    "act": frozenset({"read", "write"}),
    "administer": frozenset({"read", "write", "admin"}),
}


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


EVERYBODY_ELSE = "*"  # Among the names that have a role


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLogin:
    """A reverse proxy that says who asks: it has made sure of that, by a single sign-on."""

    header: str  # Where it puts the name; whatever it does not set itself it must remove
    # Where it is; from any other address the header means nothing
    trusted: tuple[IPv4Network | IPv6Network, ...]
    roles: Mapping[str, Role]  # By name; who has none may do nothing

    def trusts(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        known = getattr(known, "ipv4_mapped", None) or known
        return any(known in network for network in self.trusted)

    def scopes_of(self, name: str) -> frozenset[Scope]:
        role = self.roles.get(name) or self.roles.get(EVERYBODY_ELSE)
        return SCOPES_OF_ROLE[role] if role else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """A page for everybody, of the endpoints that are public."""

    name: str = ""  # In its address: `/status/NAME`; `""`: `/status`
    title: str = "Status"
    groups: tuple[str, ...] = ()  # Groups whose endpoints it shows, in this order; empty: all


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """How the web page is served."""

    host: str = "127.0.0.1"  # Address to listen on
    port: int = 8480  # Port to listen on; 0: any that is free
    # Without any, who reaches the page may do everything, and it listens on loopback only. With
    # one, everybody needs one.
    tokens: tuple[Token, ...] = ()
    # Who is logged in by a proxy in front; as with a token, everybody must be known then
    proxy: ProxyLogin | None = None
    # Whether `/status` and the badges of public endpoints are for everybody
    status_page: bool = False
    title: str = "Status"  # Title of the public status page
    status_pages: tuple[StatusPage, ...] = ()  # Those beside it, by name
    # What `/probe` may be asked for: `[scheme://]host[:port]`, where the host may hold `*`; empty:
    # nothing
    probe_targets: tuple[str, ...] = ()
    base_url: str = ""  # Where people reach the page, for links in notices; `""`: host and port
    # PEM files with which the page is served over TLS; the certificate's may hold the key as well
    certificate: Path | None = None
    key: Path | None = None

    @property
    def guarded(self) -> bool:
        """Whether it must be known who asks."""
        return bool(self.tokens) or self.proxy is not None

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

    def page(self, name: str) -> StatusPage | None:
        """Return the status page of a name; ``""``: that of all public endpoints."""
        if not name:
            return StatusPage(title=self.title) if self.status_page else None
        return next((page for page in self.status_pages if page.name == name), None)

    def verify(self) -> None:
        """Do nothing when the page may be served so."""
        if not self.local and not self.guarded:
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
        return self.guarded or is_loopback_host(host) or host.lower() == own


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
