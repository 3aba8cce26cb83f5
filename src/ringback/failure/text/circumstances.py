"""What a text tells beside the deciding words: the phase, the proxy, the target, who wrote it.

The functions of a pasted traceback say most of the phase (the same table as for live exceptions);
then the wrappers in the line of the deciding words, then the rest of the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ringback.failure.clue import TIMEOUT, Clue, ClueKind
from ringback.failure.frames import phase_of_frame, phase_of_read
from ringback.failure.model import NO_TARGET, Phase, Target
from ringback.failure.settle import AT_ANY_TIME, BEFORE_SENDING
from ringback.failure.target import split_port, target_of_url
from ringback.failure.text.fold import Page
from ringback.failure.text.rule import PlacedClue
from ringback.failure.text.rules.other import OTHER

# How far the call had come and by what way, as far as a text tells beside the deciding words.
#
# The functions of a pasted traceback say most (the same table as for live exceptions); then the
# wrappers in the line of the deciding words, then the rest of the text.

_FRAME = re.compile(r"File \"([^\"\n]{1,300})\", line \d{1,7}, in (\w{1,80})")
_TRACEBACK = "Traceback (most recent call last)"
_MAX_DISTANCE = 6000
_MAX_FRAMES = 60
_ON_THE_WAY = frozenset({"dns", "connect", "unknown"})
_EXCHANGE = frozenset({"send", "wait", "body"})
_NEAR = 400
_PROXY_FRAME = re.compile(r"/(?:http|socks)_proxy\.py\", line|, in _create_proxy_connection\b")
_TUNNEL_FRAME = re.compile(
    r", in (?:_tunnel|_create_proxy_connection|_init_socks5_connection|_negotiate_SOCKS\d)\b"
    r"|connect_response = "
)
_REDIRECT_FRAME = re.compile(
    r", in (?:resolve_redirects|_build_redirect_request|_redirect_url|redirect_request"
    r"|http_error_302|process_redirect)\b|RedirectClientError|Redirection to url"
)
_PROXY_ERROR = re.compile(r"ProxyError\('|onnect to proxy\.?',")
"""The wrapper that urllib3 puts around whatever ends a connection to a proxy, however late."""
_CHUNK_FRAME = re.compile(
    r", in (?:read_chunked|_update_chunk_length|_readinto_chunked|_read_chunked|_get_chunk_left)\b"
)


_HANDSHAKE = re.compile(
    r"hand ?shak|ssl_(?:connect|accept)\b|(?:client|server) ?hello|start ?_?tls\b|startSSL"
    r"|(?:Authenticate|ForceAuthentication|ProcessAuthentication)\w{0,20}\b|do_?handshake"
    r"|\bcurl: \(35\)|cURL error 35\b|CURLE_SSL_CONNECT_ERROR|SecureChannelFailure"
    r"|before secure TLS connection was established|while setting up the (?:ssl|gss)"
    r"|SSL negotiation|negotiat(?:e|ing) (?:security|ssl|tls)",
    re.IGNORECASE,
)
"""Words and functions of a TLS handshake."""
_CONNECTING = re.compile(
    r"\bconnect(?:ing)?(?! ?(?:ed|ion))\b|connect(?:or|call)?(?:error|exception|failed)"
    r"|\b(?:err|could|can|un|fail)\w{0,8} (?:to )?(?:re)?connect|connection (?:to|attempt)\b"
    r"|\bdial(?:ing)?\b|establish\w{0,4} (?:a |an )?(?:new |ssl |tls |secure )*connection"
    r"|new connection:|NewConnectionError|during (?:login|startup|authentication)"
    r"|initial communication"
    r"|\bopen(?:ing)? (?:a |the )?connection|connect_|rejected connection",
    re.IGNORECASE,
)
"""Words of the making of a connection."""
_EXCHANGING = re.compile(
    r"during query|\[SQL: |ssl_(?:read|write)\b|(?<!eof )\bwhile (?:reading|sending|executing)"
    r"|\breading from|consuming input|\bbody\b|\b(?:read|write|recv|send)(?:v|all|to)?\b(?! tcp)",
    re.IGNORECASE,
)
"""Words of the exchange that comes after both."""


_LOGIN_FAILED = re.compile(r"\bconnection to server (?:at|on) [^\n]{1,200}? failed: ")
"""How libpq begins what ended before a login was done."""


_NEVER_CONNECTED = re.compile(r"\bfailed to connect to all addresses; last error: ")
"""How gRPC begins what ended before there was a connection for the call."""


def never_connected(page: Page, best: PlacedClue) -> bool:
    """Whether gRPC says that there was no connection for the call."""
    begin, _ = page.line_of(best.start)
    return _NEVER_CONNECTED.search(page.text, max(begin, best.start - _NEAR), best.end) is not None


def was_logging_in(page: Page, best: PlacedClue) -> bool:
    """Whether a driver says that it was still opening its connection."""
    begin, _ = page.line_of(best.start)
    return _LOGIN_FAILED.search(page.text, max(begin, best.start - _NEAR), best.end) is not None


def strikes_at_any_time(clue: Clue) -> bool:
    """Whether what it names can end a connection before and after a request was sent."""
    return clue.phase in BEFORE_SENDING and (clue.kind == TIMEOUT or clue.kind in AT_ANY_TIME)


def shows_nothing_was_sent(page: Page, best: PlacedClue) -> bool:
    """Whether words beside the deciding ones show that the connection was still being made."""
    begin, end = page.line_of(best.start)
    begin, end = max(begin, best.start - _NEAR), min(end, best.end + _NEAR)
    if _HANDSHAKE.search(page.text, begin, end + _NEAR):
        return True
    connecting = _CONNECTING.search(page.text, begin, end) is not None
    return connecting and not _EXCHANGING.search(page.text, begin, end)


class Circumstances(NamedTuple):
    """The kind as the rest of the text corrects it, the phase, and whether by way of a proxy."""

    kind: ClueKind
    phase: Phase
    proxied: bool
    sure: bool = True  # The phase is that of the deciding words, and not of what stands elsewhere


def circumstances(page: Page, findings: list[PlacedClue], best: PlacedClue) -> Circumstances:
    """What the rest of the text adds to the deciding words."""
    kind = best.clue.kind or "unknown"
    if kind == OTHER:
        return Circumstances(kind, "unknown", proxied=False)
    if kind.startswith("url.") and _REDIRECT_FRAME.search(page.text):
        return Circumstances("http.response.redirect_invalid", "wait", proxied=False)
    if kind.endswith("content_length_mismatch") and _CHUNK_FRAME.search(page.text):
        kind = "http.response.invalid.incomplete_chunked_encoding"
    phase, sure = _phase(page, findings, best)
    if phase in _EXCHANGE and _TUNNEL_FRAME.search(page.text):
        phase = "proxy"
    elif _inside_proxy_error(page, best) and best.clue.phase not in {"dns", "connect"}:
        # It says "unable to connect" of what came after the request as well; functions know.
        found = _phase_of_frames(page, best)
        sure = found is not None
        phase = found or ("unknown" if phase in _EXCHANGE else phase)
    proxied = phase == "proxy" or _proxied(page, findings, best, phase)
    return Circumstances(kind, phase, proxied, sure)


def follows_a_redirect(page: Page) -> bool:
    """Whether a traceback shows that a client was following a redirect: it had been answered."""
    return _REDIRECT_FRAME.search(page.text) is not None


def _phase(page: Page, findings: list[PlacedClue], best: PlacedClue) -> tuple[Phase, bool]:
    clue = best.clue
    if clue.phase not in BEFORE_SENDING and never_connected(page, best):
        return "connect", True
    shown = _knows_its_phase(page, best)
    if clue.kind not in {TIMEOUT, "tcp.timed_out"} and clue.phase != "unknown" and shown:
        return clue.phase, True
    phase = _phase_of_frames(page, best)
    if phase is not None:
        return phase, True
    if not shown and clue.kind != TIMEOUT:
        return "unknown", False
    if clue.phase != "unknown":
        return clue.phase, shown
    return _phase_nearby(page, findings, best)


def _knows_its_phase(page: Page, finding: PlacedClue) -> bool:
    return not strikes_at_any_time(finding.clue) or shows_nothing_was_sent(page, finding)


def _phase_of_frames(page: Page, best: PlacedClue) -> Phase | None:
    """The functions of the traceback that ends in the deciding words, or of the root's."""
    begin = max(page.text.rfind(_TRACEBACK, 0, best.start), best.start - _MAX_DISTANCE, 0)
    phase = _innermost(page.text, begin, best.start)
    first = page.text.find(_TRACEBACK, 0, begin)
    if first < 0 or phase not in {None, "connect"}:
        return phase
    root = _innermost(page.text, first, page.text.find(_TRACEBACK, first + 1))
    return "tls" if root == "tls" else phase


