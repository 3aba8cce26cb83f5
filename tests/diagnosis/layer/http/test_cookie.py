"""Which cookies a host gets back within one diagnosis (RFC 6265)."""

import pytest

from ringback.diagnosis.layer.http_exchange import kept

HOST, TARGET = "www.example.org", "/shop/cart?id=1"


def sent(lines, scheme="https", target="/", before=()):
    jar = kept(before, lines, HOST, TARGET)
    return {cookie.name: cookie.value for cookie in jar if cookie.goes_to(scheme, target)}


def test_a_cookie_comes_back():
    assert sent(["a=1; Path=/; HttpOnly", "b=x=y; path=/"]) == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize(
    ("line", "scheme", "target"),
    [
        ("a=1; Path=/; Secure", "http", "/"),
        ("a=1; Path=/app", "https", "/apple"),
        ("a=1", "https", "/"),
        ("a=1; Path=/; Domain=example.net", "https", "/"),
        ("a=1; Path=/; Domain=le.org", "https", "/"),
        ("a=1; Path=/; Max-Age=0", "https", "/"),
        ("a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https", "/"),
        ("a=\x1b[2J; Path=/", "https", "/"),
        ("a", "https", "/"),
    ],
)
def test_what_is_not_meant_for_a_request_stays(line, scheme, target):
    assert sent([line], scheme, target) == {}


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("a=1", "/shop/"),
        ("a=1; Path=/app", "/app/x"),
        ("a=1; Path=/; Domain=.example.org", "/"),
        ("a=1; Path=/; Domain=WWW.example.org", "/"),
        ("a=1; Path=/; Max-Age=soon", "/"),
        ("a=1; Path=/; Expires=never", "/"),
    ],
)
def test_what_is_meant_for_it_is_sent(line, target):
    assert sent([line], "https", target) == {"a": "1"}


def test_a_host_may_take_its_cookie_back_and_set_it_anew():
    before = kept((), ["a=1; Path=/", "b=2; Path=/"], HOST, TARGET)

    assert sent(["a=; Path=/; Max-Age=-1", "b=3; Path=/"], before=before) == {"b": "3"}
