"""The lab's servers: one thread accepts for every port, a bounded crew serves the connections."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from ringback.testing.lab.fault import Endpoint, Seen
from ringback.testing.lab.message import ReceivedRequest, RequestReader

RECEIVED_KEPT = 16 * 1024
"""Bytes of each connection kept in ``Seen.received``."""

_CHUNK = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection:
    """A blocking connection in the hands of a handler."""

    def __init__(self, accepted: socket.socket, seen: Seen, number: int = 0) -> None:
        self.socket = accepted
        self.seen = seen
        self.number = number
        self.stopping = threading.Event()
        self._reader = RequestReader(self.read, self._go_on)

    def read(self) -> bytes:
        """Return the next bytes from the client, ``b""`` once it has closed."""
        data = self.socket.recv(_CHUNK)
        if not data and self.seen.ended == "open" and not self.stopping.is_set():
            self.seen.ended = "peer"
        self.seen.received += data[: RECEIVED_KEPT - len(self.seen.received)]
        return data

    def read_request(self) -> ReceivedRequest | None:
        """Return the next HTTP/1.1 request with its body, ``None`` if there is none."""
        try:
            request = self._reader.whole()
        except ValueError:
            return None  # A length that is no number: not HTTP.
        if request is not None:
            self.seen.requests += 1
        return request

    def read_head(self) -> ReceivedRequest | None:
        """Return the next request's head and leave its body unread."""
        return self._reader.head()

    def send(self, data: bytes) -> None:
        """Send all of ``data``, inside TLS once the connection is secured."""
        self.socket.sendall(data)

    def send_below_tls(self, data: bytes) -> None:
        """Send bytes on the TCP connection itself, past the TLS session on it."""
        socket.socket.sendall(self.socket, data)

    def secure(self, context: ssl.SSLContext) -> None:
        """Do the server's side of a TLS handshake; all that follows is inside TLS."""
        secured = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        self.socket = secured
        if self.stopping.is_set():
            self.abort()
        secured.do_handshake()

    def hold(self, seconds: float) -> bool:
        """Do nothing for some seconds; return whether the lab still runs."""
        return not self.stopping.wait(seconds)

    def stall(self, *, reading: bool = True) -> None:
        """Keep the connection open and silent until the lab stops."""
        if not reading:
            self.stopping.wait()
            return
        while self.read():
            pass

    def half_close(self) -> None:
        """Send a FIN, below TLS, and stay able to read."""
        self.seen.ended = "fin"
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def reset(self) -> None:
        """End it with a RST: close with a linger time of zero, which drops what is unsent."""
        self.seen.ended = "rst"
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.socket.close()

    def finish(self, *, linger: bool = False) -> None:
        """End it with a FIN, below TLS."""
        if self.seen.ended == "open":
            self.seen.ended = "fin"
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            self._drain(wait=linger)
        self.socket.close()

    def close_notify(self) -> None:
        """Say the end of the TLS session; the client's own is not awaited."""
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.fileno() >= 0:
            self.socket.settimeout(0)
            with contextlib.suppress(OSError):
                self.socket.unwrap()

    def abort(self) -> None:
        """Wake the handler wherever it blocks; for other threads, which must not close."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def _drain(self, *, wait: bool) -> None:
        # A close with unread bytes would send a RST in place of the FIN.
        self.socket.settimeout(None if wait else 0)
        while socket.socket.recv(self.socket, _CHUNK):
            pass

    def _go_on(self) -> None:
        self.send(b"HTTP/1.1 100 Continue\r\n\r\n")


Handler = Callable[[Connection], None]
"""What a listener does with each connection; it is finished with a FIN where the handler did not
end it."""


_BACKLOG = 128


class Listener:
    """A reserved port: it refuses connections until it is opened."""

    def __init__(self, handler: Handler, host: str, scheme: str, loop: Loop, crew: Crew) -> None:
        self._handler = handler
        self._loop = loop
        self._crew = crew
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(self._family, socket.SOCK_STREAM)
        self._socket.bind((host, 0))
        port = self._socket.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.endpoint = Endpoint(url=f"{scheme}://{name}:{port}/", host=host, port=port)
        self._opened = False

    def open(self) -> None:
        """Accept connections from now on."""
        self._loop.run(self._open)

    def close(self) -> None:
        """Refuse connections from now on; the port stays reserved, open connections stay open."""
        self._loop.run(self._close)

    def release(self) -> None:
        """Give the port back."""
        self._loop.run(self._release)

    def _open(self) -> None:
        if self._opened:
            return
        # Only now, so that the kernel never gives one free port to two listeners.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)
        self._loop.watch(self._socket, self._accept)
        self._opened = True

    def _close(self) -> None:
        if not self._opened:
            return
        self._release()
        self._socket = socket.socket(self._family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.endpoint.host, self.endpoint.port))

    def _release(self) -> None:
        if self._opened:
            self._opened = False
            self._loop.forget(self._socket)
        self._socket.close()

    def _accept(self) -> None:
        try:
            accepted, _ = self._socket.accept()
        except OSError:
            return  # The client has gone already, or the process is out of descriptors.
        accepted.setblocking(True)
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        seen = Seen()
        connection = Connection(accepted, seen, len(self.endpoint.seen))
        self.endpoint.seen.append(seen)
        self._crew.serve(connection, self._handler)


class Crew:
    """One short-lived thread per connection."""

    def __init__(self, most: int, limit: float) -> None:
        self._most = most
        self._limit = limit
        self._lock = threading.Lock()
        self._serving: dict[Connection, tuple[threading.Thread, float]] = {}

    def serve(self, connection: Connection, handler: Handler) -> None:
        """Give a connection to a handler in a thread of its own."""
        thread = threading.Thread(
            target=self._serve, args=(connection, handler), name="ringback-lab-serve", daemon=True
        )
        with self._lock:
            if len(self._serving) >= self._most:
                next(iter(self._serving)).abort()
            self._serving[connection] = (thread, time.monotonic() + self._limit)
        thread.start()

    def expire(self) -> None:
        """End the connections whose time is over."""
        now = time.monotonic()
        with self._lock:
            over = [each for each, (_, deadline) in self._serving.items() if deadline <= now]
        for connection in over:
            connection.abort()

    def stop(self) -> None:
        """End every connection and wait for its thread."""
        with self._lock:
            serving = dict(self._serving)
        for connection in serving:
            connection.abort()
        for thread, _ in serving.values():
            thread.join()

    def _serve(self, connection: Connection, handler: Handler) -> None:
        try:
            # The peer may go away at any point: that is what it is for.
            with contextlib.suppress(OSError):
                handler(connection)
        finally:
            connection.finish()
            with self._lock:
                del self._serving[connection]


Call = Callable[[], None]


class Loop:
    """Watches sockets and runs calls at their time, in one thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakened = socket.socketpair()
        self._wakened.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._wakened, selectors.EVENT_READ, self._woken)
        self._due: list[tuple[float, int, Call]] = []
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ringback-lab", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; what is not yet due is dropped."""
        self.later(0, self._end)
        self._thread.join()
        self._selector.close()
        self._waker.close()
        self._wakened.close()

    def later(self, seconds: float, call: Call) -> None:
        """Run ``call`` in the loop's thread after some seconds; it must not block."""
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._count), call))
        self._wake()

    def run(self, call: Callable[[], object]) -> None:
        """Run ``call`` in the loop's thread and wait until it has; what it raises is raised."""
        if threading.current_thread() is self._thread:
            call()
            return
        done: Future[None] = Future()
        self.later(0, lambda: _settle(done, call))
        done.result()

    def watch(self, watched: socket.socket, readable: Call) -> None:
        """Call ``readable`` whenever a socket can be read; for the loop's thread."""
        self._selector.register(watched, selectors.EVENT_READ, readable)

    def forget(self, watched: socket.socket) -> None:
        """Stop watching a socket; for the loop's thread."""
        self._selector.unregister(watched)

    def _run(self) -> None:
        while True:
            pause = self._run_due()
            if self._stopping:
                return
            for key, _ in self._selector.select(pause):
                key.data()

    def _run_due(self) -> float | None:
        while call := self._next():
            with contextlib.suppress(OSError):  # a port may be given back before it is to open
                call()
        with self._lock:
            return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _next(self) -> Call | None:
        with self._lock:
            if not self._stopping and self._due and self._due[0][0] <= time.monotonic():
                return heapq.heappop(self._due)[2]
            return None

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except BlockingIOError:
            return  # Enough wake-ups are under way already.

    def _woken(self) -> None:
        self._wakened.recv(4096)

    def _end(self) -> None:
        self._stopping = True


def _settle(done: Future[None], call: Callable[[], object]) -> None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - handed to the thread that waits for it
        done.set_exception(error)
    else:
        done.set_result(None)
