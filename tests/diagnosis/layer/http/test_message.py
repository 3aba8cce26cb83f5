import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.layer.http_exchange import kept
from ringback.diagnosis.layer.http_message import (
    INCOMPLETE_CHUNKED,
    PROTOCOL,
    Head,
    HeadError,
    HttpResponse,
    MessageBody,
    parse_head,
)
from ringback.diagnosis.layer.http_readings import certificate_wanted

OK = b"HTTP/1.1 200 OK\r\n"


def head(*fields, status=200):
    return Head("1.1", status, "", fields)


def pieces(data, sizes):
    while data:
        size = sizes.pop() if sizes else 1
        yield data[:size]
        data = data[size:]


def fed(body, data, sizes=()):
    for piece in pieces(data, list(sizes)):
        body.feed(piece)
    return body


def test_a_head_is_read():
    read = parse_head(OK + b"Server: x\r\nset-cookie: a\r\nSet-Cookie: b")

    assert (read.version, read.status, read.reason) == ("1.1", 200, "OK")
    assert read.get("server") == "x"
    assert read.all("set-cookie") == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200 OK",
        b"HTTP/1.1 two-hundred OK",
        OK + b"Content-Length: many",
        OK + b"Content-Length: -1",
        OK + b"Content-Length: " + b"9" * 5000,
        OK + b"Content-Length: 1\r\nContent-Length: 2",
        OK + b"X: x\r\n" * 101,
        OK + b"X: " + b"x" * 70_000,
    ],
)
def test_what_clients_refuse_is_refused(data):
    with pytest.raises(HeadError):
        parse_head(data)


@given(st.binary(max_size=200), st.lists(st.integers(1, 50)))
def test_a_body_with_a_length_is_whole_at_its_end(content, sizes):
    body = MessageBody(head(("content-length", str(len(content)))), "GET")
    fed(body, content, sizes)

    assert body.complete
    assert body.received == len(content)
    assert body.wrong is None


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.lists(st.integers(1, 50)))
def test_a_chunked_body_is_whole_at_its_last_chunk(chunks, sizes):
    text = b"".join(b"%x;a=b\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    body = MessageBody(head(("transfer-encoding", "chunked")), "GET")
    fed(body, text + b"0\r\n\r\n", sizes)

    assert (body.complete, body.wrong) == (True, None)
    assert body.start == b"".join(chunks)


@pytest.mark.parametrize("text", [b"", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello\r\n0"])
def test_a_missing_last_chunk_is_seen(text):
    body = fed(MessageBody(head(("transfer-encoding", "chunked")), "GET"), text)
    body.end()

    assert body.wrong == INCOMPLETE_CHUNKED


@pytest.mark.parametrize("text", [b"zz\r\n", b"5\r\nhelloX", b"x" * 5000])
def test_a_chunk_without_a_size_breaks_the_rules(text):
    assert fed(MessageBody(head(("transfer-encoding", "chunked")), "GET"), text).wrong == PROTOCOL


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_some_answers_have_no_body(method, status):
    assert MessageBody(head(("content-length", "7"), status=status), method).complete


def test_a_body_without_a_length_ends_with_the_connection():
    body = fed(MessageBody(head(), "GET"), b"text")
    assert not body.complete
    body.end()

    assert (body.complete, body.wrong) == (True, None)


def read_or_refused(data):
    try:
        return parse_head(data)
    except HeadError as refused:
        return refused


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for whole in (data, OK + data):
        read = read_or_refused(whole)
        assert isinstance(read, HeadError) or read.version in {"1.0", "1.1"}


@given(st.binary(max_size=300), st.sampled_from(["chunked", "gzip", "gzip, chunked"]))
def test_any_body_is_taken_in(data, coding):
    for fields in ((("transfer-encoding", coding),), (("content-encoding", coding),)):
        body = fed(MessageBody(head(*fields), "GET"), data, [100, 100, 100])
        body.end()
        assert body.complete or body.wrong


@pytest.mark.parametrize(
    ("status", "tls", "wanted"),
    [(400, True, True), (403, True, True), (400, False, False), (200, True, False)],
)
def test_a_client_certificate_is_wanted_over_tls_only(status, tls, wanted):
    said = b"No required SSL certificate was sent"
    body = fed(MessageBody(head(("content-length", str(len(said)))), "GET"), said, [len(said)])
    answer = HttpResponse("answered", head=head(status=status), body=body)

    assert certificate_wanted(answer, tls=tls) is wanted


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
