"""The stage of the proxy: the one that is to be used, what it answers, and what goes without it."""

from __future__ import annotations

import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from ringback.client.dial import LookupTimedOut, resolve
from ringback.diagnosis.context import OpenRoute, together
from ringback.diagnosis.facts import (
    ProxyCandidateFacts,
    ProxyConnectFacts,
    ProxyDirectFacts,
    ProxyTunnelFacts,
)
from ringback.diagnosis.host_facts import ProxyVariablesFacts
from ringback.diagnosis.layer.connect import (
    NOT_ATTEMPTED,
    ConnectResult,
    attempt_connect,
    describe_attempt,
)
from ringback.diagnosis.layer.opening import keep_connection
from ringback.diagnosis.layer.proxy_tunnel import (
    ProxyServer,
    TunnelError,
    TunnelReply,
    authority,
    forward_request,
    proxy_server,
    request_tunnel,
    secure_tunnel,
)
from ringback.diagnosis.layer.spoken import speech
from ringback.diagnosis.sorts import readings_of
from ringback.failure.target import without_secrets
from ringback.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringback.diagnosis.context import DiagnosisContext


__all__ = ["read_proxy", "read_reached", "try_candidates", "try_direct"]


LOOKUP_TIMEOUT = 3.0
"""Seconds for the name of a proxy."""

CONNECT_TIMEOUT = 3.4
"""Seconds for the answer of an address; see ``tcp.CONNECT_TIMEOUT``."""

