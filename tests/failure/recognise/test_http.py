import http.client
import json
import urllib.error

import pytest
import requests

from ringback import classify


def named(name, *bases):
    return type(name, bases or (Exception,), {})


CUT = "peer closed connection without sending complete message body"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("HTTP/9 what", "http.protocol.error"),
        ("SSH-2.0-OpenSSH_9.6", "http.response.invalid.not_http"),
        ("\x15\x03\x01", "http.response.invalid.not_http"),
        ("", "http.response.invalid.empty"),
    ],
)
def test_a_bad_status_line_holds_the_first_bytes(line, kind):
    assert classify(http.client.BadStatusLine(line)).kind == kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [(404, "http.error"), (429, "http.error.rate_limited"), (502, "http.error.gateway")],
)
def test_a_status_decides(number, kind):
    failure = classify(urllib.error.HTTPError("http://a.test/?x=y", number, "no", {}, None))
    assert (failure.kind, failure.code) == (kind, str(number))
    assert failure.target.url == "http://a.test/"


def test_an_invalid_header_is_ours_or_the_servers():
    ours = named("InvalidHeader", requests.RequestException, ValueError)("no")
    theirs = named("InvalidHeader")("illegal header line")
    wrapped = named("InvalidHeader", requests.RequestException, ValueError)(theirs)
    assert classify(ours).kind == "request.invalid"
    assert classify(theirs).kind == "http.protocol.error"
    assert classify(wrapped).kind == "http.protocol.error"


def test_too_many_headers_is_the_servers():
    assert classify(http.client.HTTPException("got more than 100 headers")).kind == (
        "http.protocol.error"
    )


def test_bare_json_is_not_an_answer():
    assert classify(json.JSONDecodeError("Expecting value", "", 0)).kind == "unknown"


@pytest.mark.parametrize(
    ("text", "kind", "delivered"),
    [
        ("<ConnectionTerminated error_code:0, last_stream_id:0, x>", "h2.refused_stream", "no"),
        ("<ConnectionTerminated error_code:1, last_stream_id:7, x>", "h2.protocol.error", "maybe"),
        ("Server disconnected without sending a response.", "http.response.invalid.empty", "maybe"),
        (
            f"{CUT} (incomplete chunked read)",
            "http.response.invalid.incomplete_chunked_encoding",
            "yes",
        ),
    ],
)
def test_a_remote_protocol_error_says_what_it_means(text, kind, delivered):
    failure = classify(named("RemoteProtocolError")(text))
    assert (failure.kind, failure.delivered) == (kind, delivered)