def _innermost(text: str, begin: int, end: int) -> Phase | None:
    phase: Phase | None = None
    fallback: Phase | None = None
    for match in list(_FRAME.finditer(text, begin, end))[-_MAX_FRAMES:]:
        phase = phase_of_frame(match[1], match[2]) or phase
        fallback = phase_of_read(match[2]) or fallback
        if phase in {"proxy", "tls"}:
            break
    return phase or fallback


def _phase_nearby(page: Page, findings: list[PlacedClue], best: PlacedClue) -> tuple[Phase, bool]:
    """What the wrappers in the same line know; else what the text says elsewhere."""
    begin, end = page.line_of(best.start)
    telling = [finding for finding in findings if finding.clue.phase != "unknown"]
    near = [finding for finding in telling if begin <= finding.start < end]
    telling = [finding for finding in near or telling if _knows_its_phase(page, finding)]
    telling.sort(key=lambda finding: (-finding.clue.rank, abs(finding.start - best.start)))
    return (telling[0].clue.phase if telling else "unknown"), bool(near)


def _proxied(page: Page, findings: list[PlacedClue], best: PlacedClue, phase: Phase) -> bool:
    if best.clue.proxy or (phase == "tls" and _inside_proxy_error(page, best)):
        return True
    if phase not in _ON_THE_WAY:
        return False
    begin, end = page.line_of(best.start)
    if _TRACEBACK in page.text:
        begin, end = 0, len(page.text)
    return bool(_PROXY_FRAME.search(page.text)) or any(
        finding.clue.proxy and begin - _NEAR <= finding.start < end + _NEAR for finding in findings
    )


