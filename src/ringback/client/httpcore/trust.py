"""Whom a transport of httpx trusts, by its own options."""

import os
import ssl
from typing import Any

from ringback.client.trust import Trust, ssl_context


def with_context(options: dict[str, Any], default: Trust) -> dict[str, Any]:
    """Return options of httpx's transport with the shared SSL context in them.

    Args:
        options: ``verify``, ``cert``, ``trust_env``, ``http2`` and any others. ``verify`` may be
            a ``Trust`` as well.
        default: Whom the library trusts.
    """
    verify, cert = options.get("verify", True), options.get("cert")
    if isinstance(verify, ssl.SSLContext):
        return dict(options)
    trust = Trust.of(_named(options, default), client_certificate=cert)
    alpn = ("http/1.1", "h2") if options.get("http2") else ("http/1.1",)
    context = ssl_context(trust, verify=verify is not False, alpn=alpn)
    return {**options, "verify": context, "cert": None}


def proxy_context(options: dict[str, Any], default: Trust) -> ssl.SSLContext:
    """Return the shared SSL context for a proxy that is called over TLS.

    Its certificate is verified, and by the authorities that are named for the targets.

    Args:
        options: As in ``with_context``.
        default: Whom the library trusts.
    """
    return ssl_context(Trust.of(_named(options, default)))


def _named(options: dict[str, Any], default: Trust) -> Any:
    verify = options.get("verify", True)
    if not isinstance(verify, bool | ssl.SSLContext):
        return verify
    if options.get("trust_env", True):
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            if path := os.environ.get(name):
                return path
    return default
