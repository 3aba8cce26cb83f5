"""What is sent again, and what is not."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from client.contract.integrations import AT_ONCE, across, of_http, of_ours

from ringback import classify
from ringback.errors import ConnectionRefused, ConnectionReset, RingbackError
from ringback.retry import Done, GiveUp, Retry
from ringback.testing.lab.message import MID_BODY, healthy_response, response
from ringback.testing.lab.timing import failing, failing_requests

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

everywhere = across(also="httpx2-async")
of_any_http = across(also="httpx2-async", only=of_http)
of_our_own = across(also="httpx2-async", only=of_ours)


def decisions(events):
    return [type(event.decision) for event in events if event.what == "attempt"]


@everywhere
@pytest.mark.parametrize("verb", ["GET", pytest.param("PUT", marks=pytest.mark.nightly)])
def test_what_is_idempotent_gets_through(lab, integration, events, verb):
    endpoint = lab.start("tcp.reset:first_two")
    with integration.client(sink=events.append) as client:
        assert client.request(verb, endpoint.url).status == 200
    assert decisions(events) == [Retry, Retry, Done]
    assert endpoint.requests == len(endpoint.seen) == 3


@everywhere
@pytest.mark.parametrize("verb", ["POST", pytest.param("PATCH", marks=pytest.mark.nightly)])
def test_what_may_have_been_processed_is_sent_once(lab, integration, events, verb):
    if integration.retry and verb == "PATCH":
        pytest.skip("the program says whether it is idempotent")
    endpoint = lab.start("tcp.reset:after_request")
    with integration.client(sink=events.append) as client, pytest.raises(RingbackError) as caught:
        client.request(verb, endpoint.url, b"pay")
    assert endpoint.requests == 1
    assert caught.value.failure.delivered == "maybe"
    assert events[-1].decision.reason == "not_idempotent"


@everywhere
def test_a_post_that_never_arrived_is_tried_again(lab, integration, events):
    with (
        integration.client(sink=events.append) as client,
        pytest.raises(ConnectionRefused) as caught,
    ):
        client.request("POST", lab.start("tcp.refused").url, b"pay")
    assert decisions(events) == [Retry, Retry, GiveUp]
    assert [attempt.kind for attempt in caught.value.attempts] == ["tcp.refused"] * 3
    assert caught.value.failure.delivered == "no"


@of_any_http
@pytest.mark.parametrize("of", ["caller", "policy"])
def test_a_post_with_a_key_is_sent_again_with_the_same_key(lab, integration, of):
    endpoint = lab.start("tcp.reset:first_two")
    policy = replace(AT_ONCE, idempotency_key=of == "policy")
    headers = {"headers": {"Idempotency-Key": "k"}} if of == "caller" else {}
    with integration.client(policy) as client:
        assert client.request("POST", endpoint.url, b"pay", **headers).status == 200
    heads = [bytes(seen.received).lower() for seen in endpoint.seen]
    keys = [line for head in heads for line in head.split(b"\r\n") if b"idempotency-key" in line]
    assert (len(keys), len(set(keys))) == (3, 1)


@of_any_http
def test_a_status_that_may_pass_is_tried_again(lab, integration, events):
    endpoint = lab.start("http.error.unavailable:first_two")
    with integration.client(sink=events.append) as client:
        assert client.request("GET", endpoint.url).status == 200
    assert decisions(events) == [Retry, Retry, Done]
    assert events[0].failure.kind == "http.error.unavailable"


@of_any_http
def test_the_last_response_is_returned(lab, integration):
    endpoint = lab.start("http.error.unavailable:503")
    with integration.client() as client:
        assert client.request("GET", endpoint.url).status == 503
        assert endpoint.requests == 3
        assert client.request("POST", endpoint.url).status == 503
    assert endpoint.requests == 4


@of_our_own
def test_the_wait_that_a_server_asks_for_is_kept(lab, integration):
    waits = []
    endpoint = lab.listen(failing_requests(2, response(503, b"{}", "Retry-After: 7")))
    with integration.client(sleep=waits.append) as client:
        assert client.request("GET", endpoint.url).status == 200
    assert waits == [7, 7]


@of_any_http
def test_a_wait_beyond_the_deadline_is_not_begun(lab, integration, events):
    endpoint = lab.listen(failing_requests(99, response(503, b"{}", "Retry-After: 3600")))
    with integration.client(sink=events.append, sleep=None) as client:
        assert client.request("GET", endpoint.url).status == 503
    assert endpoint.requests == 1
    assert events[-1].decision.reason == "deadline"


# Bodies


@pytest.fixture
def echo(lab):
    """A server that resets the first connection, and a record of the bodies it was sent."""
    sent = []

    def handler(connection):
        request = connection.read_request()
        sent.append(request.body)
        if connection.number:
            connection.send(healthy_response(request))
        else:
            connection.reset()

    return lab.listen(handler), sent


@everywhere
def test_bytes_are_sent_again_whole(integration, echo):
    endpoint, sent = echo
    with integration.client() as client:
        assert client.request("PUT", endpoint.url, b"all of it").status == 200
    assert sent == [b"all of it"] * 2


@of_any_http
def test_a_file_is_sent_again_from_where_it_stood(integration, echo):
    if integration.library.startswith("httpx"):
        pytest.skip("httpx counts from the beginning: tests/client/httpx")
    if integration.library == "aiohttp" and not rewinds():
        pytest.skip("the first releases of aiohttp 3.12 send a file once")
    endpoint, sent = echo
    file = io.BytesIO(b"skipped, sent")
    file.seek(9)
    with integration.client() as client:
        assert client.request("PUT", endpoint.url, file).status == 200
    assert sent == [b"sent"] * 2


def rewinds():
    return hasattr(pytest.importorskip("aiohttp").Payload, "consumed")


@of_any_http
def test_what_can_be_read_once_is_not_sent_again(integration, echo, events):
    endpoint, sent = echo
    with integration.client(sink=events.append) as client, pytest.raises(ConnectionReset):
        client.request("PUT", endpoint.url, iter([b"a", b"b"]))
    assert sent == [b"ab"]
    assert events[-1].decision.reason == "not_replayable"


@across(only=lambda one: one.module in {"httpx", "httpx2", "aiohttp"})
def test_what_nobody_has_asked_for_yet_can_be_sent_still(lab, integration, events):
    with integration.client(sink=events.append) as client, pytest.raises(ConnectionRefused):
        client.request("POST", lab.start("tcp.refused").url, iter([b"a"]))
    assert decisions(events) == [Retry, Retry, GiveUp]


@of_any_http
def test_an_exception_of_the_callers_own_body_is_left_alone(lab, integration, events):
    def body():
        yield b"a"
        raise LookupError("mine")

    # aiohttp makes its own of it.
    raised = Exception if integration.library == "aiohttp" else LookupError
    with integration.client(sink=events.append) as client, pytest.raises(raised) as caught:
        client.request("PUT", lab.start("ok").url, body())
    if raised is LookupError:
        assert not isinstance(caught.value, RingbackError)
        assert events == []


@of_our_own
def test_a_response_that_breaks_off_is_tried_again(lab, integration, events):
    def broken(connection):
        connection.read_request()
        connection.send(MID_BODY)

    with integration.client(sink=events.append) as client:
        answer = client.request("GET", lab.listen(failing(2, broken)).url)
    assert b'"ok": true' in answer.body
    assert decisions(events) == [Retry, Retry, Done]


@of_our_own
def test_a_body_that_the_program_reads_is_not_fetched_again(lab, integration, events):
    endpoint = lab.start("http.response.invalid.content_length_mismatch")
    with (
        integration.client(sink=events.append, reads=False) as client,
        client.stream(endpoint.url) as pieces,
        pytest.raises(Exception) as caught,  # noqa: PT011 - each has its own
    ):
        list(pieces)
    failure = classify(caught.value)
    assert failure.kind == "http.response.invalid.content_length_mismatch"
    assert (failure.phase, failure.delivered) == ("body", "yes")
    assert endpoint.requests == 1


# A port without TLS


@everywhere
@pytest.mark.parametrize("says", ["plain_http", "plain_ssh"])
def test_a_port_that_answers_in_plain_text_is_tried_once(lab, integration, events, says):
    endpoint = lab.start(f"tls.protocol.error.not_tls:{says}")
    with integration.client(sink=events.append) as client, pytest.raises(RingbackError):
        client.request("GET", endpoint.url)
    assert [event.failure.kind for event in events] == ["tls.protocol.error.not_tls"]


@everywhere
def test_one_that_closes_without_a_word_may_be_restarting(lab, integration, events):
    endpoint = lab.start("tls.closed:in_handshake")
    with integration.client(sink=events.append) as client, pytest.raises(RingbackError):
        client.request("GET", endpoint.url)
    assert decisions(events) == [Retry, Retry, GiveUp]
    # asyncio makes the one of the other
    assert {event.failure.kind for event in events} <= {"tls.closed", "tcp.reset"}
