"""Who asks, and what they may do."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from ringback.failure.target import split_port
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.settings import EVERYBODY_ELSE, Scope, digest_of, is_loopback_host
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection, Request

    from ringback.monitor.web.settings import ProxyLogin, Token, WebSettings
    from ringback.monitor.web.site import Site

COOKIE: Final = "ringback_session"
SESSION_SECONDS: Final = 12 * 3600  # How long somebody stays logged in

_ALL_SCOPES: Final = frozenset[Scope]({"read", "write", "admin", "push"})
_AUDITED: Final = frozenset[Scope]({"write", "admin"})
_WORDS: Final[dict[Scope, str]] = {
    "read": "read",
    "write": "act",
    "admin": "administer",
    "push": "push",
}
_MAX_NAME: Final = 200  # Characters of a name that a proxy gives
_FORWARDED_HEADERS: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody may do."""

    name: str = ""  # Who it is, for timelines; `""`: not known
    scopes: frozenset[Scope] = frozenset()  # What they may do
    by: Literal["", "token", "proxy", "this machine"] = ""  # How that is known; `""`: it is not


def grant_of(connection: HTTPConnection) -> Grant:
    site = site_of(connection)
    if not site.settings.guarded:
        return Grant(scopes=_ALL_SCOPES, by="this machine") if _is_direct(connection) else Grant()
    token = _by_bearer(connection, site.settings) or _by_cookie(connection, site)
    if token:
        return Grant(name=token.name, scopes=token.scopes, by="token")
    return _by_proxy(connection, site.settings.proxy)


def _by_proxy(connection: HTTPConnection, proxy: ProxyLogin | None) -> Grant:
    """Return what somebody may do whom a trusted proxy names; from others it means nothing."""
    peer = connection.client.host if connection.client else ""
    if proxy is None or not proxy.trusts(peer):
        return Grant()
    given = connection.headers.getlist(proxy.header)
    name = given[0].strip() if len(given) == 1 else ""  # twice: one may be the client's own
    if not name or name == EVERYBODY_ELSE or len(name) > _MAX_NAME or not name.isprintable():
        return Grant()
    return Grant(name=name, scopes=proxy.scopes_of(name), by="proxy")


def asked_from(connection: HTTPConnection) -> str:
    """Return where a request comes from: of a trusted proxy, what it says of that."""
    peer = connection.client.host if connection.client else ""
    proxy = site_of(connection).settings.proxy
    if proxy is None or not proxy.trusts(peer):
        return peer
    said = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(said))
    except ValueError:
        return peer


def require(request: Request, scope: Scope) -> Grant:
    """Return what the one who asks may do, when this is part of it."""
    grant = grant_of(request)
    if scope in _AUDITED and grant.by:
        request.state.acting = grant
    if scope not in grant.scopes:
        raise _refusal(request, grant, scope)
    if request.method not in ("GET", "HEAD") and not _bearer(request):
        _forbid_other_sites(request)
    return grant


def _refusal(request: Request, grant: Grant, scope: Scope) -> HTTPProblem:
    if grant.scopes and grant.by == "token":
        return HTTPProblem(403, f"this token may not {_WORDS[scope]}")
    if grant.by == "proxy":
        return HTTPProblem(403, f"{grant.name} may not {_WORDS[scope]}")
    if not site_of(request).settings.guarded:
        return HTTPProblem(403, "access through a proxy needs a token: configure one")
    return HTTPProblem(
        401, f"a token with the scope {scope} is needed", headers={"WWW-Authenticate": "Bearer"}
    )


def token_for(secret: str, settings: WebSettings) -> Token | None:
    """Return the token of a secret, as slowly for a wrong one; an empty secret is nobody's."""
    digest = digest_of(secret)
    found = [token for token in settings.tokens if hmac.compare_digest(token.hash.lower(), digest)]
    return found[0] if found and secret else None


def session_cookie(token: Token, site: Site) -> str:
    return _signed(token, int(site.clock()) + SESSION_SECONDS, site)


def end_session(connection: HTTPConnection) -> None:
    """Let a cookie count no more, also where somebody has kept it."""
    site = site_of(connection)
    if _by_cookie(connection, site):
        now = site.clock()
        site.ended = {cookie: until for cookie, until in site.ended.items() if until > now}
        given = connection.cookies[COOKIE]
        site.ended[given] = int(given.partition(".")[0][:12])


def _signed(token: Token, until: int, site: Site) -> str:
    text = f"{token.hash}:{until}".encode()
    return f"{until}.{hmac.new(site.key, text, hashlib.sha256).hexdigest()}"


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _by_bearer(connection: HTTPConnection, settings: WebSettings) -> Token | None:
    secret = _bearer(connection)
    return token_for(secret, settings) if secret else None


def _by_cookie(connection: HTTPConnection, site: Site) -> Token | None:
    given = connection.cookies.get(COOKIE, "")
    until, _, _ = given.partition(".")
    if not (given.isascii() and until.isdigit() and int(until[:12]) > site.clock()):
        return None
    if given in site.ended:
        return None
    valid = [
        token
        for token in site.settings.tokens
        if hmac.compare_digest(_signed(token, int(until[:12]), site), given)
    ]
    return valid[0] if valid else None


def _is_direct(connection: HTTPConnection) -> bool:
    """Whether this machine's people ask, and not a proxy for others."""
    host, _ = split_port(connection.headers.get("host", ""))
    return is_loopback_host(host) and not any(
        name in connection.headers for name in _FORWARDED_HEADERS
    )


def _forbid_other_sites(request: Request) -> None:
    """A page elsewhere may make a browser send a form here; it cannot hide where it comes from."""
    fetched = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    same = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if fetched not in ("same-origin", "none") or not same:
        raise HTTPProblem(403, "cross-site requests are rejected")
