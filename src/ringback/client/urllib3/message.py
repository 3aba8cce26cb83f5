"""The response as ``http.client`` reads it; a cut header block is an error."""

import http.client
from typing import Any

from ringback.client.urllib3.reader import Reader


class Message(http.client.HTTPResponse):
    """Reads the status line and the header block, and frames the body.

    Attributes:
        reader: Where it reads from.
    """

    def __init__(self, reader: Reader, *args: Any, **kwargs: Any) -> None:
        self.reader = reader
        super().__init__(reader, *args, **kwargs)  # type: ignore[arg-type]  # makefile is asked

    def begin(self) -> None:
        """Read until the body begins.

        Raises:
            http.client.HTTPException: The peer broke the rules, or ended the connection before
                the empty line that ends the header block. Where a body in chunks should follow,
                reading it says so, with the exception that urllib3 has for that.
        """
        begun: Any = self.headers
        super().begin()
        chunks_follow = self.chunked and self.length is None
        if begun is None and self.reader.ended and not chunks_follow:
            raise http.client.HTTPException("connection closed while reading headers")

    @property
    def cut(self) -> OSError | None:
        """Why the body may be short: TLS was not ended, and nothing else says where it ends."""
        delimited = self.chunked or self.length is not None
        return None if delimited else self.reader.cut
