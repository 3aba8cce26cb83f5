"""What is sent again, and what is not."""

import io

import pytest

from ringback import Backoff, Policy, Timeout, errors
from ringback.client.call import AsyncClock, Clock
from ringback.client.tasks import sleep
from ringback.retry import GiveUp, Retry
from ringback.testing.lab.message import MID_BODY, healthy_response, response
from ringback.testing.lab.timing import failing, failing_requests

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")

in_threads = pytest.mark.parametrize(
    "integration",
    [("httpx", "thread"), ("httpx2", "thread")],
    indirect=True,
    ids=["httpx", "httpx2"],
)


def decisions(events):
    return [type(event.decision) for event in events]


def bodies(endpoint):
    """The body of each request that reached a server, as sent."""
    return [bytes(connection.received).partition(b"\r\n\r\n")[2] for connection in endpoint.seen]


@pytest.fixture
def flaky(lab):
    """Resets the first two connections after the request."""
    return lab.start("tcp.reset:first_two")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_have_been_processed_reaches_the_server_once(lab, client, method):
    endpoint = lab.start("tcp.reset:after_request")
    with pytest.raises(errors.RingbackError):
        client.request(method, endpoint.url, content=b"pay")
    assert endpoint.requests == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_is_idempotent_is_tried_again(flaky, client, method):
    assert client.request(method, flaky.url).status_code == 200
    assert flaky.requests == 3


def test_a_post_that_never_arrived_is_tried_again(lab, client, events):
    with pytest.raises(errors.ConnectionRefused):
        client.post(lab.start("tcp.refused").url, content=b"pay")
    assert decisions(events) == [Retry, Retry, GiveUp]


def test_a_post_with_a_key_is_tried_again(flaky, client):
    reply = client.post(flaky.url, content=b"pay", headers={"Idempotency-Key": "1"})
    assert reply.status_code == 200
    assert flaky.requests == 3


def test_the_policy_gives_a_key_that_stays_the_same(flaky, integration, policy):
    keyed = Policy(backoff=Backoff(base=0), timeout=policy.timeout, idempotency_key=True)
    client = integration.client(policy=keyed, sinks=[])
    assert client.post(flaky.url, content=b"pay").status_code == 200
    heads = [bytes(connection.received).lower() for connection in flaky.seen]
    keys = {line for head in heads for line in head.splitlines() if b"idempotency-key" in line}
    assert len(keys) == 1


def test_a_body_that_breaks_off_is_tried_again(lab, client, events):
    def broken(connection):
        connection.read_request()
        connection.send(MID_BODY)

    endpoint = lab.listen(failing(2, broken))
    assert client.get(endpoint.url).json()["ok"] is True
    assert decisions(events)[:2] == [Retry, Retry]


