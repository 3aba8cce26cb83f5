import pytest
from httpx import RemoteProtocolError
from requests import RequestException

from ringback import classify
from ringback.testing.clients import CLIENTS, NotOfferedError
from ringback.testing.lab import FAULTS

TIMEOUT = 30.0  # nothing here waits for it


@pytest.fixture(params=sorted(CLIENTS))
def client(request):
    return CLIENTS[request.param]


@pytest.mark.parametrize("name", ["ok", "ok:tls", "ok:client_certificate"])
def test_a_healthy_endpoint_answers_past_the_proxies_of_the_environment(
    client, fault, monkeypatch, name
):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    endpoint = fault(name)
    assert b'"ok": true' in client(endpoint, TIMEOUT, FAULTS[name].provoke)
    assert endpoint.requests == 1


def test_http2_is_spoken_or_declined(client, fault):
    endpoint = fault("ok:http2")
    if client.http2:
        assert client(endpoint, TIMEOUT, "http2")
        return
    with pytest.raises(NotOfferedError, match=f"{client.module} does not speak HTTP/2"):
        client(endpoint, TIMEOUT, "http2")


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("h2.")])
def test_what_http2_raises_is_named(fault, name):
    with pytest.raises(RemoteProtocolError) as raised:
        CLIENTS["httpx"](fault(name), TIMEOUT, "http2")
    race = {"h2.protocol.error"} if name.endswith("goaway") else set()
    assert classify(raised.value).kind in {FAULTS[name].kind} | race


def test_two_requests_keep_the_connection(fault):
    endpoint = fault("ok")
    CLIENTS["requests"](endpoint, TIMEOUT, "twice")
    assert (endpoint.requests, len(endpoint.seen)) == (2, 1)


def test_a_proxy_is_used_or_declined(client, fault):
    endpoint = fault("ok:socks5")
    if "socks5".startswith(client.proxies):
        assert client(endpoint, TIMEOUT)
        return
    with pytest.raises(NotOfferedError, match="no proxy of this kind"):
        client(endpoint, TIMEOUT)


def test_json_is_read_where_the_fault_wants_it(fault):
    with pytest.raises(RequestException):
        CLIENTS["requests"](fault("http.response.unexpected_content:html"), TIMEOUT, "json")
    with pytest.raises(ValueError, match="Expecting value"):
        CLIENTS["urllib"](fault("http.response.unexpected_content:html"), TIMEOUT, "json")
