"""The deadline of a call, passed on in a header to the services behind it, and read there.

A service that works on for a caller who has given up does so for nobody. Where both sides agree on
a header, the caller says how many seconds it has left (``Policy(propagate=…)``), and one of the two
middlewares makes that the deadline of all calls that the service makes for the request. Seconds,
not an instant: the clocks of two machines differ.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import floor
from time import monotonic
from typing import Any, Generic, TypeVar

from ringback.client.deadline import current_deadline, within
from ringback.client.trust.model import is_named
from ringback.failure.target import target_of_url
from ringback.retry import Policy

__all__ = ["ASGIDeadline", "WSGIDeadline"]

DEFAULT_HEADER = "X-Request-Timeout"

Application = TypeVar("Application")

_NOTHING = nullcontext()


def passing_on(headers: Any, url: str, policy: Policy) -> AbstractContextManager[None]:
    """Return a context in which a request says how long its call has left, to a host that is named.

    Afterwards the headers are as they were: what copies them for a redirect leads elsewhere.
    """
    return _passing_on(headers, url, policy) if policy.propagate else _NOTHING


@contextmanager
def _passing_on(headers: MutableMapping[str, Any], url: str, policy: Policy) -> Iterator[None]:
    name, at = policy.propagate or "", current_deadline()
    if at is None or not is_named(policy.propagate_hosts, target_of_url(url).host):
        yield
        return
    before = headers.get(name)
    # Rounded down: nobody is promised more than there is.
    headers[name] = f"{floor(max(at - monotonic(), 0.0) * 1000) / 1000:.3f}"
    try:
        yield
    finally:
        headers.pop(name, None)
        if before is not None:
            headers[name] = before


_SECONDS = r"[0-9]{1,15}(\.[0-9]{1,9})?"


class _Reader(Generic[Application]):
    """What both middlewares do: the header to an instant."""

    def __init__(
        self, app: Application, header: str = DEFAULT_HEADER, *, longest: float = 60.0
    ) -> None:
        """Put it around an application.

        Args:
            app: The application.
            header: The name of the header.
            longest: Seconds that are believed at the most.

        Raises:
            ValueError: If ``longest`` is not above 0.
        """
        if not longest > 0:
            raise ValueError(f"longest must be above 0 seconds, got {longest}")
        self._app = app
        self._header = header
        self._longest = longest

    def _deadline(self, text: str) -> float | None:
        """When the calls must have ended; ``None`` where the text is no number of seconds."""
        if not re.fullmatch(_SECONDS, text.strip()):
            return None
        return monotonic() + min(float(text), self._longest)


class WSGIDeadline(_Reader[Callable[..., Iterable[bytes]]]):
    """A WSGI application whose calls end when its caller's do: ``app.wsgi_app = WSGIDeadline(…)``.

    It reads a header with the seconds that the caller has left, and makes them the deadline of
    every call that ringback makes while the request is handled. A deadline that is set already and
    comes earlier stays. What is no number is ignored; nobody is stopped who calls nothing.
    """

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Handle a request, as the application does.

        Args:
            environ: As in PEP 3333.
            start_response: As in PEP 3333.
        """
        key = "HTTP_" + self._header.upper().replace("-", "_")
        at = self._deadline(str(environ.get(key, "")))
        with within(at):
            body: Iterable[bytes] = self._app(environ, start_response)
        return body if at is None or isinstance(body, list | tuple) else _Body(body, at)


class _Body:
    """The body of a response, whose pieces may need calls to come about."""

    def __init__(self, body: Any, at: float) -> None:
        self._body = body
        self._at = at
        self._pieces: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with within(self._at):
            if self._pieces is None:
                self._pieces = iter(self._body)
            return next(self._pieces)

    def close(self) -> None:
        """Close the application's."""
        if close := getattr(self._body, "close", None):
            with within(self._at):
                close()


class ASGIDeadline(_Reader[Callable[..., Awaitable[None]]]):
    """An ASGI application whose calls end when its caller's do: ``app.add_middleware(…)``.

    It does for requests of HTTP what ``WSGIDeadline`` does; a WebSocket has no deadline.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request, as the application does.

        Args:
            scope: As in ASGI.
            receive: As in ASGI.
            send: As in ASGI.
        """
        at = None
        if scope["type"] == "http":
            header = self._header.lower().encode("latin-1")
            said = [value for name, value in scope["headers"] if name.lower() == header]
            at = self._deadline(said[0].decode("latin-1")) if len(said) == 1 else None
        with within(at):
            await self._app(scope, receive, send)
