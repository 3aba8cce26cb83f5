"""Programs that call AWS: what botocore tries again it tries again, and nothing twice over."""

import pickle
from dataclasses import replace

import pytest
from requires import requires

from ringback import Breaker, Policy, errors, install
from ringback.testing.lab.message import answering, response

try:
    import botocore.awsrequest
    import botocore.config
    import botocore.endpoint
    import botocore.exceptions
    import botocore.httpsession
    import botocore.retries.bucket
    import botocore.session
except ImportError:
    botocore = None


pytestmark = pytest.mark.nightly


@pytest.fixture(autouse=True)
def _botocore():
    requires("botocore")


ATTEMPTS = {"legacy": 5, "standard": 3, "adaptive": 3}
"""Mode of retries → how often botocore tries by default."""


modes = pytest.mark.parametrize("mode", ATTEMPTS)

THROTTLED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>"
    b"<Message>Rate exceeded</Message></Error></ErrorResponse>"
)


def client(url, mode, service="sts", **retries):
    return botocore.session.Session().create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="lab",
        aws_secret_access_key="lab",
        config=botocore.config.Config(
            connect_timeout=30,
            read_timeout=30,
            retries={"mode": mode, **retries},
            s3={"addressing_style": "path"},
            proxies={},
        ),
    )


@modes
def test_attempts_are_botocores_and_not_multiplied(lab, events, monkeypatch, mode):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    endpoint = lab.listen(answering(response(503, b"", "Connection: close")))

    with install(retry=True, sinks=[events.append]), pytest.raises(botocore.exceptions.ClientError):
        client(endpoint.url, mode).get_caller_identity()
    assert endpoint.requests == ATTEMPTS[mode]
    assert {(event.attempt, event.attempts) for event in events} == {(1, 1)}


@pytest.mark.parametrize("retry", [True, False])
def test_what_is_raised_is_botocores_exception_and_says_what_it_is(lab, retry):
    with (
        install(retry=retry, sinks=[]),
        pytest.raises(botocore.exceptions.EndpointConnectionError) as caught,
    ):
        client(lab.start("tcp.refused").url, "standard").get_caller_identity()
    assert isinstance(caught.value, errors.ConnectionRefused)
    assert isinstance(caught.value, ConnectionRefusedError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.failure.kind) == (type(caught.value), "tcp.refused")


@modes
def test_a_wait_that_outlasts_the_deadline_is_not_begun(lab, monkeypatch, mode):
    waits = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waits.append)
    monkeypatch.setattr("botocore.retryhandler.delay_exponential", lambda *_, **__: 30.0)
    slow = "botocore.retries.standard.ExponentialBackoff.delay_amount"
    monkeypatch.setattr(slow, lambda *_: 30.0)
    endpoint = lab.listen(answering(response(503, b"", "Connection: close")))
    with (
        install(Policy(deadline=20), retry=True, sinks=[]),
        pytest.raises(botocore.exceptions.ClientError) as caught,
    ):
        client(endpoint.url, mode).get_caller_identity()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert (endpoint.requests, waits) == (1, [])


@modes
def test_the_deadline_is_over_all_attempts(lab, mode):
    endpoint = lab.start("http.response.timed_out:silent")
    with install(Policy(deadline=0.5), retry=True, sinks=[]), pytest.raises(errors.ReadTimeout):
        client(endpoint.url, mode).get_caller_identity()
    assert endpoint.requests == 1


def test_a_limit_of_rate_that_leaves_no_turn_ends_the_call_too(lab, monkeypatch):
    """After an answer that says "slower", ``adaptive`` lets calls wait for a token each."""
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket._refill", lambda self: None)
    endpoint = lab.listen(answering(response(400, THROTTLED, "Connection: close")))
    caller = client(endpoint.url, "adaptive", total_max_attempts=1)
    policy = Policy(breaker=None)
    with (
        install(policy, retry=True, sinks=[]),
        pytest.raises(botocore.exceptions.ClientError),
    ):
        caller.get_caller_identity()
    with (
        install(replace(policy, deadline=0.3), retry=True, sinks=[]),
        pytest.raises(errors.RingbackError) as caught,
    ):
        caller.get_caller_identity()
    assert caught.value.failure.kind == "client.deadline_exceeded"
    assert endpoint.requests == 1


@modes
def test_a_circuit_that_is_open_refuses_this_call_too(lab, monkeypatch, mode):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    endpoint = lab.start("http.response.invalid.empty:after_request")
    policy = Policy(breaker=Breaker(consecutive=1, sustained=0.0, open_for=60, open_cap=60))
    with install(policy, retry=True, sinks=[]):
        caller = client(endpoint.url, mode, total_max_attempts=1)
        with pytest.raises(errors.RingbackError):
            caller.get_caller_identity()
        with pytest.raises(errors.CircuitOpen):
            caller.get_caller_identity()
    assert endpoint.requests == 1


def test_an_upload_that_asks_first_arrives(lab):
    """botocore reads the 100 of ``Expect`` by itself, beside our connection."""
    received = []

    def answer(connection):
        received.append(connection.read_request())
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    endpoint, body = lab.listen(answer), b"x" * 500_000
    with install(retry=True, sinks=[]):
        client(endpoint.url, "standard", "s3").put_object(Bucket="b", Key="k", Body=body)
    assert [request.headers["expect"] for request in received] == ["100-continue"]
    assert body in received[0].body


def test_afterwards_botocore_is_as_it_was(lab):
    places = (
        (botocore.awsrequest.AWSHTTPConnectionPool, "ConnectionCls"),
        (botocore.awsrequest.AWSHTTPSConnectionPool, "ConnectionCls"),
        (botocore.endpoint.Endpoint, "make_request"),
        (botocore.httpsession.URLLib3Session, "send"),
        (botocore.retries.bucket.TokenBucket, "acquire"),
    )
    before = [vars(owner)[name] for owner, name in places]
    with install(retry=True, sinks=[]) as installed:
        assert "botocore" in installed.libraries
        assert all(
            vars(owner)[name] is not was for (owner, name), was in zip(places, before, strict=True)
        )
    assert [vars(owner)[name] for owner, name in places] == before
