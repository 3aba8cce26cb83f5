"""A connected TCP socket to a host, in bounded time."""

import socket
import time
from collections.abc import Iterable

from ringback.client.dial.address import AddrInfo, is_literal
from ringback.client.dial.avoided import Target, avoided
from ringback.client.dial.opening import Opening, SocketOption, Source
from ringback.client.dial.order import in_order
from ringback.client.dial.race import LEAST, Race
from ringback.client.dial.resolver import resolver, soonest
from ringback.client.dial.verdict import Attempt, verdict

_Ended = tuple[socket.socket | None, list[Attempt]]
"""A connected socket, or none and how each attempt failed."""


def dial(
    host: str,
    port: int,
    *,
    timeout: float | None,
    family: int = 0,
    source_address: Source | None = None,
    socket_options: Iterable[SocketOption] | None = None,
) -> socket.socket:
    """Return a socket connected to a host, as ``socket.create_connection`` does.

    Name resolution, and all addresses together, take no longer than the timeout and the deadline
    of the call under way. An address that does not answer costs 0.25 s (RFC 8305); one that
    failed in the last minute is tried after the others.

    Args:
        host: Name or IP address.
        port: 0 to 65535.
        timeout: Seconds for everything, and then that of the socket; ``None``: no timeout.
        family: ``socket.AF_INET`` or ``AF_INET6``; 0: both.
        source_address: Address and port to connect from; of several families only its own is
            tried.
        socket_options: Set before connecting.

    Raises:
        socket.gaierror: The name was not resolved; ``LookupTimedOut``: not in time.
        OSError: No address could be connected to; the most telling error, from which
            ``ringback.classify`` reads what became of each address.
        OverflowError: The port is none.
        UnicodeError: The host cannot be a name.
    """
    if not 0 <= port <= 65535:
        raise OverflowError("dial(): port must be 0-65535.")  # the words of socket.connect
    until = soonest(timeout)
    opening = Opening(source_address, socket_options)
    found = opening.reachable(resolver.resolve(host, port, until, family))
    connect = _to_the_one if len(found) == 1 else _to_the_first
    sock, failed = connect(found, (host, port), opening, until)
    if sock is None:
        if not is_literal(host):
            resolver.cache.expire((host, family))
        raise _error(failed)
    try:
        sock.settimeout(timeout)
    except BaseException:  # a number that is no timeout
        sock.close()
        raise
    return sock


def _to_the_one(
    found: list[AddrInfo], target: Target, opening: Opening, until: float | None
) -> _Ended:
    """What ``socket.create_connection`` does, at its price."""
    address, sock = found[0], None
    try:
        sock = opening(address)
        sock.settimeout(None if until is None else max(until - time.monotonic(), LEAST))
        sock.connect(address[4])
    except BaseException as error:
        if sock is not None:
            sock.close()
        if not isinstance(error, OSError):
            raise
        avoided.add(target, address[4][0])
        return None, [Attempt(address, error.with_traceback(None))]
    avoided.remove(target, address[4][0])
    return sock, []


def _to_the_first(
    found: list[AddrInfo], target: Target, opening: Opening, until: float | None
) -> _Ended:
    plain = socket.socket.__module__ == "socket"  # others know only how to connect
    race = Race(in_order(found, avoided.of(target)), opening, until, side_by_side=plain)
    winner = race.run()
    for attempt in race.failed:
        avoided.add(target, attempt.address[4][0])
    if winner is None:
        return None, race.failed
    for address in race.pending.values():
        avoided.add(target, address[4][0])
    avoided.remove(target, winner[1][4][0])
    return winner[0], []


def _error(failed: list[Attempt]) -> OSError:
    if not failed:
        return OSError("getaddrinfo returns an empty list")  # the words of create_connection
    error = verdict(failed)
    failed.clear()  # else it would hold the error, whose traceback holds it
    return error
