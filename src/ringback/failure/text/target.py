"""The target a text names: URL, host, port, proxy."""

import re

from ringback.failure.model import NO_TARGET, Target
from ringback.failure.target import split_port, target_of_url

_BEFORE, _AFTER = 2000, 1500
"""How far around the place that decided a target is looked for, in characters."""

_SCHEMES = (
    "https?|wss?|ftp|rediss?|postgres(?:ql)?|mysql|mongodb(?:\\+srv)?|amqps?|mqtts?|ldaps?|smtps?"
    "|nats|tcp|tls|grpc|socks5h?|socks4"
)
_URL = re.compile(rf"\b(?:{_SCHEMES})://[^\s'\"<>`\\)\]}},|]{{1,500}}")
_PROXY = re.compile(
    r"proxy[^\n]{0,60}?((?:https?|socks\w{1,3})://[^\s'\"<>\\)]{1,200})", re.IGNORECASE
)
_POOL = re.compile(r"Connection(?:Pool)?\(host=['\"]([^'\"\n]{1,255})['\"], ?port=['\"]?(\d{1,5})")
_PATH = re.compile(r"with url: (/[^\s?#(]{0,500})")
_LED_BY = (
    r"Failed to resolve|Could(?: not|n't) resolve host(?:name)?:?|unable to resolve host address"
    r"|could not translate host name|Unknown MySQL server host|DNS resolution failed for|lookup"
    r"|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|connect (?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH)"
    r"|[Cc]annot connect to host|Connection timeout to host|[Ff]ailed to connect to"
    r"|[Uu]nable to connect to|[Cc]ould not connect to|connect to host|connecting to|dial tcp"
    r"|connection to server at|[Cc]onnection (?:to|with)|MySQL server on"
    r"|certificate is not valid for|host=|\bhost\b|\b[Ss]erver\b"
)
_NAME = r"(?:[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}\.){0,10}[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}"
_HOST = re.compile(
    rf"(?:{_LED_BY})[ =:]{{0,2}}['\"`(\[]{{0,2}}({_NAME}|\[?[0-9a-fA-F:]{{2,45}}\]?)"
    r"['\"`)\]]{0,2}"
    r"(?::(\d{1,5})\b|[ ,:]{1,3}(?:\([^)\n]{1,60}\),? ?)?(?:port[ =:]{1,2}(\d{1,5}))?)?"
)
_CALL = re.compile(
    r"(?:Connect call failed|connect to|connecting to) \(?['\"]([^'\"\n]{1,255})['\"], (\d{1,5})"
)
_AUTHORITY = re.compile(
    r"\b((?:\d{1,3}\.){3}\d{1,3}|localhost|(?:[a-z0-9\-]{1,63}\.){1,8}[a-z]{2,24}):(\d{2,5})\b",
    re.IGNORECASE,
)
_NO_HOST = frozenset(
    (
        "the",
        "a",
        "an",
        "to",
        "is",
        "at",
        "on",
        "host",
        "server",
        "and",
        "any",
        "port",
        "by",
        "with",
        "for",
        "closed",
        "disconnected",
        "unexpectedly",
        "not",
        "has",
        "error",
        "failed",
        "proxy",
        "unix",
        "socket",
        "was",
        "name",
        "timed",
        "tcp",
        "udp",
    )
)


def target_in(text: str, place: int) -> Target:
    """The target named nearest to a place of an even text, without its credentials."""
    begin = max(0, place - _BEFORE)
    near, place = text[begin : place + _AFTER], place - begin
    target = _pool(near, place) or _url(near, place) or _host(near, place)
    proxy = _PROXY.search(near)
    if proxy is None:
        return target
    found = target_of_url(proxy[1])
    name = f"{found.host}:{found.port}" if found.host and found.port else found.host
    return Target(target.url, target.scheme, target.host, target.port, target.address, name)


def _pool(near: str, place: int) -> Target | None:
    """urllib3 names its pool, and beside it only the path of the URL."""
    pool = _nearest(_POOL, near, place)
    if pool is None:
        return None
    scheme = "https" if near[: pool.start()].endswith("HTTPS") else "http"
    path = _PATH.search(near, pool.end(), pool.end() + 600)
    port = int(pool[2])
    usual = port == (443 if scheme == "https" else 80)
    url = f"{scheme}://{pool[1]}{'' if usual else f':{port}'}{path[1] if path else '/'}"
    return Target(url=url, scheme=scheme, host=pool[1], port=port)


def _url(near: str, place: int) -> Target | None:
    proxies = {match.start(1) for match in _PROXY.finditer(near)}
    for match in _by_distance(_URL, near, place):
        if match.start() not in proxies:
            return target_of_url(match[0].rstrip(".,:;"))
    return None


def _host(near: str, place: int) -> Target:
    call = _nearest(_CALL, near, place)
    if call is not None:
        return Target(host=call[1], port=int(call[2]), address=f"{call[1]}:{call[2]}")
    for match in _by_distance(_HOST, near, place):
        host, port = split_port(match[1])
        if host.lower() not in _NO_HOST and not host.isdigit():
            number = match[2] or match[3]
            return Target(host=host.strip("[]"), port=int(number) if number else port)
    authority = _nearest(_AUTHORITY, near, place)
    return Target(host=authority[1], port=int(authority[2])) if authority else NO_TARGET


def _nearest(pattern: re.Pattern[str], text: str, place: int) -> re.Match[str] | None:
    return next(iter(_by_distance(pattern, text, place)), None)


def _by_distance(pattern: re.Pattern[str], text: str, place: int) -> list[re.Match[str]]:
    return sorted(pattern.finditer(text), key=lambda match: abs(match.start() - place))
