"""Sending a prepared request: what ``Session.send``, ``HTTPAdapter.send`` and ``urlopen`` do.

From the outside in: ``FastSession.send`` keeps cookies and follows redirects; ``FastAdapter.send``
finds the pool of connections; ``answered_directly`` takes a connection that is kept and exchanges
request and response over it. Each may find that the case is not plain, and then calls the method
that it stands in for. By then the innermost may have begun: it hands the connection over, with what
has happened to it (see ``connection.py``), and urllib3 goes on from there.
"""

import logging
import os
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from operator import attrgetter
from time import time
from typing import Any, NamedTuple

import requests
from requests import PreparedRequest, Request, adapters
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.sessions import SessionRedirectMixin
from requests.utils import select_proxy
from urllib3 import connectionpool
from urllib3._collections import HTTPHeaderDict, RecentlyUsedContainer
from urllib3.poolmanager import PoolManager
from urllib3.util.timeout import Timeout

from ringback.client.requests.fast import guard
from ringback.client.requests.fast.connection import (
    READING_GUARD,
    RESPONSE_OPTIONS,
    SENDING_GUARD,
    FastHTTPConnectionPool,
    FastHTTPSConnectionPool,
    Timeouts,
    Unconnected,
    Unreached,
    at_rest,
    discard,
    drop_handed_over,
    hand_over,
    may_reach,
    pool_for,
)
from ringback.client.requests.fast.guard import PatchGuard
from ringback.client.requests.fast.request import (
    PlainUrl,
    merged_settings,
    plain_url,
    prepared_request,
    request_head,
)
from ringback.client.requests.fast.response import MESSAGE_GUARD, RAW_GUARD, built_response
from ringback.client.urllib3.response import HTTPResponse

POOL_GUARD = PatchGuard(
    {
        adapters: "select_proxy _urllib3_request_context urlparse",
        HTTPAdapter: "get_connection_with_tls_context build_connection_pool_key_attributes"
        " request_url",
        PreparedRequest: "path_url",
        PoolManager: "connection_from_host connection_from_context connection_from_pool_key"
        " _merge_pool_kwargs",
    }
)

_MAX_ORIGINS = 256
_lookup_of = attrgetter(
    "connection_from_host",
    "connection_from_context",
    "connection_from_pool_key",
    "_merge_pool_kwargs",
)
_STOCK_LOOKUP = _lookup_of(PoolManager)


PoolTrust = bool | tuple[str, bool]
"""Whether certificates are verified; or the authorities, and whether that is a directory."""


class _KeptPool(NamedTuple):
    manager: Any
    settings: dict[str, Any]
    key: Any


class PoolKeys:
    """The keys under which an adapter's pool manager keeps its pools."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[str, PoolTrust], _KeptPool] = {}

    def find(self, manager: Any, origin: str, trust: PoolTrust) -> Any:
        """Return the pool for an origin; ``None`` where the manager has to be asked."""
        kept = self._known.get((origin, trust))
        if kept is None or kept.manager is not manager:
            return None
        if (
            kept.settings != manager.connection_pool_kw
            or _lookup_of(type(manager)) != _STOCK_LOOKUP
        ):
            return None
        pools = manager.pools
        with pools.lock:
            # The one that was used last need not be moved to the end.
            last = next(reversed(vars(pools)["_container"].items()), None)
        if last is not None and last[0] is kept.key:
            return last[1]
        return pools.get(kept.key)

    def note(self, manager: Any, origin: str, trust: PoolTrust, pool: Any) -> None:
        """Remember under which key a pool is kept."""
        if type(manager.pools) is not RecentlyUsedContainer:
            return
        with manager.pools.lock:
            pools = vars(manager.pools)["_container"]
            keys = [key for key, kept in pools.items() if kept is pool]
        if len(keys) == 1:
            if len(self._known) >= _MAX_ORIGINS:
                self._known.clear()
            settings = dict(manager.connection_pool_kw)
            self._known[origin, trust] = _KeptPool(manager, settings, keys[0])


def pool_trust_of(verify: object) -> PoolTrust | None:
    """Return what of ``verify`` a pool depends on; ``None`` where requests itself must see."""
    if type(verify) is str:
        return verify, os.path.isdir(verify)  # noqa: PTH112 - what requests does
    return verify if type(verify) is bool else None


def has_stock_lookup(adapter: HTTPAdapter) -> bool:
    """Return whether an adapter finds its pools as requests' own does."""
    kind = type(adapter)
    return (
        kind.build_connection_pool_key_attributes is _KEY_ATTRIBUTES
        and "build_connection_pool_key_attributes" not in vars(adapter)
        and POOL_GUARD.holds()
    )


