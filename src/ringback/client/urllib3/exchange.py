"""One call through a pool: its attempts, and what is said of it."""

from collections.abc import Callable, Mapping
from typing import Any

from urllib3 import Retry as LibraryRetry
from urllib3.util.timeout import Timeout as LibraryTimeout

from ringback.client.body import Body
from ringback.client.call import IDEMPOTENT_METHODS, Failed
from ringback.client.clock import Clock
from ringback.client.idempotency import HEADER
from ringback.client.retry_after import wait_asked
from ringback.client.status import failure_of_status
from ringback.client.urllib3.named import NamedResponse
from ringback.client.urllib3.naming import failure_of
from ringback.client.wire import forget, last
from ringback.failure import Target
from ringback.retry import Policy, Repeatable, Timeout


class Exchange:
    """A request and how it is sent.

    Args:
        method: HTTP method.
        target: Whom the call is for.
        send: Sends it once, given the options.
        options: ``body``, ``headers``, ``retries``, ``timeout`` and the others of ``urlopen``;
            without ``timeout`` each attempt has the policy's.
        policy: Its limits.
        clock: Time and chance.
    """

    __slots__ = ("_body", "_clock", "_options", "_policy", "_send", "method", "target")

    def __init__(
        self,
        method: str,
        target: Target,
        send: Callable[..., Any],
        options: dict[str, Any],
        policy: Policy,
        clock: Clock,
    ) -> None:
        self.method = method
        self.target = target
        self._send = send
        self._options = options
        self._policy = policy
        self._clock = clock
        body = options.get("body")
        self._body = None if body is None else Body(body)

    def attempt(self, limits: Timeout) -> Any:
        """Make one attempt; return the response, or how it failed.

        Args:
            limits: The timeouts, unless the caller has chosen some.
        """
        forget()
        try:
            if self._body:
                self._body.rewind()
            response = self._send(**self._limited(limits))
        except Exception as error:
            if (failure := failure_of(error, self.target, last())) is None:
                raise
            return Failed(failure, self._repeatable(), error)
        response.__class__ = NamedResponse  # urllib3 has no way to say which class it shall be
        response.target = self.target
        return self._judged(response)

    def _limited(self, limits: Timeout) -> dict[str, Any]:
        if "timeout" in self._options:
            return self._options
        if not self._options.get("preload_content", True):
            limits = self._policy.timeout  # the deadline is kept below, and no longer than the call
        timeout = LibraryTimeout(connect=limits.connect, read=limits.read)
        return {**self._options, "timeout": timeout}

    def _judged(self, response: Any) -> Any:
        status = response.status
        listed = status in self._policy.retry_statuses
        if status < 500 and not listed:
            return response
        return Failed(
            failure_of_status(status, response.reason, self.target),
            self._repeatable(worthwhile=listed),
            result=response,
            retry_after=wait_asked(response.headers, self._clock.time()),
            release=response.close,
        )

    def _repeatable(self, *, worthwhile: bool = True) -> Repeatable:
        headers: Mapping[str, str] = self._options.get("headers") or {}
        keyed = any(str(name).lower() == HEADER.lower() for name in headers)
        return Repeatable(
            idempotent=keyed or self.method.upper() in IDEMPOTENT_METHODS,
            replayable=self._body is None or self._body.replayable,
            worthwhile=worthwhile,
        )


def only_redirects(retries: Any, default: Any) -> LibraryRetry:
    """Return what urllib3 is to do again by itself: follow redirects, nothing else.

    Args:
        retries: As given to urllib3: a ``Retry``, a number, ``False`` or ``None``.
        default: What ``None`` stands for.
    """
    asked: Any = retries
    if not isinstance(asked, LibraryRetry):
        asked = LibraryRetry.from_int(asked, default=default)
    if asked.total is not False:
        counts = [one for one in (asked.total, asked.redirect) if one is not None]
        none: dict[str, Any] = dict.fromkeys(("connect", "read", "status", "other"), 0)
        redirects = min(counts, default=None)
        asked = asked.new(total=None, redirect=redirects, status_forcelist=(), **none)
    only: LibraryRetry = asked
    return only
