import pytest
from sink.events import REFUSED, UNAVAILABLE, event

from ringback.failure import Target
from ringback.sink.formatting import call_attributes, error_type, method_of


def test_what_is_not_known_is_left_out():
    assert call_attributes(event(target=Target(), method="")) == {}


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
