"""The pools by which a call gets around what failed: without a proxy, or without verification."""

from collections.abc import Callable
from functools import partial
from typing import Any

from urllib3.connection import port_by_scheme
from urllib3.util import parse_url

from ringback.client.trust import Trust
from ringback.client.urllib3.pools import Pools
from ringback.retry import Timeout

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

        Args:
            made_with: The settings of the pool that the request was for.
            url: As given to that pool.
            method: HTTP method.
            direct: Past the proxy.
            verify: Verify the server's certificate, as the pool does. A fingerprint that it must
                have is asked for in any case.
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
