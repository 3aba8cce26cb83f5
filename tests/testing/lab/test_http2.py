import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, ResponseReceived, StreamReset

from tests.requires import requires
from tests.testing.lab.wire import TlsClient, trusting

RESETS = {
    "h2.refused_stream:refused_stream": ErrorCodes.REFUSED_STREAM,
    "h2.protocol.error:protocol_error": ErrorCodes.PROTOCOL_ERROR,
    "h2.protocol.error:enhance_your_calm": ErrorCodes.ENHANCE_YOUR_CALM,
}
TESTED = {*RESETS, "ok:http2", "h2.refused_stream:goaway"}


@pytest.fixture(autouse=True)
def _needs():
    requires("cryptography", "h2")


def first(endpoint, wanted):
    """Send one request over HTTP/2 and return the first event of the wanted sort."""
    context = trusting(endpoint)
    context.set_alpn_protocols(["h2"])
    http2 = H2Connection(H2Configuration(client_side=True))
    http2.initiate_connection()
    fields = {":method": "GET", ":path": "/", ":scheme": "https", ":authority": "lab.test"}
    http2.send_headers(1, list(fields.items()), end_stream=True)
    with TlsClient(endpoint, context) as client:
        assert client.shake_hands()
        assert client.tls.selected_alpn_protocol() == "h2"
        client.send(http2.data_to_send())
        while True:
            for event in http2.receive_data(client.read_some()):
                if isinstance(event, wanted):
                    return event


@pytest.mark.parametrize("name", RESETS)
def test_the_stream_is_reset_with_this_code(lab, name):
    endpoint = lab.start(name)
    event = first(endpoint, StreamReset)
    assert (event.stream_id, event.error_code) == (1, RESETS[name])
    assert endpoint.requests == 1


def test_goaway_says_that_no_stream_was_processed(lab):
    event = first(lab.start("h2.refused_stream:goaway"), ConnectionTerminated)
    assert (event.last_stream_id, event.error_code) == (0, ErrorCodes.NO_ERROR)


def test_it_answers_over_http2(lab):
    event = first(lab.start("ok:http2"), ResponseReceived)
    assert (b":status", b"200") in event.headers


def test_a_client_of_http1_is_let_go(lab):
    endpoint = lab.start("ok:http2")
    with TlsClient(endpoint, trusting(endpoint)) as client:
        assert client.shake_hands()
        client.send(b"GET / HTTP/1.1\r\nHost: lab.test\r\n\r\n" + bytes(64))
        assert client.read_to_end().close_notify
    assert endpoint.requests == 0