# httpx leaves its own generators to the garbage collector, of which trio complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_body_that_the_caller_reads_is_not_read_for_them(lab, integration, client):
    def endless(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst")
        connection.stall()

    endpoint = lab.listen(endless)
    with integration.streamed(client, endpoint.url) as streamed:
        pieces = streamed.raw()
        assert next(pieces) == b"first"
        pieces.close()


def test_a_status_is_tried_again_and_returned_in_the_end(lab, client, events):
    endpoint = lab.listen(failing_requests(99, response(503, b"{}", "Retry-After: 0")))
    reply = client.get(endpoint.url)
    assert reply.status_code == 503
    assert reply.failure.kind == "http.error.unavailable"
    assert decisions(events) == [Retry, Retry, GiveUp]


def test_the_wait_that_a_server_asks_for_is_kept(lab, integration, policy):
    waits = []
    endpoint = lab.listen(failing_requests(2, response(503, b"{}", "Retry-After: 7")))

    async def note(seconds):
        waits.append(seconds)
        await sleep(0)

    clock = AsyncClock(note) if integration.asynchronous else Clock(sleep=waits.append)
    assert (
        integration.client(policy=policy, sinks=[], clock=clock).get(endpoint.url).status_code
        == 200
    )
    assert waits == [7, 7]


def test_a_wait_beyond_the_deadline_is_recorded_not_waited(lab, client):
    endpoint = lab.listen(failing_requests(99, response(503, b"{}", "Retry-After: 3600")))
    reply = client.get(endpoint.url)
    assert reply.status_code == 503
    assert reply.retry_at > 3600
    assert endpoint.requests == 1


# Bodies


def echoing(lab):
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


def test_bytes_are_replayed(lab, client):
    endpoint, sent = echoing(lab)
    assert client.request("PUT", endpoint.url, content=b"all of it").status_code == 200
    assert sent == [b"all of it"] * 2


def test_a_form_is_replayed_byte_for_byte(lab, client):
    endpoint, sent = echoing(lab)
    files = {"a": ("a.txt", io.BytesIO(b"file" * 50_000)), "b": ("b.txt", b"bytes")}
    reply = client.request("PUT", endpoint.url, files=files, data={"c": "field"})
    assert reply.status_code == 200
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert sent[0].count(b"file") >= 50_000


def test_a_form_with_a_pipe_is_not_sent_again(lab, client, events):
    class Pipe(io.RawIOBase):
        left = b"once"

        def readable(self):
            return True

        def read(self, _=-1):
            piece, self.left = self.left, b""
            return piece

        def seek(self, *_):
            raise io.UnsupportedOperation

    endpoint, sent = echoing(lab)
    with pytest.raises(errors.ConnectionReset):
        client.request("PUT", endpoint.url, files={"a": ("a.txt", Pipe())})
    assert len(sent) == 1
    assert events[-1].decision.reason == "not_replayable"


@in_threads
def test_a_file_is_replayed_from_where_it_stood(lab, integration, policy):
    endpoint, sent = echoing(lab)
    file = io.BytesIO(b"skipped, sent")
    file.seek(9)
    content = integration.library.Request("PUT", endpoint.url, content=file, headers={"a": "b"})
    content.headers["Transfer-Encoding"] = "chunked"
    content.headers.pop("Content-Length", None)  # httpx counts from the beginning
    assert integration.client(policy=policy, sinks=[]).send(content).status_code == 200
    assert sent == [b"sent"] * 2


def test_what_can_be_read_once_is_not_sent_again_and_that_is_said(lab, integration, client, events):
    endpoint, sent = echoing(lab)
    with pytest.raises(errors.ConnectionReset):
        client.request("PUT", endpoint.url, content=integration.content([b"a", b"b"]))
    assert sent == [b"ab"]
    assert events[-1].decision.reason == "not_replayable"


def test_what_nobody_has_asked_for_yet_can_be_sent_still(lab, integration, client, events):
    """No connection came about: the generator is untouched."""
    with pytest.raises(errors.ConnectionRefused):
        client.post(lab.start("tcp.refused").url, content=integration.content([b"a"]))
    assert decisions(events) == [Retry, Retry, GiveUp]


@in_threads
def test_a_list_of_pieces_is_replayed(lab, integration, policy):
    endpoint, sent = echoing(lab)
    client = integration.client(policy=policy, sinks=[])
    assert client.request("PUT", endpoint.url, content=[b"a", b"b"]).status_code == 200
    assert sent == [b"ab"] * 2


# Timeouts


def test_httpxs_timeouts_are_kept(lab, client):
    endpoint = lab.start("http.response.timed_out:silent")
    with pytest.raises(errors.ReadTimeout) as caught:
        client.get(endpoint.url, timeout=0.1)
    assert len(caught.value.attempts) == 3


def test_without_a_timeout_the_policys_counts(lab, integration):
    limits = Timeout(connect=5, read=0.1)
    transport = integration.transport(policy=Policy(attempts=1, timeout=limits), sinks=[])
    request = integration.library.Request("GET", lab.start("http.response.timed_out:silent").url)
    send = transport.handle_async_request if integration.asynchronous else transport.handle_request
    with pytest.raises(errors.ReadTimeout):
        integration.call(send, request)


def test_the_caller_finds_its_request_as_it_was(flaky, client):
    request = client.build_request("GET", flaky.url, timeout=None)
    before = dict(request.extensions)
    client.send(request)
    assert {**request.extensions, **before} == request.extensions
    assert request.extensions["timeout"] == dict.fromkeys(("connect", "read", "write", "pool"))


def test_attempts_go_over_new_connections(flaky, client):
    client.get(flaky.url)
    assert len(flaky.seen) == 3
