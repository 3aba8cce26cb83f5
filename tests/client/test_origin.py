import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.client.origin import _origin, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://host/path?x", "http://host:80"),
        ("HTTPS://HOST", "https://host:443"),
        ("http://host:8080?x=/y", "http://host:8080"),
        ("http://user:secret@host/", "http://host:80"),
        ("http://[::1]:81/a", "http://[::1]:81"),
        ("postgres://db:5432/x", "postgres://db:5432"),
    ],
)
def test_origin_of(url, origin):
    assert origin_of(url) == origin


@given(st.text())
def test_whatever_is_given_has_some_origin(text):
    assert "://" in origin_of(text)


def test_no_password_is_kept_in_the_cache():
    before = _origin.cache_info().currsize
    assert origin_of("http://user:secret@host-of-this-test/") == "http://host-of-this-test:80"
    assert _origin.cache_info().currsize == before
