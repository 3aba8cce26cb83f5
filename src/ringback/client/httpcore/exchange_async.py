"""The attempts of one call, in a task."""

from datetime import timedelta
from time import perf_counter
from typing import Any

from ringback.client.httpcore.exchange import Exchange
from ringback.client.httpcore.overdue import in_time
from ringback.retry import Timeout


class AsyncExchange(Exchange):
    """A request and how it is sent."""

    __slots__ = ()

    async def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response or a ``Failed``.

        Args:
            limits: The timeouts, unless the caller has chosen some.
        """
        try:
            response = await in_time(self._received(limits), self._library, self._counts)
        except Exception as error:
            failed = self._failed(error)
            if failed is None:
                raise
            return failed
        return self._judged(response, response.aclose)

    async def _received(self, limits: Timeout) -> Any:
        began = perf_counter()
        try:
            self._begin(limits)
            response = await self._inner.handle_async_request(self._request)
        finally:
            self._request.extensions = self._extensions
        self._adopted(response, self._library.async_body)
        if not self._streams:
            await _read(response)
            response.elapsed = timedelta(seconds=perf_counter() - began)
        return response


async def _read(response: Any) -> None:
    try:
        response.take([piece async for piece in response.stream])
    finally:
        await response.aclose()
