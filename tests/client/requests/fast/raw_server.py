"""A server that answers with the bytes it is told to, and keeps every byte it gets."""

from __future__ import annotations

import contextlib
import socket
import threading

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RawServer:
    """Listens on a port of 127.0.0.1 until it is closed.

    Attributes:
        answers: Path → bytes to answer with, or a function of the connection that sends them; a
            path that is not there is answered ``OK``.
        closing: The paths after whose answer the connection is closed.
        received: For each connection, the requests it brought, byte for byte.
        closed: The addresses of the clients whose connections it closed.
    """

    def __init__(self):
        self.answers = {}
        self.closing = set()
        self.received = []
        self.closed = set()
        self._idle = threading.Condition()
        self._busy = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        # Only then: it would go on to accept what has the number of the closed descriptor next.
        self._accepting.join(10)
        self._listener.close()

    def forget(self):
        """Begin anew with an empty record."""
        self.received, self.closed = [], set()

    def settle(self):
        """Wait until every request that was read is answered, and closed where it is to be."""
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, timeout=60)

    def got(self, count):
        """Wait until so many requests have been read since the record began."""
        with self._idle:
            assert self._idle.wait_for(
                lambda: sum(len(requests) for requests in self.received) >= count, timeout=10
            )

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                requests = []
                self.received.append(requests)
                threading.Thread(
                    target=self._serve, args=(connection, requests), daemon=True
                ).start()

    def _serve(self, connection, requests):
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := _read(connection, self._begin):
                with self._idle:
                    requests.append(request)
                    self._idle.notify_all()
                path = request.split(b" ", 2)[1].split(b"?")[0].decode("latin-1")
                try:
                    answer = self.answers.get(path, OK)
                    answer(connection) if callable(answer) else connection.sendall(answer)
                    if path in self.closing:
                        self.closed.add(connection.getpeername())
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                finally:
                    self._end()

    def _begin(self):
        with self._idle:
            self._busy += 1

    def _end(self):
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()


def _read(connection, begin):
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return b""
        if not data:
            begin()
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
    else:
        while len(body) < int(fields.get(b"content-length", 0)):
            body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
