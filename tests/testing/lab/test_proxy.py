import base64
import ssl
from urllib.parse import urlsplit

import pytest

from tests.requires import requires
from tests.testing.lab.wire import (
    SILENCE,
    WAIT_TIMEOUT,
    connect,
    exchange,
    read_to_end,
)

STATUSES = {
    "proxy.auth_required": 407,
    "proxy.auth_required:rejected": 407,
    "proxy.denied:403": 403,
    "proxy.upstream_failed": 502,
    "proxy.upstream_failed:502": 502,
    "proxy.upstream_failed:503": 503,
    "proxy.upstream_failed:504": 504,
}
TUNNELS = ("ok:proxy_tunnel", "ok:proxy_user")


def connect_request(met):
    """The CONNECT that a client sends, with the user of the proxy's URL."""
    proxy = urlsplit(met.proxies["https"])
    target = urlsplit(met.url).netloc
    head = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
    if proxy.username:
        user = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        head += f"Proxy-Authorization: Basic {user}\r\n"
    return f"{head}\r\n".encode()


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_connect_is_answered_with_a_status(lab, name, status):
    met = lab.start(name)
    assert met.url.startswith("https://")
    seen = exchange(met, connect_request(met), until=rb"\r\n\r\n")
    assert seen.received.startswith(b"HTTP/1.1 %d " % status)
    assert (b'Proxy-Authenticate: Basic realm="lab"' in seen.received) == (status == 407)


@pytest.mark.parametrize("name", TUNNELS)
def test_a_tunnel_carries_tls_to_the_target(lab, name):
    requires("cryptography")
    met = lab.start(name)
    context = ssl.create_default_context(cafile=met.verify)
    with connect(met) as connected:
        connected.sendall(connect_request(met))
        assert connected.recv(4096) == b"HTTP/1.1 200 OK\r\n\r\n"
        with context.wrap_socket(connected, server_hostname="127.0.0.1") as secured:
            secured.sendall(b"GET / HTTP/1.1\r\nHost: lab.test\r\n\r\n")
            assert secured.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_plain_request_is_forwarded_without_what_concerns_the_proxy(lab):
    met = lab.start("ok:proxy")
    request = (
        f"POST {met.url}path?query HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n"
        "Content-Length: 3\r\n\r\nabc"
    )
    seen = exchange(met, request.encode())
    assert seen.received.startswith(b"HTTP/1.1 200 ")
    assert b'"target": "/path?query"' in seen.received
    assert b'"size": 3' in seen.received
    assert seen.end == "fin"


def test_nothing_leaves_the_machine(lab):
    met = lab.start("ok:proxy")
    for target in ("192.0.2.1:80", "name.invalid:80", "[2001:db8::1]:80"):
        sent = f"CONNECT {target} HTTP/1.1\r\n\r\n".encode()
        assert exchange(met, sent).received.startswith(b"HTTP/1.1 403 ")


def test_a_tunnel_ends_with_either_side(lab):
    met = lab.start("ok:proxy")
    target = urlsplit(met.url).netloc
    with connect(met) as connected:
        connected.sendall(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
        assert connected.recv(4096).startswith(b"HTTP/1.1 200 ")
        connected.settimeout(SILENCE)
        assert read_to_end(connected).end == "silence"
        connected.settimeout(WAIT_TIMEOUT)
        connected.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert read_to_end(connected).end == "fin"
