"""The transports that one transport of ours is made of: one for each proxy, verified or not."""

import os
import ssl
from collections.abc import Callable
from typing import Any

from ringback.client.httpcore.library import Library
from ringback.client.proxies import Proxies
from ringback.client.trust import Trust, ssl_context
from ringback.client.wire import with_variable
from ringback.errors import TLSFilesInvalid, note


def with_context(options: dict[str, Any], default: Trust) -> dict[str, Any]:
    """Return options of httpx's transport with the shared SSL context in them."""
    verify, cert = options.get("verify", True), options.get("cert")
    if isinstance(verify, ssl.SSLContext):
        return dict(options)
    trust = Trust.of(_named(options, default), client_certificate=cert)
    alpn = ("http/1.1", "h2") if options.get("http2") else ("http/1.1",)
    try:
        context = ssl_context(trust, verify=verify is not False, alpn=alpn)
    except TLSFilesInvalid as error:
        failure = with_variable(error.failure, _named(options, None), *CA_VARIABLES)
        if failure is not None and failure is not error.failure:
            error.failure = failure
            error.add_note(note(failure))
        raise
    return {**options, "verify": context, "cert": None}


def _named(options: dict[str, Any], default: Trust | None) -> Any:
    verify = options.get("verify", True)
    if not isinstance(verify, bool | ssl.SSLContext):
        return verify
    if options.get("trust_env", True):
        return next(filter(None, map(os.environ.get, CA_VARIABLES)), default)
    return default


CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables of the environment that say whom to trust; the first that is set counts."""


TransportKey = tuple[str | None, bool]
"""URL of the proxy, and whether the server's certificate is verified."""


class Transports:
    """Makes a transport for each route, once."""

    def __init__(
        self,
        library: Library,
        make: Callable[[Any], Any],
        known: Callable[..., Any],
        options: dict[str, Any],
    ) -> None:
        self._library = library
        self._make = make
        self._known = known
        self.proxies, self._options = _chosen(options)  # Those to choose from; `None`: none
        # The transport without a proxy from that choice
        self.direct = self._made(None, verified=True)
        self._others: dict[TransportKey, Any] = {}

    def by(self, proxy: str | None, *, verified: bool) -> Any:
        """Return the transport for a route."""
        if proxy is None and verified:
            return self.direct
        key = proxy, verified
        if key not in self._others:
            made = self._made(proxy, verified=verified)
            return self._others.setdefault(key, made)
        return self._others[key]

    def all(self) -> list[Any]:
        """Return every transport that was made."""
        return [self.direct, *self._others.values()]

    def _made(self, proxy: str | None, *, verified: bool) -> Any:
        options = self._options if verified else {**self._options, "verify": False}
        options = with_context(options, self._library.trust)
        if proxy is not None:
            options["proxy"] = self._proxy(proxy)
        made = self._make(self._known(**options))
        made.authorities = _named(self._options, None)  # for what is said of a failure
        return made

    def _proxy(self, url: str) -> Any:
        """A proxy of httpx; without a context, one would be made for each connection to it."""
        # Its certificate is verified, and by the authorities that are named for the targets.
        trust = Trust.of(_named(self._options, self._library.trust))
        context = ssl_context(trust) if url.startswith("https:") else None
        return self._library.httpx.Proxy(url, ssl_context=context)


def _chosen(options: dict[str, Any]) -> tuple[Proxies | None, dict[str, Any]]:
    """The proxies to choose from, and the other options."""
    rest = dict(options)
    named = rest.pop("proxies", None)
    if named is None and isinstance(rest.get("proxy"), str):
        named = rest.pop("proxy")
    if named is not None:
        return Proxies.of(named), rest
    environment = rest.get("trust_env", True) and not (rest.get("proxy") or rest.get("uds"))
    return Proxies() if environment else None, rest
