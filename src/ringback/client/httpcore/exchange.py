"""One call through a door of httpx: what threads and tasks do alike."""

from dataclasses import replace
from math import inf
from typing import Any

from ringback.client.call import IDEMPOTENT_METHODS, AsyncClock, Clock, Failed
from ringback.client.deadline import current, remaining
from ringback.client.http import HEADER, failure_of_status, wait_asked
from ringback.client.httpcore.caller import Caller
from ringback.client.httpcore.content import Content
from ringback.client.httpcore.library import Library
from ringback.client.httpcore.naming import failure_of, target_of
from ringback.client.wire import Wire, begin
from ringback.failure import Failure, Target
from ringback.retry import Policy, Repeatable, Timeout

_NAMES = ("connect", "read", "write", "pool")


class Exchange:
    """A request and how it is sent; its target is only read where something is told of it.

    Args:
        request: Of httpx.
        inner: The transport that sends it once.
        library: Of the door.
        policy: Its limits.
        clock: Time and chance.
        who: Who calls: is the body of the response left to them?
    """

    __slots__ = (
        "_clock",
        "_content",
        "_counts",
        "_extensions",
        "_inner",
        "_library",
        "_policy",
        "_redirected",
        "_request",
        "_streams",
        "_target",
        "_wire",
    )

    def __init__(
        self,
        request: Any,
        inner: Any,
        library: Library,
        policy: Policy,
        clock: Clock | AsyncClock,
        *,
        who: Caller,
    ) -> None:
        self._request = request
        self._library = library
        self._policy = policy
        self._clock = clock
        self._streams = who.streams
        self._redirected = who.redirected
        self._extensions: dict[str, Any] = request.extensions
        plain = type(request.stream) is library.httpx.ByteStream
        self._content = None if plain else Content(request.stream)
        self._wire: Wire | None = None
        self._target: Target | None = None
        self._inner = inner
        self._counts: bool = getattr(inner, "counts", False)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self._request.method)

    @property
    def target(self) -> Target:
        """Whom the call is for."""
        if self._target is None:
            self._target = target_of(self._request.url, getattr(self._inner, "proxy", None))
        return self._target

    def _go_by(self, inner: Any) -> None:
        """Let the next attempt be made by another transport."""
        self._inner = inner
        self._counts = getattr(inner, "counts", False)
        self._target = None

    def _begin(self, limits: Timeout) -> None:
        """Prepare the next attempt."""
        if self._content:
            self._content.rewind()
        wire = Wire()
        begin(wire)
        self._wire = wire
        self._request.extensions = self._limited(limits)

    def _limited(self, limits: Timeout) -> dict[str, Any]:
        """The extensions with no timeout longer than what is left of the deadline.

        Over connections of ours each wait minds the deadline itself, and a body that is read
        after the call has returned has its own timeout.
        """
        asked: dict[str, float | None] = self._extensions.get("timeout") or {}
        left = None if self._counts else remaining(current())
        if _fit(asked, inf if left is None else left):
            return self._extensions
        wanted = [(name, asked.get(name, getattr(limits, name))) for name in _NAMES]
        timeouts = {name: _sooner(one, left) for name, one in wanted}
        return {**self._extensions, "timeout": timeouts}

    def _failed(self, error: Exception) -> Failed[Any] | None:
        """How an attempt failed; ``None`` where the exception is none of the call's."""
        known = self._wire if self._counts else None
        failure = failure_of(error, self.target, known, self._library.httpx.HTTPError)
        if failure and failure.kind.startswith("url."):
            failure = self._of_url(failure)
        return None if failure is None else Failed(failure, self._repeatable(), error)

    def _of_url(self, failure: Failure) -> Failure | None:
        """What is wrong with a URL: the server's failure after a redirect, else the caller's."""
        if self._redirected:
            return replace(failure, kind="http.response.redirect_invalid", phase="wait")
        # What httpx says of another scheme it says by the name of its exception, mostly without
        # having asked a transport.
        return None if failure.kind == "url.scheme_invalid" else failure

    def _judged(self, response: Any, release: Any) -> Any:
        """The response, or how it failed by its status."""
        status = response.status_code
        listed = status in self._policy.retry_statuses
        if status < 500 and not listed:
            return response
        return Failed(
            failure_of_status(status, response.reason_phrase, self.target),
            self._repeatable(worthwhile=listed),
            result=response,
            retry_after=wait_asked(response.headers, self._clock.time()),
            release=release,
        )

    def _adopted(self, response: Any, wrap: Any) -> Any:
        """The response as one of ours."""
        if type(response) is self._library.httpx.Response:
            response.__class__ = self._library.response
        response.request = self._request
        if self._streams:
            if not isinstance(response.stream, wrap):
                response.stream = wrap(self._library, response.stream)
            response.stream.target = self.target
        return response

    def _repeatable(self, *, worthwhile: bool = True) -> Repeatable:
        wire = self._wire
        unsent = wire is not None and not wire.sends
        return Repeatable(
            idempotent=HEADER in self._request.headers or self.method in IDEMPOTENT_METHODS,
            replayable=self._content is None
            or self._content.replayable(untouched=self._counts and unsent),
            worthwhile=worthwhile,
        )


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((seconds for seconds in (one, other) if seconds is not None), default=None)


def _fit(timeouts: dict[str, Any], left: float) -> bool:
    try:
        return len(timeouts) == len(_NAMES) and max(timeouts.values()) <= left
    except TypeError:  # one of them is none
        return False
