import pytest

from ringback.failure.model import NO_TARGET, Target
from ringback.failure.target import (
    _parsed_once,
    fill,
    split_port,
    target_of_chain,
    target_of_url,
    without_secrets,
)


def test_a_url_loses_user_query_and_fragment():
    target = target_of_url("HTTPS://alice:pw@example.test:8443/a/b?key=pw#pw")
    assert target == Target("https://example.test:8443/a/b", "https", "example.test", 8443)


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://a.test/", 80), ("wss://a.test", 443), ("ftp://a.test:2121", 2121), ("x://a", None)],
)
def test_a_scheme_has_its_usual_port(url, port):
    assert target_of_url(url).port == port


@pytest.mark.parametrize("url", ["", "no url", "http://", "//a.test"])
def test_what_is_no_url_has_no_target(url):
    assert target_of_url(url) == NO_TARGET


@pytest.mark.parametrize(
    ("authority", "parts"),
    [
        ("a.test:80", ("a.test", 80)),
        ("[::1]:80", ("::1", 80)),
        ("::1", ("::1", None)),
        ("a.test:http", ("a.test", None)),
        ("a.test:99999", ("a.test", None)),
    ],
)
def test_an_authority_has_a_host_and_perhaps_a_port(authority, parts):
    assert split_port(authority) == parts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET http://u:p@a.test/x?y=z failed", "GET http://a.test/x failed"),
        (
            "Max retries exceeded with url: /x?y=z (Caused",
            "Max retries exceeded with url: /x (Caused",
        ),
        ("why? because", "why? because"),
    ],
)
def test_a_text_loses_its_secrets(text, shown):
    assert without_secrets(text) == shown


def test_what_the_caller_knows_comes_first():
    known = Target(host="mine.test")
    error = ConnectionError()
    error.host = "theirs.test"
    assert target_of_chain([error], known) == known
    assert target_of_chain([error]).host == "theirs.test"


def test_gaps_are_filled():
    assert fill(Target(host="a"), Target(host="b", port=1)) == Target(host="a", port=1)


def test_a_property_that_raises_hides_only_the_target():
    class HostileError(Exception):
        host = property(lambda _self: 1 / 0)

    assert target_of_chain([HostileError()]) == NO_TARGET


def test_no_password_and_no_token_is_remembered():
    before = _parsed_once.cache_info()
    for url in ("http://u:p@a.test/", "http://a.test/#token", "http://a.test/" + "x" * 300):
        assert target_of_url(url).host == "a.test"
    assert _parsed_once.cache_info() == before
    for query in ("?key=1", "?key=2"):
        assert target_of_url(f"http://remembered.test/{query}").url == "http://remembered.test/"
    assert _parsed_once.cache_info().misses == before.misses + 1
