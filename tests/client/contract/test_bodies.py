"""No part of a body is taken for the whole, and what is whole is read."""

from __future__ import annotations

import gzip

import pytest
from client.contract.integrations import INTEGRATIONS, across, of_ours, present
from nightly import pairs

from ringback import classify, errors
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import closing
from ringback.testing.lab.message import head, response
from ringback.testing.lab.timing import failing_requests

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

TEXT = bytes(range(256)) * 8
GZIP = gzip.compress(TEXT, mtime=0)
CODED = "Content-Encoding: gzip"
CLOSE = "Connection: close"  # else the next attempt may be sent over what is just being closed


def chunked(body, *fields, end=b"0\r\n\r\n"):
    framed = b"%x\r\n%b\r\n" % (len(body), body)
    return head(200, "Transfer-Encoding: chunked", *fields) + framed + end


CUT = {
    "short": head(200, f"Content-Length: {len(TEXT) + 1}") + TEXT,
    "no last chunk": chunked(TEXT, end=b""),
    "within a chunk": chunked(TEXT, end=b"40\r\nabc"),
    "gzip": response(200, GZIP[:-20], CODED, CLOSE),
    "gzip without its checksum": response(200, GZIP[:-4], CODED, CLOSE),
    "gzip, chunked": chunked(GZIP[:-20], CODED, CLOSE),
}
WHOLE = {
    "sized": (response(200, TEXT), TEXT),
    "chunked": (chunked(TEXT), TEXT),
    "endless": (head(200, "Connection: close") + TEXT, TEXT),
    "gzip": (response(200, GZIP, CODED), TEXT),
    "gzip, chunked": (chunked(GZIP, CODED), TEXT),
    "gzip of nothing": (response(200, b"", CODED), b""),
    "no content": (head(204, CODED), b""),
    "not modified": (head(304, "Content-Length: 1000", CODED), b""),
}
READ = ("at once", "in pieces")

OURS = [name for name in present() if of_ours(INTEGRATIONS[name])]

of_our_own = across(also="httpx2", only=of_ours)


def body(client, url, read):
    if read == "at once":
        return client.request("GET", url).body
    with client.stream(url) as pieces:
        return b"".join(pieces)


def breaks_off(integration, endpoint, read):
    """What is raised where a body does."""
    settings = {"verify": endpoint.verify, "reads": read == "at once"}
    with integration.client(**settings) as client, pytest.raises(Exception) as caught:  # noqa: PT011
        body(client, endpoint.url, read)
    assert endpoint.requests == (3 if read == "at once" else 1)
    return caught.value


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize(("cut", "name"), pairs(list(CUT), OURS))
def test_a_body_that_breaks_off_is_an_error(lab, integration, cut, read):
    if integration.library == "aiohttp" and "gzip" in cut:
        pytest.skip("aiohttp takes what it has decoded for the whole")
    error = breaks_off(integration, lab.listen(closing(CUT[cut])), read)
    kind = classify(error).kind
    assert kind.startswith("http.response.invalid"), kind
    if integration.library != "aiohttp" or read == "at once":
        assert isinstance(
            error, errors.ContentInvalid if "gzip" in cut else errors.IncompleteResponse
        )


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize(("whole", "name"), pairs(list(WHOLE), OURS))
def test_what_is_whole_is_read(lab, integration, whole, read):
    data, expected = WHOLE[whole]
    with integration.client(reads=read == "at once") as client:
        assert body(client, lab.listen(closing(data)).url, read) == expected


@of_our_own
def test_a_cut_body_is_tried_again(lab, integration):
    if integration.library == "aiohttp":
        pytest.skip("aiohttp takes what it has decoded for the whole")
    endpoint = lab.listen(failing_requests(2, CUT["gzip"]))
    with integration.client() as client:
        assert b'"ok": true' in client.request("GET", endpoint.url).body
    assert endpoint.requests == 3


# Over TLS


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("python", ["as it is", "lenient"])
@of_our_own
def test_tls_that_ends_without_saying_so_is_no_end(request, lab, integration, read, python):
    if python == "lenient":
        request.getfixturevalue("lenient_python")
    if integration.library == "aiohttp" and read == "in pieces":
        pytest.skip("the program has aiohttp's own stream: tests/client/aiohttp/test_ending.py")
    error = breaks_off(integration, lab.start("tls.closed:without_close_notify"), read)
    assert classify(error).kind == "tls.closed"


@pytest.mark.parametrize("read", READ)
@of_our_own
def test_tls_that_says_so_is(lab, integration, read):
    def until_the_end(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nwhole")

    endpoint = secured(handler=until_the_end)(lab)
    with integration.client(verify=endpoint.verify, reads=read == "at once") as client:
        assert body(client, endpoint.url, read) == b"whole"


@of_our_own
def test_a_body_that_says_its_end_needs_no_close_notify(lab, integration):
    endpoint = secured(handler=closing(WHOLE["chunked"][0]))(lab)
    with integration.client(verify=endpoint.verify) as client:
        assert client.request("GET", endpoint.url).body == TEXT
