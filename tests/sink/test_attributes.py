import pytest
from sink.events import REFUSED, UNAVAILABLE, done, event, given_up, retried

from ringback.failure import Target
from ringback.sink.formatting import call_attributes, decision_attributes, error_type, method_of


def test_which_call_it_was():
    assert call_attributes(given_up(failure=UNAVAILABLE, status=503)) == {
        "http.request.method": "GET",
        "url.scheme": "https",
        "server.address": "h",
        "server.port": 443,
        "http.response.status_code": 503,
        "error.type": "http.error.unavailable",
    }


def test_what_is_not_known_is_left_out():
    assert call_attributes(event(target=Target(), method="")) == {}


def test_what_was_decided():
    assert decision_attributes(retried(2)) == {
        "http.request.resend_count": 1,
        "ringback.attempts": 3,
        "ringback.outcome": "retry",
        "ringback.retry.delay": 0.25,
        "ringback.delivered": "no",
        "ringback.phase": "connect",
    }
    assert decision_attributes(given_up())["ringback.give_up.reason"] == "attempts"
    assert decision_attributes(done(2)) == {
        "http.request.resend_count": 1,
        "ringback.attempts": 3,
        "ringback.outcome": "success",
    }


@pytest.mark.parametrize(
    ("status", "failure", "expected"),
    [
        (None, REFUSED, "tcp.refused"),
        (503, UNAVAILABLE, "http.error.unavailable"),
        (404, None, "404"),
        (200, None, None),
        (None, None, None),
    ],
)
def test_the_type_of_an_error_is_its_kind_or_else_the_status(status, failure, expected):
    assert error_type(event(status=status, failure=failure)) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [("PATCH", "PATCH"), ("get", "_OTHER"), ("X" * 999, "_OTHER"), ("", None)],
)
def test_a_method_that_no_standard_names_is_other(method, expected):
    assert method_of(event(method=method)) == expected
