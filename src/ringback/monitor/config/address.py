"""What an endpoint's URL says: which probe, and whom it asks."""

import re
from typing import NamedTuple, get_args
from urllib.parse import SplitResult, urldefrag, urlsplit

from ringback.diagnosis.protocols import PROTOCOLS
from ringback.failure.target import bracketed, split_port
from ringback.monitor.config.schema import closest_word
from ringback.monitor.model import ProbeType

_NOT_SERVICES = frozenset({"http", "none", "dns"})
SERVICES = {
    scheme: protocol for scheme, protocol in PROTOCOLS.items() if protocol.name not in _NOT_SERVICES
}
"""Scheme to the protocol, of services whose first words are known."""
SCHEMES: dict[str, ProbeType] = {
    "http": "http",
    "https": "http",
    "tcp": "tcp",
    "tls": "tls",
    "dns": "dns",
    "icmp": "icmp",
    "ping": "icmp",
    "udp": "udp",
    "ws": "websocket",
    "wss": "websocket",
    "grpc": "grpc",
    "grpcs": "grpc",
    **dict.fromkeys(SERVICES, "service"),
}
"""Scheme to the probe."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):\d{1,5}")
_NOT_IN_HOSTS = re.compile(r"[^\w.\-\x80-\U0010ffff]")
"""What no name of a host has, in DNS or elsewhere: a placeholder is left, such as ``<IP>``."""
_PORTS = {"http": 80, "https": 443, "tls": 443, "ws": 80, "wss": 443, "grpcs": 443} | {
    scheme: protocol.port for scheme, protocol in SERVICES.items()
}
_HOST_ONLY = frozenset({"tcp", "tls", "dns", "icmp", "udp"})
_BY_SCHEME = frozenset({"http", "websocket", "grpc", "service"})
_WITH_USER = frozenset({"postgres", "mysql"})
"""Services that say how they are only to who names a user."""


class ProbeAddress(NamedTuple):
    """Whom a probe asks."""

    type: ProbeType
    url: str  # As the probe takes it
    host: str  # Name or IP address


class AddressError(ValueError):
    """A URL that cannot be watched; the text says why."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint  # What was probably meant; `""`: not known


def probe_address_of(url: str, kind: ProbeType | None = None) -> ProbeAddress:
    """Return what a URL says: the probe by its scheme; ``host:port`` is tcp, a host alone http."""
    parts = _split(_with_scheme(url.strip(), kind))
    of_scheme = SCHEMES.get(parts.scheme)
    if of_scheme is None:
        raise _unknown_scheme(parts)
    kind = kind or of_scheme
    if kind not in _BY_SCHEME | _HOST_ONLY or (kind != of_scheme and kind in _BY_SCHEME):
        raise AddressError(f"with {parts.scheme}:// cannot have type {kind!r}")
    return _address(kind, parts)


def _with_scheme(url: str, kind: ProbeType | None) -> str:
    if _SCHEME.match(url):
        return url
    scheme = kind or ("tcp" if _HOST_PORT.fullmatch(url) else "http")
    return f"{scheme}://{url}"


def _split(url: str) -> SplitResult:
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise AddressError("must not contain spaces or control characters")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        if "Port" in str(error):  # which may be a password with a slash: it is not shown
            raise AddressError("is not a valid URL: its port is no number up to 65535") from None
        raise AddressError("is not a valid URL") from None
    if not parts.hostname:
        raise AddressError("has no host")
    if ":" not in parts.hostname and (odd := _NOT_IN_HOSTS.search(parts.hostname)):
        raise AddressError(f"has a host with {odd[0]}, which no host has")
    return parts


def _unknown_scheme(parts: SplitResult) -> AddressError:
    known = PROTOCOLS.get(parts.scheme)
    port = parts.port or (known.port if known else 0)
    if known and port:
        return AddressError(
            f"has a scheme without a probe: {parts.scheme}", f"tcp://{parts.hostname}:{port}"
        )
    hint = closest_word(parts.scheme, [*SCHEMES, *get_args(ProbeType)])
    return AddressError(f"has an unknown scheme: {parts.scheme}", f"{hint}://" if hint else "")


def _address(kind: ProbeType, parts: SplitResult) -> ProbeAddress:
    host = parts.hostname or ""
    if kind == "http":
        return ProbeAddress(kind, urldefrag(parts.geturl()).url, host)
    if kind in _BY_SCHEME:
        return _with_port(kind, parts)
    if kind == SCHEMES[parts.scheme] and (parts.query or parts.path.strip("/") or parts.username):
        more = " and a port" if kind in {"tcp", "tls", "udp"} else ""
        raise AddressError(f"must have only a host{more} after {kind}://")
    shown = bracketed(host)
    if kind in {"dns", "icmp"}:
        if parts.port and kind == SCHEMES[parts.scheme]:
            raise AddressError(f"must not have a port with {kind}://")
        return ProbeAddress(kind, f"{kind}://{shown}", host)
    port = parts.port or _PORTS.get(parts.scheme) or (443 if kind == "tls" else None)
    if not port:
        raise AddressError(f"needs a port: {kind}://{shown}:PORT")
    return ProbeAddress(kind, f"{kind}://{shown}:{port}", host)


def _with_port(kind: ProbeType, parts: SplitResult) -> ProbeAddress:
    """Return an address whose URL says the port also where it is the usual one."""
    if kind == "service":
        _check_service(parts)
    elif kind == "grpc" and (parts.username or parts.query):
        raise AddressError("must have only a host, a port and the name of a service")
    host, url = parts.hostname or "", urldefrag(parts.geturl()).url
    if not parts.port and parts.scheme not in _PORTS:
        raise AddressError(f"needs a port: {parts.scheme}://{bracketed(host)}:PORT")
    if not parts.port:
        user, at, _ = parts.netloc.rpartition("@")
        netloc = f"{user}{at}{bracketed(host)}:{_PORTS[parts.scheme]}"
        url = parts._replace(netloc=netloc, fragment="").geturl()
    return ProbeAddress(kind, url, host)


def _check_service(parts: SplitResult) -> None:
    name = SERVICES[parts.scheme].name
    if parts.password is not None:
        raise AddressError("must not hold a password: the probe of a service does not log in")
    if parts.username and name not in _WITH_USER:
        raise AddressError(f"must not name a user: the probe of {name} does not log in")
    if name != "postgres" and (parts.query or parts.path.strip("/")):
        raise AddressError(f"must have only a host and a port after {parts.scheme}://")


def address_to_reach(url: str) -> ProbeAddress:
    """Return what a URL says where there is nothing but the URL."""
    address = probe_address_of(url)
    if address.type == "udp":
        raise AddressError("needs what to send: write it into a configuration")
    return address


def nameserver_of(text: str) -> str:
    """Return a nameserver as ``address:port``; ``""`` for none."""
    if not text:
        return ""
    host, port = split_port(text)
    if not host or re.search(r"[\s/@]", host):
        raise ValueError("nameserver must be an address, with or without port")
    return f"{bracketed(host)}:{port or 53}"