def _inside_proxy_error(page: Page, best: PlacedClue) -> bool:
    """Whether a ``ProxyError(`` of urllib3 or requests is open around the deciding words."""
    begin = max(page.line_of(best.start)[0], best.start - 500)
    return _PROXY_ERROR.search(page.text, begin, best.start) is not None


# The target a text names: URL, host, port, proxy.

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
    r"(?:more|docs?|documentation|help|see|background|details|check|visit|refer)\b[^\n]{0,40}$"
    r"|\btry $",
    re.IGNORECASE,
)
"""What stands before a URL that explains, and is not called."""
_HELP_HOST = re.compile(
    r"://(?:docs?|help|support|developer|wiki|go|aka)\.|readthedocs|://sqlalche\.me|/docs/"
    r"|curl\.(?:haxx\.)?se/|github\.com/[^\s/]{1,60}/[^\s/]{1,60}/(?:wiki|issues|blob)\b"
)
_PROXY_URL = re.compile(
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
    r"|\blookup(?: failure for:)?(?! (?:fail|err|for|of|tim))|UnknownHostException:"
    r"|Name service error for name="
    r"|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|connect (?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH)"
    r"|[Cc]annot connect to host|Connection timeout to host|dial (?:tcp|udp)(?!: lookup)|host="
    r"|\b[Ss]erver [\w.\-]{1,80}/(?=\d{1,3}\.\d|[\w.\-]{1,80} is DOWN)"
    r"|certificate is valid for [^\n]{1,200}, not|Timeout when waiting for(?! search))" + _THEN
)
"""After these words always stands a host."""
_PERHAPS = re.compile(
    r"(?:[Cc]onnect(?:ed|ing)? to(?: host)?|connection to server at|[Cc]onnection (?:to|with)"
    r"|(?:MySQL )?[Ss]erver on|certificate is not valid for|\bhost\b\"?"
    r"|\b[Ss]erver\b(?! [\w.\-]{1,80}/)|[Rr]esolv(?:e|ing)\b(?: (?:host(?:name)?|name|pool))?"
    r"|[Hh]ost ?name\b(?: for)?|[Ll]ook(?:ing)? up|[Uu]nable to locate printer)"
    + _THEN
    + r"(?!\.?\w|\()(?! error \d)"
)
"""After these stands a host, or the rest of a sentence."""
_PAIR = re.compile(
    r"(?:address|host|hostname|server|peer|ip)['\"]?[:=] ?['\"]?(?:tcp://)?"
    rf"({_NAME}|[0-9a-fA-F:]{{2,45}})['\"]?(?::|[, ]{{1,2}}['\"]?port['\"]?[:=] ?['\"]?)"
    r"(\d{1,5})\b"
)
"""A host and its port, as programs show their fields."""
_TUPLE = re.compile(r"\(['\"]([a-z0-9_][a-z0-9_.\-:]{0,120})['\"], ?(?:port ?= ?)?(\d{2,5})\b")
"""The arguments of a call, in the source that a traceback shows."""
_NFS = re.compile(rf"\bnfs4?\b[^\n]{{0,60}}?[ '\"]({_NAME}):/")
_FILES = (
    "py|pyx|js|ts|go|rs|c|cc|cpp|h|java|kt|rb|php|ex|exs|erl|cs|sh|ya?ml|json|toml|txt|log|conf|cfg"
    "|ini|xml|html?|css|tar|gz|tgz|zip|xz|zst|sock|pem|crt|key|csv|md|lock|exe|dll|so|jar|war|sql|db"
    "|pid|service|target|timer|scope|slice|socket|mount|device|png|jpe?g|whl|deb|rpm|errors?|exceptions?"
)
_WORD = re.compile(
    r"(?:\b(?:to|(?<!connection )from|for|at|with|of|on|host|server|peer|node|backend) |@"
    r"|\b(?:db|H|ip|addr|CN)=)['\"(]?"
    r"((?:\d{1,3}\.){3}\d{1,3}|(?!(?:com|org|net|io|java|javax|sun|scala|kotlin|android)\.)"
    rf"(?:[a-z0-9][a-z0-9_\-]{{0,62}}\.){{1,8}}(?!(?:{_FILES})\b)[a-z]{{2,24}})"
    r"(?::(\d{1,5}))?(?![\w/@\-(]|\.\w)(?! (?:import|where|limit|order|group)\b)"
)
"""A name with dots after a preposition."""
_BOTH = re.compile(rf"\b({_NAME})(?:\[|/)((?:\d{{1,3}}\.){{3}}\d{{1,3}})\]?:(\d{{1,5}})\b")
"""A name with its address, as Postfix and Java write them."""
_ADDRESS_FIRST = re.compile(
    r"((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:]{2,45}\]):(\d{1,5}) "
    r"\(((?:[a-z0-9\-]{1,63}\.){1,8}[a-z0-9\-]{1,63})\)"
)
"""The same, as systemd-timesyncd writes them."""
_BALANCED = re.compile(
    r" [\w.\-]{1,80}/([\w.\-]{1,80}) -?\d{1,9}(?:/[-+]?\d{1,9}){2,4} [-+\d]{1,15} "
)
"""The server behind HAProxy that had the session."""
_UNREACHABLE = re.compile(r"^fatal: \[([\w.\-]{1,255})\]: UNREACHABLE!")
"""The host that Ansible could not enter."""
_NO_HOST = ("Exception", "Error", "AF_INET", "AF_INET6", "Do53")
_LIKE_A_HOST = re.compile(r"localhost|.*[.:\d_-]")
_AUTHORITY = re.compile(
    r"(?<!client )(?<!client: )(?<!connection from )\b((?:\d{1,3}\.){3}\d{1,3}|localhost"
    r"|(?:[a-z0-9\-]{1,63}\.){1,8}(?!(?:py|pyx|js|ts|go|rs|cc|cpp|java|rb|php|ex|exs|erl|kt|cs)\b)[a-z]{2,24})"
    r":(\d{2,5})\b(?! \[\d)",
    re.IGNORECASE,
)
"""A host and its port anywhere, but not the client of a server's log."""
_SOCKET = re.compile(r"/[\w.\-/]{1,200}(?:\.sock\b|\.s\.PGSQL\.\d{1,5})")


