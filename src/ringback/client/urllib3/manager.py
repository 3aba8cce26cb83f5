"""Pool managers whose requests are made under a policy: ringback's integration with urllib3."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

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
from ringback.client.urllib3.exchange import (
    OnlyRedirects,
    RoutedUrllib3Exchange,
    Urllib3Exchange,
    as_asked,
    is_repeated,
    only_redirects,
)
from ringback.client.urllib3.pools import (
    IS_URLLIB3,
    HTTPConnectionPool,
    HTTPSConnectionPool,
    Pools,
    ProxyPools,
)
from ringback.client.urllib3.response import specialised_errors
from ringback.event import Listeners, Sink
from ringback.failure import Target
from ringback.failure.target import target_of_url
from ringback.retry import Policy, Timeout
from ringback.sink.listening import listeners_for
from ringback.values import replace

_PROXY_OPTIONS = ("_proxy", "_proxy_headers", "_proxy_config", "_socks_options")
_VERIFY_OPTIONS = ("ssl_context", "ca_certs", "ca_cert_dir", "ca_cert_data", "assert_hostname")

Options = dict[str, Any]


class FallbackPools:
    """Keeps the pools of one manager for fallbacks; none is ever taken without being asked for."""

    def __init__(self, classes: dict[str, Any], limits: Timeout, trust: Trust | None) -> None:
        self._direct = Pools(limits=limits, trust=trust)
        self._through = Pools(limits=limits, trust=trust)
        self._through.pool_classes_by_scheme = classes

    def send(
        self, pool_settings: Options, url: str, method: str, *, direct: bool, verify: bool
    ) -> Callable[..., Any]:
        """Return what sends a request once, as ``urlopen`` of a pool does.

        ``pool_settings``: of the pool that the request was for; ``direct``: past the proxy. A
        fingerprint that a certificate must have is asked for without ``verify`` as well.
        """
        context = pool_settings if verify else _unverified(pool_settings)
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
    kept = {name: value for name, value in context.items() if name not in _VERIFY_OPTIONS}
    return {**kept, "cert_reqs": "CERT_NONE"}


def _past_proxy(context: Options, url: str) -> tuple[Options, str]:
    """The settings and the URL for the target; a request in the clear names it to its proxy."""
    kept = {name: value for name, value in context.items() if name not in _PROXY_OPTIONS}
    if url.startswith("/"):
        return kept, url
    to: Any = parse_url(url)
    port = to.port or port_by_scheme.get(to.scheme)
    return {**kept, "scheme": to.scheme, "host": to.host, "port": port}, to.request_uri


_POSITIONAL = (
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


class CallSettings(NamedTuple):
    """How the requests of a manager are made."""

    policy: Policy  # Limits of each call
    listeners: Listeners  # Receive the event of every attempt
    clock: Clock  # Time and chance
    origins: Origins  # What the process knows of each origin
    timed: bool  # The manager was given a timeout, which goes before the policy's
    fallbacks: FallbackPools | None  # Their pools, where the policy names hosts for any


class PolicedHTTPPool(HTTPConnectionPool):
    """A pool whose requests are made under a policy."""

    call_settings: CallSettings  # How
    proxy_url: str | None = None  # Of the proxy
    pool_settings: Options  # Its settings, as the manager keeps pools by them

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

        A ``Retry`` of one's own takes the place of the policy's attempts: urllib3 tries again then,
        within the deadline. Of a number only the limit of redirects counts; with 0 or ``False`` it
        is tried once.
        """
        if rest:
            options.update(zip(_POSITIONAL, rest, strict=False))
        options["body"], options["redirect"] = body, redirect
        if is_repeated(retries):
            options["headers"], options["retries"] = headers, retries
            return super().urlopen(method, url, **options)
        options["headers"] = self.headers if headers is None else headers
        if not _is_timeout(options.get("timeout", _UNSET)):
            options.pop("timeout", None)
            if self.call_settings.timed:
                options["timeout"] = self.timeout
        wanted = self.retries if retries is None else retries
        asked = as_asked(wanted)
        options["retries"] = only_redirects(wanted, self.retries) if asked is None else asked
        send, once = partial(super().urlopen, method, url), asked is not None or _is_once(wanted)
        return self._driven(method, url, send, options, once=once)

    def _driven(
        self, method: str, url: str, send: Any, options: dict[str, Any], *, once: bool
    ) -> Any:
        settings, target = self.call_settings, self._target(url)
        policy = replace(settings.policy, attempts=1) if once else settings.policy
        call = self._call(url, (method, target, send, options, policy, settings.clock))
        origin = origin_of(target.url or "")
        circuit = f"{origin} through {origin_of(self.proxy_url)}" if self.proxy_url else origin
        guard = settings.origins.guard(circuit)
        attempt: AttemptMaker[Any] = call.attempt
        if policy.bulkhead or policy.rate:
            full = partial(EmptyPoolError, self)
            attempt = bounded(attempt, call, origin, policy, full, settings.clock)
        return self._result(
            drive(attempt, call, policy, guard, settings.listeners, settings.clock), url
        )

    def _call(self, url: str, parts: tuple[Any, ...]) -> Urllib3Exchange:
        settings = self.call_settings
        if settings.fallbacks is None:
            return Urllib3Exchange(*parts)
        asked = self._target(url).url or ""
        routes = RouteSelector(
            asked, settings.policy, UNLISTED_PROXIES, settings.listeners, settings.clock
        )
        send = partial(settings.fallbacks.send, self.pool_settings, url)
        return RoutedUrllib3Exchange(*parts, routes=routes, send=send, proxy=self.proxy_url)

    def _result(self, ended: Any, url: str) -> Any:
        """Return the response, that which a call was given up with too, or raise how it ended."""
        if not isinstance(ended, Ended):
            return ended
        if ended.decisive is None or ended.decisive.result is None:
            told = ended.decision.failure.message
            raise_prepared(error_of(ended, lambda: MaxRetryError(self, url, HTTPError(told))))
        response = ended.decisive.result
        response.retry_at = ended.retry_at
        return response

    def _target(self, url: str) -> Target:
        host = f"[{self.host}]" if ":" in self.host else self.host
        base = f"{self.scheme}://{host}:{self.port}" if url.startswith("/") else ""
        target = target_of_url(base + url)
        if not self.proxy_url:
            return target
        proxy = target_of_url(self.proxy_url)
        return replace(target, proxy=f"{proxy.host}:{proxy.port}")


