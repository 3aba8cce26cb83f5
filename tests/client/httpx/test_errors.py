"""What is raised: httpx's own exception, the built-in and ringback's, at once."""

import copy
import pickle
import socket
import ssl

import pytest

from ringback import Policy, errors
from ringback.retry import Breaker, GiveUp
from ringback.testing.lab import dns
from ringback.testing.lab.resolver import resolving

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")


def failing(client, url, **options):
    with pytest.raises(errors.RingbackError) as caught:
        client.get(url, **options)
    return caught.value


def test_refused_is_caught_at_three_levels(lab, integration, client):
    endpoint = lab.start("tcp.refused")
    error = failing(client, endpoint.url)
    assert isinstance(error, integration.library.ConnectError)
    assert isinstance(error, ConnectionRefusedError)
    assert isinstance(error, errors.ConnectionRefused)
    assert error.failure.target.port == endpoint.port
    assert str(error.request.url) == endpoint.url
    assert str(error) == "[Errno 111] Connection refused"


def test_a_name_that_does_not_exist_is_caught_at_three_levels(lab, integration, client):
    endpoint = dns.endpoint(lab, "nxdomain")
    with resolving(endpoint.nameserver):
        error = failing(client, endpoint.url)
    assert isinstance(error, integration.library.ConnectError)
    assert isinstance(error, socket.gaierror)
    assert isinstance(error, errors.NameNotResolved)
    assert error.errno == socket.EAI_NONAME


def test_an_expired_certificate_is_caught_at_three_levels_and_once(
    lab, integration, policy, events
):
    endpoint = lab.start("tls.cert.date_invalid.expired")
    client = integration.client(policy=policy, sinks=[events.append], verify=endpoint.verify)
    error = failing(client, endpoint.url)
    assert isinstance(error, integration.library.ConnectError)
    assert isinstance(error, ssl.SSLCertVerificationError)
    assert isinstance(error, errors.CertificateExpired)
    assert error.verify_code == 10
    assert [type(event.decision) for event in events] == [GiveUp]


def test_a_read_timeout_is_caught_at_three_levels(lab, integration, client):
    error = failing(client, lab.start("http.response.timed_out:silent").url, timeout=0.2)
    assert isinstance(error, integration.library.ReadTimeout)
    assert isinstance(error, TimeoutError)
    assert isinstance(error, errors.ReadTimeout)


def test_a_body_that_breaks_off_is_httpxs_exception_too(lab, integration, client):
    error = failing(client, lab.start("http.response.invalid.content_length_mismatch").url)
    assert isinstance(error, integration.library.RemoteProtocolError)
    assert isinstance(error, errors.IncompleteResponse)
    assert error.failure.phase == "body"
    assert error.failure.delivered == "yes"


def test_a_body_that_the_caller_reads_raises_the_same(lab, integration, client):
    endpoint = lab.start("http.response.invalid.content_length_mismatch")
    failing = pytest.raises(integration.library.RemoteProtocolError)
    with integration.streamed(client, endpoint.url) as streamed, failing as caught:
        list(streamed.pieces())
    assert isinstance(caught.value, errors.IncompleteResponse)
    assert caught.value.failure.target.port == endpoint.port
    assert str(caught.value.request.url) == endpoint.url
    assert endpoint.requests == 1


def test_an_answer_that_is_no_success_raises_what_it_means(lab, integration, client):
    response = client.get(lab.start("http.error.rate_limited").url)
    assert response.failure.kind == "http.error.rate_limited"
    with pytest.raises(integration.library.HTTPStatusError) as caught:
        response.raise_for_status()
    assert isinstance(caught.value, errors.RateLimited)
    assert caught.value.response is response


def test_a_success_has_no_failure(lab, client):
    response = client.get(lab.start("ok").url)
    assert response.failure is None
    assert response.raise_for_status() is response
    assert response.json()["ok"] is True
    assert response.elapsed.total_seconds() > 0
    assert response.num_bytes_downloaded == len(response.content)
    assert response.is_closed
    assert response.is_stream_consumed


def test_an_open_circuit_raises_before_anything_is_sent(lab, integration, policy):
    endpoint = lab.start("tcp.refused")
    lasting = Breaker(consecutive=3, sustained=0, open_for=60, open_cap=60)
    breaking = Policy(backoff=policy.backoff, breaker=lasting)
    client = integration.client(policy=breaking, sinks=[])
    failing(client, endpoint.url)
    error = failing(client, endpoint.url)
    assert isinstance(error, errors.CircuitOpen)
    assert isinstance(error, integration.library.ConnectError)
    assert error.failure.via == "tcp.refused"


def test_every_attempt_is_recorded_and_kept(lab, client, events):
    error = failing(client, lab.start("tcp.refused").url)
    assert [failure.kind for failure in error.attempts] == ["tcp.refused"] * 3
    assert [event.attempt for event in events] == [1, 2, 3]
    assert any("attempt 1 of 3" in note for note in error.__notes__)


def test_pickles_and_copies(lab, client):
    error = failing(client, lab.start("tcp.refused").url)
    error.request = None  # httpx's requests have streams, which do not pickle
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert other.failure.kind == "tcp.refused"


def test_an_exception_of_the_callers_own_body_is_left_alone(lab, integration, client, events):
    class MineError(Exception):
        pass

    def body():
        yield b"a"
        raise MineError

    with pytest.raises(MineError) as caught:
        client.post(lab.start("ok").url, content=integration.content(body()))
    assert type(caught.value) is MineError
    assert events == []


@pytest.mark.parametrize("url", ["gopher://localhost/", "/path"])
def test_what_is_no_http_url_is_said_as_httpx_says_it(integration, client, url):
    plain = integration.made(integration.plain(), {"trust_env": False})
    with pytest.raises(integration.library.UnsupportedProtocol) as expected:
        plain.get(url)
    with pytest.raises(integration.library.UnsupportedProtocol) as caught:
        client.get(url)
    assert str(caught.value) == str(expected.value)
    assert type(caught.value) is type(expected.value)


def test_a_port_that_is_none_is_not_called_modulo_65536(lab, integration, client):
    endpoint = lab.start("ok")
    with pytest.raises(errors.URLInvalid):
        client.get(f"http://127.0.0.1:{endpoint.port + 65536}/")
    assert endpoint.requests == 0


def test_a_redirect_to_nowhere_is_the_servers_failure(lab, client):
    error = failing(client, lab.start("http.response.redirect_invalid:bad_port").url)
    assert isinstance(error, errors.RedirectFailed)
