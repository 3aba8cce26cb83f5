import dataclasses

import pytest

from ringback import Failure, classify
from ringback.failure.model import Target
from ringback.testing.clients import CLIENTS
from ringback.testing.lab import FAULTS, Lab


@pytest.fixture(scope="module")
def refused():
    with Lab() as lab, pytest.raises(Exception) as caught:  # noqa: PT011 - requests' class
        CLIENTS["requests"](FAULTS["tcp.refused"].start(lab), 30)
    return caught.value


def test_the_whole_value_of_a_refused_connection(refused):
    failure = classify(refused)
    port = failure.target.port
    assert dataclasses.replace(failure, cause=None) == Failure(
        "tcp.refused",
        "connect",
        "no",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        Target(f"http://127.0.0.1:{port}/", "http", "127.0.0.1", port),
        evidence=(
            "ECONNREFUSED",
            "ConnectionRefusedError",
            "NewConnectionError",
            "MaxRetryError",
            "ConnectionError",
        ),
        errno=111,
        code="ECONNREFUSED",
    )
    assert failure.cause is refused


def test_what_the_caller_knows_of_the_target_stays(refused):
    assert classify(refused, target=Target(host="mine.test")).target.host == "mine.test"


def test_what_the_caller_knows_of_the_connection_counts():
    reset = ConnectionResetError(104, "Connection reset by peer")
    assert classify(reset, reused=True).kind == "tcp.reset"  # how far it had come is not known
    with Lab() as lab, pytest.raises(Exception) as caught:  # noqa: PT011 - httpx's class
        CLIENTS["httpx"](FAULTS["tcp.reset:after_request"].start(lab), 30)
    assert classify(caught.value).kind == "tcp.reset"
    assert classify(caught.value, reused=True).kind == "tcp.closed.stale"
    assert classify(caught.value, reused=False).kind == "tcp.reset"


def test_an_exception_that_carries_its_failure_keeps_it(refused):
    error = RuntimeError()
    error.failure = classify(refused)
    assert classify(error) is error.failure


def test_what_says_nothing_is_unknown_without_confidence():
    failure = classify(RuntimeError("well"))
    assert (failure.kind, failure.confidence, failure.delivered) == ("unknown", 0.0, "maybe")
    assert failure.message == "RuntimeError: well"


def test_words_count_where_class_and_number_say_nothing():
    class OperationalError(Exception):
        pass

    text = (
        'connection to server at "127.0.0.1", port 1 failed: Connection refused\n\tIs it running?'
    )
    failure = classify(OperationalError(text))
    assert (failure.kind, failure.phase, failure.delivered) == ("tcp.refused", "connect", "no")
    assert "\n" not in failure.message


def test_of_equals_the_most_telling_of_a_group_decides():
    group = ExceptionGroup(
        "connect", [OSError(101, "Network is unreachable"), ConnectionRefusedError(111, "refused")]
    )
    assert classify(group).kind == "tcp.refused"
    outer = OSError("All connection attempts failed")
    outer.__cause__ = group
    assert classify(outer).kind == "tcp.refused"


def test_a_message_that_begins_with_a_heading_goes_on():
    said = (
        "<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n"
        '\tdetails = "recvmsg:Connection reset by peer"\n\tmore'
    )
    assert classify(ConnectionError(said)).message == (
        "ConnectionError: <_InactiveRpcError of RPC that terminated with: "
        'status = StatusCode.UNAVAILABLE details = "recvmsg:Connection reset by peer"'
    )
    assert classify(ConnectionError("no:\n" * 1000)).message == "ConnectionError: no: no: no:"
