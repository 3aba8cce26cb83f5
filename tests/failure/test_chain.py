from dataclasses import replace

import pytest

from ringback import Failure, classify
from ringback.errors import specialise
from ringback.failure.classify import MAX_NODES, clue_of, walk_exceptions

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
