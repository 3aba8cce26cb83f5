"""Whom an HTTP probe asks, and with what request."""

from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from ringback.diagnosis.layer.tunnel.server import ProxyServer
from ringback.monitor.probe.tunnel import credentials

_PORTS = {"http": 80, "https": 443}
_LITERAL = "/%:@!$&'()*+,;=~-._?[]|"


class Target(NamedTuple):
    """Where a request goes.

    Attributes:
        scheme: ``http`` or ``https``.
        host: Name or IP address.
        port: TCP port.
        path: With the query.
        user: ``name:password``; ``""``: none.
    """

    scheme: str
    host: str
    port: int
    path: str
    user: str = ""

    @property
    def url(self) -> str:
        """Scheme, host and port as a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self[:3]


def target_of(url: str) -> Target:
    """Return where a URL leads.

    Args:
        url: Of scheme ``http`` or ``https``.

    Raises:
        ValueError: It is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http or https URL with a host")
    path = quote(parts.path or "/", safe=_LITERAL)
    if parts.query:
        path += "?" + quote(parts.query, safe=_LITERAL)
    user = unquote(f"{parts.username}:{parts.password or ''}") if parts.username else ""
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return Target(parts.scheme, parts.hostname, port, path, user)


def request_of(
    target: Target,
    method: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    via: ProxyServer | None = None,
) -> bytes:
    """Return a request (RFC 9112).

    Args:
        target: Where it goes.
        method: HTTP method.
        headers: They take the place of those that every request has.
        body: What is sent after them.
        via: The proxy that it goes through; one for HTTP is told the whole URL where there is no
            TLS (RFC 9112, section 3.2.2).

    Raises:
        ValueError: A header or the method cannot be sent.
    """
    fields = {
        "Host": _authority(target),
        "User-Agent": "ringback",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
    }
    path = target.path
    if via is not None and is_forwarded(target, via):
        path = f"http://{fields['Host']}{path}"
        fields |= credentials(via)
    if target.user:
        fields["Authorization"] = "Basic " + b64encode(target.user.encode()).decode()
    if body or method in {"POST", "PUT", "PATCH"}:
        fields["Content-Length"] = str(len(body))
    named = {name.lower() for name in headers}
    kept = {name: value for name, value in fields.items() if name.lower() not in named}
    lines = [f"{name}: {value}" for name, value in {**kept, **headers}.items()]
    text = "\r\n".join((f"{method} {path} HTTP/1.1", *lines))
    if text.count("\n") != len(lines) or "\0" in text:
        raise ValueError("a header with a line break cannot be sent")
    return text.encode("latin-1") + b"\r\n\r\n" + body


def is_forwarded(target: Target, via: ProxyServer) -> bool:
    """Return whether a proxy passes the request itself on, and makes no tunnel for it.

    Args:
        target: Where it goes.
        via: The proxy.
    """
    return target.scheme == "http" and via.speaks_http


def _authority(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host.encode("idna").decode()
    return host if target.port == _PORTS[target.scheme] else f"{host}:{target.port}"
