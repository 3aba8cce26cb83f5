"""A connected TCP socket to a host, in bounded time: of several addresses the first to answer.

Theory of operation
-------------------

``Race`` is RFC 8305, section 5, at the price of ``socket.create_connection`` where all is well.
Each address goes through these states::

    waiting ── its turn ──→ pending ── connected ──→ won: the others are closed, and it is returned
                              │ refused, unreachable, cannot be opened
                              ▼
                            failed

In turn: the first attempts are plain blocking connects, each no longer than ``ATTEMPT_DELAY``. One
that fails makes room for the next; one that is silent for so long stays pending, and from then on
they run side by side: the next begins when one fails or the delay is over. ``Race.steps`` decides
that and never waits; for threads a selector waits for all pending sockets. The last address, and a
single one, have all the time that is left. The delay is shorter where so many addresses would not
get their turn before ``until``.

What is learnt. An address that failed, or was silent while another won, is put last for
``AVOID_SECONDS`` (``address.Avoided``); one that answers is forgotten there. Where none could be
reached the resolver is asked again the next time, because the addresses may be old.

Why it is safe. Every socket that was opened is in ``pending`` until it has won or was closed, and
``run`` closes what is pending whichever way it ends, by a signal too. Attempts are only connects:
nothing was sent by a loser, so that a request can never arrive twice. If nobody wins, one exception
is raised for all (``combined_error``): an answer beats silence, and silence beats no route, and it
lists what became of each address. For tasks there is ``httpcore.dial_async``: the same race, side
by side from the first address on, with the event loop in place of the selector.
"""

import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from typing import Any, NamedTuple

from ringback.client.dial.address import (
    AddrInfo,
    HostPort,
    Opening,
    SocketOption,
    Source,
    avoided,
    in_order,
    is_literal,
    written,
)
from ringback.client.dial.resolver import resolver, soonest
from ringback.failure.recognise.system import kind_of_attempt, most_telling

_MAX_NOTES = 10


class ConnectAttempt(NamedTuple):
    """How the attempt on one address ended."""

    address: AddrInfo
    error: OSError


def combined_error(attempts: Sequence[ConnectAttempt]) -> OSError:
    """Return the most precise of several errors, with what became of each address.

    An answer beats silence, and silence beats no route; of equals the first counts. The error has
    ``connect_attempts``, pairs of address and number, which ``ringback.classify`` reads, and with
    several addresses a note for each.
    """
    ends = [(written(attempt.address), attempt.error.errno) for attempt in attempts]
    lead = attempts[0].error
    if len(attempts) > 1:
        kinds = [kind_of_attempt(*end) for end in ends]
        lead = attempts[kinds.index(most_telling(kinds))].error
        for address, error in attempts[:_MAX_NOTES]:
            lead.add_note(f"{written(address)}: {error.strerror or error}")
    lead.__dict__["connect_attempts"] = tuple(ends)
    return lead


ATTEMPT_DELAY = 0.25
"""Seconds between the starts of two attempts: RFC 8305, section 5, Connection Attempt Delay."""
MIN_ATTEMPT_DELAY = 0.01
"""Seconds: the least delay of RFC 8305, section 5; nor does a single wait have less."""

_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)
_MAX_SELECT_SECONDS = 3600.0
"""Seconds of one wait: the system takes milliseconds as an ``int``."""

Open = Callable[[AddrInfo], socket.socket]
"""Makes a socket for an address, ready to be connected."""
Winner = tuple[socket.socket, AddrInfo]


