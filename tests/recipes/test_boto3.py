"""boto3 against moto's server, through a way to it that breaks."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError, ResponseStreamingError
from moto.server import ThreadedMotoServer
from recipes.backend import Front, reset, silent

import ringback
from ringback.client.install import Installed
from ringback.testing.lab.message import head, response

pytestmark = pytest.mark.nightly

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"


def slow_down(connection):
    connection.send(response(503, SLOW_DOWN, "Connection: close", content_type="application/xml"))
    connection.finish(linger=True)


def breaks_off(connection):
    connection.send(head(200, "Content-Length: 100") + b"some of it")
    connection.finish(linger=True)


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def installed(monkeypatch):
    """Undoes what the program does for the whole process."""
    made = []
    begin = Installed.__init__

    def noted(self, *arguments):
        begin(self, *arguments)
        made.append(self)

    monkeypatch.setattr(Installed, "__init__", noted)
    yield
    for change in made:
        change.remove()


@pytest.fixture
def front(lab, moto):
    return Front(lab, moto)


@pytest.fixture
def shop(load, front, installed, monkeypatch):
    keys = {"AWS_ACCESS_KEY_ID": "of", "AWS_SECRET_ACCESS_KEY": "this test"}
    for name, value in (keys | {"AWS_DEFAULT_REGION": "us-east-1"}).items():
        monkeypatch.setenv(name, value)
    program = load("boto3", S3_URL=front.endpoint.url)
    program.s3.create_bucket(Bucket="orders")
    program.s3.close()  # what fails is the next connection
    yield program
    program.s3.close()


def test_an_object_gets_through_a_reset_and_a_refusal(shop, front):
    front.acts[:] = [reset, slow_down]
    shop.keep("orders", "1", b"one order")
    assert shop.read("orders", "1") == b"one order"
    assert shop.read("orders", "2") is None
    assert front.acts == []


def test_what_is_given_up_has_a_kind_and_was_not_tried_more_often_than_botocore_does(shop, front):
    front.acts[:] = [slow_down] * 9
    with pytest.raises(ClientError) as busy:
        shop.keep("orders", "1", b"one order")
    assert ringback.classify(busy.value).kind == "http.error.unavailable"
    assert ringback.errors.problem_of(busy.value).status == 503
    assert len(front.acts) == 6

    front.acts[:] = [reset] * 9
    with pytest.raises(ConnectionResetError) as lost:
        shop.read("orders", "1")
    assert lost.value.failure.kind in {"tcp.reset", "tcp.closed.stale"}
    assert len(front.acts) == 6


def test_the_deadline_of_the_request_that_is_served_is_over_all_of_it(shop, front):
    front.acts[:] = [silent] * 9
    with ringback.deadline(2), pytest.raises(ReadTimeoutError) as late:
        shop.read("orders", "1")
    assert late.value.failure.kind == "http.response.timed_out"
    assert len(front.acts) == 8


def test_a_content_that_breaks_off_is_not_taken_for_whole(shop, front):
    front.acts[:] = [breaks_off]
    with pytest.raises(ResponseStreamingError) as cut:
        shop.read("orders", "1")
    assert ringback.classify(cut.value).kind == "http.response.invalid.content_length_mismatch"