class PolicedHTTPSPool(PolicedHTTPPool, HTTPSConnectionPool):
    """The same over TLS."""


_UNSET: Any = object()


def _is_timeout(value: Any) -> bool:
    """Whether a timeout was given; urllib3 has an object for "the default"."""
    return value is None or isinstance(value, (int, float, LibraryTimeout))


def _is_once(retries: Any) -> bool:
    total = retries.total if isinstance(retries, OnlyRedirects) else retries
    return total is not None and not total


class PoolManager(Pools):
    """A ``urllib3.PoolManager`` that gets the call through, or says precisely why not.

    It gives default timeouts and a deadline, tries again what may be sent again as far as the
    retry budget allows, refuses calls to an endpoint whose circuit is open, sends an event of each
    attempt to the sinks, and raises what urllib3 raises, specialised (see ``ringback.errors``).

    A ``Retry`` of one's own, given here or with a request, takes the place of the policy's
    attempts: urllib3 does as it says, within the deadline, and the call is one attempt. Of a number
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
            sinks: Receive the event of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
            trust: Whom to trust in place of urllib3's choice: ``"system"``, ``"certifi"``, a PEM
                file, several of these, or a ``Trust``.
            **options: As in urllib3; a ``timeout`` goes before the policy's.

        Raises:
            ImportError: A package that replaces urllib3 is installed in its place.
        """
        if not IS_URLLIB3:
            raise ImportError("PoolManager needs urllib3; another package is in its place")
        self.policy = policy or Policy()
        own = None if trust is None else Trust.of(trust)
        self.call_settings = CallSettings(
            self.policy,
            listeners_for(sinks),
            clock or Clock(),
            origins_under(self.policy),
            timed="timeout" in options,
            fallbacks=self._fallbacks(own),
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
        with specialised_errors(url), within(self._deadline()):
            return super().urlopen(method, url, redirect, **options)

    def clear(self) -> None:
        """Close every connection that is not in use, as in urllib3."""
        super().clear()
        if self.call_settings.fallbacks:
            self.call_settings.fallbacks.clear()

    def _fallbacks(self, trust: Trust | None) -> FallbackPools | None:
        policy = self.policy
        named = policy.insecure_hosts or policy.direct_hosts
        return FallbackPools(super().classes, policy.timeout, trust) if named else None

    def _deadline(self) -> float | None:
        """When the call must have ended, its redirects included."""
        real = self.call_settings.clock.monotonic is monotonic
        return monotonic() + self.policy.deadline if real else None

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> Any:
        settings = self.connection_pool_kw if request_context is None else request_context
        pool_settings = {**settings, "scheme": scheme, "host": host, "port": port}
        pool: Any = super()._new_pool(scheme, host, port, request_context=request_context)
        pool.call_settings = self.call_settings
        pool.pool_settings = pool_settings
        pool.proxy_url = self._proxy_url()
        return pool

    def _proxy_url(self) -> str | None:
        proxy = getattr(self, "proxy", None)
        return None if proxy is None else str(proxy.url)


class ProxyManager(PoolManager, ProxyPools):
    """A ``urllib3.ProxyManager`` that gets the call through, or says precisely why not.

    Its parameters are those of urllib3's and of ``PoolManager``.
    """
