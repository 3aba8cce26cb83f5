"""A response that breaks off is an error, however it is read; an odd one that is whole is not."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest
import requests
import urllib3
from nightly import pairs, rest_nightly
from urllib3.exceptions import DecodeError, ProtocolError

from ringback.testing.lab.message import head
from tests.requires import requires

TEXT = random.Random(1).randbytes(3000)  # so that half of its gzip is half of it
GZIP = gzip.compress(TEXT, mtime=0)
HALF = GZIP[: len(GZIP) // 2]
OLD = urllib3.__version__.startswith("1.")
CODED = "Content-Encoding: gzip"


def sized(body, *fields, length=None):
    return head(200, f"Content-Length: {len(body) if length is None else length}", *fields) + body


def chunked(body, *fields, end=b"0\r\n\r\n"):
    pieces = [body[at : at + 50] for at in range(0, len(body), 50)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head(200, "Transfer-Encoding: chunked", *fields) + framed + end


def endless(body, *fields):
    """The end of the connection is the end of the body."""
    return head(200, "Connection: close", *fields) + body


CUT = {
    "short": sized(TEXT[:-1], length=len(TEXT)),
    "no body": sized(b"", length=10),
    "no last chunk": chunked(TEXT, end=b""),
    "within a chunk": chunked(TEXT, end=b"40\r\nabc"),
    "within a chunk size": chunked(TEXT, end=b"4"),
}
UNDECODED = {
    "sized gzip": sized(HALF, CODED),
    "gzip of one byte": sized(GZIP[:1], CODED),
    "gzip without its checksum": sized(GZIP[:-4], CODED),
    "chunked gzip": chunked(HALF, CODED),
    "endless gzip": endless(HALF, CODED),
    "deflate": sized(zlib.compress(TEXT)[:-3], "Content-Encoding: deflate"),
    "two codings": sized(zlib.compress(GZIP)[:-3], "Content-Encoding: gzip, deflate"),
}
WHOLE = {
    "sized": (sized(TEXT), TEXT),
    "chunked": (chunked(TEXT), TEXT),
    "chunked, without the last line": (chunked(TEXT, end=b"0\r\n"), TEXT),
    "endless": (endless(TEXT), TEXT),
    "empty and endless": (endless(b""), b""),
    "gzip": (sized(GZIP, CODED), TEXT),
    "gzip, chunked": (chunked(GZIP, CODED), TEXT),
    "gzip, endless": (endless(GZIP, CODED), TEXT),
    "gzip of nothing, sized": (sized(b"", CODED), b""),
    "gzip of nothing, chunked": (chunked(b"", CODED), b""),
    "gzip of nothing, endless": (endless(b"", CODED), b""),
    "gzip with a line end behind": (sized(GZIP + b"\n", CODED), TEXT),
    "gzip with zeros behind": (sized(GZIP + bytes(9), CODED), TEXT),
    "gzip with half a magic number behind": (sized(GZIP + b"\x1f", CODED), TEXT),
    "gzip with text behind": (sized(GZIP + b"<!-- x -->", CODED), TEXT),
    "longer than it says": (sized(TEXT + b"more", length=len(TEXT)), TEXT),
    "a length that is no number": (sized(TEXT, length="many"), TEXT),
    "an unknown coding": (sized(TEXT, "Content-Encoding: aws-chunked"), TEXT),
    "after an interim response": (head(100) + sized(TEXT), TEXT),
}
EMPTY = {
    "HEAD": ("HEAD", head(200, "Content-Length: 1000", CODED)),
    "204": ("GET", head(204, CODED)),
    "304": ("GET", head(304, "Content-Length: 1000", CODED)),
}


def by_parts(read):
    return b"".join(iter(read, b""))


WAYS = {
    "all": lambda response: response.read(),
    "data": lambda response: response.data,
    "in parts": lambda response: by_parts(lambda: response.read(100)),
    "in large parts": lambda response: by_parts(lambda: response.read(1 << 20)),
    "stream": lambda response: b"".join(response.stream(100, decode_content=True)),
    "stream of all": lambda response: b"".join(response.stream(None, decode_content=True)),
    "lines": b"".join,
    "buffered": lambda response: io.BufferedReader(response).read(),
}
if not OLD:
    WAYS["read1"] = lambda response: by_parts(response.read1)
    WAYS["read1 in parts"] = lambda response: by_parts(lambda: response.read1(100))


@pytest.fixture
def response(pools, serving):
    """Returns the response with a body of its own, not read yet."""

    def get(data, how="tcp", method="GET"):
        met = serving(data, how)
        manager = pools(ca_certs=met.verify) if met.verify else pools()
        return manager.request(method, met.url, preload_content=False)

    return get


@pytest.mark.parametrize(("name", "way"), pairs(CUT, WAYS))
def test_a_body_that_breaks_off_is_an_error(response, name, way):
    with response(CUT[name]) as one, pytest.raises(ProtocolError):
        WAYS[way](one)


@pytest.mark.parametrize(("name", "way"), pairs(UNDECODED, WAYS))
def test_a_coding_that_breaks_off_is_an_error(response, name, way):
    with response(UNDECODED[name]) as one, pytest.raises(DecodeError):
        WAYS[way](one)


@pytest.mark.parametrize(("name", "way"), pairs(WHOLE, WAYS))
def test_what_is_whole_is_read(response, name, way):
    data, body = WHOLE[name]
    with response(data) as one:
        assert WAYS[way](one) == body


def test_the_second_of_two_members_counts_too(response):
    with response(sized(GZIP * 2, CODED)) as one:
        assert one.read() == TEXT * 2
    with response(sized((GZIP * 2)[:-30], CODED)) as one, pytest.raises(DecodeError):
        one.read()


@pytest.mark.parametrize(("name", "way"), pairs(EMPTY, WAYS))
def test_what_has_no_body_is_whole(response, name, way):
    method, data = EMPTY[name]
    with response(data, method=method) as one:
        assert WAYS[way](one) == b""


@pytest.mark.parametrize("name", ["no last chunk", "within a chunk", "chunked gzip"])
def test_what_breaks_off_is_an_error_by_chunks(response, name):
    with response({**CUT, **UNDECODED}[name]) as one, pytest.raises((ProtocolError, DecodeError)):
        list(one.read_chunked(100, decode_content=True))


def test_a_chunked_body_is_read_by_chunks(response):
    with response(WHOLE["gzip, chunked"][0]) as one:
        assert b"".join(one.read_chunked(100, decode_content=True)) == TEXT


@pytest.mark.parametrize("way", rest_nightly(WAYS, gate=4))
def test_over_tls_a_body_must_not_end_without_close_notify(response, way):
    requires("cryptography")
    with response(endless(TEXT), "tls, cut") as one, pytest.raises(ProtocolError, match="EOF"):
        WAYS[way](one)


@pytest.mark.parametrize("way", rest_nightly(WAYS, gate=4))
def test_over_tls_close_notify_ends_a_body(response, way):
    requires("cryptography")
    with response(endless(TEXT), "tls") as one:
        assert WAYS[way](one) == TEXT


def test_what_is_not_decoded_is_not_missed(response):
    with response(UNDECODED["sized gzip"]) as one:
        assert one.read(decode_content=False) == HALF


def test_what_is_not_wanted_is_not_missed(response):
    for data in (CUT["short"], UNDECODED["sized gzip"], UNDECODED["chunked gzip"]):
        with response(data) as one:
            one.close()
            assert b"".join(one.stream()) == b""
            assert one.read() == b""


def test_a_length_that_is_not_to_be_enforced_is_not(pools, serving):
    options = {"preload_content": False, "enforce_content_length": False}
    with pools().request("GET", serving(CUT["short"]).url, **options) as one:
        assert b"".join(one.stream(100)) == TEXT[:-1]


@pytest.mark.parametrize(("name", "size"), pairs([*CUT, *UNDECODED], [None, 1, 10_000]))
def test_requests_raises_what_its_callers_catch(session, serving, name, size):
    coded = requests.exceptions.ContentDecodingError
    expected = requests.exceptions.ChunkedEncodingError if name in CUT else coded
    answer = session.get(serving({**CUT, **UNDECODED}[name]).url, stream=True)
    with answer, pytest.raises(expected):
        b"".join(answer.iter_content(size))
