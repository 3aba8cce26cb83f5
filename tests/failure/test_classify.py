import dataclasses
from dataclasses import replace

import pytest

from ringback import Failure, classify, explain
from ringback.errors import specialise
from ringback.failure import KINDS
from ringback.failure.classes import CLASSES
from ringback.failure.classify import MAX_NODES, clue_of, walk_exceptions
from ringback.failure.clue import TIMEOUT
from ringback.failure.model import Target
from ringback.testing.clients import CLIENTS
from ringback.testing.lab import FAULTS

REFUSED = ConnectionRefusedError(111, "Connection refused")


def holding(**attributes):
    outer = RuntimeError("outer")
    for name, value in attributes.items():
        setattr(outer, name, value)
    return outer


@pytest.mark.parametrize(
    "outer",
    [
        holding(__cause__=REFUSED),
        holding(__context__=REFUSED),
        holding(reason=REFUSED),
        holding(os_error=REFUSED),
        holding(kwargs={"error": REFUSED}),
        RuntimeError("outer", REFUSED),
        RuntimeError(("outer", [1], REFUSED)),
        ExceptionGroup("outer", [ExceptionGroup("inner", [REFUSED])]),
    ],
)
def test_every_link_is_followed(outer):
    assert REFUSED in [node.exc for node in walk_exceptions(outer)]


def test_nothing_is_looked_at_below_what_says_all():
    wrapped = ConnectionRefusedError(111, "Connection refused")
    wrapped.__context__ = IndexError("noise")
    assert len(walk_exceptions(wrapped)) == 1


def test_a_broad_group_is_bounded():
    many = ExceptionGroup("many", [ValueError(str(number)) for number in range(500)])
    assert len(walk_exceptions(many)) <= MAX_NODES


def test_a_recogniser_that_fails_leaves_the_name():
    class HostileError(TimeoutError):
        errno = property(lambda _self: 1 / 0)

    assert clue_of(HostileError()).kind == "timeout"


def test_a_failure_that_ringback_named_is_believed_below_a_wrapper():
    failure = Failure("http.response.timed_out", "wait", "no", "nothing was acknowledged")
    wrapped = RuntimeError("aborted", specialise(TimeoutError(), failure))
    assert classify(wrapped) == replace(failure, cause=wrapped)


def test_every_class_names_a_kind_or_is_a_wrapper():
    for name, clue in CLASSES.items():
        assert name.isidentifier()
        assert clue.kind in {None, TIMEOUT, *KINDS}, name
        if clue.kind in KINDS:
            assert not KINDS[clue.kind].diagnosis_only, name


@pytest.fixture(scope="module")
def refused(lab):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - requests' class
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


def test_what_the_caller_knows_of_the_connection_counts(lab):
    reset = ConnectionResetError(104, "Connection reset by peer")
    assert classify(reset, reused=True).kind == "tcp.reset"  # how far it had come is not known
    with pytest.raises(Exception) as caught:  # noqa: PT011 - httpx's class
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


def of_class(module, name, *args, **attributes):
    base = type("DatabaseError", (Exception,), {"__module__": module})
    return type(name, (base,), {"__module__": module, **attributes})(*args)


REFUSAL_NUMBERS = [1040, 1045, 1049, 1129, 1130, 1203, 1226]


@pytest.mark.parametrize("number", REFUSAL_NUMBERS)
def test_what_mysql_refuses_with_is_named_by_its_number(number):
    said = [
        *(f"ERROR {number} (HY000): abgelehnt", f"connecting: {number} (HY000): abgelehnt"),
        *(f"(pymysql.err.OperationalError) ({number}, '')", f'OperationalError({number}, "")'),
        of_class("pymysql.err", "OperationalError", number, ""),
        of_class("pymysql.err", "InternalError", number, ""),
        of_class("MySQLdb", "OperationalError", number, ""),
        of_class("mysql.connector.errors", "ProgrammingError", f"{number}: ", errno=number),
        of_class("mysql.connector.errors", "DatabaseError", f"{number}: ", errno=number),
    ]
    failures = [explain(one) if isinstance(one, str) else classify(one) for one in said]
    assert [failure.kind for failure in failures] == ["service.rejected"] * len(said)
    words = classify(of_class("pymysql.err", "OperationalError", number, "Unknown database 'a'"))
    assert {failure.delivered for failure in failures} == {words.delivered}


@pytest.mark.parametrize("number", REFUSAL_NUMBERS)
def test_a_number_of_mysql_by_itself_says_nothing(number):
    said = [
        *(f"read ({number}, 5) rows", f"rows: ({number}, 'Smith')", f"read {number} (bytes): all"),
        *(f"page {number}", f"1{number} (HY000): x"),
        of_class("mine", "ProgrammingError", f"{number}: ", errno=number),
        ValueError(number, ""),
        of_class("pymysql.err", "ProgrammingError", 1064, "You have an error in your SQL syntax"),
    ]
    failures = [explain(one) if isinstance(one, str) else classify(one) for one in said]
    assert "service.rejected" not in {failure.kind for failure in failures}