class Race:
    """Attempts to connect to one host: the first socket that connects wins (RFC 8305, section 5).

    Until an attempt keeps us waiting, this is what ``socket.create_connection`` does. From then on
    attempts run side by side: the next begins when one fails or ``ATTEMPT_DELAY`` has passed; with
    little time left sooner, so that every address gets its chance.
    """

    def __init__(
        self,
        addresses: Sequence[AddrInfo],
        open_socket: Open,
        until: float | None,
        *,
        side_by_side: bool = True,
    ) -> None:
        self.failed: list[ConnectAttempt] = []  # Attempts that failed, in the order they did
        # Attempts without an answer so far; when `run` is over their sockets are closed
        self.pending: dict[socket.socket, AddrInfo] = {}
        self._waiting = deque(addresses)
        self._open = open_socket
        self._until = until
        self._delay = attempt_delay(len(addresses), until) if side_by_side else None

    def run(self) -> Winner | None:
        """Return the first socket that connects, with its address; ``None``: all failed."""
        try:
            return self._in_turn() or self._side_by_side()
        finally:
            self.close()

    def close(self) -> None:
        """Close the sockets of the attempts without an answer."""
        for sock in self.pending:
            sock.close()

    def steps(self) -> Generator[float, Collection[socket.socket], Winner | None]:
        """Run side by side, and leave the waiting to others, threads or tasks.

        What is yielded is for how long to wait for an answer on a pending socket; sent in is which
        of them can be written to.
        """
        start_at = 0.0
        while self.pending or self._waiting:
            now = time.monotonic()
            begun = self.pending or self.failed  # however late it is, the first is tried
            if begun and self._until is not None and now >= self._until:
                break
            if self._waiting and (now >= start_at or not self.pending):
                start_at = now + self._start()
                continue
            won, lost = self._answers((yield self._pause(start_at, now)))
            if won is not None:
                return won, self.pending.pop(won)
            start_at = now if lost else start_at
        self.failed += [
            ConnectAttempt(address, TimeoutError("timed out")) for address in self.pending.values()
        ]
        return None

    def _side_by_side(self) -> Winner | None:
        steps = self.steps()
        try:
            seconds = next(steps)
            while True:
                seconds = steps.send(_writable(self.pending, seconds))
        except StopIteration as end:
            winner: Winner | None = end.value
            return winner

    def _in_turn(self) -> Winner | None:
        while self._waiting and not self.pending:
            timeout = self._attempt_timeout()
            sock = self._opened()
            if sock is not None and self._connects(sock, timeout):
                return sock, self.pending.pop(sock)
        return None

    def _attempt_timeout(self) -> float | None:
        """How long the next attempt may keep us waiting."""
        left = None if self._until is None else self._until - time.monotonic()
        if len(self._waiting) > 1:
            if self._delay is not None:
                return self._delay
            left = None if left is None else left / len(self._waiting)
        return None if left is None else max(left, MIN_ATTEMPT_DELAY)

    def _connects(self, sock: socket.socket, timeout: float | None) -> bool:
        try:
            sock.settimeout(timeout)
            sock.connect(self.pending[sock][4])
        except OSError as error:
            silent = isinstance(error, TimeoutError) and error.errno is None
            if not silent or self._delay is None:
                self._lose(sock, error)
            return False
        return True

    def _pause(self, start_at: float, now: float) -> float:
        ends = [self._until] if self._until is not None else []
        if self._waiting:
            ends.append(start_at)
        return min([*ends, now + _MAX_SELECT_SECONDS]) - now

    def _start(self) -> float:
        """Begin the next attempt; return the delay after which another may begin."""
        sock = self._opened()
        if sock is None:
            return 0.0
        sock.setblocking(False)
        try:
            sock.connect(self.pending[sock][4])
        except BlockingIOError:
            pass  # it is under way
        except OSError as error:
            self._lose(sock, error)
            return 0.0
        return self._delay or 0.0

    def _answers(self, ready: Collection[socket.socket]) -> tuple[socket.socket | None, bool]:
        """Return the socket that connected, if one did, and whether another failed."""
        lost = False
        for sock in [sock for sock in self.pending if sock in ready]:
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not number:
                return sock, lost
            self._lose(sock, OSError(number, os.strerror(number)))
            lost = True
        return None, lost

    def _opened(self) -> socket.socket | None:
        address = self._waiting.popleft()
        try:
            sock = self._open(address)
        except OSError as error:
            self.failed.append(ConnectAttempt(address, error.with_traceback(None)))
            return None
        self.pending[sock] = address
        return sock

    def _lose(self, sock: socket.socket, error: OSError) -> None:
        self.failed.append(ConnectAttempt(self.pending.pop(sock), error.with_traceback(None)))
        sock.close()


def _writable(socks: Iterable[socket.socket], seconds: float) -> set[Any]:
    with _Selector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_WRITE)
        return {key.fileobj for key, _ in selector.select(seconds)}


def attempt_delay(addresses: int, until: float | None) -> float:
    """Return the seconds between two attempts, so that every address gets its turn."""
    if until is None:
        return ATTEMPT_DELAY
    return min(ATTEMPT_DELAY, max((until - time.monotonic()) / (addresses + 1), MIN_ATTEMPT_DELAY))


_Ended = tuple[socket.socket | None, list[ConnectAttempt]]
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
    """
    check_port(port)
    until = soonest(timeout)
    opening = Opening(source_address, socket_options)
    found = opening.reachable(resolver.resolve(host, port, until, family))
    connect = _to_the_one if len(found) == 1 else _to_the_first
    sock, failed = connect(found, (host, port), opening, until)
    if sock is None:
        raise unreachable(host, family, failed)
    try:
        sock.settimeout(timeout)
    except BaseException:  # a number that is no timeout
        sock.close()
        raise
    return sock


def _to_the_one(
    found: list[AddrInfo], target: HostPort, opening: Opening, until: float | None
) -> _Ended:
    """What ``socket.create_connection`` does, at its price."""
    address, sock = found[0], None
    try:
        sock = opening(address)
        sock.settimeout(None if until is None else max(until - time.monotonic(), MIN_ATTEMPT_DELAY))
        sock.connect(address[4])
    except BaseException as error:
        if sock is not None:
            sock.close()
        if not isinstance(error, OSError):
            raise
        avoided.add(target, address[4][0])
        return None, [ConnectAttempt(address, error.with_traceback(None))]
    avoided.remove(target, address[4][0])
    return sock, []


def _to_the_first(
    found: list[AddrInfo], target: HostPort, opening: Opening, until: float | None
) -> _Ended:
    plain = socket.socket.__module__ == "socket"  # others know only how to connect
    race = Race(in_order(found, avoided.of(target)), opening, until, side_by_side=plain)
    return outcome_of(race, target, race.run())


def outcome_of(race: Race, target: HostPort, winner: Winner | None) -> _Ended:
    """Put last what failed, and what did not answer before another did; return how it ended."""
    silent = () if winner is None else race.pending.values()
    for address in (*(attempt.address for attempt in race.failed), *silent):
        avoided.add(target, address[4][0])
    if winner is None:
        return None, race.failed
    avoided.remove(target, winner[1][4][0])
    return winner[0], []


def unreachable(host: str, family: int, failed: list[ConnectAttempt]) -> OSError:
    """Return the exception to raise where nobody won; the attempts are forgotten."""
    if not is_literal(host):
        resolver.cache.expire((host, family))
    if not failed:
        return OSError("getaddrinfo returns an empty list")  # the words of create_connection
    error = combined_error(failed)
    failed.clear()  # else it would hold the error, whose traceback holds it
    return error


def check_port(port: int) -> None:
    """Raise for a number that is no port, as ``socket.connect`` does."""
    if not 0 <= port <= 65535:
        raise OverflowError("dial(): port must be 0-65535.")