_KEY_ATTRIBUTES = getattr(HTTPAdapter, "build_connection_pool_key_attributes", None)


_OWN_GUARD = PatchGuard(
    {
        adapters: "TimeoutSauce",
        HTTPAdapter: "send add_headers",
        connectionpool: "Timeout _encode_target set_file_position",
        connectionpool.HTTPConnectionPool: "urlopen _make_request _get_timeout _validate_conn",
        connectionpool.HTTPSConnectionPool: "_validate_conn",
        Timeout: "__init__ clone start_connect connect_timeout read_timeout",
    }
)
DIRECT_GUARD = _OWN_GUARD + SENDING_GUARD + READING_GUARD + MESSAGE_GUARD + RAW_GUARD

_LOG = logging.getLogger("urllib3.connectionpool")
_POOLS = (FastHTTPConnectionPool, FastHTTPSConnectionPool)


def answered_directly(
    adapter: HTTPAdapter, request: Any, pool: Any, target: str, timeout: Any, ahead: bool = False
) -> Any:
    """Return the answer to a request, as a response of urllib3 with its body unread.

    ``None``: urllib3 goes on, with the connection handed over if there was one. ``Unreached``:
    nothing was sent and nobody knows; only where ``ahead`` allows to connect before urllib3 does.
    """
    timeouts = _timeouts_of(timeout)
    if (
        timeouts is None
        or not _is_plain(pool, request.body, request.headers)
        or not DIRECT_GUARD.holds()
    ):
        return None
    if adapter.max_retries.history or _LOG.isEnabledFor(logging.DEBUG):
        return None
    try:
        connection = pool._get_conn()  # noqa: SLF001 - as urlopen does
    except Exception:  # noqa: BLE001 - raised again by urlopen, which knows what it means
        return None
    try:
        if connection.sock is not None:
            answer = _exchange(pool, connection, request, target, timeouts)
        else:
            answer = (
                _unreached(adapter, pool, connection, request, target, timeouts) if ahead else None
            )
    except BaseException:  # an interrupt, say: nobody knows how far the exchange has come
        discard(pool, connection)
        raise
    if answer is None:
        hand_over(pool, connection, request)
        return None
    if isinstance(answer, Unreached):
        pool._put_conn(connection)  # noqa: SLF001 - as urlopen does; without a socket it is as good as new
        return answer
    pool.num_requests += 1
    vars(answer).update(_retries=adapter.max_retries, _connection=connection, _pool=pool)
    return answer


def _exchange(pool: Any, connection: Any, request: Any, target: str, timeouts: Timeouts) -> Any:
    # Of a certificate that was not verified, urllib3 warns for each request.
    if pool.scheme == "https" and not connection.is_verified:
        return None
    method, body = request.method, request.body
    plain = at_rest(connection)
    data = request_head(connection, method, target, body, request.headers) if plain else None
    head = None if data is None else connection.exchange(method, data, body, timeouts)
    if head is None:
        return None
    options = RESPONSE_OPTIONS(
        request_method=method,
        request_url=target,
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
    )
    return connection.read_response(head, options)


def _unreached(
    adapter: HTTPAdapter, pool: Any, connection: Any, request: Any, target: str, timeouts: Timeouts
) -> Unreached | None:
    """Connect; return that it was in vain, unless urllib3 has to go on."""
    if not may_reach(adapter, connection) or not at_rest(connection):
        return None
    if request_head(connection, request.method, target, request.body, request.headers) is None:
        return None  # something in it may be refused before anybody connects
    connection.reach(timeouts[0])
    if not isinstance(connection.reached, OSError):
        return None
    error, connection.reached = connection.reached, None
    return Unreached(pool, error)


def _is_plain(pool: Any, body: Any, headers: Any) -> bool:
    """Is it a pool of ours without a proxy, and a request that is not sent in chunks?"""
    return (
        type(pool) in _POOLS
        and pool.proxy is None
        and not pool.proxy_headers
        and not pool.block
        and "urlopen" not in vars(pool)
        and (body is None or "Content-Length" in headers)
    )


