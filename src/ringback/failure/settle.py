"""From a clue and its circumstances to the final kind, for exceptions and texts alike.

How it works. A clue alone is not yet a kind. Three circumstances decide with it, in this order:

1. The phase. A timeout has no kind of its own: waiting for a pool, a name, a handshake or the
   first byte of the response are different failures with different remedies (``TIMEOUT_IN``).
   ``ETIMEDOUT`` while connecting means that nobody answered, and on an established connection that
   the peer vanished.
2. Reuse. A connection that had carried a request before and ends before it has answered the next
   one was closed while idle (``tcp.closed.stale``): nothing is wrong with the service.
3. The proxy. Until its tunnel stands, or the request is handed to it, what fails is the proxy,
   whatever number says so; the inner kind is kept as ``via``. From then on nobody can tell whether
   the proxy failed or what is behind it, and the kind stays as it is, whatever a library calls it:
   urllib3 names each connection that is lost without an answer a failure to connect to the proxy.
   What is no matter of the route (a wrong URL, our own pool) stays as it is, too.

Last comes ``delivered``: may the peer have processed the request? The kind has a usual answer, and
the phase corrects it: before a request is sent it is ``no``, and a reset or timeout that can
strike at any time (``AT_ANY_TIME``) is judged by when it did. Where its phase is not known it is
``maybe``, never ``no``: a wrong ``no`` would let a payment be repeated, a wrong ``maybe`` only
costs a retry. A proxy changes nothing of that: what it was handed it may have forwarded.

The result depends on the arguments alone, of which there are few; so it is cached.
"""

from functools import lru_cache
from typing import NamedTuple

from ringback.failure.clue import TIMEOUT, ClueKind
from ringback.failure.kind import Delivered
from ringback.failure.kinds import KINDS
from ringback.failure.model import Phase
from ringback.failure.names import KindName

TIMEOUT_IN: dict[Phase, KindName] = {
    "pool": "client.pool_exhausted",
    "dns": "dns.timed_out",
    "connect": "tcp.timed_out",
    "proxy": "proxy.no_response",
    "tls": "tls.timed_out",
    "send": "http.request.timed_out",
    "wait": "http.response.timed_out",
    "body": "http.response.body_timed_out",
}
"""What a timeout without a number is called in each phase; elsewhere the deadline of the caller."""

BEFORE_SENDING: frozenset[Phase] = frozenset({"config", "pool", "dns", "connect", "proxy", "tls"})
_HANDED_OVER: frozenset[Phase] = frozenset({"send", "wait", "body"})
_ESTABLISHED: frozenset[Phase] = _HANDED_OVER | {"tls"}
_PROXY_PROTOCOL: frozenset[KindName] = frozenset(
    {"http.response.invalid.not_http", "http.protocol.error"}
)
_NOT_OF_THE_WAY = ("config.", "url.", "request.", "proxy.", "client.pool", "client.closed")


class Settled(NamedTuple):
    """The final kind, the kind inside it, and whether the request may have been processed."""

    kind: KindName
    via: KindName | None
    delivered: Delivered


@lru_cache(maxsize=1024)
def settle(kind: ClueKind, phase: Phase, proxied: bool = False, reused: bool = False) -> Settled:
    """Apply the circumstances to a kind."""
    settled = _in_phase(kind, phase)
    if reused and may_be_stale(settled, phase):
        settled = "tcp.closed.stale"
    via = None
    if proxied or phase == "proxy":
        outer = _at_proxy(settled, phase)
        settled, via = outer, settled if outer != settled else None
    return Settled(settled, via, delivered_in(via or settled, phase))


def may_be_stale(kind: ClueKind, phase: Phase) -> bool:
    """Whether a connection kept too long can end like this, so that its reuse matters."""
    return kind in _STALE and phase in {"send", "wait"}


_STALE: frozenset[KindName] = frozenset({"tcp.closed", "tcp.reset", "http.response.invalid.empty"})
_LOST: frozenset[KindName] = _STALE | {"tls.closed"}
"""It was there and went away: the same event, told apart only by who noticed it and when."""


def _in_phase(kind: ClueKind, phase: Phase) -> KindName:
    if kind == TIMEOUT:
        return TIMEOUT_IN.get(phase, "client.deadline_exceeded")
    if kind == "http.response.timed_out":
        return TIMEOUT_IN.get(phase, kind)
    if kind == "tcp.timed_out" and phase in _ESTABLISHED:
        return "tcp.timed_out.established"
    return kind


def _at_proxy(kind: KindName, phase: Phase) -> KindName:
    if phase in _HANDED_OVER or kind.startswith(_NOT_OF_THE_WAY):
        return kind
    if kind in _PROXY_PROTOCOL:
        return "proxy.protocol_error"
    if phase == "proxy" or kind in _LOST:
        return "proxy.no_response"
    if kind == "tls.protocol.error.not_tls":
        return "proxy.protocol_error"
    if kind.startswith(("dns.", "tcp.", "tls.")):
        return "proxy.unreachable"
    return kind


def delivered_in(kind: KindName, phase: Phase) -> Delivered:
    """May the peer have processed the request, for a kind in a phase?"""
    usual = KINDS[kind].delivered
    if usual == "maybe" and phase in BEFORE_SENDING:
        return "no"
    if kind in AT_ANY_TIME:
        return _AT_PHASE.get(phase, usual)
    return usual


AT_ANY_TIME: frozenset[KindName] = frozenset(
    {
        "client.resources_exhausted",
        "tcp.reset",
        "tcp.closed",
        "tcp.aborted",
        "tcp.timed_out",
        "tcp.address_unreachable.host",
        "tcp.address_unreachable.network",
        "tcp.address_unreachable.prohibited",
        "tls.closed",
        "tls.failed",
        "tls.protocol.error",
        "tls.protocol.error.not_tls",
        "tls.timed_out",
        "proxy.unreachable",
        "proxy.no_response",
        "proxy.protocol_error",
    }
)
"""What usually ends a connection before anything was sent, but can also end an open one: Linux
ends a connection whose path was lost with the ICMP error it had put aside (``tcp_write_err``), and
urllib3 says "unable to connect to proxy" of a connection that a request went through.
"""
_AT_PHASE: dict[Phase, Delivered] = {
    "send": "maybe",
    "wait": "maybe",
    "body": "yes",
    "unknown": "maybe",
}
