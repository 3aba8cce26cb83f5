"""A server that answers with the bytes it is told to, and keeps every byte it gets."""

from __future__ import annotations

import socket
import threading

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RawServer:
    """A server of the lab."""

    def __init__(self, lab):
        self.answers = {}  # Path → bytes, or a function of the socket that sends them; else OK
        self.closing = set()  # The paths after whose answer the connection is closed
        self._idle = threading.Condition()
        self._busy = 0
        self.url = lab.listen(self._serve).url.removesuffix("/")
        self.forget()

    def forget(self):
        """Begin anew with an empty record."""
        self.received = []  # For each connection, the requests it brought, byte for byte
        self.closed = set()  # The addresses of the clients whose connections it closed

    def settle(self):
        """Wait until every request that was read is answered, and closed where it is to be."""
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, timeout=60)

    def got(self, count):
        """Wait until so many requests have been read since the record began."""
        with self._idle:
            assert self._idle.wait_for(
                lambda: sum(len(requests) for requests in self.received) >= count, timeout=60
            )

    def _serve(self, connection):
        requests, read = [], 0
        self.received.append(requests)
        while request := connection.read_request():
            with self._idle:
                self._busy += 1
                requests.append(bytes(connection.seen.received[read:]))
                read = len(connection.seen.received)
                self._idle.notify_all()
            try:
                path = request.target.split("?")[0]
                answer = self.answers.get(path, OK)
                answer(connection.socket) if callable(answer) else connection.send(answer)
                if path in self.closing:
                    self.closed.add(connection.socket.getpeername())
                    connection.socket.shutdown(socket.SHUT_RDWR)
                    return
            finally:
                with self._idle:
                    self._busy -= 1
                    self._idle.notify_all()
