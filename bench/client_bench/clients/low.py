"""Clients below requests: what is left when everything above is taken away."""

# ruff: noqa: PLC0415 - a peer may not be installed, and the other rows do not load it

import socket
from contextlib import closing, contextmanager
from http.client import HTTPConnection

HOST = "127.0.0.1"


@contextmanager
def raw_socket(bench):
    """The floor: one send, one receive."""
    with socket.create_connection((HOST, bench.site.port)) as connection:
        request = f"GET /small HTTP/1.1\r\nHost: {HOST}:{bench.site.port}\r\n\r\n".encode()

        def call():
            connection.sendall(request)
            if not connection.recv(65536).startswith(b"HTTP/1.1 200 "):
                raise RuntimeError("status")

        yield call


@contextmanager
def http_client(bench):
    """The standard library."""
    with closing(HTTPConnection(HOST, bench.site.port)) as connection:

        def call():
            connection.request("GET", "/small")
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"status {response.status}")

        yield call


@contextmanager
def urllib3(bench):
    """urllib3's pool manager."""
    import urllib3

    with urllib3.PoolManager() as pools:
        yield lambda: _read(pools.request("GET", bench.site.http + "/small"))


@contextmanager
def ringback_urllib3(bench):
    """Our pool manager."""
    from ringback.client.urllib3 import PoolManager

    with PoolManager() as pools:
        yield lambda: _read(pools.request("GET", bench.site.http + "/small"))


def _read(response):
    if response.status != 200 or not response.data:
        raise RuntimeError(f"status {response.status}")


@contextmanager
def pycurl(bench):
    """libcurl, the handle kept."""
    import pycurl

    with closing(pycurl.Curl()) as curl:
        curl.setopt(pycurl.URL, bench.site.http + "/small")

        def call():
            if not curl.perform_rs() or curl.getinfo(pycurl.RESPONSE_CODE) != 200:
                raise RuntimeError("status")

        yield call


@contextmanager
def pyreqwest(bench):
    """Rust's reqwest; it works in threads of its own."""
    from pyreqwest.client import SyncClientBuilder

    with SyncClientBuilder().build() as client:

        def call():
            response = client.get(bench.site.http + "/small").build().send()
            response.bytes()
            if response.status != 200:
                raise RuntimeError(f"status {response.status}")

        yield call
