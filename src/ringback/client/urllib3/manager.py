"""Pool managers whose requests are made under a policy: ringback's integration with urllib3."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from urllib3 import Retry
from urllib3._collections import HTTPHeaderDict  # 1.26 has it nowhere else
from urllib3.connection import port_by_scheme
from urllib3.exceptions import EmptyPoolError, HTTPError, MaxRetryError
from urllib3.util import parse_url
from urllib3.util.timeout import Timeout as LibraryTimeout

from ringback.client.call import AttemptMaker, Clock, Ended
from ringback.client.deadline import within
from ringback.client.drive_sync import bounded, drive
from ringback.client.http import add_key
from ringback.client.origin import origin_of
from ringback.client.origins import Origins, origins_under
from ringback.client.raising import error_of, raise_prepared
from ringback.client.routes import UNLISTED_PROXIES, RouteSelector
from ringback.client.trust import Trust, TrustLike
from ringback.client.urllib3.exchange import RoutedUrllib3Exchange, Urllib3Exchange, only_redirects
from ringback.client.urllib3.pools import (
    POSSIBLE,
    HTTPConnectionPool,
    HTTPSConnectionPool,
    Pools,
    ProxyPools,
)
from ringback.client.urllib3.response import Naming
from ringback.event import Listeners, Sink
from ringback.failure import Target
from ringback.failure.target import target_of_url
from ringback.retry import Policy, Timeout
from ringback.sink.listening import listeners_for

_OF_PROXIES = ("_proxy", "_proxy_headers", "_proxy_config", "_socks_options")
_OF_VERIFICATION = ("ssl_context", "ca_certs", "ca_cert_dir", "ca_cert_data", "assert_hostname")

Options = dict[str, Any]


class Detours:
    """Keeps the pools of one manager for ways around; none is ever taken without being asked for.

    Args:
        classes: Those of the manager's pools, under no policy, by scheme.
        limits: Timeouts that urllib3 has no word for.
        trust: Whom the program trusts; ``None``: as urllib3.
    """

    def __init__(self, classes: dict[str, Any], limits: Timeout, trust: Trust | None) -> None:
        self._direct = Pools(limits=limits, trust=trust)
        self._through = Pools(limits=limits, trust=trust)
        self._through.pool_classes_by_scheme = classes

    def send(
        self, made_with: Options, url: str, method: str, *, direct: bool, verify: bool
    ) -> Callable[..., Any]:
        """Return what sends a request once, as ``urlopen`` of a pool does.

        ``made_with`` are the settings of the pool that the request was for; ``direct``: past the
        proxy. A fingerprint that a certificate must have is asked for without ``verify`` as well.
        """
        context = made_with if verify else _unverified(made_with)
        if direct:
            context, url = _past_proxy(context, url)
        pools = self._direct if direct else self._through
        pool: Any = pools.connection_from_context(dict(context))
        return partial(pool.urlopen, method, url)

    def clear(self) -> None:
        """Close every connection."""
        self._direct.clear()
        self._through.clear()


def _unverified(context: Options) -> Options:
    kept = {name: value for name, value in context.items() if name not in _OF_VERIFICATION}
    return {**kept, "cert_reqs": "CERT_NONE"}


def _past_proxy(context: Options, url: str) -> tuple[Options, str]:
    """The settings and the URL for the target; a request in the clear names it to its proxy."""
    kept = {name: value for name, value in context.items() if name not in _OF_PROXIES}
    if url.startswith("/"):
        return kept, url
    to: Any = parse_url(url)
    port = to.port or port_by_scheme.get(to.scheme)
    return {**kept, "scheme": to.scheme, "host": to.host, "port": port}, to.request_uri


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
        """Send a request, as often as the policy allows; return the response.

        Of ``retries`` only the limit of redirects counts; with 0 or ``False`` it is tried once.
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
        attempt: AttemptMaker[Any] = call.attempt
        if places := policy.bulkhead:
            attempt = bounded(attempt, call, origin, places, partial(EmptyPoolError, self))
        end = drive(attempt, call, policy, guard, conduct.listeners, conduct.clock)
        return self._result(end, url) if isinstance(end, Ended) else end

    def _call(self, url: str, parts: tuple[Any, ...]) -> Urllib3Exchange:
        conduct = self.conduct
        if conduct.detours is None:
            return Urllib3Exchange(*parts)
        asked = self._target(url).url or ""
        routes = RouteSelector(
            asked, conduct.policy, UNLISTED_PROXIES, conduct.listeners, conduct.clock
        )
        send = partial(conduct.detours.send, self.made_with, url)
        return RoutedUrllib3Exchange(*parts, routes=routes, send=send, proxy=self.through)

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
    return value is None or isinstance(value, (int, float, LibraryTimeout))


