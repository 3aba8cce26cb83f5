"""No part of a body is taken for the whole."""

import gzip
import ssl

import pytest

from ringback import errors
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.message import response
from ringback.testing.lab.proxy import proxy
from ringback.testing.lab.timing import failing_requests

pytestmark = pytest.mark.usefixtures("no_connection_is_lost")

BODY = gzip.compress(bytes(range(256)) * 64)
CUT = response(200, BODY[:-20], "Content-Encoding: gzip")


def handed_in(endpoint):
    return ssl.create_default_context(cafile=endpoint.verify)


@pytest.mark.usefixtures("lenient_python")
def test_nor_with_a_context_of_the_programs_own(lab, lenient, integration, policy):
    endpoint = lab.start("tls.closed:without_close_notify")
    trusted = handed_in(endpoint)
    client = integration.client(policy=policy, sinks=[], verify=trusted)
    with pytest.raises(errors.TLSClosed):
        client.get(endpoint.url)
    assert trusted.options & lenient


@pytest.mark.usefixtures("lenient_python")
def test_nor_through_a_proxy_over_tls(lab, integration, policy):
    endpoint = lab.start("tls.closed:without_close_notify")
    carrier = lab.listen(over_tls(lab.certificates.server("good"), proxy), scheme="https")
    through = integration.library.Proxy(carrier.url, ssl_context=handed_in(endpoint))
    client = integration.client(policy=policy, sinks=[], verify=handed_in(endpoint), proxy=through)
    with pytest.raises(errors.TLSClosed):
        client.get(endpoint.url)


def test_a_cut_gzip_body_is_an_error(lab, integration, client):
    endpoint = lab.listen(failing_requests(99, CUT))
    with pytest.raises(integration.library.DecodingError) as caught:
        client.get(endpoint.url)
    assert isinstance(caught.value, errors.ContentInvalid)
    assert str(caught.value.request.url) == endpoint.url


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
