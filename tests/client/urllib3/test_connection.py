from __future__ import annotations

import contextlib
import io
import socket
import ssl
from pathlib import Path

import pytest
import urllib3
import urllib3.exceptions
import urllib3.util.connection

from ringback.client.urllib3 import HTTPConnection, ProxyPools
from ringback.client.wire import forget_exchange, last_exchange
from ringback.retry import Timeout
from ringback.testing.lab import find
from ringback.testing.lab.resolver import resolving
from tests.requires import requires

OLD = urllib3.__version__.startswith("1.")


def test_a_timeout_of_the_connect_is_one_of_urllib3s(lab, pools):
    with pytest.raises(urllib3.exceptions.ConnectTimeoutError, match=r"connect timeout=0\.05"):
        pools().request("GET", lab.start("tcp.timed_out:backlog_full").url, timeout=0.05)


def test_a_name_that_takes_too_long_is_a_timeout_of_the_connect(lab, pools):
    met = lab.start("dns.timed_out")
    late = pytest.raises(urllib3.exceptions.ConnectTimeoutError)
    with resolving(met.nameserver, timeout=5), late:
        pools().request("GET", met.url, timeout=0.05)


def test_a_label_that_is_too_long_is_a_location_that_cannot_be_parsed():
    with pytest.raises(urllib3.exceptions.LocationParseError, match="label empty or too long"):
        HTTPConnection("x" * 64 + ".invalid").connect()


def test_a_function_in_the_place_of_urllib3s_is_called(lab, pools, monkeypatch):
    met, asked = lab.start("ok"), []

    def create_connection(address, *args, **options):
        asked.append(address)
        return socket.create_connection((met.host, met.port), timeout=5)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", create_connection)
    assert pools().request("GET", "http://elsewhere.invalid/").status == 200
    assert asked == [("elsewhere.invalid", 80)]


def test_a_family_that_others_chose_is_kept_to(lab, pools, monkeypatch):
    monkeypatch.setattr(urllib3.util.connection, "allowed_gai_family", lambda: socket.AF_INET6)
    with pytest.raises(urllib3.exceptions.NewConnectionError):
        pools().request("GET", lab.start("ok").url)


def test_what_is_sent_is_printed_when_asked_for(lab, capsys):
    met = lab.start("ok")
    connection = HTTPConnection(met.host, met.port, timeout=5)
    with contextlib.closing(connection):
        connection.set_debuglevel(1)
        connection.request("GET", "/")
        connection.getresponse().read()
    said = capsys.readouterr().out
    assert "send: b'GET / HTTP/1.1" in said
    assert "reply: 'HTTP/1.1 200 OK" in said


