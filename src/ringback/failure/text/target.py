"""The target a text names: URL, host, port, proxy."""

import re

from ringback.failure.model import NO_TARGET, Target
from ringback.failure.target import split_port, target_of_url

_URL = re.compile(
    r"\b(?:https?|wss?|ftp|rediss?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|amqps?|mqtts?|ldaps?|smtps?|nats|tcp|tls|grpc|socks5h?|socks4)://[^\s'\"<>`\\)\]},|]{1,500}"
)
_PROXY = re.compile(
    r"proxy[^\n]{0,60}?((?:https?|socks\w{1,3})://[^\s'\"<>\\)]{1,200})", re.IGNORECASE
)
_POOL = re.compile(r"Connection(?:Pool)?\(host=['\"]([^'\"\n]{1,255})['\"], ?port=['\"]?(\d{1,5})")
_PATH = re.compile(r"with url: (/[^\s?#(]{0,500})")
_HOST = re.compile(
    r"(?:Failed to resolve|Could not resolve host:?|Couldn't resolve host|unable to resolve host address|could not translate host name|[Cc]annot connect to host"
    r"|Connection timeout to host|lookup|Failed to connect to|connect to host|connection to server at|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|Unknown MySQL server host"
    r"|MySQL server on|connecting to|Unable to connect to|Could not connect to|DNS resolution failed for|[Cc]onnection (?:to|with)|certificate is not valid for|dial tcp|connect ECONNREFUSED|connect ETIMEDOUT|host=|host|[Ss]erver)"
    r"[ =:]{0,2}['\"`(\[]{0,2}((?:[A-Za-z0-9_](?:[A-Za-z0-9_\-]{0,62})\.)*[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}|\[?[0-9a-fA-F:]{2,45}\]?)['\"`)\]]{0,2}(?::(\d{1,5})\b|[ ,(:]{1,3}(?:\([^)\n]{1,60}\),? ?)?(?:port[ =:]{1,2}(\d{1,5}))?)?"
)
_CALL = re.compile(
    r"(?:Connect call failed|connect to|connecting to) \(?['\"]([^'\"\n]{1,255})['\"], (\d{1,5})"
)
_AUTHORITY = re.compile(
    r"\b((?:\d{1,3}\.){3}\d{1,3}|localhost|(?:[a-z0-9\-]{1,63}\.){1,8}[a-z]{2,24}):(\d{2,5})\b",
    re.IGNORECASE,
)
_NO_HOST = frozenset(
    {
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
    }
)


def target_in(text: str, place: int) -> Target:
    """The target named nearest to a place of an even text, without its credentials."""
    begin = max(0, place - 2000)
    near = text[begin : place + 1500]
    proxy = _proxy(near)
    pool = _nearest(_POOL, near, place - begin)
    if pool is not None:
        return _of_pool(pool, near, proxy)
    url = _nearest(_URL, near, place - begin)
    if url is not None and (proxy is None or url[0].find(proxy) < 0):
        return _with_proxy(target_of_url(url[0].rstrip(".,:;")), proxy)
    host = _host(near, place - begin)
    return _with_proxy(host, proxy)


def _of_pool(pool: re.Match[str], near: str, proxy: str | None) -> Target:
    scheme = "https" if near[max(0, pool.start() - 5) : pool.start()].endswith("HTTPS") else "http"
    path = _PATH.search(near, pool.end(), pool.end() + 600)
    port = int(pool[2])
    usual = port == (443 if scheme == "https" else 80)
    url = f"{scheme}://{pool[1]}{'' if usual else f':{port}'}{path[1] if path else '/'}"
    return Target(url=url, scheme=scheme, host=pool[1], port=port, proxy=proxy)


def _with_proxy(target: Target, proxy: str | None) -> Target:
    if proxy is None:
        return target
    return Target(target.url, target.scheme, target.host, target.port, target.address, proxy)


def _proxy(near: str) -> str | None:
    match = _PROXY.search(near)
    if match is None:
        return None
    found = target_of_url(match[1])
    return f"{found.host}:{found.port}" if found.host and found.port else found.host


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
    if authority is not None:
        return Target(host=authority[1], port=int(authority[2]))
    return NO_TARGET


def _by_distance(pattern: re.Pattern[str], text: str, place: int) -> list[re.Match[str]]:
    found = list(pattern.finditer(text))[:50]
    return sorted(found, key=lambda match: abs(match.start() - place))


def _nearest(pattern: re.Pattern[str], text: str, place: int) -> re.Match[str] | None:
    found = _by_distance(pattern, text, place)
    return found[0] if found else None
