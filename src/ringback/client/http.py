"""What HTTP says of repeating a request: its status, ``Retry-After``, ``Idempotency-Key``.

``HttpExchange`` applies it to the request and response of whichever library.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ringback.client.call import IDEMPOTENT_METHODS, Failed
from ringback.client.origin import origin_of
from ringback.failure import KINDS, Failure, Target
from ringback.failure.codes import delivered_by_status, kind_of_status
from ringback.retry import Policy, Repeatable
from ringback.retry.rate import Quota
from ringback.values import replace

if TYPE_CHECKING:
    from ringback.client.call import AsyncClock, Clock


def failure_of_status(status: int, reason: str | None, target: Target) -> Failure:
    """Return the failure that a status of 400 or more means."""
    kind, message = kind_of_status(status), f"HTTP {status} {reason or ''}".strip()
    return Failure(
        kind=kind,
        phase="body",
        delivered=delivered_by_status(str(status), KINDS[kind].delivered),
        message=message,
        target=target,
        evidence=(message,),
        code=str(status),
    )


_SECONDS = r"[0-9]{1,64}(\.[0-9]{1,9})?"  # Not compiled before it is asked for
_MAX_LENGTH = 256
_MAX_ASKED = 3e9
"""Seconds, a century: who asks for more means never, and clocks take no more."""
_QUOTA = r"(?a:(?:^|,)\s{0,9}\"?([\w.~/-]{1,64})\"?((?:;[^;,]{0,64}){1,9}))"
_PARAMETER = r"(?a:;\s{0,9}([rtqw])=([0-9]{1,15})(?![0-9]))"
_MAX_WINDOW = 86400.0
"""Seconds: a quota that is told for longer is no rate, and is left to whoever calls."""
_MIN_INSTANT = 1e9
"""A reset above this is an instant in seconds since 1970, one below it a wait."""


def wait_asked(headers: Mapping[str, str], now: float) -> float | None:
    """Return the wait that the headers of a response ask for.

    ``Retry-After`` first (RFC 9110, section 10.2.3); then, where nothing is left of a quota,
    ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers) and its forerunners.
    """
    asked = seconds_asked(headers.get("Retry-After"), now, headers.get("Date"))
    return _quota(headers, now) if asked is None else asked


def seconds_asked(value: str | None, now: float, date: str | None = None) -> float | None:
    """Return the wait that a ``Retry-After`` header asks for (RFC 9110, section 10.2.3).

    Of one that was sent twice, the longer.
    """
    text = (value or "").strip()
    waits = [part.strip() for part in text.split(",")] if len(text) <= _MAX_LENGTH else []
    if waits and all(re.fullmatch(_SECONDS, wait) for wait in waits):
        return min(max(map(float, waits)), _MAX_ASKED)
    then = instant_of(text)
    if then is None:
        return None
    theirs = instant_of((date or "").strip())
    return max(0.0, then - (now if theirs is None else theirs))


def instant_of(text: str) -> float | None:
    """Return a date of HTTP in seconds since 1970 UTC; ``None`` where it is none."""
    if not text or len(text) > 64:
        return None
    try:
        date = parsedate_to_datetime(text)
        then = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return then if math.isfinite(then) else None


def _quota(headers: Mapping[str, str], now: float) -> float | None:
    return max((quota.until for quota in _told(headers, now) if not quota.left), default=None)


def quotas_in(
    headers: Mapping[str, str], status: int, monotonic: float, now: float
) -> Iterator[Quota]:
    """Yield the quotas that a response tells of, on the monotonic clock."""
    for quota in _told(headers, now):
        if 0 < quota.until <= _MAX_WINDOW:
            yield replace(quota, until=monotonic + quota.until)
    if status == 429 and (asked := wait_asked(headers, now)):
        yield Quota("Retry-After", 0, monotonic + min(asked, _MAX_WINDOW), 1, 0.0)


def _told(headers: Mapping[str, str], now: float) -> list[Quota]:
    """Return the quotas that headers tell of, each with its seconds in place of an instant."""
    sizes, found = _items(headers.get("RateLimit-Policy")), []
    for name, told in _items(headers.get("RateLimit")).items():
        size = sizes.get(name, {})
        seconds = told.get("t", size.get("w"))
        if seconds is not None and (left := told.get("r")) is not None:
            window, most = size.get("w", seconds), size.get("q", left + 1)
            found.append(Quota(name, left, seconds, most, window))
    return found or _forerunners(headers, now)


def _items(value: str | None) -> dict[str, dict[str, int]]:
    return {
        name: {key: int(number) for key, number in re.findall(_PARAMETER, parameters)}
        for name, parameters in re.findall(_QUOTA, (value or "")[:512])
    }


def _forerunners(headers: Mapping[str, str], now: float) -> list[Quota]:
    for prefix in ("RateLimit", "X-RateLimit", "X-Rate-Limit"):
        left = (headers.get(f"{prefix}-Remaining") or "").strip()
        seconds = _reset((headers.get(f"{prefix}-Reset") or "").strip(), now)
        if seconds is not None and left.isdecimal() and left.isascii() and len(left) < 16:
            return [Quota(prefix, int(left), seconds, int(left) + 1, seconds)]
    return []


def _reset(text: str, now: float) -> float | None:
    if not re.fullmatch(_SECONDS, text):
        return None
    value = min(float(text), _MAX_ASKED)
    return max(0.0, value - now) if value > _MIN_INSTANT else value


IDEMPOTENCY_HEADER = "Idempotency-Key"
"""draft-ietf-httpapi-idempotency-key-header."""

_OUR_PREFIX = "ringback-"


def add_key(
    headers: MutableMapping[str, Any], method: str, url: str, named: bool | Collection[str]
) -> None:
    """Give a request its key, where its origin is named; take ours away where it is not.

    A key stays the same over all attempts of a call; one of ours does not follow a redirect to an
    origin that is not named.
    """
    wanted = method not in IDEMPOTENT_METHODS and _is_named(url, named)
    present = headers.get(IDEMPOTENCY_HEADER)
    if wanted and present is None:
        from uuid import uuid4  # noqa: PLC0415 - slow to load, and few calls have a key

        headers[IDEMPOTENCY_HEADER] = f"{_OUR_PREFIX}{uuid4()}"
    elif not wanted and isinstance(present, str) and present.startswith(_OUR_PREFIX):
        del headers[IDEMPOTENCY_HEADER]


def _is_named(url: str, named: bool | Collection[str]) -> bool:
    if isinstance(named, bool):
        return named
    origin = origin_of(url)
    return any(origin == origin_of(url) for url in named)


def is_bad(status: int, policy: Policy) -> bool:
    """Return whether a status is a failed attempt."""
    return status >= 500 or status in policy.retry_statuses


class HttpExchange:
    """A request, and what the response or the exception that it ends with means.

    The parts in which the libraries differ are the methods without a text here.
    """

    __slots__ = ("_clock", "_policy", "_target", "method")

    request: Any  # As the library has it, with its `headers`

    def __init__(self, method: str, policy: Policy, clock: "Clock | AsyncClock") -> None:
        self.method = method
        self._policy = policy
        self._clock = clock
        self._target: Target | None = None

    @property
    def target(self) -> Target:
        """Whom the call is for; found out where an event or an error needs it."""
        if self._target is None:
            self._target = self._find_target()
        return self._target

    def another(self) -> "HttpExchange | None":
        """Return an exchange of the same request, to run beside this one; ``None``: not now.

        There is one between the request and its response, where the request has no body.
        """
        return None

    def outpaced(self) -> None:
        """Take note that the exchange which this one ran beside was answered first."""

    def raised(self, error: Exception) -> Failed[Any] | None:
        """Return the failed attempt that an exception means; ``None`` where it means none."""
        failure = self._failure_of(error)
        return None if failure is None else Failed(failure, self._repeatable(), error)

    def caught(self, error: Exception) -> Failed[Any]:
        """Return the failed attempt that an exception means; raise it where it means none.

        Whoever caught it gives what this returns no name: the traceback has its function, which
        would hold the exception, and all of that until the garbage collector comes.
        """
        failed = self.raised(error)
        if failed is None:
            raise error
        return failed

    def bad_status(
        self, response: Any, status: int, reason: str | None, release: Callable[[], Any]
    ) -> Failed[Any]:
        """Return the failed attempt that a response means."""
        return Failed(
            failure_of_status(status, reason, self.target),
            self._repeatable(worthwhile=status in self._policy.retry_statuses),
            result=response,
            retry_after=wait_asked(response.headers, self._clock.time()),
            release=release,
        )

    def _repeatable(self, *, worthwhile: bool = True) -> Repeatable:
        return Repeatable(
            idempotent=self._is_idempotent(),
            replayable=self._is_replayable(),
            worthwhile=worthwhile,
        )

    def _is_idempotent(self) -> bool:
        return self.method in IDEMPOTENT_METHODS or IDEMPOTENCY_HEADER in self.request.headers

    def _is_replayable(self) -> bool:
        raise NotImplementedError

    def _failure_of(self, error: Exception) -> Failure | None:
        raise NotImplementedError

    def _find_target(self) -> Target:
        raise NotImplementedError