BODIES = {
    "bytes": lambda: b"abc",
    "text": lambda: "abc",
    "file": lambda: io.BytesIO(b"abc"),
    "pieces": lambda: iter([b"a", b"bc"]),
    "bytearray": lambda: bytearray(b"abc"),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("name", ["ok", "ok:tls"])
def test_every_body_arrives_and_is_counted(lab, pools, name, kind):
    if name == "ok:tls":
        requires("cryptography")
    met = lab.start(name)
    manager = pools(ca_certs=met.verify)
    answer = manager.request("POST", met.url, body=BODIES[kind]())
    assert b'"size": 3' in answer.data
    assert last_exchange().sent == len(met.seen[0].received)
    assert last_exchange().complete


def test_an_exchange_is_recorded_from_beginning_to_end(lab, pools):
    met, manager = lab.start("ok"), pools()
    forget_exchange()
    answer = manager.request("GET", met.url)
    first = last_exchange()
    assert (first.phase, first.reused, first.proxied, first.sends) == ("body", False, False, 1)
    assert first.received > len(answer.data)
    manager.request("GET", met.url)
    assert last_exchange() is not first
    assert last_exchange().reused


PHASES = {
    "tcp.refused": "connect",
    "dns.name_not_resolved": "connect",
    "tls.closed:in_handshake": "tls",
    "tls.cert.name_invalid": "tls",
    "http.response.timed_out:silent": "wait",
    "http.response.invalid.content_length_mismatch:mid_body": "body",
    "http.request.timed_out:upload_not_read": "send",
}


@pytest.mark.parametrize(("name", "phase"), PHASES.items())
def test_how_far_an_exchange_came_is_recorded(lab, pools, name, phase):
    requires("cryptography")
    fault, met = find(name), lab.start(name)
    body = bytes(16 << 20) if fault.provoke == "upload" else None
    timeout = {"wait": urllib3.Timeout(connect=30, read=0.1), "send": 0.2}.get(phase, 30)
    known = resolving(met.nameserver) if met.nameserver else contextlib.nullcontext()
    manager = pools(ca_certs=met.verify)
    with known, pytest.raises(urllib3.exceptions.HTTPError):
        manager.request("POST", met.url, body=body, timeout=timeout)
    assert last_exchange().phase == phase
    assert bool(last_exchange().sent) == (phase in {"send", "wait", "body"})


def test_the_handshake_has_a_timeout_of_its_own(lab, pools):
    manager = pools(limits=Timeout(tls=0.05))
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        manager.request("GET", lab.start("tls.timed_out:mid_server_hello").url, timeout=30)


def test_the_timeout_of_the_handshake_is_not_for_a_proxys_answer(lab, pools):
    met = lab.start("proxy.no_response:silent")
    manager = pools(ProxyPools, met.proxies["https"], limits=Timeout(tls=600))
    with pytest.raises(urllib3.exceptions.HTTPError, match="timed out"):
        manager.request("GET", met.url, timeout=0.1)


def test_an_upload_has_a_timeout_of_its_own(lab, pools):
    manager = pools(limits=Timeout(write=0.1))
    met = lab.start("http.request.timed_out:upload_not_read")
    with pytest.raises(urllib3.exceptions.ProtocolError) as caught:
        manager.request("POST", met.url, body=bytes(64 << 20), timeout=30)
    assert isinstance(caught.value.args[1], TimeoutError)


def handed_in(endpoint):
    context = ssl.create_default_context(cafile=endpoint.verify)
    context.check_hostname = False  # urllib3 does it; 1.26 names no address to a context
    return {"ssl_context": context}


CONTEXTS = {
    "shared": lambda endpoint: {"ca_certs": endpoint.verify},
    "urllib3's": lambda endpoint: {"ca_certs": endpoint.verify, "assert_hostname": "localhost"},
    "urllib3's, of a text": lambda it: {"ca_cert_data": Path(it.verify).read_text()},
    "handed in": handed_in,
}
if OLD:
    del CONTEXTS["urllib3's, of a text"]


@pytest.mark.usefixtures("lenient_python")
@pytest.mark.parametrize("name", CONTEXTS)
def test_a_cut_is_no_end_where_python_takes_it_for_one(lab, lenient, pools, name):
    requires("cryptography")
    met = lab.start("tls.closed:without_close_notify")
    options = CONTEXTS[name](met)
    with pytest.raises(urllib3.exceptions.ProtocolError, match="EOF"):
        pools(**options).request("GET", met.url)
    if "ssl_context" in options:
        assert options["ssl_context"].options & lenient


@pytest.mark.skipif(OLD, reason="1.26 has no such setting")
@pytest.mark.usefixtures("lenient_python")
def test_a_context_of_urllib3s_trusts_the_system_where_no_authority_is_named(
    lab, pools, monkeypatch
):
    requires("cryptography")
    met = lab.start("ok:tls")
    asked = {"ssl_minimum_version": ssl.TLSVersion.TLSv1_2}
    with pytest.raises(urllib3.exceptions.SSLError):
        pools(**asked).request("GET", met.url)
    monkeypatch.setenv("SSL_CERT_FILE", met.verify)
    assert pools(**asked).request("GET", met.url).status == 200