def _is_once(retries: Any) -> bool:
    total = retries.total if isinstance(retries, Retry) else retries
    return total is not None and not total


class PoolManager(Pools):
    """A ``urllib3.PoolManager`` that gets the call through, or says precisely why not.

    It gives default timeouts and a deadline, tries again what may be sent again as far as the
    retry budget allows, refuses calls to an endpoint whose circuit is open, tells the sinks, and
    raises what urllib3 raises, specialised (see ``ringback.errors``). Of urllib3's ``retries``
    only the limit of redirects counts; with 0 or ``False`` a request is tried once.

    The deadline is for the whole call. A body that it leaves unread (``preload_content=False``) is
    read under the read timeout, and the deadline of an outer call, if there is one.
    """

    classes: dict[str, Any] = {"http": PolicedHTTPPool, "https": PolicedHTTPSPool}  # noqa: RUF012 - as in urllib3

    def __init__(
        self,
        *args: Any,
        policy: Policy | None = None,
        sinks: Iterable[Sink] | None = None,
        clock: Clock | None = None,
        trust: TrustLike | None = None,
        **options: Any,
    ) -> None:
        """Set up a manager.

        Args:
            *args: As in urllib3.
            policy: Limits of each call; the default is ``Policy()``.
            sinks: Told of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
            trust: Whom to trust in place of urllib3's choice: ``"system"``, ``"certifi"``, a PEM
                file, several of these, or a ``Trust``.
            **options: As in urllib3; a ``timeout`` goes before the policy's.

        Raises:
            ImportError: A package that replaces urllib3 is installed in its place.
        """
        if not POSSIBLE:
            raise ImportError("PoolManager needs urllib3; another package is in its place")
        self.policy = policy or Policy()
        own = None if trust is None else Trust.of(trust)
        self.conduct = Conduct(
            self.policy,
            listeners_for(sinks),
            clock or Clock(),
            origins_under(self.policy),
            timed="timeout" in options,
            detours=self._detours(own),
        )
        super().__init__(*args, limits=self.policy.timeout, trust=own, **options)

    def urlopen(  # type: ignore[override]  # the rest is as in urllib3, of either version
        self, method: str, url: str, redirect: bool = True, **options: Any
    ) -> Any:
        """Send a request and follow its redirects; return the response.

        Args:
            method: As in urllib3.
            url: As in urllib3.
            redirect: As in urllib3.
            **options: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        if named := self.policy.idempotency_key:
            headers = HTTPHeaderDict(options.get("headers") or self.headers)
            add_key(headers, method, url, named)
            options["headers"] = headers
        with Naming(target_of_url(url)), within(self._deadline()):
            return super().urlopen(method, url, redirect, **options)

    def clear(self) -> None:
        """Close every connection that is not in use, as in urllib3."""
        super().clear()
        if self.conduct.detours:
            self.conduct.detours.clear()

    def _detours(self, trust: Trust | None) -> Detours | None:
        policy = self.policy
        named = policy.insecure_hosts or policy.direct_hosts
        return Detours(super().classes, policy.timeout, trust) if named else None

    def _deadline(self) -> float | None:
        """When the call must have ended, its redirects included."""
        real = self.conduct.clock.monotonic is monotonic
        return monotonic() + self.policy.deadline if real else None

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> Any:
        settings = self.connection_pool_kw if request_context is None else request_context
        made_with = {**settings, "scheme": scheme, "host": host, "port": port}
        pool: Any = super()._new_pool(scheme, host, port, request_context=request_context)
        pool.conduct = self.conduct
        pool.made_with = made_with
        pool.through = self._proxy_url()
        return pool

    def _proxy_url(self) -> str | None:
        proxy = getattr(self, "proxy", None)
        return None if proxy is None else str(proxy.url)


class ProxyManager(PoolManager, ProxyPools):
    """A ``urllib3.ProxyManager`` that gets the call through, or says precisely why not.

    Its parameters are those of urllib3's and of ``PoolManager``.
    """
