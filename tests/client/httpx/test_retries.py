"""What is sent again, and what limits a call: of httpx alone."""

import io

import pytest

from ringback import Policy, Timeout, errors
from ringback.testing.lab.message import healthy_response

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")

in_threads = pytest.mark.parametrize(
    "integration",
    [("httpx", "thread"), ("httpx2", "thread")],
    indirect=True,
    ids=["httpx", "httpx2"],
)


@pytest.fixture
def flaky(lab):
    """Resets the first two connections after the request."""
    return lab.start("tcp.reset:first_two")


# httpx leaves its own generators to the garbage collector, of which trio complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_body_that_the_caller_reads_is_not_read_for_them(lab, integration, client):
    def endless(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst")
        connection.stall()

    endpoint = lab.listen(endless)
    with integration.streamed(client, endpoint.url) as pieces:
        assert next(pieces) == b"first"
        pieces.close()


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


@in_threads
def test_a_list_of_pieces_is_replayed(lab, integration, policy):
    endpoint, sent = echoing(lab)
    client = integration.client(policy=policy, sinks=[])
    assert client.request("PUT", endpoint.url, content=[b"a", b"b"]).status_code == 200
    assert sent == [b"ab"] * 2


# Timeouts


def test_without_a_timeout_the_policys_counts(lab, integration):
    limits = Timeout(connect=5, read=0.05)
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
