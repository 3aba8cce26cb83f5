import gzip
import re

import pytest

from tests.testing.lab.wire import GET, GET_CLOSE, connect, exchange, read_to_end

CHUNKED = rb"HTTP/1.1 200 OK\r\n.*Transfer-Encoding: chunked\r\n\r\n"
JSON = rb"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n.*\r\n\r\n"
SENT = {
    "http.response.invalid.empty:after_request": rb"",
    "http.response.headers.truncated:mid_headers": rb"HTTP/1.1 200 OK\r\nContent-Type: text/pl",
    "http.response.invalid.content_length_mismatch:mid_body": (
        rb"HTTP/1.1 200 OK\r\n.*Content-Length: 1000\r\n\r\nx{400}"
    ),
    "http.response.invalid.incomplete_chunked_encoding:no_last_chunk": CHUNKED + rb"5\r\nhello\r\n",
    "http.response.invalid.incomplete_chunked_encoding:mid_chunk": CHUNKED + rb"64\r\nhello",
    "http.protocol.error:malformed_status_line": rb"HTTP/1.1 [a-z-]+ OK\r\n.*",
    "http.protocol.error:malformed_header": rb"HTTP/1.1 200 OK\r\n[^:\r]+\r\n.*",
    "http.protocol.error:too_many_headers": rb"HTTP/1.1 200 OK\r\n(X-\d+: x\r\n){1000}.*",
    "http.protocol.error:header_too_long": rb"HTTP/1.1 200 OK\r\nX-Long: x{200000}\r\n.*",
    "http.protocol.error:content_length_invalid": rb".*Content-Length: [a-z]+\r\n\r\nok",
    "http.protocol.error:content_length_conflict": (
        rb".*Content-Length: 2\r\nContent-Length: 5\r\n\r\nok"
    ),
    "http.protocol.error:content_length_too_short": rb".*Content-Length: 2\r\n\r\nok.{5}",
    "http.protocol.error:chunk_size_invalid": CHUNKED + rb"zz\r\n.*",
    "http.response.invalid.not_http:ssh": rb"SSH-2.0-.*\r\n",
    "http.response.invalid.not_http:smtp": rb"220 .* ESMTP.*\r\n",
    "http.response.invalid.not_http:mysql": rb"\x0b\x00\x00\x00\x0a8.*",
    "http.response.invalid.not_http:redis": rb"-ERR unknown command .*\r\n",
    "http.response.invalid.not_http:http2": rb"\x00\x00\x00\x04\x00{5}",
    "http.response.redirect_loop:same_url": rb"HTTP/1.1 302 .*\r\nLocation: /\r\n.*",
    "http.response.redirect_invalid:bad_host": rb".* 302 .*\r\nLocation: http://\[::1\r\n.*",
    "http.response.redirect_invalid:bad_port": rb".* 302 .*\r\nLocation: http://\S+:99999/\r\n.*",
    "http.response.redirect_invalid:bad_scheme": rb".* 302 .*\r\nLocation: gopher://.*",
    "http.response.unexpected_content:html": rb".*Content-Type: text/html\r\n.*<!doctype html>.*",
    "http.response.unexpected_content:html_as_json": JSON + rb"<!doctype html>.*",
    "http.response.unexpected_content:empty_body": JSON,
    "http.response.unexpected_content:cut_json": JSON + rb'\{"ok": tr',
    "http.response.invalid.content_decoding:not_gzip": rb".*-Encoding: gzip\r\n\r\n\{.*",
}


@pytest.mark.parametrize("name", SENT)
def test_the_server_sends_this_and_closes(lab, name):
    endpoint = lab.start(name)
    seen = exchange(endpoint, GET_CLOSE)
    assert re.fullmatch(SENT[name], seen.received, re.DOTALL)
    assert seen.end == "fin"
    assert endpoint.seen[0].ended == "fin"
    assert endpoint.requests == 1 or "not_http" in name


def test_half_a_gzip_stream_has_no_end(lab):
    endpoint = lab.start("http.response.invalid.content_decoding:truncated_gzip")
    with pytest.raises(EOFError):
        gzip.decompress(exchange(endpoint, GET_CLOSE).received.partition(b"\r\n\r\n")[2])


def test_each_redirect_leads_to_a_new_url(lab):
    with connect(lab.start("http.response.redirect_loop:ever_onward")) as connected:
        for step in (b"/1", b"/2", b"/3"):
            connected.sendall(GET.replace(b" / ", b" /%d " % (int(step[1:]) - 1)))
            seen = read_to_end(connected, until=rb"\r\n\r\n")
            assert b"\r\nLocation: " + step + b"\r\n" in seen.received
