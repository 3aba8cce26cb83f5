import pytest

from ringback.client.http import IDEMPOTENCY_HEADER, add_key


def with_key(headers, method, url, named):
    add_key(headers, method, url, named)
    return headers


@pytest.mark.parametrize("named", [True, {"https://h"}, ["HTTPS://H:443/any/path"]])
def test_a_named_origin_gets_one(named):
    headers = with_key({}, "POST", "https://h/x", named)
    assert len(headers[IDEMPOTENCY_HEADER]) >= 36
    assert with_key(dict(headers), "POST", "https://h/x", named) == headers


@pytest.mark.parametrize(
    ("method", "url", "named"),
    [
        ("POST", "https://h/x", False),
        ("POST", "https://h/x", set()),
        ("POST", "https://h:8443/x", {"https://h"}),
        ("POST", "http://h/x", {"https://h"}),
        ("GET", "https://h/x", True),
        ("PUT", "https://h/x", True),
    ],
)
def test_nothing_else_does(method, url, named):
    assert with_key({}, method, url, named) == {}


def test_two_calls_have_two_keys():
    assert with_key({}, "POST", "https://h", True) != with_key({}, "POST", "https://h", True)


def test_the_callers_own_key_is_left_alone():
    headers = {IDEMPOTENCY_HEADER: "mine"}
    assert with_key(dict(headers), "POST", "https://h", True) == headers
    assert with_key(dict(headers), "POST", "https://other", {"https://h"}) == headers


def test_ours_does_not_follow_a_redirect_elsewhere():
    headers = with_key({}, "POST", "https://h", {"https://h"})
    assert with_key(headers, "POST", "https://other", {"https://h"}) == {}
