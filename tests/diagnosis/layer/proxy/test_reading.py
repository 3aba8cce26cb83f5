import pytest

from ringback.client.trust import Trust
from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer import proxy
from ringback.diagnosis.layer.opening import open_connection
from ringback.diagnosis.model import Asked
from ringback.testing.lab import proxy as proxies
from ringback.testing.lab import socks
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import greeting
from ringback.testing.lab.message import answering, response, serve
from ringback.testing.lab.tls import hello_plain


@pytest.fixture
def target(lab):
    return lab.listen(serve)


def scene_of(port=443, scheme="https", host="127.0.0.1", **options):
    tls = scheme == "https"
    asked = Asked(text="", scheme=scheme, host=host, port=port, tls=tls)
    return DiagnosisContext(asked, Options(**options))


def told(context, what):
    return [reading for reading in context.readings() if reading.what == what]


def answers(context, way, host, port):
    """Whether the server behind a tunnel answers."""
    with open_connection(context, way, host, port, 30) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: lab.test\r\n\r\n")
        return sock.recv(15) == b"HTTP/1.1 200 OK"


def at(met, scheme="http", user=""):
    return f"{scheme}://{user and user + '@'}{met.host}:{met.port}"


def test_a_tunnel_that_stands_is_used_by_the_next_stage(lab, target):
    met = lab.listen(proxies.proxy_with_users)
    context = scene_of(target.port)
    way = proxy.read_proxy(context, at(met, user=proxies.USER))
    assert (way.address, way.port) == (met.host, met.port)
    connect, tunnel = context.readings()
    assert connect.state == tunnel.state == "ok"
    assert connect.facts["proxy"] == at(met)
    assert connect.facts["addresses"] == ["127.0.0.1"]
    assert connect.facts["outcome"] == "open"
    assert connect.facts["rtt"] > 0
    assert tunnel.facts["method"] == "CONNECT"
    assert tunnel.facts["status"] == 200
    assert tunnel.subject.endswith(f" → 127.0.0.1:{target.port}")
    assert answers(context, way, "127.0.0.1", target.port)


def test_plain_http_needs_no_tunnel(lab, target):
    met = lab.listen(proxies.proxy)
    context = scene_of(target.port, "http")
    way = proxy.read_proxy(context, at(met))
    assert [reading.what for reading in context.readings()] == ["connect"]
    with open_connection(context, way, "127.0.0.1", target.port, 30) as sock:
        sock.sendall(f"GET http://127.0.0.1:{target.port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(15) == b"HTTP/1.1 200 OK"


def refusing(status, body=b"", *fields):
    """A proxy that refuses and hangs up."""

    def handler(connection):
        connection.read_head()
        connection.send(response(status, body, *fields, "Connection: close"))

    return handler


PAGE = b"<h1>No gambling \x1b[31m</h1>"


@pytest.mark.parametrize(
    ("handler", "expected", "kind"),
    [
        (proxies.proxy_with_users, {"outcome": "refused_by_proxy", "status": 407,
          "authenticate": 'Basic realm="lab"'}, "proxy.auth_required"),
        (refusing(403, PAGE, "Server: squid/6.1", "Via: 1.1 gate (squid)"),
          {"outcome": "refused_by_proxy", "status": 403, "server": "squid/6.1",
          "via": "1.1 gate (squid)", "body_start": "<h1>No gambling \\x1b[31m</h1>"},
          "proxy.denied"),
        (refusing(502), {"outcome": "refused_by_proxy", "status": 502}, "proxy.upstream_failed"),
        (refusing(404), {"outcome": "refused_by_proxy", "status": 404}, "proxy.protocol_error"),
        (proxies.closed, {"outcome": "closed", "status": None}, "proxy.no_response"),
        (proxies.reset, {"outcome": "closed"}, "proxy.no_response"),
        (greeting(b"SSH-2.0-OpenSSH_9.6\r\n"),
          {"outcome": "nonsense", "first_bytes": "SSH-2.0-OpenSSH_9.6\\r\\n"},
          "proxy.protocol_error"),
        (proxies.alerted,
          {"outcome": "nonsense", "first_bytes": "\\x15\\x03\\x01\\x00\\x02\\x02\\n"},
          "proxy.protocol_error"),
        (answering(b"HTTP/1.1 what is this\r\n\r\n"), {"outcome": "nonsense"},
          "proxy.protocol_error"),
    ],
)  # fmt: skip
def test_what_an_http_proxy_answers(lab, handler, expected, kind):
    met = lab.listen(handler)
    context = scene_of()
    assert proxy.read_proxy(context, at(met)) is None
    connect, tunnel = context.readings()
    assert connect.state == "ok"
    assert tunnel.state == "failed"
    assert tunnel.kind == kind
    assert expected.items() <= tunnel.facts.items()


@pytest.mark.parametrize(
    ("scheme", "reason"), [("http", ""), ("https", "within the TLS handshake")]
)
def test_a_proxy_that_says_nothing(lab, monkeypatch, scheme, reason):
    monkeypatch.setattr("ringback.diagnosis.layer.proxy.ANSWER_TIMEOUT", 0.1)
    context = scene_of()
    assert proxy.read_proxy(context, at(lab.listen(proxies.silent_proxy), scheme)) is None
    [tunnel] = told(context, "tunnel")
    assert (tunnel.facts["outcome"], tunnel.facts["reason"]) == ("timeout", reason)
    assert tunnel.kind == "proxy.no_response"
    assert tunnel.seconds >= 0.09


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "socks5h"])
def test_socks(lab, target, scheme):
    context = scene_of(target.port, "http", host="localhost")
    way = proxy.read_proxy(context, at(lab.listen(socks.Socks()), scheme))
    [tunnel] = told(context, "tunnel")
    assert tunnel.facts["method"] == scheme.replace("socks", "SOCKS")
    assert tunnel.facts["outcome"] == "open"
    assert answers(context, way, "localhost", target.port)


