"""``ringback.client.dial.resolve`` for tasks, in whichever event loop they run."""

from contextlib import suppress
from time import monotonic

from ringback.client.dial.address import AddrInfo
from ringback.client.dial.lookups import Lookup, Lookups, LookupTimedOut
from ringback.client.dial.resolver import resolver
from ringback.client.tasks import from_threads, new_event, run_until


async def resolve_async(
    host: str, port: int, until: float | None, family: int = 0
) -> list[AddrInfo]:
    """Return the addresses of a host.

    The threads that ask the C library are daemons: neither the end of an event loop nor that of
    the program waits for one that is stuck, as both do for those of the loop's executor.
    """
    steps = resolver.steps(host, port, until, family)
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
    done, call = new_event(), from_threads()
    lookup.callbacks.append(lambda: call(done.set))
    try:
        while not lookup.done.is_set():
            lookups.start()
            again_at = monotonic() + lookups.pause(lookup, asked, until)
            with suppress(TimeoutError):
                await run_until(again_at, done.wait())
    finally:
        lookups.leave(lookup)
    return lookup
