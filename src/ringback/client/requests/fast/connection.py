"""Connections that write a plain request at once and read a plain response at once; pools.

Theory of operation
===================

A request may go two ways over one connection, and change from the first to the second at any point:

* **directly**: ``exchange`` writes the head and the body in one piece and peeks at the answer;
  ``read_response`` makes the response of it. urllib3's ``urlopen`` is not involved.
* **through urllib3**: ``urlopen`` takes a connection from the pool and calls ``request`` and
  ``getresponse``. Each of these is fast where it may be, and urllib3's own otherwise.

What a connection knows of the exchange under way is in two attributes:

    _written   _head        what has happened                 what comes next
    False      None         nothing                           exchange, or request
    an error   None         not all of it could be written    request raises the error
    True       None         written; waiting has failed       request does nothing, and
                                                              getresponse waits again
    True       a response   a plain head has been peeked at   read_response
    True       a response   a head that is not plain or not   request does nothing, and
                            whole has been peeked at          getresponse reads it line by line

So nothing is sent twice: a request that has been written, in part or whole, is never written again,
and the error of the write comes out of ``request``, where urllib3 expects one. Nothing that was
read is lost: the object that has peeked is the one that reads on (``response_class``). ``close``
forgets both, for what follows is another exchange over another socket.

The change of ways goes over ``hand_over``: the connection, as it is, is what the next ``_get_conn``
of its pool returns in this context (a context variable, so that no other thread or task can take
it). Where urllib3 does not come to ask for it, ``drop_handed_over`` closes it: nobody knows how
much has been sent over it.

``Reachable`` does the same one step earlier: the connection is made before urllib3 asks for it, and
``connect`` takes the socket, or raises why there is none. An attempt that will be repeated anyway
then costs no exception of urllib3 and requests, with their chain of contexts; they are made when a
call ends with it (see ``DeferredError``).
"""

import http.client
import select
import socket
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

import urllib3.connection
from requests import Response
from urllib3 import connectionpool
from urllib3.util.retry import Retry

from ringback.client.requests.fast import guard, response
from ringback.client.requests.fast.guard import PatchGuard
from ringback.client.requests.fast.request import request_head
from ringback.client.requests.fast.response import FastMessage, ResponseHead
from ringback.client.urllib3 import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.connection import (
    SocketReader,
    StockHTTPConnection,
    dials_itself,
)
from ringback.client.urllib3.pools import (
    ConnectionClass,
    HTTPConnectionPool,
    HTTPSConnectionPool,
    Pools,
)

REACH_GUARD = PatchGuard(
    {
        urllib3.connection.HTTPConnection: "connect",
        urllib3.connection.HTTPSConnection: "connect",
        Retry: "increment is_exhausted",
    }
)


class Unreached(NamedTuple):
    """A server that could not be connected to."""

    pool: Any  # Of the connections to it
    error: OSError  # Why not


class Unconnected(NamedTuple):
    """A request that was not sent, because its connection could not be made."""

    error: OSError  # Why not
    raise_error: Callable[[], Response]  # Raises what requests raises, without trying again


class Reachable:
    """A connection that can be reached out for first; ``connect`` then goes on from there."""

    # The socket, or why there is none; `None`: nobody has tried
    reached: socket.socket | Exception | None = None
    timeout: float | None

    def reach(self, limit: float | None) -> None:
        """Connect to the server, or find out that it cannot be."""
        self.timeout = limit
        try:
            self.reached = super()._dialled()  # type: ignore[misc]  # of the class beside it
        except Exception as error:  # noqa: BLE001 - raised again by connect()
            # It would hold every frame from here outwards, and those the error.
            self.reached = error.with_traceback(None)

    def close(self) -> None:
        """Close, as in urllib3."""
        reached, self.reached = self.reached, None
        if isinstance(reached, socket.socket):
            reached.close()
        super().close()  # type: ignore[misc]  # of the class beside it

    def _dialled(self) -> socket.socket:
        reached, self.reached = self.reached, None
        if isinstance(reached, Exception):
            try:
                raise reached
            finally:
                del reached  # its traceback holds this frame
        found: socket.socket = reached or super()._dialled()  # type: ignore[misc]  # as above
        return found


def may_reach(adapter: Any, connection: Any) -> bool:
    """Return whether connecting ahead does what urllib3 would do."""
    return (
        isinstance(connection, Reachable)
        and connection.reached is None
        and adapter.max_retries.total == 0
        and dials_itself()
        and REACH_GUARD.holds()
    )


