"""Connections that send a plain request in one piece and take a plain response at once."""

import http.client
import select
from typing import Any

import urllib3.connection

from ringback.client.requests.fast import message, raw, switch
from ringback.client.requests.fast.asking import asked
from ringback.client.requests.fast.message import FastMessage, Head
from ringback.client.requests.fast.reach import Reach
from ringback.client.requests.fast.watch import Watch
from ringback.client.urllib3 import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.reader import Reader

_WRITE = "putrequest putheader endheaders"
SENDING = Watch(
    {
        urllib3.connection: "body_to_chunks _ResponseOptions",
        urllib3.connection.HTTPConnection: f"{_WRITE} request",
        http.client.HTTPConnection: f"{_WRITE} _send_output _encode_request",
    }
)
READING = Watch(
    {
        urllib3.connection: "assert_header_parsing HTTPHeaderDict",
        urllib3.connection.HTTPConnection: "getresponse",
        http.client.HTTPConnection: "getresponse",
    }
)

WAITING = Watch(
    {
        select: "poll",
        urllib3.connection: "wait_for_read",
        urllib3.connection.HTTPConnection: "is_connected",
    }
)

Waits = tuple[float | None, float | None]

_POLLS = hasattr(select, "poll")
# A connection at rest takes so much without waiting, so that it does not matter how long it would.
_AT_ONCE = 4096
# Beyond this, copying costs more than a second write.
_SMALL = 65536


class FastConnection(urllib3.connection.HTTPConnection):
    """Takes the place of urllib3's ``request`` and ``getresponse`` where everything is plain."""

    wire: Any
    _ahead: tuple[Any, FastMessage] | None = None
    _done: BaseException | bool = False

    def exchange(self, method: str, data: bytes, body: Any, waits: Waits) -> Head | None:
        """Send a request and look at the answer, over a connection that stands.

        Args:
            method: Of the request.
            data: Its head.
            body: Its body, if it has one.
            waits: Seconds to send, and to wait for each piece of the answer.

        Returns:
            The head of the answer; ``read`` goes on with it. ``None``: something went wrong, or
            the answer is not plain, and ``request`` and ``getresponse`` go on from here.
        """
        self.timeout, wait = waits
        try:
            self._write(method, data, body)
        except BaseException as error:  # noqa: BLE001 - raised again by request()
            self._done = error
            return None
        self._done = True
        self.wire.phase = "wait"
        self.timeout = wait
        try:
            return self._look()
        except Exception:  # noqa: BLE001 - raised again by getresponse(), which looks again
            self._ahead = None
            return None

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        """Send a request, as in urllib3.

        Args:
            method: As in urllib3.
            url: As in urllib3.
            body: As in urllib3.
            headers: As in urllib3.
            **options: As in urllib3.
        """
        done, self._done = self._done, False
        data = None
        if not done:
            self._ahead = None
            if _may_send(self, options):
                data = asked(self, method, url, body, headers)
            if data is None:
                super().request(method, url, body, headers, **options)
                return
        options.pop("chunked", None)
        self._response_options = OPTIONS(request_method=method, request_url=url, **options)
        if data is not None:
            self._write(method, data, body)
        if isinstance(done, BaseException):
            try:
                raise done
            finally:
                del done  # its traceback holds this frame

    def getresponse(self) -> Any:
        """Wait for the response and return it, as in urllib3."""
        options = vars(self).get("_response_options")  # urllib3 1 keeps none
        if self._ahead is None and _may_read(self, options) and (head := self._look()):
            self._response_options = None
            return self.read(head, options)
        return super().getresponse()

    def read(self, head: Head, options: Any) -> Any:
        """Return the response whose head has come.

        Args:
            head: As ``exchange`` returns it.
            options: What urllib3 notes of a request.
        """
        self._done = False
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
        return raw.response(original, head, options, getattr(sock, "shutdown", None))

    @property
    def is_connected(self) -> bool:
        """Whether nothing has come from the server, not even its end; as in urllib3."""
        if not switch.on or self.sock is None or not _POLLS or not WAITING.holds():
            return super().is_connected
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close, as in urllib3."""
        self._done, self._ahead = False, None
        super().close()

    def _write(self, method: str, data: bytes, body: Any) -> None:
        sock: Any = self.sock
        if (
            sock is not None
            and (body or len(data) > _AT_ONCE)
            and sock.gettimeout() != self.timeout
        ):
            sock.settimeout(self.timeout)
        state = vars(self)
        state["_method"] = method
        state["_HTTPConnection__response"] = None
        state["_HTTPConnection__state"] = "Request-sent"
        if body and len(body) <= _SMALL:
            data, body = data + body, None
        self.send(data)
        if body:
            self.send(body)

    def _look(self) -> Head | None:
        sock: Any = self.sock
        if sock.gettimeout() != self.timeout:
            sock.settimeout(self.timeout)
        message: Any = self.response_class(sock, method=vars(self)["_method"])
        head: Head | None = message.look()
        self._ahead = sock, message
        return head


class _Ahead:
    """Reads a response with what has looked at it already."""

    wire: Any
    _ahead: tuple[Any, FastMessage] | None

    def response_class(self, sock: Any, *args: Any, **kwargs: Any) -> FastMessage:
        """Return what reads a response: the one that has looked already, if there is one.

        Args:
            sock: The connection's socket.
            *args: As ``http.client.HTTPResponse`` takes them.
            **kwargs: As ``http.client.HTTPResponse`` takes them.
        """
        ahead, self._ahead = self._ahead, None
        if ahead and ahead[0] is sock:
            return ahead[1]
        return FastMessage(Reader(sock, self.wire), *args, **kwargs)


class FastHTTPConnection(_Ahead, Reach, HTTPConnection, FastConnection):  # type: ignore[misc]  # the stubs have a class there
    """Ours over TCP."""


class FastHTTPSConnection(_Ahead, Reach, HTTPSConnection, FastConnection):  # type: ignore[misc]  # as above
    """Ours over TLS."""


# Messages name the class, and programs and people look for the name that they know.
FastHTTPConnection.__name__ = "HTTPConnection"
FastHTTPSConnection.__name__ = "HTTPSConnection"


def _may_send(connection: Any, options: dict[str, Any]) -> bool:
    return (
        switch.on
        and options.keys() == _SEND_OPTIONS
        and not options["chunked"]
        and at_rest(connection)
        and SENDING.holds()
    )


def at_rest(connection: Any) -> bool:
    """Return whether no exchange is under way, and nothing is between us and the server.

    Args:
        connection: One of ours.
    """
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
        switch.on
        and connection.sock is not None
        and options is not None
        and not options.preload_content
        and state["_HTTPConnection__state"] == "Request-sent"
        and state["_HTTPConnection__response"] is None
        and raw.TEMPLATE.usable
        and not connection.debuglevel
        and READING.holds()
        and message.WATCH.holds()
        and raw.WATCH.holds()
    )


_SEND_OPTIONS = {"chunked", "preload_content", "decode_content", "enforce_content_length"}
OPTIONS: Any = getattr(urllib3.connection, "_ResponseOptions", None)
