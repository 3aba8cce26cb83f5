"""A bulkhead around a transport."""

from typing import Any

from ringback.client.bulkhead import bulkheads, wait
from ringback.client.deadline import patience
from ringback.client.httpcore.library import Library
from ringback.client.httpcore.request import pool_timeout
from ringback.client.origin import origin_of


class Bounded:
    """Lets so many requests to an origin be in flight, over all transports of the process.

    The place is held until the body is read.

    Args:
        inner: The transport.
        library: Of the door.
        places: How many.
    """

    def __init__(self, inner: Any, library: Library, places: int) -> None:
        self._inner = inner
        self._library = library
        self._places = places

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def handle_request(self, request: Any) -> Any:
        """Send a request once, when it has a place; return the response, its body unread.

        Args:
            request: Of httpx.
        """
        bulkhead = bulkheads().of(origin_of(str(request.url)), self._places)
        seconds = patience(pool_timeout(request))
        if not wait(bulkhead, seconds):
            text = f"{self._places} calls are in flight, and none ended in {seconds:.3g} s"
            raise self._library.httpx.PoolTimeout(text)
        try:
            response = self._inner.handle_request(request)
        except BaseException:
            bulkhead.leave()
            raise
        response.stream = self._library.body(self._library, response.stream, bulkhead.leave)
        return response