_WRITING = "putrequest putheader endheaders"
SENDING_GUARD = PatchGuard(
    {
        urllib3.connection: "body_to_chunks _ResponseOptions",
        urllib3.connection.HTTPConnection: f"{_WRITING} request",
        http.client.HTTPConnection: f"{_WRITING} _send_output _encode_request",
    },
    needs="http.client:HTTPConnection._output http.client:HTTPConnection._validate_method"
    " http.client:HTTPConnection._validate_path http.client:HTTPConnection._validate_host"
    " http.client:_is_legal_header_name http.client:_is_illegal_header_value"
    " http.client:_contains_disallowed_url_pchar_re"
    " http.client:_contains_disallowed_method_pchar_re",
)
READING_GUARD = PatchGuard(
    {
        urllib3.connection: "assert_header_parsing HTTPHeaderDict",
        urllib3.connection.HTTPConnection: "getresponse",
        http.client.HTTPConnection: "getresponse",
    }
)

WAITING_GUARD = PatchGuard(
    {
        select: "poll",
        urllib3.connection: "wait_for_read",
        urllib3.connection.HTTPConnection: "is_connected",
    }
)

Timeouts = tuple[float | None, float | None]

_HAS_POLL = hasattr(select, "poll")
# A connection at rest takes so much without waiting, so that it does not matter how long it would.
_MAX_UNTIMED = 4096
# Beyond this, copying costs more than a second write.
_MAX_JOINED = 65536


