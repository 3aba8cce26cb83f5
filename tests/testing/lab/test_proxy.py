import base64
import socket
import ssl
from urllib.parse import urlsplit

import pytest

from ringback.testing.lab.resolver import resolving
from tests.requires import requires
from tests.testing.lab.wire import (
    SILENCE,
    WAIT_TIMEOUT,
    Exchange,
    connect,
    exchange,
    read_to_end,
    silence_after,
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
ENDED = {
    "proxy.no_response:closed": (b"", "fin"),
    "proxy.no_response:reset": (b"", "rst"),
    "proxy.protocol_error:ssh": (b"SSH-2.0-OpenSSH_9.6\r\n", "fin"),
    "proxy.protocol_error:tls": (bytes.fromhex("15 0301 0002 02 0a"), "fin"),
}
TUNNELS = ("ok:proxy_tunnel", "ok:proxy_user")
OTHERS = (
    "ok:proxy",
    "proxy.unreachable",
    "proxy.unreachable:name",
    "proxy.auth_required:forward",
    "proxy.no_response:silent",
    "proxy.no_response:trickling_headers",
    "proxy.no_response:on_accept",
    "proxy.protocol_error:https_url",
)
TESTED = {*STATUSES, *ENDED, *TUNNELS, *OTHERS}


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


@pytest.mark.parametrize("name", ENDED)
def test_the_tunnel_ends_before_it_is_up(lab, name):
    received, end = ENDED[name]
    met = lab.start(name)
    assert exchange(met, connect_request(met)) == Exchange(received, end)


def test_connect_is_met_with_silence(lab):
    met = lab.start("proxy.no_response:silent")
    request = connect_request(met)
    assert silence_after(met, request, b"").received == b""
    assert bytes(met.seen[0].received) == request


def test_connect_is_answered_byte_by_byte_without_end(lab, monkeypatch):
    monkeypatch.setattr("ringback.testing.lab.timing.TRICKLE_PAUSE", 0.01)
    met = lab.start("proxy.no_response:trickling_headers")
    seen = exchange(met, connect_request(met), until=rb"HTTP/1.1 200 OK\r\nX{3}")
    assert seen.end == "open"


def test_the_connection_to_the_proxy_is_reset_on_accept(lab):
    assert exchange(lab.start("proxy.no_response:on_accept"), b"") == Exchange(b"", "rst")


def test_nothing_listens_on_the_proxys_port(lab):
    met = lab.start("proxy.unreachable")
    assert met.proxies["https"] == f"http://127.0.0.1:{met.port}"
    with pytest.raises(ConnectionRefusedError):
        connect(met)


def test_the_proxys_name_does_not_exist(lab):
    met = lab.start("proxy.unreachable:name")
    assert urlsplit(met.proxies["https"]).hostname == met.host
    with resolving(met.nameserver, timeout=WAIT_TIMEOUT), pytest.raises(socket.gaierror) as caught:
        connect(met)
    assert caught.value.errno == socket.EAI_NONAME


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


def test_a_plain_request_without_a_user_is_answered_with_407(lab):
    met = lab.start("proxy.auth_required:forward")
    seen = exchange(met, f"GET {met.url} HTTP/1.1\r\n\r\n".encode(), until=rb"\r\n\r\n")
    assert seen.received.startswith(b"HTTP/1.1 407 ")


def test_a_proxy_without_tls_answers_a_client_hello_in_plain_text(lab):
    met = lab.start("proxy.protocol_error:https_url")
    assert met.proxies["https"].startswith("https://")
    with pytest.raises(ssl.SSLError), connect(met) as connected:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(connected, server_hostname="127.0.0.1")


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
