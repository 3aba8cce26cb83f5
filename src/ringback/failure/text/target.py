"""The target a text names: URL, host, port, proxy."""

import re
from collections.abc import Iterator

from ringback.failure.model import NO_TARGET, Target
from ringback.failure.target import split_port, target_of_url

_BEFORE, _AFTER = 2000, 1500
"""How far around the place that decided a target is looked for, in characters."""
_TRACED = 8000
"""How far on the next exceptions of a traceback may stand, which shows every line of a call that is
written over several (Python 3.13)."""

_SCHEMES = (
    "https?|wss?|ftp|rediss?|postgres(?:ql)?|mysql|mongodb(?:\\+srv)?|amqps?|mqtts?|ldaps?|smtps?"
    "|nats|tcp|tls|grpc|socks5h?|socks4"
)
_URL = re.compile(rf"\b(?:{_SCHEMES})://[^\s'\"<>`\\)\]}},|]{{1,500}}")
_HELP = re.compile(
    r"(?:more|docs?|documentation|help|see|background|details|check|visit|refer)\b[^\n]{0,40}$",
    re.IGNORECASE,
)
"""What stands before a URL that explains, and is not called."""
_HELP_HOST = re.compile(r"://(?:docs?|help|support|developer)\.|readthedocs|://sqlalche\.me|/docs/")
_PROXY = re.compile(
    r"proxy[^\n]{0,60}?((?:https?|socks\w{1,3})://[^\s'\"<>\\)]{1,200})", re.IGNORECASE
)
_POOL = re.compile(r"Connection(?:Pool)?\(host=['\"]([^'\"\n]{1,255})['\"], ?port=['\"]?(\d{1,5})")
_PATH = re.compile(r"with url: (/[^\s?#(]{0,500})")
_CALL = re.compile(
    r"(?:Connect call failed|connect to|connecting to) \(?['\"]([^'\"\n]{1,255})['\"], (\d{1,5})"
)
_NAME = r"(?:[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}\.){0,10}[A-Za-z0-9_][A-Za-z0-9_\-]{0,62}"
_THEN = (
    rf"[ =:]{{0,2}}(['\"`(\[]{{0,2}})({_NAME}|\[?[0-9a-fA-F:]{{2,45}}\]?)['\"`)\]]{{0,2}}"
    r"(?::(\d{1,5})\b|[ ,:]{1,3}(?:\([^)\n]{1,60}\),? ?)?(?:port[ =:]{1,2}(\d{1,5}))?)?"
)
_NAMED = re.compile(
    r"(?:Failed to resolve|Could(?: not|n't) resolve host(?:name)?:?|could not translate host name"
    r"|unable to resolve host address|Unknown MySQL server host|DNS resolution failed for"
    r"|\blookup|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|connect (?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH)"
    r"|[Cc]annot connect to host|Connection timeout to host|dial tcp|host=)" + _THEN
)
"""After these words always stands a host."""
_PERHAPS = re.compile(
    r"(?:[Ff]ailed to connect to|[Uu]nable to connect to|[Cc]ould not connect to|connect to host"
    r"|connecting to|connection to server at|[Cc]onnection (?:to|with)|MySQL server on"
    r"|certificate is not valid for|\bhost\b|\b[Ss]erver\b)" + _THEN
)
"""After these stands a host, or the rest of a sentence."""
_LIKE_A_HOST = re.compile(r"localhost|.*[.:\d_-]")
_AUTHORITY = re.compile(
    r"\b((?:\d{1,3}\.){3}\d{1,3}|localhost"
    r"|(?:[a-z0-9\-]{1,63}\.){1,8}(?!(?:py|pyx|js|ts|go|rs|cc|cpp|java|rb|php)\b)[a-z]{2,24})"
    r":(\d{2,5})\b",
    re.IGNORECASE,
)
_SOCKET = re.compile(r"/[\w.\-/]{1,200}(?:\.sock\b|\.s\.PGSQL\.\d{1,5})")


def target_in(text: str, place: tuple[int, int], line: tuple[int, int]) -> Target:
    """The target that an even text names, without its credentials.

    The nearest one in the line of the words that decided; else the nearest one around.

    Args:
        text: The even text.
        place: Start and end of the words that decided.
        line: Start and end of their line.
    """
    around = (max(0, place[0] - _BEFORE), place[0] + _AFTER)
    target = NO_TARGET
    for begin, end in (line, around):
        near = text[max(begin, around[0]) : min(end, around[1])]
        target = _nearest(near, place[0] - max(begin, around[0]))
        if target is not NO_TARGET:
            break
    else:
        target = _pool(text[place[0] : place[0] + _TRACED], 0) or NO_TARGET
    proxy = _PROXY.search(text, *around)
    if proxy is None:
        return target
    found = target_of_url(proxy[1])
    name = f"{found.host}:{found.port}" if found.host and found.port else found.host
    return Target(target.url, target.scheme, target.host, target.port, target.address, name)


def _nearest(near: str, place: int) -> Target:
    return _pool(near, place) or _url(near, place) or _host(near, place) or NO_TARGET


def _pool(near: str, place: int) -> Target | None:
    """urllib3 names its pool, and beside it only the path of the URL."""
    pool = next(_by_distance(_POOL, near, place), None)
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
        explains = _HELP.search(near, max(0, match.start() - 60), match.start())
        if match.start() in proxies or explains or _HELP_HOST.search(match[0]):
            continue
        return target_of_url(match[0].rstrip(".,:;"))
    return None


def _host(near: str, place: int) -> Target | None:
    call = next(_by_distance(_CALL, near, place), None)
    if call is not None:
        return Target(host=call[1], port=int(call[2]), address=f"{call[1]}:{call[2]}")
    for pattern, always in ((_NAMED, True), (_PERHAPS, False)):
        for match in _by_distance(pattern, near, place):
            if always or match[1] or match[3] or match[4] or _LIKE_A_HOST.match(match[2]):
                return _host_of(match)
    authority = next(_by_distance(_AUTHORITY, near, place), None)
    if authority is not None:
        return Target(host=authority[1], port=int(authority[2]))
    path = next(_by_distance(_SOCKET, near, place), None)
    return Target(address=path[0]) if path else None


def _host_of(match: re.Match[str]) -> Target:
    host, port = split_port(match[2])
    number = match[3] or match[4]
    return Target(host=host.strip("[]"), port=int(number) if number else port)


def _by_distance(pattern: re.Pattern[str], text: str, place: int) -> Iterator[re.Match[str]]:
    return iter(sorted(pattern.finditer(text), key=lambda match: abs(match.start() - place)))
