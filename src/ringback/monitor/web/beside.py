"""What takes a page milliseconds of CPU is done beside the event loop, by one thread for all.

Python runs one thread at a time. More of them would finish nothing sooner, and the event loop would
wait for each of them in turn, whenever something has come for it.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="ringback-page")


async def computed(make: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return what a function makes; it waits for nothing but the processor."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREAD, lambda: make(*args, **kwargs))


async def each_computed(parts: Iterable[_T]) -> AsyncIterator[_T]:
    """Yield what is made part by part; others have their turn between two of them."""
    rest = iter(parts)
    while some := await computed(lambda: list(islice(rest, 1))):
        yield some[0]
