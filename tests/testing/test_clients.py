import pytest
from nightly import pairs
from requests import RequestException

from ringback import classify
from ringback.testing.clients import CLIENTS, NotOfferedError
from ringback.testing.lab import FAULTS
from ringback.testing.lab.fault import missing

TIMEOUT = 30.0  # nothing here waits for it

# Told by the number or the class alone, so that every client's exception must be named so.
CLEAR = [
    "tcp.refused",
    "tcp.reset:after_request",
    "dns.name_not_resolved",
    "dns.no_address",
    "tls.cert.date_invalid.expired",
    "tls.cert.name_invalid:wrong_host",
    "tls.cert.authority_invalid.self_signed",
]


@pytest.fixture(params=sorted(CLIENTS))
def client(request):
    return CLIENTS[request.param]


def test_a_healthy_endpoint_answers(client, fault):
    endpoint = fault("ok")
    assert b'"ok": true' in client(endpoint, TIMEOUT)
    assert endpoint.requests == 1


def test_a_certificate_of_the_lab_is_trusted(client, fault):
    assert b'"ok": true' in client(fault("ok:tls"), TIMEOUT)


@pytest.mark.parametrize(("name", "by"), pairs(CLEAR, sorted(CLIENTS)))
def test_what_it_raises_is_named(fault, name, by):
    endpoint = fault(name)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client has classes of its own
        CLIENTS[by](endpoint, TIMEOUT, FAULTS[name].provoke)
    assert classify(raised.value).kind == FAULTS[name].kind


def test_a_client_certificate_is_presented(client, fault):
    assert client(fault("ok:client_certificate"), TIMEOUT, "client_certificate")


def test_http2_is_spoken_or_declined(client, fault):
    endpoint = fault("ok:http2")
    if client.http2:
        assert client(endpoint, TIMEOUT, "http2")
        return
    with pytest.raises(NotOfferedError, match=f"{client.module} does not speak HTTP/2"):
        client(endpoint, TIMEOUT, "http2")


def test_two_requests_keep_the_connection(fault):
    endpoint = fault("ok")
    CLIENTS["requests"](endpoint, TIMEOUT, "twice")
    assert (endpoint.requests, len(endpoint.seen)) == (2, 1)


def test_an_upload_is_met_by_an_upload(client, fault):
    name = "tcp.reset:mid_request"
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client has classes of its own
        client(fault(name), TIMEOUT, "upload")
    assert classify(raised.value).kind in {"tcp.reset", *FAULTS[name].also}


def test_a_proxy_is_used_or_declined(client, fault):
    endpoint = fault("ok:socks5")
    if "socks5".startswith(client.proxies):
        assert client(endpoint, TIMEOUT)
        return
    with pytest.raises(NotOfferedError, match="no proxy of this kind"):
        client(endpoint, TIMEOUT)


def test_proxies_of_the_environment_are_left_out(client, fault, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert client(fault("ok"), TIMEOUT)


def test_json_is_read_where_the_fault_wants_it(fault):
    with pytest.raises(RequestException):
        CLIENTS["requests"](fault("http.response.unexpected_content:html"), TIMEOUT, "json")
    with pytest.raises(ValueError, match="Expecting value"):
        CLIENTS["urllib"](fault("http.response.unexpected_content:html"), TIMEOUT, "json")


def test_every_way_to_provoke_is_known():
    known = {"get", "upload", "twice", "json", "crl", "http2", "client_certificate"}
    assert {fault.provoke for fault in FAULTS.values() if not missing(fault.needs)} <= known
