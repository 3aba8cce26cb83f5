"""Whatever the server does, a call is over when its deadline is."""

from __future__ import annotations

import contextlib

import pytest
from client.contract.ending import FOR_EVER, HASTY, SHORT, ended
from client.contract.integrations import INTEGRATIONS, of_http, present
from nightly import pairs

from ringback import errors
from ringback.testing.clients import ClientCall
from ringback.testing.lab import FAULTS
from ringback.testing.lab.resolver import resolving

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

WAITS = [
    "tcp.timed_out:backlog_full",
    "dns.unreachable:silent",
    "tls.timed_out:mid_server_hello",
    "tls.timed_out:trickling_server_hello",
    "http.response.timed_out:silent",
    "http.response.timed_out:trickling_headers",
    "http.response.body_timed_out:mid_body",
    "http.response.body_timed_out:trickling_body",
    "http.request.timed_out:upload_not_read",
    "http.request.timed_out:upload_not_read_tls",
    "proxy.no_response:silent",
    "proxy.no_response:trickling_headers",
    "proxy.no_response:socks5_silent",
    "proxy.no_response:trickling_socks5",
]
"""One of each way to keep a client waiting. What ``retry`` stands around waits as it always did."""

HTTP = [name for name in present() if of_http(INTEGRATIONS[name])]


def meet(lab, integration, fault):
    endpoint = lab.start(fault)
    call = ClientCall(endpoint, FAULTS[fault].provoke)
    settings = {"proxy": call.proxy, "verify": endpoint.verify, "timeout": FOR_EVER}
    verb = "PUT" if call.body else "GET"

    def make():
        with integration.client(HASTY, **settings) as client:
            client.request(verb, endpoint.url, call.body)

    server = endpoint.nameserver
    with resolving(server, timeout=4 * SHORT) if server else contextlib.nullcontext():
        return ended(make)


def met(fault, name):
    return "socks" not in fault or any(one in "socks5" for one in INTEGRATIONS[name].proxies)


@pytest.mark.parametrize(("fault", "name"), pairs(WAITS, HTTP, met))
def test_a_call_that_is_kept_waiting_ends(lab, integration, fault):
    error = meet(lab, integration, fault)
    assert isinstance(error, errors.RingbackError), error
    assert isinstance(error, TimeoutError) or fault.startswith(("dns", "proxy")), error
    if not integration.installed:
        allowed = {FAULTS[fault].kind, *FAULTS[fault].also, "dns.timed_out"}
        assert error.failure.kind in allowed, error.failure
