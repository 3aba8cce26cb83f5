"""A response whose body says what went wrong when it breaks off."""

from collections.abc import Iterator
from typing import Any

import requests

from ringback.client.requests.naming import Naming


class Response(requests.Response):
    """A ``requests.Response``; what reading its body raises is specialised."""

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Any:
        """Iterate over the body, as in requests.

        Args:
            chunk_size: As in requests.
            decode_unicode: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        return self._named(super().iter_content(chunk_size, decode_unicode))

    def _named(self, pieces: Iterator[Any]) -> Iterator[Any]:
        with Naming(self.url):
            yield from pieces