def target_in(text: str, place: tuple[int, int], line: tuple[int, int]) -> Target:
    """The target that an even text names, without its credentials.

    The nearest one in the line of the words that decided; else the nearest one around.
    """
    around = (max(0, place[0] - _BEFORE), place[0] + _AFTER)
    target, seen = NO_TARGET, ""
    for begin, end in (line, around):
        near = text[max(begin, around[0]) : min(end, around[1])]
        if near.strip() == seen:
            continue
        seen = near.strip()
        target = _nearest(near, place[0] - max(begin, around[0]))
        if target is not NO_TARGET:
            target = target if target.url else _with_url(target, text, place, around)
            break
    else:
        target = _pool(text[place[0] : place[0] + _TRACED], 0) or NO_TARGET
    proxy = _PROXY_URL.search(text, *around)
    if proxy is None:
        return target
    found = target_of_url(proxy[1])
    name = f"{found.host}:{found.port}" if found.host and found.port else found.host
    return Target(target.url, target.scheme, target.host, target.port, target.address, name)


def _with_url(target: Target, text: str, place: tuple[int, int], around: tuple[int, int]) -> Target:
    """A URL nearby of the same host says more."""
    if not target.host or target.port or target.address:
        return target
    found = _url(text[slice(*around)], place[0] - around[0])
    return found if found is not None and found.host == target.host else target


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
    proxies = {match.start(1) for match in _PROXY_URL.finditer(near)}
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
    both = next(_by_distance(_BOTH, near, place), None)
    if both is not None:
        return Target(host=both[1], port=int(both[3]), address=f"{both[2]}:{both[3]}")
    both = next(_by_distance(_ADDRESS_FIRST, near, place), None) if " (" in near else None
    if both is not None:
        return Target(host=both[3], port=int(both[2]), address=f"{both[1]}:{both[2]}")
    after = _after_words(near, place)
    if after is not None:
        return after
    for pattern in (_AUTHORITY, _PAIR, _TUPLE):
        named = next(_by_distance(pattern, near, place), None)
        if named is not None:
            return Target(host=named[1], port=int(named[2]))
    return _loosely_named(near, place)