def _timeouts_of(timeout: Any) -> Timeouts | None:
    """Return how long to connect and to read; ``None`` where urllib3 has to judge it."""
    connect, read = timeout if type(timeout) is tuple and len(timeout) == 2 else (timeout, timeout)
    for limit in (connect, read):
        if limit is not None and (type(limit) not in {int, float} or limit <= 0):
            return None
    return connect, read


_HAS_POOLS_BY_TRUST = hasattr(HTTPAdapter, "get_connection_with_tls_context")
"""Whether it is requests 2.32: the one before kept all connections to a host in one pool."""
_UNVERIFIED: ContextVar[bool] = ContextVar("ringback_unverified", default=False)
"""Whether the request that is being sent verifies no certificate."""


class FastAdapter(HTTPAdapter):
    """An ``HTTPAdapter`` that does the same in less time."""

    _pool_keys: PoolKeys

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send a request, as in requests."""
        response: requests.Response = self._sent(request, stream, timeout, verify, cert, proxies)
        return response

    def send_once(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response | Unconnected:
        """Send a request; leave what requests raises where nobody could be connected to."""
        options = stream, timeout, verify, cert, proxies
        end = self._sent(request, *options, ahead=True)
        if isinstance(end, Unreached):
            return Unconnected(end.error, partial(self._raise_unreached, end, request, *options))
        response: requests.Response = end
        return response

    def _sent(self, request: PreparedRequest, *options: Any, ahead: bool = False) -> Any:
        answer = self._answer(request, *options[1:], ahead=ahead) if guard.is_on() else None
        if isinstance(answer, Unreached):
            return answer
        if answer is not None:
            return self.build_response(request, answer)
        token = _UNVERIFIED.set(options[2] is False)
        try:
            return super().send(request, *options)
        finally:
            _UNVERIFIED.reset(token)
            drop_handed_over()

    def _raise_unreached(
        self, unreached: Unreached, request: PreparedRequest, *options: Any
    ) -> Any:
        """Raise what requests raises, for a connection that finds nobody a second time."""
        pool, error = unreached
        connection: Any = pool._get_conn()  # noqa: SLF001 - as urlopen does
        connection.close()
        connection.reached = error
        hand_over(pool, connection, request)
        try:
            return super().send(request, *options)
        finally:
            drop_handed_over()

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Return the pool for a request, as in requests."""
        if (pool := pool_for(request)) is not None:
            return pool
        plain = _plain_url_of(request, proxies)
        pool = self._known_pool(plain, verify, cert) if plain else None
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            trust = pool_trust_of(verify) if cert is None else None
            if plain and trust is not None:
                self._keys().note(self.poolmanager, plain.origin, trust, pool)
        return pool

    if not _HAS_POOLS_BY_TRUST:

        def get_connection(self, url: Any, proxies: Any = None) -> Any:
            """Return the pool for a URL; none has connections both verified and not."""
            pool: Any = super().get_connection(url, proxies)
            if pool.scheme != "https" or not _UNVERIFIED.get():
                return pool
            proxy = select_proxy(url, proxies)
            manager: Any = self.poolmanager
            if proxy:
                manager = self.proxy_manager_for(proxy if "://" in proxy else f"http://{proxy}")
            unverified = {"cert_reqs": "CERT_NONE"}
            return manager.connection_from_host(pool.host, pool.port, "https", unverified)

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """Return what the request line asks for, as in requests."""
        plain = _plain_url_of(request, proxies)
        if plain is None or not POOL_GUARD.holds():
            return super().request_url(request, proxies)
        return plain.target

    def build_response(self, req: PreparedRequest, resp: Any) -> requests.Response:
        """Return the response of requests, as in requests."""
        fast = built_response(self, req, resp) if guard.is_on() else None
        return super().build_response(req, resp) if fast is None else fast

    def _answer(
        self, request: Any, timeout: Any, verify: Any, cert: Any, proxies: Any, *, ahead: bool
    ) -> Any:
        plain = _plain_url_of(request, proxies)
        pool = self._known_pool(plain, verify, cert) if plain else None
        if not plain or pool is None or _hooks_of(type(self)) != _OUR_HOOKS:
            return None
        if not _HOOKS.isdisjoint(vars(self)):
            return None
        verified: Any = self.cert_verify
        verified(pool, plain.url, verify, cert)
        return answered_directly(self, request, pool, plain.target, timeout, ahead)

    def _known_pool(self, plain: PlainUrl, verify: Any, cert: Any) -> Any:
        trust = pool_trust_of(verify) if cert is None else None
        if trust is None or not has_stock_lookup(self):
            return None
        return self._keys().find(self.poolmanager, plain.origin, trust)

    def _keys(self) -> PoolKeys:
        known: PoolKeys | None = vars(self).get("_pool_keys")
        if known is None:
            known = self._pool_keys = PoolKeys()
        return known


