"""From an endpoint's URL to a TCP connection: host, addresses, and the first that connects.

Programs resolve through the system, so a probe does; its answers are kept for half a minute and
never used longer, for here an outage of the resolver is a finding. Where the system says no more
than "try again", the nameservers are asked directly why.
"""

import asyncio
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from importlib import import_module
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

from ringback.client.dial.address import AddrInfo, in_order, is_literal, written
from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut
from ringback.client.dial.resolver import Cache, Resolver
from ringback.diagnosis.layer.host_resolver import configured_resolver
from ringback.monitor.closing import closed_on_error
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.outcome import PhaseTimer, ProbeError, ProbeFailure

P = TypeVar("P", bound=asyncio.BaseProtocol)

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def endpoint_host(endpoint: Endpoint) -> str:
    host = urlsplit(endpoint.url).hostname
    if not host:
        raise ValueError("the URL has no host")
    return host


def endpoint_host_and_port(endpoint: Endpoint) -> tuple[str, int]:
    port = urlsplit(endpoint.url).port
    if not port:
        raise ValueError("the URL has no port")
    return endpoint_host(endpoint), port


def endpoint_family(endpoint: Endpoint) -> int:
    """Return the address family that an endpoint is checked over; 0: any."""
    return _FAMILIES.get(endpoint.options.get("family", 0), 0)


_DNS_PORT = 53
_NAMESERVER_TIMEOUT = 1.0  # Seconds that one nameserver has to say why

Nameserver = tuple[str, int]


class ProbeResolver:
    """The resolver that all probes share."""

    def __init__(self, nameservers: Sequence[Nameserver] = (), *, ttl: float = 30.0) -> None:
        self._nameservers = tuple(nameservers)
        self._resolver = Resolver(Cache(ttl=ttl, negative_ttl=0.0, stale=0.0), Lookups())

    async def addresses(
        self, host: str, port: int, until: float, family: int = 0
    ) -> list[AddrInfo]:
        """Return the addresses of a host, in the order to try them; family 0: both.

        Raises ``Refused`` where the system said "try again" and a nameserver said why, else what
        the resolver raised: ``LookupTimedOut`` where it said nothing.
        """
        if is_literal(host):
            return _literal(host, port)
        try:
            return in_order(await self._resolve(host, port, until, family))
        except LookupTimedOut:
            raise
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                await self._say_why(host, until, error)
            raise

    async def _resolve(self, host: str, port: int, until: float, family: int) -> list[AddrInfo]:
        steps = self._resolver.steps(host, port, until, family)
        try:
            wanted = next(steps)
            while True:
                try:
                    made = await _awaited_lookup(self._resolver.lookups, *wanted)
                except LookupTimedOut as error:
                    wanted = steps.throw(error)
                else:
                    wanted = steps.send(made)
        except StopIteration as end:
            found: list[AddrInfo] = end.value
            return found

    async def _say_why(self, host: str, until: float, error: socket.gaierror) -> None:
        if "dns.asyncquery" not in sys.modules:  # large: nobody is to wait for it
            await asyncio.to_thread(import_module, "dns.asyncquery")
        servers = self._nameservers or system_nameservers()
        rcode: str | None = None
        for server in servers[:3]:
            left = min(_NAMESERVER_TIMEOUT, until - monotonic())
            if left <= 0 or (rcode := await response_code(server, host, left)) is not None:
                break
        if rcode is None:
            raise ProbeError(ProbeFailure("dns.unreachable", "no nameserver answers")) from error
        if rcode not in {"NOERROR", "NXDOMAIN"}:
            raise ProbeError(
                ProbeFailure("dns.server", f"the nameserver answers {rcode}")
            ) from error


def _literal(host: str, port: int) -> list[AddrInfo]:
    if ":" not in host:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))]
    return list(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST))


def system_nameservers() -> tuple[Nameserver, ...]:
    return tuple((address, _DNS_PORT) for address in configured_resolver().nameservers)


async def response_code(server: Nameserver, host: str, seconds: float) -> str | None:
    """Return the name of the code that a nameserver answers with; ``None``: it does not answer."""
    import dns.asyncbackend  # noqa: PLC0415 - seldom needed, and large
    import dns.asyncquery  # noqa: PLC0415 - as above
    import dns.rcode  # noqa: PLC0415 - as above

    question = dns.message.make_query(host, "A")
    try:
        answer, _ = await dns.asyncquery.udp_with_fallback(
            question,
            server[0],
            seconds,
            server[1],
            ignore_unexpected=True,
            ignore_errors=True,
            backend=dns.asyncbackend.get_backend("asyncio"),
        )
    except (dns.exception.DNSException, OSError, EOFError):
        return None
    return dns.rcode.to_text(answer.rcode())


