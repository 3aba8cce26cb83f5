import asyncio
import http.client
import json
import ssl

import pytest
import requests

from ringback.failure.frames import (
    phase_of_frame,
    reads_certificate_files,
    reads_chunks,
    reads_json_answer,
    trace,
    was_redirected,
)
from ringback.testing.lab import Lab


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


def traceback_of(call, *arguments, **options):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - only its traceback counts
        call(*arguments, **options)
    inner = caught.value
    while inner.__context__ is not None:
        inner = inner.__context__
    return inner.__traceback__


def read(endpoint):
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("fault", "phase"),
    [
        ("tcp.refused", "connect"),
        ("http.response.invalid.empty:after_request", "wait"),
        ("http.response.invalid.content_length_mismatch:mid_body", "body"),
    ],
)
def test_the_functions_show_how_far_the_call_came(lab, fault, phase):
    assert trace(traceback_of(read, lab.start(fault))).phase == phase


@pytest.mark.parametrize(("secure", "phase"), [(False, "connect"), (True, "tls")])
def test_a_connection_of_asyncio_has_a_handshake_where_it_is_secured(lab, secure, phase):
    endpoint = lab.start("http.response.timed_out:silent")

    def stop():
        asyncio.current_task().cancel()  # it is seen by what waits for the connection to be made
        return asyncio.Protocol()

    async def connect():
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context() if secure else None
        await loop.create_connection(stop, endpoint.host, endpoint.port, ssl=context)

    with pytest.raises(asyncio.CancelledError) as caught:
        asyncio.run(connect())
    assert trace(caught.value.__traceback__).phase == phase


def test_the_same_names_mean_nothing_elsewhere():
    assert phase_of_frame("/app/mine.py", "read") is None
    assert phase_of_frame("C:\\Python\\Lib\\http\\client.py", "read") == "body"
    assert phase_of_frame("/app/mine.py", "getaddrinfo") == "dns"


def test_no_traceback_shows_nothing():
    assert trace(None) == ("unknown", False)


def test_a_chunked_body_is_seen(lab):
    chunked = lab.start("http.response.invalid.incomplete_chunked_encoding:mid_chunk")
    plain = lab.start("http.response.invalid.content_length_mismatch:mid_body")
    assert reads_chunks(traceback_of(read, chunked))
    assert not reads_chunks(traceback_of(read, plain))


def test_loading_certificates_is_seen(tmp_path):
    missing = tmp_path / "none.pem"
    assert reads_certificate_files(traceback_of(ssl.create_default_context, cafile=missing))
    assert not reads_certificate_files(traceback_of(missing.read_bytes))


def test_reading_an_answer_as_json_is_seen(lab):
    answer = requests.get(lab.start("http.response.unexpected_content:html").url, timeout=30)
    with pytest.raises(requests.JSONDecodeError) as caught:
        answer.json()
    assert reads_json_answer(caught.value.__traceback__)
    assert not reads_json_answer(traceback_of(json.loads, answer.text))


def test_following_a_redirect_is_seen(lab):
    bad = lab.start("http.response.redirect_invalid:bad_scheme")
    assert was_redirected(traceback_of(requests.get, bad.url, timeout=30))
    assert not was_redirected(traceback_of(requests.get, "gopher://127.0.0.1/", timeout=30))