_HOOKS = frozenset(
    {"get_connection_with_tls_context", "request_url", "add_headers", "get_connection"}
)
_hooks_of = attrgetter(*_HOOKS)
_OUR_HOOKS = _hooks_of(FastAdapter)


def _plain_url_of(request: PreparedRequest, proxies: Any) -> PlainUrl | None:
    """Return the address of a request that goes to it directly."""
    if not guard.is_on() or type(request) is not PreparedRequest:
        return None
    plain = plain_url(request.url)
    return None if plain and proxies and select_proxy(plain.url, proxies) else plain


SESSION_GUARD = PatchGuard(
    {
        requests.Session: "send",
        SessionRedirectMixin: "resolve_redirects get_redirect_target",
        requests.Response: "is_redirect",
        requests.sessions: "extract_cookies_to_jar dispatch_hook resolve_proxies preferred_clock",
        RequestsCookieJar: "extract_cookies make_cookies",
    }
)

_SESSIONS: Any = requests.sessions
_REDIRECT_TARGET = SessionRedirectMixin.get_redirect_target
_OPTIONS_NEEDED = frozenset({"stream", "verify", "cert", "proxies"})


def may_send(session: requests.Session, request: PreparedRequest, options: dict[str, Any]) -> bool:
    """Return whether ``send_prepared`` does what ``Session.send`` would."""
    return (
        type(request) is PreparedRequest
        and not request.hooks.get("response")
        and options.keys() >= _OPTIONS_NEEDED
        and type(session).get_redirect_target is _REDIRECT_TARGET
        and "get_redirect_target" not in vars(session)
        and SESSION_GUARD.holds()
    )


def send_prepared(
    session: Any, request: PreparedRequest, options: dict[str, Any]
) -> requests.Response:
    """Send a request through its adapter, keep its cookies, follow redirects, read the body."""
    follow = options.pop("allow_redirects", True)
    adapter = session.get_adapter(url=request.url)
    began = _SESSIONS.preferred_clock()
    response: requests.Response = adapter.send(request, **options)
    response.elapsed = timedelta(seconds=_SESSIONS.preferred_clock() - began)
    for earlier in response.history:
        _SESSIONS.extract_cookies_to_jar(session.cookies, earlier.request, earlier.raw)
    _keep_cookies(session.cookies, request, response.raw)
    if response.is_redirect:
        response = _followed(session, response, request, options, follow)
    if not options["stream"]:
        _ = response.content
    return response


def _keep_cookies(jar: Any, request: PreparedRequest, raw: Any) -> None:
    known = type(jar) is RequestsCookieJar and type(raw) is HTTPResponse
    if known and type(raw.headers) is HTTPHeaderDict:
        fields = vars(raw.headers)["_container"]
        if "set-cookie" not in fields and "set-cookie2" not in fields:
            # The time at which a jar last looked for cookies; it is pickled along.
            jar._now = jar._policy._now = int(time())  # noqa: SLF001 - as the jar does
            return
    _SESSIONS.extract_cookies_to_jar(jar, request, raw)


def _followed(
    session: Any, first: Any, request: PreparedRequest, options: dict[str, Any], follow: bool
) -> Any:
    """Return the last response; where redirects are not followed, the first, with the next."""
    if not follow:
        following = session.resolve_redirects(first, request, yield_requests=True, **options)
        first._next = next(following, None)  # noqa: SLF001 - as in requests
        return first
    chain = [first, *session.resolve_redirects(first, request, **options)]
    last = chain.pop()
    if chain:
        last.history = chain
    return last


class FastSession(requests.Session):
    """A ``requests.Session`` that does the same in less time."""

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Prepare a request, as in requests."""
        fast = prepared_request(self, request) if guard.is_on() else None
        return super().prepare_request(request) if fast is None else fast

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return the settings of a request, as in requests."""
        fast = merged_settings(self, url, proxies, stream, verify, cert) if guard.is_on() else None
        if fast is not None:
            return fast
        return super().merge_environment_settings(url, proxies, stream, verify, cert)

    def send(self, request: PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request, as in requests."""
        if guard.is_on() and may_send(self, request, kwargs):
            return send_prepared(self, request, kwargs)
        return super().send(request, **kwargs)
