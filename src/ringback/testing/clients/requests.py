"""Calls with requests, and with the urllib3 beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringback.testing.clients.call import NotOfferedError

if TYPE_CHECKING:
    from ringback.testing.clients.call import Call


def call_requests(call: Call) -> bytes:
    """Call with requests."""
    import requests  # noqa: PLC0415 - only where it is installed

    if call.provoke == "crl":
        raise NotOfferedError("requests checks no revocation list")
    with requests.Session() as session:
        session.trust_env = False
        session.verify = call.endpoint.verify or True
        session.cert = call.certificate
        session.proxies.update(call.endpoint.proxies)
        for _ in call.times:
            response = session.request(
                call.method, call.endpoint.url, data=call.body, timeout=call.timeout
            )
            response.raise_for_status()
    if call.provoke == "json":
        response.json()
    return response.content


def call_urllib3(call: Call) -> bytes:
    """Call with urllib3, without its retries; a status is no exception to it."""
    import urllib3  # noqa: PLC0415 - only where it is installed

    options: dict[str, Any] = {
        "ssl_context": call.context(),
        "timeout": call.timeout,
        "retries": urllib3.Retry(connect=0, read=0, other=0, redirect=5),
    }
    with _urllib3_pool(call.proxy, options) as pool:
        for _ in call.times:
            response = pool.request(call.method, call.endpoint.url, body=call.body)
    return call.read(response.data)


def _urllib3_pool(proxy: str | None, options: dict[str, Any]) -> Any:
    import urllib3  # noqa: PLC0415 - only where it is installed

    if proxy is None:
        return urllib3.PoolManager(**options)
    if not proxy.startswith("socks"):
        return urllib3.ProxyManager(proxy, **options)
    try:
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - needs PySocks
    except ImportError as error:
        raise NotOfferedError("urllib3 needs PySocks for this") from error
    return SOCKSProxyManager(proxy, **options)
