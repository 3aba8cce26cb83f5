"""Clients that only share an interface with one of ``ringback.testing.clients``."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import http.client
import importlib
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from ringback.testing.clients import ClientCall, NotOfferedError


@dataclass(frozen=True)
class Request(ClientCall):
    """A call of which a test says more."""

    method: str = "GET"
    body: bytes | None = None
    tls: ssl.SSLContext | None = None

    def context(self):
        return self.tls or super().context()


async def stream(call):
    """The streams of asyncio; they know nothing of HTTP."""
    parts = urlsplit(call.endpoint.url)
    tls = {"ssl": call.context()} if parts.scheme == "https" else {}
    body = call.body or b""
    head = f"{call.method} {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    async with asyncio.timeout(call.timeout):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, **tls)
    try:
        writer.write(head.encode() + body)
        async with asyncio.timeout(call.timeout):
            await writer.drain()
            answered = await reader.readuntil(b"\r\n\r\n")
            await reader.read()
    finally:
        writer.transport.abort()
    return answered


def plain(call):
    """``http.client``, which goes through a proxy where the program writes it so."""
    parts, via = urlsplit(call.endpoint.url), urlsplit(call.proxy or call.endpoint.url)
    tls = {"context": call.context()} if parts.scheme == "https" else {}
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    target = call.endpoint.url if call.proxy else parts.path or "/"
    with contextlib.closing(
        kind(via.hostname, via.port, timeout=call.timeout, **tls)
    ) as connection:
        if call.proxy and tls:
            connection.set_tunnel(parts.hostname, parts.port)
        for _ in call.times:
            connection.request(call.method, target, call.body)
            answered = connection.getresponse()
            answered.read()
    return answered.status


def like_requests(name):
    """Return the function of a library with the interface of requests."""

    def function(call):
        with importlib.import_module(name).Session() as session:
            session.trust_env = False
            session.proxies.update(call.endpoint.proxies)
            session.verify = call.endpoint.verify or True
            session.cert = call.certificate
            for _ in call.times:
                response = session.request(
                    call.method, call.endpoint.url, data=call.body, timeout=call.timeout
                )
                response.raise_for_status()
        if call.provoke == "json":
            response.json()

    return function


def like_urllib3(name):
    """Return the function of a library with the interface of urllib3."""

    def function(call):
        library = importlib.import_module(name)
        options = {
            "timeout": call.timeout,
            "cert_reqs": "CERT_REQUIRED",
            "ca_certs": call.endpoint.verify,
            "cert_file": call.certificate,
            "retries": library.Retry(connect=0, read=0, other=0, redirect=5),
        }
        with _pool(name, call.proxy, options) as pool:
            for _ in call.times:
                response = pool.request(call.method, call.endpoint.url, body=call.body)
        if call.provoke == "json":
            if not hasattr(response, "json"):
                raise NotOfferedError("urllib3 1.26 reads no JSON")
            response.json()

    return function


def _pool(name, proxy, options):
    library = importlib.import_module(name)
    if proxy is None:
        return library.PoolManager(**options)
    if proxy.startswith("socks"):
        return importlib.import_module(f"{name}.contrib.socks").SOCKSProxyManager(proxy, **options)
    return library.ProxyManager(proxy, **options)


def like_httpx(name):
    """Return the function of a library with the blocking interface of httpx."""

    def function(call):
        with importlib.import_module(name).Client(**_httpx(call)) as client:
            for _ in call.times:
                response = client.request(call.method, call.endpoint.url, content=call.body)
                response.raise_for_status()
        if call.provoke == "json":
            response.json()

    return function


def like_httpx_async(name):
    """Return the function of a library with the asynchronous interface of httpx."""

    async def go(call):
        async with importlib.import_module(name).AsyncClient(**_httpx(call)) as client:
            for _ in call.times:
                response = await client.request(call.method, call.endpoint.url, content=call.body)
                response.raise_for_status()
        if call.provoke == "json":
            response.json()

    return lambda call: asyncio.run(go(call))


def _httpx(call):
    return {
        "verify": call.context(),
        "timeout": call.timeout,
        "proxy": call.proxy,
        "http2": call.provoke == "http2",
        "follow_redirects": True,
        "trust_env": False,
    }


def sockets_of_the_web(call):
    """websockets: the opening handshake is an HTTP request."""
    url = call.endpoint.url.replace("http", "ws", 1)
    tls = {"ssl": call.context()} if url.startswith("wss") else {}
    with importlib.import_module("websockets.sync.client").connect(
        url, open_timeout=call.timeout, close_timeout=call.timeout, proxy=None, **tls
    ) as connection:
        connection.recv(timeout=call.timeout)


@functools.cache
def _session():
    return importlib.import_module("botocore.session").get_session()


def buckets(call):
    """botocore: one object of one bucket, or the begin of an upload, which is a POST."""
    client = _session().create_client(
        "s3",
        region_name="eu-central-1",
        aws_access_key_id="lab",
        aws_secret_access_key="lab",
        endpoint_url=call.endpoint.url,
        verify=call.endpoint.verify or True,
        config=importlib.import_module("botocore.config").Config(
            connect_timeout=call.timeout,
            read_timeout=call.timeout,
            retries={"mode": "standard", "total_max_attempts": 1},
            proxies=call.endpoint.proxies or None,
            client_cert=call.certificate,
            s3={"addressing_style": "path"},
        ),
    )
    if call.method == "POST":
        client.create_multipart_upload(Bucket="bucket", Key="key")
    else:
        client.get_object(Bucket="bucket", Key="key")["Body"].read()
