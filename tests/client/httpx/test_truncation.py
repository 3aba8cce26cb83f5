"""No part of a body is taken for the whole."""

import gzip
import ssl

import pytest

from ringback import errors
from ringback.testing.lab.healthy import over_tls, secured
from ringback.testing.lab.message import response
from ringback.testing.lab.proxy import proxy
from ringback.testing.lab.timing import failing_requests

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")

BODY = gzip.compress(bytes(range(256)) * 64)
CUT = response(200, BODY[:-20], "Content-Encoding: gzip")
WHOLE = response(200, BODY, "Content-Encoding: gzip")


@pytest.fixture
def trusting(integration, policy, lab, events):
    verify = lab.start("ok:tls").verify
    return integration.client(policy=policy, sinks=[events.append], verify=verify)


def test_tls_that_ends_without_saying_so_is_no_end(lab, integration, trusting):
    endpoint = lab.start("tls.closed:without_close_notify")
    with pytest.raises(integration.library.ReadError) as caught:
        trusting.get(endpoint.url)
    assert isinstance(caught.value, errors.TLSClosed)
    assert endpoint.requests == 3


def test_nor_where_the_caller_reads(lab, integration, trusting):
    endpoint = lab.start("tls.closed:without_close_notify")
    with integration.streamed(trusting, endpoint.url) as streamed, pytest.raises(errors.TLSClosed):
        list(streamed.pieces())


def made_here(endpoint):
    return endpoint.verify


def handed_in(endpoint):
    return ssl.create_default_context(cafile=endpoint.verify)


@pytest.mark.usefixtures("lenient_python")
@pytest.mark.parametrize("verify", [made_here, handed_in])
def test_nor_where_python_takes_it_for_one(lab, lenient, integration, policy, verify):
    endpoint = lab.start("tls.closed:without_close_notify")
    trusted = verify(endpoint)
    client = integration.client(policy=policy, sinks=[], verify=trusted)
    with pytest.raises(errors.TLSClosed):
        client.get(endpoint.url)
    assert verify is made_here or trusted.options & lenient


@pytest.mark.usefixtures("lenient_python")
def test_nor_through_a_proxy_over_tls(lab, integration, policy):
    endpoint = lab.start("tls.closed:without_close_notify")
    carrier = lab.listen(over_tls(lab.certificates.server("good"), proxy), scheme="https")
    through = integration.library.Proxy(carrier.url, ssl_context=handed_in(endpoint))
    client = integration.client(policy=policy, sinks=[], verify=handed_in(endpoint), proxy=through)
    with pytest.raises(errors.TLSClosed):
        client.get(endpoint.url)


def test_tls_that_says_so_is(lab, trusting):
    def until_the_end(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nwhole")

    assert trusting.get(secured(handler=until_the_end)(lab).url).content == b"whole"


def test_a_cut_gzip_body_is_tried_again(lab, client):
    handler = failing_requests(2, CUT)
    endpoint = lab.listen(handler)
    assert client.get(endpoint.url).json()["ok"] is True
    assert endpoint.requests == 3


def test_a_cut_gzip_body_is_an_error(lab, integration, client):
    endpoint = lab.listen(failing_requests(99, CUT))
    with pytest.raises(integration.library.DecodingError) as caught:
        client.get(endpoint.url)
    assert isinstance(caught.value, errors.ContentInvalid)
    assert str(caught.value.request.url) == endpoint.url


def test_and_where_the_caller_reads(lab, integration, client):
    endpoint = lab.listen(failing_requests(99, CUT))
    failing = pytest.raises(integration.library.DecodingError)
    with integration.streamed(client, endpoint.url) as streamed, failing as caught:
        list(streamed.pieces())
    assert isinstance(caught.value, errors.ContentInvalid)


@pytest.mark.parametrize("streams", [False, True])
def test_a_whole_gzip_body_is_decoded(lab, integration, client, streams):
    endpoint = lab.listen(failing_requests(99, WHOLE))
    if streams:
        with integration.streamed(client, endpoint.url) as streamed:
            body = b"".join(streamed.pieces())
    else:
        body = client.get(endpoint.url).content
    assert body == gzip.decompress(BODY)


def test_garbage_is_what_httpx_says_it_is(lab, integration, client):
    endpoint = lab.start("http.response.invalid.content_decoding")
    with pytest.raises(integration.library.DecodingError) as caught:
        client.get(endpoint.url)
    assert isinstance(caught.value, errors.ContentInvalid)


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_no_body_is_not_a_cut_one(lab, client, method):
    empty = response(200, b"", "Content-Encoding: gzip")
    endpoint = lab.listen(failing_requests(99, empty))
    assert client.request(method, endpoint.url).content == b""
