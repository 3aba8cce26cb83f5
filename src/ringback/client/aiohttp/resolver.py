"""The resolver for aiohttp's connectors, whose own asks in threads that an event loop waits for."""

import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from ringback.client.dial.resolve_async import resolve_async

_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
_IN_NUMBERS = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


class DaemonResolver(AbstractResolver):
    """Host names to addresses, by the system's resolver.

    It remembers what it was told for a short while, and asks in daemon threads: the end of an event
    loop does not wait for one that gets no answer, as it does for those of its executor.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Args:
            host: Its name.
            port: Given back with each address.
            family: Of the addresses; ``AF_UNSPEC`` is any.

        Raises:
            socket.gaierror: The resolver said no.
        """
        # Other calls wait for this one as well; so it has none of their deadlines.
        found = await resolve_async(host, port, None, family)
        return [_result(host, address) for address in found]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, found: tuple[Any, ...]) -> ResolveResult:
    family, _, proto, _, address = found
    numeric, port = address[:2]
    if family == socket.AF_INET6 and address[3]:  # the scope of a link-local address
        numeric = socket.getnameinfo(address, _IN_NUMBERS)[0]
    return ResolveResult(
        hostname=host, host=numeric, port=port, family=family, proto=proto, flags=_NUMERIC
    )


def replace_threaded(session: Any) -> None:
    """Put ours in the place of the resolver of a session's connector, if it is aiohttp's own."""
    connector = session.connector
    if type(getattr(connector, "_resolver", None)) is ThreadedResolver:
        connector._resolver = DaemonResolver()  # noqa: SLF001 - aiohttp takes one only as it is made
