"""Host names to addresses, for tasks: none of those that wait takes a thread."""

from time import monotonic

import anyio

from ringback.client.dial.address import AddrInfo
from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut
from ringback.client.dial.resolver import resolver
from ringback.client.tasks import from_threads


async def resolve_async(host: str, port: int, until: float | None) -> list[AddrInfo]:
    """Return the addresses of a host, as ``ringback.client.dial.resolve``.

    Args:
        host: Name or IP address.
        port: 0 to 65535.
        until: Give up at this time of ``time.monotonic()``; ``None``: never.

    Raises:
        socket.gaierror: What the resolver said; ``LookupTimedOut`` where it said nothing.
        UnicodeError: The host cannot be a name.
    """
    steps = resolver.steps(host, port, until)
    try:
        wanted = next(steps)
        while True:
            try:
                made = await _made(resolver.lookups, *wanted)
            except LookupTimedOut as error:
                wanted = steps.throw(error)
            else:
                wanted = steps.send(made)
    except StopIteration as end:
        found: list[AddrInfo] = end.value
        return found


async def _made(lookups: Lookups, lookup: Lookup, until: float | None) -> Lookup:
    """What ``Lookups.make`` does."""
    lookup, asked = lookups.join(lookup), monotonic()
    done, call = anyio.Event(), from_threads()
    lookup.told.append(lambda: call(done.set))
    try:
        while not lookup.done.is_set():
            lookups.start()
            with anyio.move_on_after(lookups.pause(lookup, asked, until)):
                await done.wait()
    finally:
        lookups.leave(lookup)
    return lookup