def _after_words(near: str, place: int) -> Target | None:
    for pattern, always in ((_NAMED, True), (_PERHAPS, False)):
        for match in _by_distance(pattern, near, place):
            if match[2].endswith(_NO_HOST):
                continue
            if always or match[1] or match[3] or match[4] or _LIKE_A_HOST.match(match[2]):
                return _host_of(match)
    return None


def _loosely_named(near: str, place: int) -> Target | None:
    path = next(_by_distance(_SOCKET, near, place), None)
    if path is not None:
        return Target(address=path[0])
    word = next(_by_distance(_WORD, near, place), None)
    if word is not None:
        return Target(host=word[1], port=int(word[2]) if word[2] else None)
    for pattern in (_NFS, _BALANCED, _UNREACHABLE):
        named = next(_by_distance(pattern, near, place), None)
        if named is not None:
            return Target(host=named[1])
    return None


def _host_of(match: re.Match[str]) -> Target:
    host, port = split_port(match[2])
    number = match[3] or match[4]
    return Target(host=host.strip("[]"), port=int(number) if number else port)


def _by_distance(pattern: re.Pattern[str], text: str, place: int) -> Iterator[re.Match[str]]:
    return iter(sorted(pattern.finditer(text), key=lambda match: abs(match.start() - place)))


# Where a text comes from: the platform and the library that wrote it.

