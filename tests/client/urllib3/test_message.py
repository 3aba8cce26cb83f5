from __future__ import annotations

import http.client
import re

import pytest
import requests
from nightly import one_of_each
from urllib3.exceptions import ProtocolError

from ringback import classify
from ringback.testing.lab.message import head

HEAD = head(200, "Content-Type: text/plain", "Content-Length: 0")
CUTS = range(len("HTTP/1.1 200"), len(HEAD))


def between(cut):
    """What is cut apart: the last byte that comes and the first that does not."""
    return re.sub(rb"\w", b"x", HEAD[cut - 1 : cut + 1])


@pytest.mark.parametrize("cut", one_of_each(CUTS, between))
def test_a_header_block_that_breaks_off_is_an_error(pools, serving, cut):
    with pytest.raises(ProtocolError) as caught:
        pools().request("GET", serving(HEAD[:cut]).url)
    assert isinstance(caught.value.args[1], http.client.HTTPException)
    failure = classify(caught.value)
    assert (failure.kind, failure.phase) == ("http.response.headers.truncated", "wait")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(b"HTTP/1.1 2", http.client.BadStatusLine), (b"", http.client.RemoteDisconnected)],
)
def test_an_end_before_the_headers_is_one_as_ever(pools, serving, sent, expected):
    with pytest.raises(ProtocolError) as caught:
        pools().request("GET", serving(sent).url)
    assert isinstance(caught.value.args[1], expected)


def test_a_whole_header_block_and_an_end_at_once_is_none(pools, serving):
    assert pools().request("GET", serving(HEAD).url).status == 200


def test_headers_that_break_off_are_a_connection_error_to_requests(session, serving):
    with pytest.raises(requests.ConnectionError):
        session.get(serving(HEAD[:-2]).url)


def test_where_a_body_in_chunks_should_follow_it_is_the_body_that_breaks_off(session, serving):
    cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(serving(cut).url)
    with pytest.raises(requests.ConnectionError):
        session.head(serving(cut).url)
