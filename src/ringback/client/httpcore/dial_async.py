"""``ringback.client.dial.dial`` for tasks: a connected TCP socket to a host, in bounded time."""

import socket
from collections.abc import Iterable
from typing import Any

from ringback.client.dial.address import Opening, avoided, in_order
from ringback.client.dial.resolver import resolver, soonest
from ringback.client.dial.tcp import verdict
from ringback.client.httpcore.race_async import AsyncRace
from ringback.client.httpcore.resolve_async import resolve_async


async def dial_async(
    host: str,
    port: int,
    *,
    timeout: float | None,
    source_address: tuple[str, int] | None = None,
    socket_options: Iterable[Any] | None = None,
) -> socket.socket:
    """Return a socket that is connected to a host and does not block.

    Args:
        host: Name or IP address.
        port: 0 to 65535.
        timeout: Seconds for everything; the deadline of the call under way counts as well.
        source_address: Address and port to connect from.
        socket_options: Set before connecting.

    Raises:
        socket.gaierror: The name was not resolved; ``LookupTimedOut``: not in time.
        OSError: No address could be connected to.
        OverflowError: The port is none.
        UnicodeError: The host cannot be a name.
    """
    if not 0 <= port <= 65535:
        raise OverflowError("dial(): port must be 0-65535.")  # the words of socket.connect
    until, target = soonest(timeout), (host, port)
    opening = Opening(source_address, socket_options)
    found = opening.reachable(await resolve_async(host, port, until))
    race = AsyncRace(in_order(found, avoided.of(target)), opening, until)
    winner = await race.run()
    _learn(target, race)
    if winner is None:
        resolver.cache.expire((host, 0))
        raise _error(race)
    avoided.remove(target, winner[1][4][0])
    return winner[0]


def _learn(target: tuple[str, int], race: AsyncRace) -> None:
    """Put last what failed, and what did not answer before another did."""
    lost = [attempt.address for attempt in race.failed] + race.pending
    for address in lost:
        avoided.add(target, address[4][0])


def _error(race: AsyncRace) -> OSError:
    if not race.failed:
        return OSError("getaddrinfo returns an empty list")  # the words of create_connection
    error = verdict(race.failed)
    race.failed.clear()  # else it would hold the error, whose traceback holds the race
    return error
