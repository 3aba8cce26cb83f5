"""ringback under urllib3, and under what stands on its connections: requests and botocore."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from time import monotonic
from types import ModuleType
from typing import Any

import urllib3.connection
import urllib3.connectionpool
import urllib3.poolmanager
from urllib3 import Retry
from urllib3._collections import HTTPHeaderDict  # 1.26 has it nowhere else
from urllib3.exceptions import EmptyPoolError, HTTPError, MaxRetryError
from urllib3.util.timeout import Timeout

from ringback.client.call import Clock, Ended
from ringback.client.deadline import within, within_deadline
from ringback.client.drive_sync import bounded, drive
from ringback.client.http import add_key
from ringback.client.install.patch import InstallSettings, Patches, inside_call, is_inside_call
from ringback.client.origin import origin_of
from ringback.client.origins import origins_under
from ringback.client.raising import error_of, raise_prepared
from ringback.client.urllib3.connection import HTTPConnection, HTTPSConnection
from ringback.client.urllib3.exchange import OnlyRedirects, Urllib3Exchange, check_deadline
from ringback.client.urllib3.pools import IS_URLLIB3, HTTPConnectionPool, Pools, begun
from ringback.client.urllib3.response import specialised_errors
from ringback.failure import Target
from ringback.failure.target import target_of_url

Function = Callable[..., Any]

_Replacement = tuple[Any, type]
"""A pool of urllib3, and the class of its connections that is ours."""


def patch_connections(settings: InstallSettings, patches: Patches) -> None:
    """Let urllib3's pools make connections of ours, unless nothing is to be tried again.

    A pool whose connections others have replaced keeps theirs.
    """
    if not settings.retry or not IS_URLLIB3:
        return
    plain = urllib3.connectionpool.HTTPConnectionPool
    if _is_stock(plain):
        patches.wrap(plain, "_get_conn", _get_conn)
        patches.wrap(Retry, "sleep", _unless_late)
    for pool, ours in (*_direct(), *_by_socks()):
        if _is_stock(pool):
            patches.replace(pool, "ConnectionCls", ours)


def _is_stock(pool: Any) -> bool:
    # A recorder replaces the class in its module as well, so that the two are the same again.
    return str(pool.ConnectionCls.__module__).startswith("urllib3.")


def _direct() -> tuple[_Replacement, ...]:
    pools = urllib3.connectionpool
    return (pools.HTTPConnectionPool, HTTPConnection), (pools.HTTPSConnectionPool, HTTPSConnection)


def _by_socks() -> tuple[_Replacement, ...]:
    if find_spec("socks") is None:  # PySocks, whose absence urllib3 warns of
        return ()
    stock = import_module("urllib3.contrib.socks")
    ours = import_module("ringback.client.urllib3.socks")
    return (
        (stock.SOCKSHTTPConnectionPool, ours.SocksConnection),
        (stock.SOCKSHTTPSConnectionPool, ours.SocksHTTPSConnection),
    )


def _unless_late(original: Function) -> Function:
    """urllib3 waits not where the deadline comes before its next attempt: the last one counts."""

    def sleep(self: Any, response: Any = None) -> None:
        check_deadline(self, response)
        original(self, response)

    return sleep


def _get_conn(original: Function) -> Function:
    def get_conn(self: Any, timeout: float | None = None) -> Any:
        seconds = within_deadline(timeout) if self.block else timeout
        proxied = self.proxy is not None or "_socks_options" in self.conn_kw
        return begun(original(self, seconds), proxied=proxied)

    return get_conn


def patch_urllib3(library: ModuleType, settings: InstallSettings, patches: Patches) -> None:
    """Put ringback under urllib3."""
    pool, manager = library.connectionpool.HTTPConnectionPool, library.PoolManager
    patches.wrap(pool, "urlopen", lambda original: _urlopen(original, settings))
    patches.wrap(manager, "urlopen", lambda original: _with_redirects(original, settings))
    patch_connections(settings, patches)


def _with_redirects(original: Function, settings: InstallSettings) -> Function:
    def urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if is_inside_call() or isinstance(self, Pools):
            return original(self, method, url, *args, **kwargs)
        with specialised_errors(url), within(monotonic() + settings.policy.deadline):
            return original(self, method, url, *args, **kwargs)

    return urlopen


_FOLLOW = OnlyRedirects(total=None, connect=0, read=0, redirect=3, status=0, other=0)

_POSITIONAL = (
    *("body", "headers", "retries", "redirect", "assert_same_host", "timeout", "pool_timeout"),
    *("release_conn", "chunked", "body_pos", "preload_content", "decode_content"),
)
"""The parameters of ``urlopen`` behind the method and the URL."""


class _Bare(Urllib3Exchange):
    """Where nothing is tried again, the program takes what urllib3 takes for the end of a body."""

    __slots__ = ()
    responses = frozenset()


def _urlopen(original: Function, settings: InstallSettings) -> Function:
    clock, once = Clock(), replace(settings.policy, attempts=1)
    origins, exchange = origins_under(settings.policy), Urllib3Exchange if settings.retry else _Bare

    def urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if is_inside_call() or isinstance(self, HTTPConnectionPool):
            return original(self, method, url, *args, **kwargs)
        options = {**dict(zip(_POSITIONAL, args, strict=False)), **kwargs}
        if options.get("headers") is None:
            options["headers"] = self.headers
        policy = once if _has_retries(self, options) else settings.policy
        if policy is not once:
            options["retries"] = options.get("retries") or _FOLLOW
        if "timeout" not in options and _has_timeout(self):
            options["timeout"] = self.timeout
        target = _target_of(self, url)
        if named := policy.idempotency_key:
            options["headers"] = HTTPHeaderDict(options["headers"])
            add_key(options["headers"], method, target.url or "", named)

        def send(**options: Any) -> Any:
            with inside_call():
                return original(self, method, url, **options)

        call = exchange(method, target, send, options, policy, clock)
        origin = origin_of(target.url or "")
        guard = origins.guard(f"{origin} through {target.proxy}" if target.proxy else origin)
        attempt = bounded(call.attempt, call, origin, policy, partial(EmptyPoolError, self), clock)
        return _result(self, url, drive(attempt, call, policy, guard, settings.listeners, clock))

    return urlopen


def _result(pool: Any, url: str, ended: Any) -> Any:
    if not isinstance(ended, Ended):
        return ended
    if ended.decisive is None or ended.decisive.result is None:
        told = ended.decision.failure.message
        raise_prepared(error_of(ended, lambda: MaxRetryError(pool, url, HTTPError(told))))
    return ended.decisive.result


def _has_retries(pool: Any, options: dict[str, Any]) -> bool:
    """Whether the program says what urllib3 shall try again, if only: nothing."""
    asked = options.get("retries")
    asked = pool.retries if asked is None else asked
    return asked is not Retry.DEFAULT and not isinstance(asked, OnlyRedirects)


_UNTOLD = vars(Timeout())


def _has_timeout(pool: Any) -> bool:
    return bool(vars(pool.timeout) != _UNTOLD)


def _target_of(pool: Any, url: str) -> Target:
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    base = f"{pool.scheme}://{host}:{pool.port}" if url.startswith("/") else ""
    through = f"{pool.proxy.host}:{pool.proxy.port}" if pool.proxy else None
    return replace(target_of_url(base + url), proxy=through)
