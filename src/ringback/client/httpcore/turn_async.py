"""Waiting for a place in a bulkhead, for tasks; ``ringback.client.bulkhead`` waits in threads."""

import anyio
from anyio.lowlevel import RunVar

from ringback.client.bulkhead import Bulkhead, Bulkheads

_OF_LOOP: RunVar[Bulkheads] = RunVar("ringback_bulkheads")


def bulkheads() -> Bulkheads:
    """Return the bulkheads that the tasks of this event loop share."""
    try:
        return _OF_LOOP.get()
    except LookupError:
        mine = Bulkheads()
        _OF_LOOP.set(mine)
        return mine


async def wait(bulkhead: Bulkhead, seconds: float | None) -> bool:
    """Take a place; return ``False`` where none came free in time.

    Args:
        bulkhead: Whose.
        seconds: To wait at the most; ``None``: for ever.
    """
    turn = bulkhead.enter(anyio.Event)
    if turn is None:
        return True
    assert isinstance(turn, anyio.Event)
    try:
        with anyio.move_on_after(seconds):
            await turn.wait()
    except BaseException:  # cancelled
        if bulkhead.withdraw(turn):
            bulkhead.leave()
        raise
    return bulkhead.withdraw(turn)