async def _awaited_lookup(lookups: Lookups, lookup: Lookup, until: float | None) -> Lookup:
    """What ``Lookups.make`` does, without a thread that waits."""
    lookup, asked = lookups.join(lookup), monotonic()
    done, loop = asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(done.set)

    lookup.callbacks.append(wake)
    try:
        while not lookup.done.is_set():
            lookups.start()
            try:
                async with asyncio.timeout(lookups.pause(lookup, asked, until)):
                    await done.wait()
            except TimeoutError as error:
                if isinstance(error, LookupTimedOut):
                    raise
    finally:
        lookups.leave(lookup)
    return lookup


ATTEMPT_DELAY = 0.25  # Seconds between the starts of two attempts (RFC 8305, section 5)


async def connect_tcp(
    host: str,
    port: int,
    resolver: ProbeResolver,
    phases: PhaseTimer,
    *,
    until: float,
    family: int = 0,
) -> socket.socket:
    """Return a connected socket that does not block; ``phases`` is left in phase ``connect``.

    The ``OSError`` of several addresses says in ``connect_attempts`` how each attempt ended.
    """
    return await _connected(await _resolved(host, port, resolver, phases, until, family), phases)


async def connect_protocol(
    factory: Callable[[], P], endpoint: Endpoint, resolver: ProbeResolver, phases: PhaseTimer,
    where: tuple[str, int], until: float,
) -> P:  # fmt: skip
    """Return the protocol of a connection without TLS; as ``connect_tcp`` in all else.

    Where there is one address the event loop connects by itself: half the system calls.
    """
    addresses = await _resolved(*where, resolver, phases, until, endpoint_family(endpoint))
    loop = asyncio.get_running_loop()
    if len(addresses) == 1 and addresses[0][0] == socket.AF_INET:
        _, protocol = await loop.create_connection(factory, *addresses[0][4][:2])
    else:
        connected = await _connected(addresses, phases)
        _, protocol = await loop.create_connection(factory, sock=connected)
    return protocol


async def _resolved(
    host: str, port: int, resolver: ProbeResolver, phases: PhaseTimer, until: float, family: int
) -> list[AddrInfo]:
    phases.enter("dns")
    addresses = await resolver.addresses(host, port, until, family)
    phases.enter("connect", "dns")
    phases.address = addresses[0][4][0]
    return addresses


async def _connected(addresses: Sequence[AddrInfo], phases: PhaseTimer) -> socket.socket:
    if len(addresses) == 1:
        return await _attempt(addresses[0])
    connected, address = await _Race(addresses).run()
    phases.address = address[4][0]
    return connected


async def _attempt(address: AddrInfo) -> socket.socket:
    connecting = socket.socket(address[0], socket.SOCK_STREAM)
    with closed_on_error(connecting.close):
        connecting.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connecting, address[4])
    return connecting


class _Race:
    """Attempts on several addresses: the first that connects wins."""

    def __init__(self, addresses: Sequence[AddrInfo]) -> None:
        self._waiting = deque(addresses)
        self._tasks: dict[asyncio.Task[socket.socket], AddrInfo] = {}
        self._failed: list[tuple[AddrInfo, OSError]] = []

    async def run(self) -> tuple[socket.socket, AddrInfo]:
        try:
            while self._waiting or self._tasks:
                self._start_next()
                timeout = ATTEMPT_DELAY if self._waiting else None
                done, _ = await asyncio.wait(
                    self._tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    address = self._tasks.pop(task)
                    error = task.exception()
                    if error is None:
                        return task.result(), address
                    self._note(address, error)
        finally:
            self._end_others()
        raise self._error()

    def _start_next(self) -> None:
        if self._waiting:
            address = self._waiting.popleft()
            self._tasks[asyncio.ensure_future(_attempt(address))] = address

    def _note(self, address: AddrInfo, error: BaseException) -> None:
        if not isinstance(error, OSError):
            raise error
        self._failed.append((address, error))

    def _end_others(self) -> None:
        for task in self._tasks:
            if not task.cancel():
                _close(task)
            else:
                task.add_done_callback(_close)
        self._tasks.clear()

    def _error(self) -> OSError:
        _, first = self._failed[0]
        error = OSError(first.errno, first.strerror)
        error.__dict__["connect_attempts"] = [
            (written(address), each.errno) for address, each in self._failed
        ]
        return error


def _close(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()