class FastConnection(StockHTTPConnection):
    """Takes the place of urllib3's ``request`` and ``getresponse`` where everything is plain."""

    wire: Any
    _head: tuple[Any, FastMessage] | None = None
    _written: BaseException | bool = False

    def exchange(
        self, method: str, data: bytes, body: Any, timeouts: Timeouts
    ) -> ResponseHead | None:
        """Send a request over a connection that stands; return the head of its answer.

        ``read_response`` goes on from there. ``None``: something went wrong or the answer is not
        plain, and ``request`` and ``getresponse`` go on from here. ``timeouts``: seconds to send,
        and to wait for each piece of the answer.
        """
        self.timeout, wait = timeouts
        try:
            self._write(method, data, body)
        except BaseException as error:  # noqa: BLE001 - raised again by request()
            self._written = error
            return None
        self._written = True
        self.wire.phase = "wait"
        self.timeout = wait
        try:
            return self._peek_head()
        except Exception:  # noqa: BLE001 - raised again by getresponse(), which looks again
            self._head = None
            return None

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        """Send a request, as in urllib3."""
        written, self._written = self._written, False
        data = None
        if not written:
            self._head = None
            if _may_send(self, options):
                data = request_head(self, method, url, body, headers)
            if data is None:
                super().request(method, url, body, headers, **options)
                return
        options.pop("chunked", None)
        self._response_options = RESPONSE_OPTIONS(request_method=method, request_url=url, **options)
        if data is not None:
            self._write(method, data, body)
        if isinstance(written, BaseException):
            try:
                raise written
            finally:
                del written  # its traceback holds this frame

    def getresponse(self) -> Any:
        """Wait for the response and return it, as in urllib3."""
        options = vars(self).get("_response_options")  # urllib3 1 keeps none
        if self._head is None and _may_read(self, options) and (head := self._peek_head()):
            self._response_options = None
            return self.read_response(head, options)
        return super().getresponse()

    def read_response(self, head: ResponseHead, options: Any) -> Any:
        """Return the response whose head has come."""
        self._written = False
        self.wire.phase = "body"
        sock: Any = self.sock
        original: Any = self.response_class(sock)
        original.begin()
        state = vars(self)
        state["_HTTPConnection__state"] = "Idle"
        if original.will_close:
            self.close()  # the response keeps the socket
        else:
            state["_HTTPConnection__response"] = original
        return response.raw_response(original, head, options, getattr(sock, "shutdown", None))

    @property
    def is_connected(self) -> bool:
        """Whether nothing has come from the server, not even its end; as in urllib3."""
        if not guard.is_on() or self.sock is None or not _HAS_POLL or not WAITING_GUARD.holds():
            return super().is_connected
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close, as in urllib3."""
        self._written, self._head = False, None
        super().close()

    def _write(self, method: str, data: bytes, body: Any) -> None:
        sock: Any = self.sock
        if (
            sock is not None
            and (body or len(data) > _MAX_UNTIMED)
            and sock.gettimeout() != self.timeout
        ):
            sock.settimeout(self.timeout)
        state = vars(self)
        state["_method"] = method
        state["_HTTPConnection__response"] = None
        state["_HTTPConnection__state"] = "Request-sent"
        if body and len(body) <= _MAX_JOINED:
            data, body = data + body, None
        self.send(data)
        if body:
            self.send(body)

    def _peek_head(self) -> ResponseHead | None:
        sock: Any = self.sock
        if sock.gettimeout() != self.timeout:
            sock.settimeout(self.timeout)
        message: Any = self.response_class(sock, method=vars(self)["_method"])
        head: ResponseHead | None = message.peek_head()
        self._head = sock, message
        return head


class _ReadsAhead:
    """Reads a response with what has looked at it already."""

    wire: Any
    _head: tuple[Any, FastMessage] | None

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> FastMessage:
        """Return what reads a response: the one that has looked already, if there is one."""
        ahead, self._head = self._head, None
        if ahead and ahead[0] is sock:
            return ahead[1]
        return FastMessage(SocketReader(sock, self.wire), *args, **kwargs)


class FastHTTPConnection(_ReadsAhead, Reachable, HTTPConnection, FastConnection):  # type: ignore[misc]  # the stubs have a class there
    """Ours over TCP."""


class FastHTTPSConnection(_ReadsAhead, Reachable, HTTPSConnection, FastConnection):  # type: ignore[misc]  # as above
    """Ours over TLS."""


# Messages name the class, and programs and people look for the name that they know.
FastHTTPConnection.__name__ = "HTTPConnection"
FastHTTPSConnection.__name__ = "HTTPSConnection"


def _may_send(connection: Any, options: dict[str, Any]) -> bool:
    return (
        guard.is_on()
        and options.keys() == _SEND_OPTIONS
        and not options["chunked"]
        and at_rest(connection)
        and SENDING_GUARD.holds()
    )


def at_rest(connection: Any) -> bool:
    """Return whether no exchange is under way, and nothing is between us and the server."""
    state = vars(connection)
    before = state["_HTTPConnection__response"]
    return (
        connection.proxy is None
        and state["_tunnel_host"] is None
        and state["_HTTPConnection__state"] == "Idle"
        and (before is None or before.isclosed())
        and not state["_buffer"]
        and not connection.debuglevel
    )


def _may_read(connection: Any, options: Any) -> bool:
    state = vars(connection)
    return (
        guard.is_on()
        and connection.sock is not None
        and options is not None
        and not options.preload_content
        and state["_HTTPConnection__state"] == "Request-sent"
        and state["_HTTPConnection__response"] is None
        and response.RAW_TEMPLATE.usable
        and not connection.debuglevel
        and READING_GUARD.holds()
        and response.MESSAGE_GUARD.holds()
        and response.RAW_GUARD.holds()
    )


_SEND_OPTIONS = {"chunked", "preload_content", "decode_content", "enforce_content_length"}
RESPONSE_OPTIONS: Any = getattr(urllib3.connection, "_ResponseOptions", None)


_HANDED_OVER: ContextVar[tuple[Any, Any, Any] | None] = ContextVar(
    "ringback_handed_over", default=None
)


def hand_over(pool: Any, connection: Any, request: Any = None) -> None:
    """Let the next ``_get_conn`` of a pool in this context return a connection."""
    _HANDED_OVER.set((pool, connection, request))


def pool_for(request: Any) -> Any:
    """Return the pool that a request must go to; ``None``: any."""
    handed = _HANDED_OVER.get()
    return None if handed is None or handed[2] is not request else handed[0]


def take_handed_over(pool: Any) -> Any:
    """Return the connection handed over to a pool; ``None``: there is none."""
    handed = _HANDED_OVER.get()
    if handed is None or handed[0] is not pool:
        return None
    _HANDED_OVER.set(None)
    return handed[1]


def drop_handed_over() -> None:
    """Close the connection that was handed over and that nobody took."""
    handed = _HANDED_OVER.get()
    if handed is not None:
        _HANDED_OVER.set(None)
        discard(*handed[:2])


def discard(pool: Any, connection: Any) -> None:
    """Close a connection and make room for another in its pool, as urllib3 does."""
    connection.close()
    pool._put_conn(None)  # noqa: SLF001 - as urlopen does


class FastHTTPConnectionPool(HTTPConnectionPool):
    """Ours, of fast connections, which may be handed over."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        return take_handed_over(self) or super()._get_conn(timeout)

    ConnectionCls: Any = ConnectionClass(FastHTTPConnection, connectionpool.HTTPConnectionPool)


class FastHTTPSConnectionPool(HTTPSConnectionPool):
    """The same over TLS."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        return take_handed_over(self) or super()._get_conn(timeout)

    ConnectionCls: Any = ConnectionClass(FastHTTPSConnection, connectionpool.HTTPSConnectionPool)


# Messages name the class, and programs and people look for the name that they know.
FastHTTPConnectionPool.__name__ = "HTTPConnectionPool"
FastHTTPSConnectionPool.__name__ = "HTTPSConnectionPool"


class FastPools(Pools):
    """Ours, of fast connections."""

    classes: dict[str, Any] = {"http": FastHTTPConnectionPool, "https": FastHTTPSConnectionPool}  # noqa: RUF012 - as in urllib3
