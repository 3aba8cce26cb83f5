"""Through a proxy over TLS to a server over TLS: urllib3 does the inner one in Python."""

from __future__ import annotations

import ssl
import time

import pytest
import urllib3
from urllib3.exceptions import HTTPError, ProtocolError

from ringback.client.deadline import within
from ringback.client.urllib3 import ProxyPools
from ringback.client.wire import last_exchange
from ringback.testing.lab.healthy import over_tls, secured
from ringback.testing.lab.message import head
from ringback.testing.lab.proxy import proxy
from ringback.testing.lab.timing import trickle
from ringback.testing.lab.tls import hello_trickled
from tests.requires import requires

pytestmark = pytest.mark.skipif(
    urllib3.__version__.startswith("1."), reason="1.26 does it only when told to"
)


@pytest.fixture
def through(lab, pools):
    """Returns a manager that goes through a proxy over TLS, which does as its handler says."""
    requires("cryptography")

    def make(handler=proxy):
        met = lab.listen(over_tls(lab.certificates.server("good"), handler), scheme="https")
        context = ssl.create_default_context(cafile=lab.certificates.bundle)
        return pools(ProxyPools, met.url, ssl_context=context, proxy_ssl_context=context)

    return make


def test_requests_get_through_two_layers(lab, through):
    met, manager = lab.start("ok:tls"), through()
    for reused in (False, True):
        answer = manager.request("POST", met.url, body=bytes(200_000))
        assert b'"size": 200000' in answer.data
        assert (last_exchange().reused, last_exchange().proxied) == (reused, True)
    assert last_exchange().received > len(answer.data)


@pytest.mark.parametrize("python", ["lenient_python", "lab"])
def test_the_inner_layer_must_end_with_close_notify(request, lab, through, python):
    request.getfixturevalue(python)
    met = lab.start("tls.closed:without_close_notify")
    with pytest.raises(ProtocolError):
        through().request("GET", met.url)


def trickled_body(connection):
    connection.read_request()
    connection.send(head(200, "Content-Length: 10000000"))
    trickle(connection, b"", b"x")


def stalled_tunnel(connection):
    connection.read_head()
    connection.send(head(200))
    hello_trickled(connection)


@pytest.mark.parametrize("what", ["handshake", "headers", "body", "upload"])
def test_the_deadline_ends_every_wait_below_two_layers(lab, through, what):
    manager, body = through(), None
    target = lab.start("ok:tls")
    if what == "handshake":
        manager = through(stalled_tunnel)
    elif what == "headers":
        target = secured(handler=lambda connection: trickle(connection, b"HTTP/1.1 2"))(lab)
    elif what == "body":
        target = secured(handler=trickled_body)(lab)
    else:
        target, body = lab.start("http.request.timed_out:upload_not_read_tls"), bytes(16 << 20)
    with within(time.monotonic() + 0.15), pytest.raises(HTTPError):
        manager.request("POST", target.url, body=body, timeout=600)
