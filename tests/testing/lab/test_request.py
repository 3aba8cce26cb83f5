import pytest

from ringback.testing.lab.message import BODY_KEPT, HEAD_LIMIT, RequestReader


def reader(*pieces, go_on=lambda: None):
    rest = iter(pieces)
    return RequestReader(lambda: next(rest, b""), go_on)


def test_a_request_is_the_same_however_it_is_cut():
    raw = b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    for size in range(1, len(raw) + 1):
        pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
        request = reader(*pieces).whole()
        assert (request.method, request.target, request.body) == ("PUT", "/x", b"hello")
        assert request.headers == {"host": "a", "content-length": "5"}


def test_chunks_are_joined_and_the_next_request_follows():
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    reading = reader(
        chunked + b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n\r\n"
    )
    assert reading.whole().body == b"abc0123456789"
    assert reading.whole().target == "/2"
    assert reading.whole() is None


@pytest.mark.parametrize(
    "cut",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_a_request_that_is_cut_is_none(cut):
    assert reader(cut).whole() is None


def test_a_client_that_waits_for_100_is_reported_to_go_on():
    told = []
    raw = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert reader(raw, b"ok", go_on=lambda: told.append(1)).whole().body == b"ok"
    assert told == [1]


def test_a_head_without_end_is_given_up():
    assert reader(*[b"x" * 65536] * (HEAD_LIMIT // 65536 + 2)).whole() is None


def test_a_body_is_kept_up_to_a_bound():
    size = BODY_KEPT + 1000
    raw = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size
    reading = reader(raw, bytes(size), b"GET /2 HTTP/1.1\r\n\r\n")
    assert len(reading.whole().body) == BODY_KEPT
    assert reading.whole().target == "/2"
