"""Every client that the matrix calls, and which of them must be there in this environment."""

from __future__ import annotations

import asyncio
import importlib
import os
import warnings

from integrations import library

from ringback.testing.clients import CLIENTS, Client

_ANY = ("http", "socks")
_HTTPX = ("http", "socks5")

INTEGRATIONS = {
    **CLIENTS,
    "urllib3": Client("urllib3", library.like_urllib3("urllib3"), _ANY),
    "httpx": Client("httpx", library.like_httpx("httpx"), _HTTPX, http2=True),
    "httpx-async": Client("httpx", library.like_httpx_async("httpx"), _HTTPX, http2=True),
    "asyncio": Client("asyncio", lambda call: asyncio.run(library.stream(call)), ()),
    "http.client": Client("http.client", library.plain, ()),
    "pip": Client("pip._vendor.requests", library.like_requests("pip._vendor.requests"), _ANY),
    "niquests": Client("niquests", library.like_requests("niquests"), _ANY),
    "urllib3-future": Client("urllib3_future", library.like_urllib3("urllib3_future"), _ANY),
    "httpx2": Client("httpx2", library.like_httpx("httpx2"), _HTTPX, http2=True),
    "httpx2-async": Client("httpx2", library.like_httpx_async("httpx2"), _HTTPX, http2=True),
    "botocore": Client("botocore", library.buckets),
    "websockets": Client("websockets", library.sockets_of_the_web, ()),
}
"""Name → client."""

DEFAULT = (*CLIENTS, "asyncio", "http.client", "pip")
"""Those of the standard library and of the ``test`` extra."""


def wanted(known, default):
    """The names in ``RINGBACK_TEST_CLIENTS`` that are known, else the default ones.

    Raises:
        ImportError: One of them is not installed.
    """
    names = os.environ.get("RINGBACK_TEST_CLIENTS")
    chosen = [name for name in (names.split() if names else default) if name in known]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a client is warned of is its own affair
        for name in chosen:
            importlib.import_module(known[name].module)
    return chosen
