"""One exchange over a connection that is kept: from the adapter to the wire and back.

It does what ``HTTPAdapter.send`` and urllib3's ``urlopen`` do where all goes well. Where it does
not, the connection is handed over as it is and they go on from there: with the request sent or
not, and with what sending it or waiting for the answer has raised.
"""

import logging
from typing import Any

from requests import adapters
from requests.adapters import HTTPAdapter
from urllib3 import connectionpool
from urllib3.util.timeout import Timeout

from ringback.client.requests.fast import connection, handover, message, raw, reach
from ringback.client.requests.fast.asking import asked
from ringback.client.requests.fast.connection import OPTIONS, Waits
from ringback.client.requests.fast.pools import FastHTTPConnectionPool, FastHTTPSConnectionPool
from ringback.client.requests.fast.reach import Unreached
from ringback.client.requests.fast.watch import Watch

_OWN = Watch(
    {
        adapters: "TimeoutSauce",
        HTTPAdapter: "send add_headers",
        connectionpool: "Timeout _encode_target set_file_position",
        connectionpool.HTTPConnectionPool: "urlopen _make_request _get_timeout _validate_conn",
        connectionpool.HTTPSConnectionPool: "_validate_conn",
        Timeout: "__init__ clone start_connect connect_timeout read_timeout",
    }
)
WATCH = _OWN + connection.SENDING + connection.READING + message.WATCH + raw.WATCH

_LOG = logging.getLogger("urllib3.connectionpool")
_POOLS = (FastHTTPConnectionPool, FastHTTPSConnectionPool)


def sent(
    adapter: HTTPAdapter, request: Any, pool: Any, target: str, timeout: Any, ahead: bool = False
) -> Any:
    """Return the answer to a request, as a response of urllib3 with its body unread.

    Args:
        adapter: Which sends it.
        request: It, prepared.
        pool: Of the connections to its server.
        target: What the request line asks for.
        timeout: As in requests.
        ahead: Connect before urllib3 does, if need be.

    Returns:
        ``None``: urllib3 goes on; with the connection handed over, if there was one.
        ``Unreached``: nothing was sent, and nobody has been told.
    """
    waits = _waits(timeout)
    if waits is None or not _plain(pool, request.body, request.headers) or not WATCH.holds():
        return None
    if adapter.max_retries.history or _LOG.isEnabledFor(logging.DEBUG):
        return None
    try:
        one = pool._get_conn()  # noqa: SLF001 - as urlopen does
    except Exception:  # noqa: BLE001 - raised again by urlopen, which knows what it means
        return None
    try:
        if one.sock is not None:
            answer = _exchange(pool, one, request, target, waits)
        else:
            answer = _unreached(adapter, pool, one, request, target, waits) if ahead else None
    except BaseException:
        handover.discard(pool, one)
        raise
    if answer is None:
        handover.give(pool, one, request)
        return None
    if isinstance(answer, Unreached):
        pool._put_conn(one)  # noqa: SLF001 - as urlopen does; without a socket it is as good as new
        return answer
    pool.num_requests += 1
    vars(answer).update(_retries=adapter.max_retries, _connection=one, _pool=pool)
    return answer


def _exchange(pool: Any, one: Any, request: Any, target: str, waits: Waits) -> Any:
    # Of a certificate that was not verified, urllib3 warns for each request.
    if pool.scheme == "https" and not one.is_verified:
        return None
    method, body = request.method, request.body
    plain = connection.at_rest(one)
    data = asked(one, method, target, body, request.headers) if plain else None
    head = None if data is None else one.exchange(method, data, body, waits)
    if head is None:
        return None
    options = OPTIONS(
        request_method=method,
        request_url=target,
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
    )
    return one.read(head, options)


def _unreached(
    adapter: HTTPAdapter, pool: Any, one: Any, request: Any, target: str, waits: Waits
) -> Unreached | None:
    """Connect; return that it was in vain, unless urllib3 has to go on."""
    if not reach.may_reach(adapter, one) or not connection.at_rest(one):
        return None
    if asked(one, request.method, target, request.body, request.headers) is None:
        return None  # something in it may be refused before anybody connects
    one.reach(waits[0])
    if not isinstance(one.reached, OSError):
        return None
    error, one.reached = one.reached, None
    return Unreached(pool, error)


def _plain(pool: Any, body: Any, headers: Any) -> bool:
    """Is it a pool of ours without a proxy, and a request that is not sent in chunks?"""
    return (
        type(pool) in _POOLS
        and pool.proxy is None
        and not pool.proxy_headers
        and not pool.block
        and "urlopen" not in vars(pool)
        and (body is None or "Content-Length" in headers)
    )


def _waits(timeout: Any) -> Waits | None:
    """Return how long to connect and to read; ``None`` where urllib3 has to judge it."""
    connect, read = timeout if type(timeout) is tuple and len(timeout) == 2 else (timeout, timeout)
    for limit in (connect, read):
        if limit is not None and (type(limit) not in {int, float} or limit <= 0):
            return None
    return connect, read
