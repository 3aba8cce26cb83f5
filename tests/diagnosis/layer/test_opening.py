import socket
from dataclasses import replace

import pytest

from ringback.client.trust import Trust
from ringback.diagnosis.context import DiagnosisContext, OpenRoute, Options
from ringback.diagnosis.layer.opening import NotPolite, keep_connection, open_connection
from ringback.diagnosis.layer.proxy_tunnel import TunnelError
from ringback.diagnosis.model import Asked
from ringback.testing.lab import Lab, proxy, socks
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import serve

HTTPS = Asked(text="", scheme="https", host="127.0.0.1", port=443, tls=True)
HTTP = replace(HTTPS, scheme="http", tls=False)


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


def scene_of(asked=HTTPS, **options):
    return DiagnosisContext(asked, Options(**options))


def answer(sock, request=b"GET / HTTP/1.1\r\nHost: lab.test\r\nConnection: close\r\n\r\n"):
    with sock:
        sock.sendall(request)
        return sock.recv(15)


def test_direct(lab):
    met = lab.listen(serve)
    context = scene_of()
    route = OpenRoute(address=met.host, port=met.port)
    sock = open_connection(context, route, met.host, met.port, 30, segment_size=536)
    assert sock.gettimeout() == 30
    assert answer(sock) == b"HTTP/1.1 200 OK"


def test_no_more_than_is_polite(lab):
    met = lab.listen(serve)
    context = scene_of()
    route = OpenRoute(address=met.host, port=met.port)
    for _ in range(3):
        open_connection(context, route, met.host, met.port, 30).close()
    with pytest.raises(NotPolite):
        open_connection(context, route, met.host, met.port, 30)


def test_a_kept_connection_is_used_once_and_costs_nothing(lab):
    met = lab.listen(serve)
    context = scene_of()
    route = OpenRoute(address=met.host, port=met.port, rtt=0.001)
    made = open_connection(context, route, met.host, met.port, 30)
    keep_connection(context, route, None, made)
    with open_connection(context, route, met.host, met.port, 2) as first:
        assert first is made
        assert first.gettimeout() == 2
    with open_connection(context, route, met.host, met.port, 2) as second:
        assert second is not made


def test_refused(unused_port):
    route = OpenRoute(address="127.0.0.1", port=unused_port)
    with pytest.raises(ConnectionRefusedError):
        open_connection(scene_of(), route, "127.0.0.1", unused_port, 30)


@pytest.mark.parametrize(
    ("scheme", "handler", "user"),
    [
        ("http", proxy.proxy, ""),
        ("http", proxy.proxy_with_users, proxy.USER),
        ("socks5", socks.Socks(), ""),
        ("socks5h", socks.Socks(users=True), proxy.USER),
        ("socks4", socks.Socks(), ""),
        ("socks4a", socks.Socks(), ""),
    ],
)
def test_tunnel(lab, scheme, handler, user):
    met = lab.listen(handler)
    target = lab.listen(serve)
    at = f"{user}@" if user else ""
    route = OpenRoute(
        address=met.host, port=met.port, proxy=f"{scheme}://{at}{met.host}:{met.port}"
    )
    sock = open_connection(scene_of(), route, "127.0.0.1", target.port, 30)
    assert answer(sock) == b"HTTP/1.1 200 OK"


def test_tunnel_through_a_proxy_in_tls(lab):
    met = secured(handler=proxy.proxy)(lab)
    target = lab.listen(serve)
    route = OpenRoute(address="127.0.0.1", port=met.port, proxy=f"https://localhost:{met.port}")
    context = scene_of(trust=Trust(ca=(met.verify,)))
    sock = open_connection(context, route, "127.0.0.1", target.port, 30)
    assert answer(sock) == b"HTTP/1.1 200 OK"
    with pytest.raises(TunnelError) as caught:
        open_connection(scene_of(), route, "127.0.0.1", target.port, 30)
    assert caught.value.answer.outcome == "tls_failed"


def test_plain_http_goes_to_the_proxy_itself(lab):
    met = lab.listen(proxy.proxy)
    target = lab.listen(serve)
    route = OpenRoute(address=met.host, port=met.port, proxy=f"http://{met.host}:{met.port}")
    sock = open_connection(scene_of(HTTP), route, "127.0.0.1", target.port, 30)
    line = f"GET http://127.0.0.1:{target.port}/ HTTP/1.1\r\nHost: lab.test\r\n\r\n"
    assert answer(sock, line.encode()) == b"HTTP/1.1 200 OK"


def test_the_proxy_refuses(lab):
    met = lab.listen(proxy.proxy_with_users)
    route = OpenRoute(address=met.host, port=met.port, proxy=f"http://{met.host}:{met.port}")
    with pytest.raises(TunnelError) as caught:
        open_connection(scene_of(), route, "127.0.0.1", 9, 30)
    assert caught.value.answer.status == 407
    assert caught.value.answer.kind == "proxy.auth_required"


def test_a_silent_proxy_takes_no_longer_than_allowed(lab):
    met = lab.listen(proxy.silent_proxy)
    route = OpenRoute(address=met.host, port=met.port, proxy=f"http://{met.host}:{met.port}")
    with pytest.raises(TunnelError) as caught:
        open_connection(scene_of(), route, "127.0.0.1", 9, 0.2)
    assert caught.value.answer.outcome == "timeout"


def test_bytes_behind_the_answer_are_left_to_the_caller(lab):
    def speaks_first(connection):
        connection.read_head()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n220 ready\r\n")

    met = lab.listen(speaks_first)
    route = OpenRoute(address=met.host, port=met.port, proxy=f"http://{met.host}:{met.port}")
    with open_connection(scene_of(), route, "127.0.0.1", 25, 30) as sock:
        assert sock.recv(100) == b"220 ready\r\n"


def test_no_address():
    with pytest.raises(socket.gaierror):
        open_connection(scene_of(), OpenRoute(address="nowhere", port=1), "nowhere", 1, 1)
