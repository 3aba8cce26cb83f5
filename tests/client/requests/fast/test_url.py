"""What counts as a plain URL must be one that requests and urllib3 leave as it is."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from requests import PreparedRequest
from urllib3.util.url import _encode_target

from ringback.client.requests.fast.request import plain_url, with_parameters

PIECES = st.text(
    st.sampled_from("aZ09-._~!$&'()*+,;=:@/%[]{}|\\^`\"<>#? \tü\x7f") | st.characters(), max_size=12
)
ESCAPES = st.integers(0, 255).map("%{:02X}".format) | st.integers(0, 255).map("%{:02x}".format)
TEXTS = st.lists(PIECES | ESCAPES, max_size=6).map("".join)
HOSTS = ["example.com", "EXAMPLE.com", "127.0.0.1", "[::1]", "host.", "bücher.ch", "u:p@host"]
PORTS = ["", ":80", ":443", ":8080", ":0", ":080", ":65535", ":65536", ":99999", ":", ":x"]
URLS = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP://", " http://", "ftp://", "http:/", ""]),
    st.sampled_from(HOSTS) | PIECES,
    st.sampled_from(PORTS),
    st.sampled_from(["", "/", "/.", "/../", "/a/./b", "//", "/a//b", "/%2e/", "/.well-known"]),
    TEXTS,
    st.sampled_from(["", "?", "?a=1", "?a=1&b=%C3%BC", "?%20", "?%7e", "#x", "?a#b"]),
)


def prepared(url, params=None):
    request = PreparedRequest()
    request.prepare_url(url, params)
    return request.url


@given(url=URLS)
@example(url="http://example.com/a%2Fb?c=%26")
def test_preparing_leaves_a_plain_url_as_it_is(url):
    plain = plain_url(url)
    if plain is None:
        return
    parts = urlsplit(url)

    assert prepared(url) == plain.url == url
    assert (plain.scheme, plain.host, plain.port) == (parts.scheme, parts.hostname, parts.port)
    assert plain.origin == f"{parts.scheme}://{parts.netloc}"
    assert _encode_target(plain.target) == plain.target == plain.path + plain.query


@given(
    url=URLS,
    params=st.dictionaries(TEXTS, TEXTS | st.integers() | st.lists(TEXTS), max_size=3) | TEXTS,
)
def test_parameters_are_added_as_requests_adds_them(url, params):
    plain = plain_url(url)
    if plain is None:
        return
    whole = with_parameters(plain, PreparedRequest._encode_params(params))

    assert whole is None or whole == prepared(url, params)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com:8443/v1/items/42?fields=a,b&sort=-name",
        "http://127.0.0.1:8080/%E2%82%AC?q=a%20b;c=/@me/~x",
    ],
)
def test_ordinary_urls_are_plain(url):
    assert plain_url(url) is not None


@pytest.mark.parametrize("url", ["http://user:secret@example.com/", b"http://example.com/", None])
def test_others_are_left_to_requests(url):
    assert plain_url(url) is None
