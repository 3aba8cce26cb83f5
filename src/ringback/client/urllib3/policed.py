"""Pools whose requests are made under a policy."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from urllib3 import Retry
from urllib3.exceptions import EmptyPoolError, HTTPError, MaxRetryError
from urllib3.util.timeout import Timeout

from ringback.client.bounded import Attempt, bounded
from ringback.client.call import Ended
from ringback.client.clock import Clock
from ringback.client.drive_sync import drive
from ringback.client.origin import origin_of
from ringback.client.origins import Origins
from ringback.client.raising import error_of, raise_prepared
from ringback.client.urllib3.detours import Detours, Options
from ringback.client.urllib3.exchange import Exchange, only_redirects
from ringback.client.urllib3.pools import HTTPConnectionPool, HTTPSConnectionPool
from ringback.client.urllib3.routed import RoutedExchange
from ringback.client.ways import ASKED, Ways
from ringback.event import Listeners
from ringback.failure import Target
from ringback.failure.target import target_of_url
from ringback.retry import Policy

_IN_ORDER = (
    "assert_same_host",
    "timeout",
    "pool_timeout",
    "release_conn",
    "chunked",
    "body_pos",
    "preload_content",
    "decode_content",
)
"""The further parameters of ``urlopen``, where they are given by position."""


class Conduct(NamedTuple):
    """How the requests of a manager are made.

    Attributes:
        policy: Limits of each call.
        listeners: Told of every attempt.
        clock: Time and chance.
        origins: What the process knows of each origin.
        timed: The manager was given a timeout, which goes before the policy's.
        detours: The ways around, where the policy names hosts for any.
    """

    policy: Policy
    listeners: Listeners
    clock: Clock
    origins: Origins
    timed: bool
    detours: Detours | None


class PolicedHTTPPool(HTTPConnectionPool):
    """A pool whose requests are made under a policy.

    Attributes:
        conduct: How.
        through: URL of the proxy.
        made_with: Its settings, as the manager keeps pools by them.
    """

    conduct: Conduct
    through: str | None = None
    made_with: Options

    def urlopen(  # type: ignore[override]  # the rest is as in urllib3, of either version
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        retries: Any = None,
        redirect: bool = True,
        *rest: Any,
        **options: Any,
    ) -> Any:
        """Send a request, as often as it needs and may; return the response.

        Args:
            method: As in urllib3.
            url: As in urllib3.
            body: As in urllib3.
            headers: As in urllib3.
            retries: Its limit of redirects counts; how often a request is tried is the policy's.
                With 0 or ``False`` it is tried once.
            redirect: As in urllib3.
            *rest: As in urllib3.
            **options: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        options.update(zip(_IN_ORDER, rest, strict=False))
        options.update(body=body, headers=headers, redirect=redirect)
        timeout = options.pop("timeout", _UNSET)
        if _is_timeout(timeout) or self.conduct.timed:
            options["timeout"] = timeout if _is_timeout(timeout) else self.timeout
        wanted = self.retries if retries is None else retries
        options["retries"] = only_redirects(wanted, self.retries)
        send = partial(super().urlopen, method, url)
        return self._driven(method, url, send, options, once=_is_once(wanted))

    def _driven(
        self, method: str, url: str, send: Any, options: dict[str, Any], *, once: bool
    ) -> Any:
        conduct, target = self.conduct, self._target(url)
        policy = replace(conduct.policy, attempts=1) if once else conduct.policy
        call = self._call(url, (method, target, send, options, policy, conduct.clock))
        through = f" through {origin_of(self.through)}" if self.through else ""
        origin = origin_of(target.url or "")
        guard = conduct.origins.guard(f"{origin}{through}")
        attempt: Attempt[Any] = call.attempt
        if places := policy.bulkhead:
            attempt = bounded(attempt, call, origin, places, partial(EmptyPoolError, self))
        end = drive(attempt, call, policy, guard, conduct.listeners, conduct.clock)
        return self._result(end, url) if isinstance(end, Ended) else end

    def _call(self, url: str, parts: tuple[Any, ...]) -> Exchange:
        conduct = self.conduct
        if conduct.detours is None:
            return Exchange(*parts)
        asked = self._target(url).url or ""
        ways = Ways(asked, conduct.policy, ASKED, conduct.listeners, conduct.clock)
        send = partial(conduct.detours.send, self.made_with, url)
        return RoutedExchange(*parts, ways=ways, send=send, proxy=self.through)

    def _result(self, ended: Ended[Any], url: str) -> Any:
        """Return the response that a call ended with, or raise how it ended without one."""
        if ended.told is None or ended.told.result is None:
            refused = MaxRetryError(self, url, HTTPError(ended.decision.failure.message))
            raise_prepared(error_of(ended, refused))
        response = ended.told.result
        response.retry_at = ended.retry_at
        return response

    def _target(self, url: str) -> Target:
        host = f"[{self.host}]" if ":" in self.host else self.host
        base = f"{self.scheme}://{host}:{self.port}" if url.startswith("/") else ""
        proxy = target_of_url(self.through) if self.through else None
        through = f"{proxy.host}:{proxy.port}" if proxy else None
        return replace(target_of_url(base + url), proxy=through)


class PolicedHTTPSPool(PolicedHTTPPool, HTTPSConnectionPool):
    """The same over TLS."""


_UNSET: Any = object()


def _is_timeout(value: Any) -> bool:
    """Whether a timeout was given; urllib3 has an object for "the default"."""
    return value is None or isinstance(value, (int, float, Timeout))


def _is_once(retries: Any) -> bool:
    total = retries.total if isinstance(retries, Retry) else retries
    return total is not None and not total