@pytest.mark.parametrize(
    ("scheme", "handler", "user", "expected", "kind"),
    [
        ("socks5", socks.Socks(reply=2), "", {"socks_code": 2}, "proxy.denied"),
        ("socks5", socks.Socks(reply=4), "", {"socks_code": 4}, "proxy.upstream_failed"),
        ("socks5", socks.Socks(reply=7), "", {"socks_code": 7}, "proxy.protocol_error"),
        ("socks4", socks.Socks(reply=91), "", {"socks_code": 91}, "proxy.upstream_failed"),
        ("socks4", socks.Socks(reply=93), "", {"socks_code": 93}, "proxy.auth_required"),
        ("socks5", socks.Socks(users=True), "", {"socks_code": 255}, "proxy.auth_required"),
        ("socks5", socks.Socks(users=True), "a:b", {"socks_code": 256}, "proxy.auth_required"),
        ("socks5", socks.hang_up, "", {"outcome": "closed"}, "proxy.no_response"),
        ("socks5", socks.speak_http, "",
          {"outcome": "nonsense"}, "proxy.protocol_error"),
        ("socks5", socks.garble, "", {"outcome": "nonsense"}, "proxy.protocol_error"),
    ],
)  # fmt: skip
def test_what_a_socks_proxy_answers(lab, scheme, handler, user, expected, kind):
    context = scene_of()
    assert proxy.read_proxy(context, at(lab.listen(handler), scheme, user)) is None
    [tunnel] = told(context, "tunnel")
    assert tunnel.kind == kind
    assert expected.items() <= tunnel.facts.items()


def test_a_name_that_the_proxy_wants_resolved_here(lab):
    context = scene_of(host="nowhere.invalid")
    assert proxy.read_proxy(context, at(lab.listen(socks.Socks()), "socks5")) is None
    [tunnel] = told(context, "tunnel")
    assert tunnel.facts["outcome"] == "unresolved"


@pytest.mark.parametrize(
    ("place", "outcome", "kind"),
    [
        ("http://{}127.0.0.1:{}", "refused", "proxy.unreachable"),
        ("http://{}nowhere.invalid:{}", "unresolved", "proxy.unreachable"),
        ("ftp://{}127.0.0.1:{}", "invalid", "config.proxy_invalid"),
        ("http://{}h:9{}9", "invalid", "config.proxy_invalid"),
    ],
)
def test_a_proxy_that_cannot_be_reached(unused_port, place, outcome, kind):
    context = scene_of()
    assert proxy.read_proxy(context, place.format("user:secret@", unused_port)) is None
    [connect] = context.readings()
    assert (connect.facts["outcome"], connect.kind) == (outcome, kind)
    assert "secret" not in repr(connect)


def test_tls_to_the_proxy(lab, target):
    met = secured(handler=proxies.proxy)(lab)
    url = f"https://localhost:{met.port}"
    context = scene_of(target.port, trust=Trust(ca=(met.verify,)))
    way = proxy.read_proxy(context, url)
    assert answers(context, way, "127.0.0.1", target.port)
    context = scene_of(target.port)
    assert proxy.read_proxy(context, url) is None
    [tunnel] = told(context, "tunnel")
    assert tunnel.facts["outcome"] == "tls_failed"
    assert tunnel.facts["reason"]


def test_an_https_url_of_a_plain_proxy(lab):
    context = scene_of(443, "http")
    assert proxy.read_proxy(context, at(lab.listen(hello_plain), "https")) is None
    [tunnel] = told(context, "tunnel")
    assert tunnel.facts["method"] == "GET"
    assert tunnel.facts["outcome"] == "tls_failed"
