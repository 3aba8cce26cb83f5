import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.layer.http_message import (
    INCOMPLETE_CHUNKED,
    LENGTH_MISMATCH,
    PROTOCOL,
    Head,
    HeadError,
    HttpResponse,
    MessageBody,
    parse_head,
    split_head,
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


@pytest.mark.parametrize("line", [b"HTTP/1.1 200\r", b"HTTP/1.0 404 Not Found"])
def test_short_status_lines_are_taken(line):
    assert parse_head(line).status in {200, 404}


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


def test_what_clients_let_pass_is_noted():
    assert parse_head(OK + b"this is no header\r\nA: b").odd == ("a header line is malformed",)


def test_a_head_ends_with_an_empty_line():
    assert split_head(OK + b"A: b\r\n") is None
    assert split_head(OK + b"A: b\r\n\r\nrest") == (OK + b"A: b", b"rest")


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


@given(st.binary(min_size=1, max_size=100), st.integers(1, 100))
def test_an_early_end_is_seen(content, missing):
    body = fed(MessageBody(head(("content-length", str(len(content) + missing))), "GET"), content)
    body.end()

    assert body.wrong == LENGTH_MISMATCH


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


def test_more_than_the_length_is_noted():
    body = MessageBody(head(("content-length", "2")), "GET")
    body.feed(b"ok+more")

    assert (body.complete, body.received) == (True, 2)
    assert body.odd


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


@pytest.mark.parametrize("status", [495, 496])
def test_two_statuses_are_about_the_client_certificate(status):
    assert certificate_wanted(HttpResponse("answered", head=head(status=status)), tls=True)
