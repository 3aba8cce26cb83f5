"""The connections of the page's port: bounded in number, in bytes and time, each peer for itself.

uvicorn bounds none of this: half a request holds its connection for as long as the peer likes, its
headers may have any size, and 500 such connections had everybody answered 503.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

MAX_CONNECTIONS: Final = 500  # Of a further one, one that waits for a request is ended
MAX_WAITING_BY_PEER: Final = 100  # Connections of one address on which no request is answered
MAX_REQUESTS: Final = 300  # Requests that are answered at once, but for the reserved ones
RESERVED_PATHS: Final = (b"/healthz", b"/api/v1/agent/", b"/api/v1/heartbeat/")
MAX_HEAD_BYTES: Final = 65_536  # Bytes of a request until its headers end
MAX_HEADERS: Final = 100  # Lines of headers
HEAD_TIMEOUT = 10.0  # Seconds until the headers of a request are there
BODY_TIMEOUT = 30.0  # Seconds until all of its body is

_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class PortProtocol(HttpToolsProtocol):
    """One connection to the page."""

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    since = 0.0  # When it was made, on the loop's clock

    @property
    def waiting(self) -> bool:
        """Whether no request is being answered: there is none yet, or half of one."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self.since = self.loop.time()
        self._expect(HEAD_TIMEOUT)
        waiting = [found for found in self.connections if isinstance(found, PortProtocol)]
        waiting = [found for found in waiting if found.waiting and found is not self]
        own = [found for found in waiting if found._peer == self._peer]  # noqa: SLF001 - of this class
        if len(own) >= MAX_WAITING_BY_PEER:
            _oldest(own).end()
        elif len(self.connections) > MAX_CONNECTIONS:
            (_oldest(waiting) if waiting else self).end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._deadline is None:
                self._expect(HEAD_TIMEOUT)  # the next request of a connection that was kept
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and self.parser is not None:
            self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) < MAX_HEADERS:
            super().on_header(name, value)
        else:
            self._refuse()

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return
        held = sum(len(name) + len(value) for name, value in self.headers)
        if held + len(self.url) > MAX_HEAD_BYTES:
            self._refuse()
            return
        self._in_head, self._head_bytes = False, 0
        self._expect(BODY_TIMEOUT)
        busy = len(self.tasks) >= MAX_REQUESTS and not self.url.startswith(RESERVED_PATHS)
        self.limit_concurrency = 0 if busy else None  # 0: uvicorn answers 503
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._expect(None)
        self._in_head = True
        if not self.transport.is_closing():
            super().on_message_complete()

    def end(self) -> None:
        self._expect(None)
        self.transport.abort()

    def _refuse(self) -> None:
        self._expect(None)
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    @property
    def _peer(self) -> str | None:
        return self.client[0] if self.client else None

    def _expect(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.end)


def _oldest(connections: list[PortProtocol]) -> PortProtocol:
    return min(connections, key=lambda found: found.since)
