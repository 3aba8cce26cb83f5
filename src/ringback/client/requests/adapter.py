"""The transport adapter: attempts, timeouts, events and specialised exceptions."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import requests
from requests import PreparedRequest
from requests.adapters import HTTPAdapter

from ringback.client.body import Body
from ringback.client.call import IDEMPOTENT_METHODS, Call, Outcome
from ringback.client.clock import Clock
from ringback.client.drive_sync import drive
from ringback.client.raising import raise_prepared
from ringback.client.requests.naming import failure_of, failure_of_status, target_of
from ringback.client.requests.response import Response
from ringback.client.retry_after import seconds_asked
from ringback.errors import specialise
from ringback.event import Listeners, Sink
from ringback.failure import Target
from ringback.retry import Policy, Repeatable, Timeout
from ringback.sink import LogSink


class Adapter(HTTPAdapter):
    """A transport adapter, to mount on a session one has.

    It gives default timeouts, tries again what may be sent again, tells the sinks, and raises
    what requests raises, specialised (see ``ringback.errors``). urllib3's own retries are off.
    A response that still says 429, 502, 503 or 504 in the end is returned, as requests does.
    """

    # What pickling keeps; requests declares it as this.
    __attrs__ = [*HTTPAdapter.__attrs__, "policy", "listener", "clock"]  # noqa: RUF012 - see above

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        sinks: Iterable[Sink] | None = None,
        clock: Clock | None = None,
        **pool: Any,
    ) -> None:
        """Set up an adapter.

        Args:
            policy: Limits of each call; the default is ``Policy()``.
            sinks: Told of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
            **pool: ``pool_connections``, ``pool_maxsize``, ``pool_block``, as in requests.
        """
        self.policy = policy or Policy()
        self.listener = Listeners([LogSink()] if sinks is None else sinks)
        self.clock = clock or Clock()
        super().__init__(max_retries=0, **pool)

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request, as often as it needs and may; return the response.

        Args:
            request: What to send.
            stream: Leave the body unread; otherwise it is read here, so that a body that
                breaks off is a failed attempt.
            timeout: Seconds for each attempt, as in requests; the default is the policy's,
                shortened to what the deadline leaves.
            verify: As in requests.
            cert: As in requests.
            proxies: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        target, body = target_of(request, proxies), Body(request.body)
        options = {"stream": stream, "verify": verify, "cert": cert, "proxies": proxies}

        def attempt(limits: Timeout) -> Outcome[requests.Response]:
            chosen = (limits.connect, limits.read) if timeout is None else timeout
            return self._attempt(request, body, target, {**options, "timeout": chosen})

        call = Call(target, request.method or "")
        outcome = drive(attempt, call, self.policy, self.listener, self.clock)
        if outcome.error and outcome.failure:
            raise_prepared(specialise(outcome.error, outcome.failure))
        assert outcome.result is not None
        return outcome.result

    def build_response(self, req: PreparedRequest, resp: Any) -> requests.Response:
        """Return the response of requests, as one whose body says what went wrong.

        Args:
            req: As in requests.
            resp: As in requests.
        """
        response = super().build_response(req, resp)
        response.__class__ = Response  # requests has no way to say which class it shall be
        return response

    def _attempt(
        self, request: PreparedRequest, body: Body, target: Target, options: dict[str, Any]
    ) -> Outcome[requests.Response]:
        try:
            body.rewind()
            response = self._exchange(request, options)
        except Exception as error:
            if (failure := failure_of(error, target)) is None:
                raise
            return Outcome(_repeatable(request, body), error=error, failure=failure)
        return Outcome(
            _repeatable(request, body),
            response,
            failure=failure_of_status(response, target),
            retry_after=seconds_asked(response.headers.get("Retry-After"), self.clock.time()),
            release=response.close,
        )

    def _exchange(self, request: PreparedRequest, options: dict[str, Any]) -> requests.Response:
        began = self.clock.monotonic()
        response = super().send(request, **options)
        # Session.send measures until here, bodies and waits included; see Session.
        vars(response)["headers_after"] = timedelta(seconds=self.clock.monotonic() - began)
        if not options["stream"] and not response.is_redirect:
            _read(response)
        return response


def _read(response: requests.Response) -> None:
    try:
        _ = response.content
    except BaseException:
        response.close()
        raise


def _repeatable(request: PreparedRequest, body: Body) -> Repeatable:
    keyed = "Idempotency-Key" in request.headers
    return Repeatable(keyed or request.method in IDEMPOTENT_METHODS, body.replayable)
