"""What is raised: the library's exception, the built-in and ringback's, at once."""

from __future__ import annotations

import contextlib
import copy
import importlib
import pickle
import socket
import ssl
from dataclasses import replace
from importlib.metadata import version

import pytest
from client.contract.integrations import AT_ONCE, across, of_http, of_ours

from ringback import Breaker, Timeout, errors
from ringback.testing.lab.resolver import resolving

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

of_any_http = across(also="httpx-trio", only=of_http)
of_our_own = across(also="httpx-trio", only=of_ours)

RAISED = {
    # fault: the built-in, ringback's, and that of requests, httpx and aiohttp
    "tcp.refused": (
        (ConnectionRefusedError, errors.ConnectionRefused),
        "ConnectionError ConnectError ClientConnectorError",
    ),
    "tcp.reset:after_request": (
        (ConnectionResetError, errors.ConnectionReset),
        "ConnectionError ReadError ClientOSError",
    ),
    "dns.name_not_resolved": (
        (socket.gaierror, errors.NameNotResolved),
        "ConnectionError ConnectError ClientConnectorDNSError",
    ),
    "tls.cert.date_invalid.expired": (
        (ssl.SSLCertVerificationError, errors.CertificateExpired),
        "exceptions.SSLError ConnectError ClientConnectorCertificateError",
    ),
    "http.response.timed_out:silent": (
        (TimeoutError, errors.ReadTimeout),
        "ReadTimeout ReadTimeout SocketTimeoutError",
    ),
    "http.response.invalid.empty": (
        (ConnectionError, errors.NoResponse),
        "ConnectionError RemoteProtocolError ServerDisconnectedError",
    ),
    "http.response.invalid.content_length_mismatch": (
        (Exception, errors.IncompleteResponse),
        "exceptions.ChunkedEncodingError RemoteProtocolError ClientPayloadError",
    ),
}


def own(integration, names):
    """The class that a library raises; urllib3 has one for all of them."""
    named = dict(zip(("requests", "httpx", "aiohttp"), names.split(), strict=True))
    named |= {"httpx2": named["httpx"], "urllib3": "exceptions.MaxRetryError"}
    return find(integration, named[integration.module])


def find(integration, name):
    """A class of a library by its name."""
    found = importlib.import_module(integration.module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def raised(lab, integration, fault, **settings):
    """The exception of a call that cannot be saved, and whom it was for."""
    endpoint = lab.start(fault)
    settings = {"verify": endpoint.verify, **settings}
    name = resolving(endpoint.nameserver) if endpoint.nameserver else contextlib.nullcontext()
    failing = pytest.raises(errors.RingbackError)
    with name, integration.client(**settings) as client, failing as caught:
        client.request("GET", endpoint.url)
    return caught.value, endpoint


@of_any_http
@pytest.mark.parametrize("fault", RAISED)
def test_it_is_caught_as_any_of_three(lab, integration, fault):
    if integration.installed and integration.library == "aiohttp" and "mismatch" in fault:
        pytest.skip("the program reads the body")
    takes_it_for_whole = integration.library == "requests" and version("urllib3") < "2"
    if integration.installed and takes_it_for_whole and "mismatch" in fault:
        pytest.skip("urllib3 1 takes a short body for the whole")
    waits = {"timeout": Timeout(connect=60, read=0.05)} if "silent" in fault else {}
    error, endpoint = raised(lab, integration, fault, **waits)
    both, names = RAISED[fault]
    for expected in (*both, own(integration, names)):
        assert isinstance(error, expected)
    assert error.failure.target.port == endpoint.port
    # A certificate that has expired is no more valid at the second attempt; nor is there a name.
    once = fault.startswith(("tls.cert", "dns"))
    assert len(error.attempts) == 1 if once else len(error.attempts) == 3


@of_our_own
def test_each_attempt_is_in_a_note(lab, integration, events):
    error, _ = raised(lab, integration, "tcp.refused", sink=events.append)
    assert [failure.kind for failure in error.attempts] == ["tcp.refused"] * 3
    assert [event.attempt for event in events] == [1, 2, 3]
    assert any("attempt 1 of 3" in note for note in error.__notes__)


@of_our_own
def test_it_pickles_and_copies(lab, integration):
    error, _ = raised(lab, integration, "tcp.refused")
    if integration.library.startswith("httpx"):
        error.request = None  # httpx's requests have streams, which do not pickle
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert other.failure.kind == "tcp.refused"


@of_our_own
def test_an_open_circuit_refuses_before_anything_is_sent(lab, integration):
    lasting = Breaker(consecutive=1, sustained=0, open_for=60, open_cap=60)
    policy = replace(AT_ONCE, attempts=1, breaker=lasting)
    endpoint = lab.start("tcp.reset:after_request")
    with integration.client(policy) as client:
        with pytest.raises(errors.ConnectionReset):
            client.request("GET", endpoint.url)
        with pytest.raises(errors.CircuitOpen) as caught:
            client.request("GET", endpoint.url)
        assert client.request("GET", lab.start("ok").url).status == 200
    assert endpoint.requests == 1
    assert caught.value.failure.via == "tcp.reset"
    named = own(integration, "ConnectionError ConnectError ClientConnectionError")
    assert isinstance(caught.value, named)


@of_our_own
@pytest.mark.parametrize("fault", ["same_url", "ever_onward"])
def test_an_endless_redirect_says_so(lab, integration, fault):
    many = {"urllib3": "exceptions.MaxRetryError"}.get(integration.library, "TooManyRedirects")
    url = lab.start(f"http.response.redirect_loop:{fault}").url
    with integration.client() as client, pytest.raises(find(integration, many)):
        client.request("GET", url)
