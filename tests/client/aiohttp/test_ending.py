"""Bodies that end with their TLS connection: with close_notify, or cut."""

import asyncio
import ssl

import aiohttp
import pytest

from ringback import Backoff, Policy, classify
from ringback.client.aiohttp import Middleware
from ringback.client.install import install
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import closing

BODY = b"x" * 400
UNFRAMED = b"HTTP/1.1 200 OK\r\n\r\n" + BODY
AT_ONCE = Policy(backoff=Backoff(base=0), budget=None, breaker=None)

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


def noting(data):
    """Sends bytes; the lab then says close_notify."""

    def handler(connection):
        connection.read_request()
        connection.send(data)

    return handler


def call(endpoint, read="read", *, method="GET", middlewares=None, **session):
    if middlewares is None:
        middlewares = [Middleware(AT_ONCE, sinks=[])]
    context = ssl.create_default_context(cafile=endpoint.verify)

    async def main():
        async with (
            aiohttp.ClientSession(middlewares=middlewares, **session) as client,
            client.request(method, endpoint.url, ssl=context) as response,
        ):
            return await getattr(response, read)()

    return asyncio.run(main())


@pytest.mark.parametrize("read", ["read", "text"])
def test_a_body_that_is_cut_is_an_error(lab, read):
    endpoint = secured(handler=closing(UNFRAMED))(lab)
    with pytest.raises(aiohttp.ClientPayloadError) as caught:
        call(endpoint, read)
    failure = classify(caught.value)
    assert (failure.kind, failure.phase, failure.delivered) == ("tls.closed", "body", "yes")
    assert endpoint.requests == 1


@pytest.mark.usefixtures("lenient_python")
def test_a_body_that_is_cut_is_an_error_where_python_takes_it_for_an_end(lab):
    endpoint = secured(handler=closing(UNFRAMED))(lab)
    with pytest.raises(aiohttp.ClientPayloadError):
        call(endpoint)


def test_what_has_no_body_needs_no_close_notify(lab):
    assert call(secured(handler=closing(UNFRAMED[:19]))(lab), method="HEAD") == b""
    assert call(secured(handler=closing(b"HTTP/1.1 204 No Content\r\n\r\n"))(lab)) == b""


def test_close_notify_ends_a_large_body(lab):
    many = BODY * 10_000
    endpoint = secured(handler=noting(UNFRAMED + many))(lab)
    assert call(endpoint) == BODY + many
    with pytest.raises(aiohttp.ClientPayloadError):
        call(secured(handler=closing(UNFRAMED + many))(lab))


def test_a_response_class_of_the_programs_own_stays(lab):
    class Own(aiohttp.ClientResponse):
        pass

    endpoint = secured(handler=closing(UNFRAMED))(lab)
    assert call(endpoint, response_class=Own) == BODY


def test_a_program_that_knows_of_nothing_gets_what_aiohttp_raises(lab):
    endpoint = secured(handler=closing(UNFRAMED))(lab)
    with install(sinks=[]):
        assert call(endpoint, middlewares=[]) == BODY