MAX_ADDRESSES = 4
"""Addresses of a proxy that are tried, all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyReached:
    """What came of connecting to a proxy."""

    addresses: tuple[str, ...] = ()  # Those of its name
    # The first attempt that opened, else the last; `None`: there is no address
    made: ConnectResult | None = None
    # Why its name has none, by its name in `socket`; `EAI_TIMEOUT` where the resolver said nothing
    eai: str | None = None

    @property
    def sock(self) -> socket.socket | None:
        """The connection; ``None``: it was not made."""
        return self.made.sock if self.made else None

    @property
    def outcome(self) -> str:
        """How it came out: ``unresolved``, or as in ``ConnectResult``."""
        return self.made.outcome if self.made else "unresolved"

    @property
    def text(self) -> str:
        """The same in one line, for people."""
        return (
            describe_attempt(self.made) if self.made else f"its name is not resolved ({self.eai})"
        )

    def facts(self, proxy: str, port: int | None) -> ProxyConnectFacts:
        """Return it as a reading has it."""
        return {
            **(self.made.facts() if self.made else NOT_ATTEMPTED),
            "port": port,
            "outcome": self.outcome,
            "addresses": list(self.addresses),
            "eai": self.eai,
            "proxy": proxy,
        }


def reach_proxy(
    context: DiagnosisContext,
    server: ProxyServer,
    lookup: float = LOOKUP_TIMEOUT,
    seconds: float = CONNECT_TIMEOUT,
) -> ProxyReached:
    """Connect to the addresses of a proxy, as clients do, until one is open."""
    try:
        found = resolve(server.host, server.port, timeout=context.left(lookup))
    except (OSError, UnicodeError) as error:
        return ProxyReached(eai=_eai(error))
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    made = _open_one(context, addresses[:MAX_ADDRESSES], server.port, seconds)
    return ProxyReached(addresses=addresses, made=made, eai=None if made else "EBUSY")


def _open_one(
    context: DiagnosisContext, addresses: Sequence[str], port: int, seconds: float
) -> ConnectResult | None:
    opened = threading.Event()

    def connect(address: str) -> ConnectResult:
        made = attempt_connect(address, port, context.left(seconds), needless=opened.is_set)
        if made.sock is not None:
            opened.set()
        return made

    allowed = [address for address in addresses if context.may_connect(address, port)]
    every = [
        attempt for attempt in together(context, [partial(connect, a) for a in allowed]) if attempt
    ]
    best = next(
        (attempt for attempt in every if attempt.sock is not None), every[-1] if every else None
    )
    for attempt in every:
        if attempt is not best:
            attempt.close()
    return best


def _eai(error: Exception) -> str:
    if isinstance(error, LookupTimedOut):
        return "EAI_TIMEOUT"
    names = (name for name in dir(socket) if name.startswith("EAI_"))
    number = getattr(error, "errno", None)
    return next((name for name in names if getattr(socket, name) == number), "EAI_NONAME")


ANSWER_TIMEOUT = 3.0
"""Seconds for a proxy to answer the wish for a tunnel, TLS with it included."""


def read_proxy(context: DiagnosisContext, proxy: str) -> OpenRoute | None:
    """Connect to a proxy, ask it for a tunnel where one is needed, and return the way through it.

    Plain HTTP goes through an HTTP proxy without a tunnel: what it answers is seen later.
    """
    try:
        server = proxy_server(proxy)
    except ValueError as error:
        _record_invalid(context, proxy, error)
        return None
    reached = read_reached(context, server)
    if reached.made is None or reached.sock is None:
        return None
    route = OpenRoute(
        address=reached.made.address, port=server.port, proxy=proxy, rtt=reached.made.rtt
    )
    plain = context.asked.protocol == "http" and not context.asked.tls and server.speaks_http
    target = None if plain else (context.asked.host, context.asked.port)
    began = context.now()
    sock, answer = through(context, server, reached.sock, target, ANSWER_TIMEOUT)
    if answer is not None:
        _record_answer(context, server, answer, began, method="GET" if plain else answer.method)
    if sock is None:
        return None
    keep_connection(context, route, target, sock)
    return route


def through(
    context: DiagnosisContext,
    server: ProxyServer,
    sock: socket.socket,
    target: tuple[str, int] | None,
    seconds: float,
) -> tuple[socket.socket | None, TunnelReply | None]:
    """Return a connection through a proxy, and what it answered; one of them may be missing."""
    until = time.monotonic() + context.left(seconds)
    if server.scheme == "https":
        try:
            sock = secure_tunnel(sock, server, context.options.trust, until)
        except TunnelError as error:
            return None, error.answer
    if target is None:
        return sock, None
    answer = request_tunnel(sock, server, *target, until)
    if answer.outcome == "open":
        return sock, answer
    sock.close()
    return None, answer


def _record_invalid(context: DiagnosisContext, proxy: str, error: ValueError) -> None:
    shown = without_secrets(proxy)[:200]
    context.record(
        ProxyConnectFacts,
        shown,
        state="failed",
        result=str(error)[:200],
        kind="config.proxy_invalid",
        facts=ProxyConnectFacts({**ProxyReached().facts(shown, None), "outcome": "invalid"}),
    )


def read_reached(
    context: DiagnosisContext, server: ProxyServer, seconds: float = CONNECT_TIMEOUT
) -> ProxyReached:
    """Connect to a proxy, and record what came of it."""
    began = context.now()
    reached = reach_proxy(context, server, min(LOOKUP_TIMEOUT, seconds), seconds)
    opened = reached.outcome == "open"
    context.record(
        ProxyConnectFacts,
        server.name,
        state="ok" if opened else "failed",
        result=reached.text,
        kind=None if opened else "proxy.unreachable",
        since=began,
        facts=reached.facts(server.url, server.port),
    )
    return reached


def _record_answer(
    context: DiagnosisContext,
    server: ProxyServer,
    answer: TunnelReply,
    began: float,
    *,
    method: str,
) -> None:
    context.record(
        ProxyTunnelFacts,
        f"{server.name} → {authority(context.asked.host, context.asked.port)}",
        state="ok" if answer.outcome == "open" else "failed",
        result=answer.text,
        kind=answer.kind,
        since=began,
        facts=ProxyTunnelFacts({**answer.facts(), "proxy": server.url, "method": method}),
    )


MAX_CANDIDATES = 3
"""Proxies that are tried at most."""

CANDIDATE_TIMEOUT = 1.0
"""Seconds for the name of each, for its connection, and for its answer."""


def try_candidates(context: DiagnosisContext) -> None:
    """Ask the proxies that are set but not used for the target, where the direct way has failed.

    They are asked without credentials.
    """
    together(
        context,
        [
            partial(_try_candidate, context, *candidate)
            for candidate in list(_named(context))[:MAX_CANDIDATES]
        ],
    )


def _named(context: DiagnosisContext) -> Iterator[tuple[ProxyServer, str]]:
    for reading in readings_of(context.readings(), ProxyVariablesFacts):
        for other in reading.facts["other"] or ():
            try:
                yield proxy_server(other["url"]), other["source"]
            except ValueError:
                continue


def _try_candidate(context: DiagnosisContext, server: ProxyServer, source: str) -> None:
    began = context.now()
    reached = reach_proxy(context, server, CANDIDATE_TIMEOUT, CANDIDATE_TIMEOUT)
    answer = None if reached.sock is None else _answer(context, server, reached.sock)
    works = answer is not None and answer.outcome == "open"
    context.record(
        ProxyCandidateFacts,
        server.url,
        result=f"{source}: {answer.text if answer else reached.text}"[:300],
        since=began,
        facts=ProxyCandidateFacts(
            works=works,
            outcome=answer.outcome if answer else reached.outcome,
            source=source,
            address=reached.made.address if reached.made else None,
            status=answer.status if answer else None,
            socks_code=answer.socks_code if answer else None,
        ),
    )


def _answer(
    context: DiagnosisContext, server: ProxyServer, sock: socket.socket
) -> TunnelReply | None:
    """What a proxy answers to what is asked: a tunnel, or to pass a plain request on."""
    host, port = context.asked.host, context.asked.port
    plain = context.asked.protocol == "http" and not context.asked.tls and server.speaks_http
    made, answer = through(
        context, server, sock, None if plain else (host, port), CANDIDATE_TIMEOUT
    )
    if made is None:
        return answer
    with made:
        if not plain:
            return answer
        return forward_request(
            made, server, host, port, time.monotonic() + context.left(CANDIDATE_TIMEOUT)
        )


DIRECT_SILENCE = 1.2
"""Seconds without a word of the proxy after which the direct way is tried beside."""

DIRECT_TIMEOUT = 3.4
"""Seconds for an answer; see ``tcp.CONNECT_TIMEOUT``."""

_MAX_DIRECT = 2
_POLL_INTERVAL = 0.02


def try_direct(context: DiagnosisContext, addresses: Sequence[str], *, wait: bool = True) -> None:
    """Record whether the target can be reached directly, unless the proxy works.

    It may run beside ``read_proxy``: it waits until that has recorded something, or for 1.2 s.
    """
    if wait and _proxy_works(context):
        return
    began = context.now()
    port = context.asked.port
    tried = [address for address in addresses[:_MAX_DIRECT] if context.may_connect(address, port)]
    made = [
        attempt
        for attempt in together(context, [partial(_try_direct, context, a) for a in tried])
        if attempt
    ]
    best = next(
        (attempt for attempt in made if attempt.outcome == "open"), made[0] if made else None
    )
    spoken = speech(best.sock, port, context.asked) if best and best.sock else None
    for attempt in made:
        attempt.close()
    result = describe_attempt(best) if best else "the name is not resolved here"
    context.record(
        ProxyDirectFacts,
        authority(best.address if best else context.asked.host, port),
        result=f"without the proxy: {result}",
        since=began,
        facts=ProxyDirectFacts(
            works=None if best is None else best.outcome == "open",
            outcome=best.outcome if best else "unresolved",
            address=best.address if best else None,
            errno=best.errno if best else None,
            icmp=best.icmp.facts() if best and best.icmp else None,
            rtt=best.rtt if best else None,
            speaks=spoken,
        ),
    )


def _try_direct(context: DiagnosisContext, address: str) -> ConnectResult:
    return attempt_connect(address, context.asked.port, context.left(DIRECT_TIMEOUT))


def _proxy_works(context: DiagnosisContext) -> bool:
    """Wait for readings of the proxy, at most for a while; return whether it works."""
    ends = time.monotonic() + context.left(DIRECT_SILENCE)
    while time.monotonic() < ends:
        of_proxy = [reading for reading in context.readings() if reading.layer == "proxy"]
        if any(reading.state == "failed" for reading in of_proxy):
            return False
        plain = context.asked.protocol == "http" and not context.asked.tls
        enough = {"connect", "tunnel"} if plain else {"tunnel"}
        if any(reading.what in enough for reading in of_proxy):
            return True
        time.sleep(_POLL_INTERVAL)
    return False