_PLATFORMS = (
    (
        "windows",
        re.compile(
            r"WinError|\[Errno 1\d{4}\]|WSA[A-Z]{4}|[A-Za-z]:\\\\?(?:Users|Python|Program|Windows)"
            r"|0x[0-9A-F]{16}>|win32|Windows"
        ),
    ),
    (
        "macos",
        re.compile(
            r"\[Errno (?:4[789]|5[1-8]|6[0145])\]|nodename nor servname|/Users/|/opt/homebrew"
            r"|/Library/|[Dd]arwin|macOS|LibreSSL|CFNetwork|error(?:\(|: )(?:54|60|61),"
        ),
    ),
    (
        "linux",
        re.compile(
            r"\[Errno (?:-\d|9[789]|1[01]\d)\]|\((?:1[01]\d), |\((?:11[013]): "
            r"|Name or service not known|Temporary failure in name|Name does not resolve"
            r"|/home/|/usr/lib|/usr/local/lib|/root/|/opt/|/var/|0x7f[0-9a-f]{10}"
            r"|[Ll]inux|[Uu]buntu|[Dd]ebian|kubectl|systemd"
        ),
    ),
)
_LIBRARY = (
    (
        "pip",
        (
            r"pip[._\\/]_vendor|pip3? (?:install|download|index)\b|Looking in indexes"
            r"|Could not find a version that satisfies|Could not fetch URL"
            r"|due to an (?:OSError|EnvironmentError)"
        ),
    ),
    ("botocore", r"botocore|boto3|endpoint URL|when calling the \w+ operation"),
    (
        "aiohttp",
        (
            r"aiohttp|ClientConnectorError|Cannot connect to host \S{1,300} ssl:"
            r"|ServerDisconnectedError|ClientPayloadError|ClientOSError|ConnectionTimeoutError"
            r"|SocketTimeoutError"
        ),
    ),
    ("httpx", r"httpx|httpcore|RemoteProtocolError|All connection attempts failed"),
    ("websockets", r"websockets?\.exceptions|no close frame received|rejected WebSocket"),
    (
        "psycopg",
        (
            r"psycopg|libpq|psql|translate host name|connection to server at"
            r"|could not connect to server|pg_hba"
        ),
    ),
    ("asyncpg", r"asyncpg"),
    ("pymongo", r"pymongo|ServerSelectionTimeout|AutoReconnect|mongodb"),
    ("redis", r"redis"),
    ("mysql", r"pymysql|_mysql_exceptions|MySQLdb|mysql\.connector|MySQL server|MySQL|aiomysql"),
    ("elasticsearch", r"elasticsearch|elastic_transport|opensearch"),
    ("grpc", r"grpc|StatusCode\.|_InactiveRpcError|failed to connect to all addresses"),
    ("kafka", r"kafka|NoBrokersAvailable"),
    ("paramiko", r"paramiko"),
    ("smtplib", r"smtplib|SMTP\w*(?:Error|Refused|Disconnected)"),
    ("amqp", r"pika\b|kombu|celery|amqp|aiormq"),
    ("docker", r"docker\.errors|[Dd]ocker daemon|docker_engine"),
    ("paho-mqtt", r"paho|MQTT"),
    ("selenium", r"selenium|WebDriverException|geckodriver|chromedriver"),
    ("playwright", r"playwright|page\.goto"),
    ("chromium", r"net::ERR_|ERR_[A-Z_]{6,}"),
    ("urllib", r"urlopen error|urllib\.error|urllib\.request|urllib2"),
    (
        "requests",
        (
            r"requests(?:\.exceptions|/|\\)|HTTPS?ConnectionPool\(|ConnectionError: \("
            r"|Connection aborted|SOCKSHTTPS?Connection|No connection adapters|No scheme supplied"
            r"|InvalidSchema|MissingSchema"
        ),
    ),
    ("urllib3", r"urllib3|MaxRetryError|NewConnectionError"),
    ("curl", r"curl\b|cURL error"),
    ("wget", r"wget\b"),
    (
        "git",
        r"fatal: (?:unable to access|Could not read)|git (?:clone|fetch|pull|push)\b|RPC failed",
    ),
    ("npm", r"npm ERR!|npm error|yarn"),
    ("node", r"\bnode:|at \S+ \(node:|ENOTFOUND|ECONNREFUSED \d|FetchError|AxiosError"),
    ("go", r"dial tcp|net/http|x509: |read tcp|proxyconnect"),
    ("java", r"java\.(?:net|io)\.|javax\.net|sun\.security|org\.apache"),
    ("rust", r"reqwest|hyper::|os error \d|rustls"),
    ("dotnet", r"System\.Net|SocketException \(|HttpRequestException"),
    ("ssh", r"ssh: |kex_exchange|ssh_exchange"),
    ("openssl", r"openssl|s_client|SSL routines:"),
    ("nginx", r"upstream|nginx"),
    ("asyncio", r"asyncio"),
    ("ssl", r"ssl\.SSL|ssl\.py|_ssl\.c"),
    ("http.client", r"http[./]client|httplib"),
    (
        "socket",
        r"socket\.(?:gaierror|timeout|error)|socket\.py|\[Errno|\[WinError|ConnectionRefusedError|ConnectionResetError",
    ),
)
_LIBRARIES = tuple((name, re.compile(pattern)) for name, pattern in _LIBRARY)
_MAX_HEAD = 20000


def platform_of(text: str) -> str | None:
    """``windows``, ``macos``, ``linux``, or ``None`` where the text does not tell."""
    head = text[:_MAX_HEAD]
    return next((name for name, pattern in _PLATFORMS if pattern.search(head)), None)


def library_of(text: str) -> str | None:
    """The library or program that wrote the text, the most particular that is known."""
    head = text[:_MAX_HEAD]
    return next((name for name, pattern in _LIBRARIES if pattern.search(head)), None)
