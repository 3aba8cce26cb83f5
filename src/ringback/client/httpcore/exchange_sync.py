"""The attempts of one call, in a thread."""

from datetime import timedelta
from time import perf_counter
from typing import Any

from ringback.client.httpcore.exchange import Exchange
from ringback.retry import Timeout


class SyncExchange(Exchange):
    """A request and how it is sent."""

    __slots__ = ()

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response or a ``Failed``.

        Args:
            limits: The timeouts, unless the caller has chosen some.
        """
        try:
            response = self._received(limits)
        except Exception as error:
            failed = self._failed(error)
            if failed is None:
                raise
            return failed
        return self._judged(response, response.close)

    def _received(self, limits: Timeout) -> Any:
        began = perf_counter()
        try:
            self._begin(limits)
            response = self._inner.handle_request(self._request)
        finally:
            self._request.extensions = self._extensions
        self._adopted(response, self._library.body)
        if not self._streams:
            _read(response)
            response.elapsed = timedelta(seconds=perf_counter() - began)
        return response


def _read(response: Any) -> None:
    try:
        response.take(response.stream)
    finally:
        response.close()
