"""Whatever the server does, a call is over when its deadline is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from client.contract.ending import FOR_EVER, PATIENT, ended
from client.contract.integrations import Settings, few, of_http

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

HASTY = replace(PATIENT, deadline=1.5)
"""Long enough for all of them to come as far as they can."""


def meet(integration, fault, endpoint):
    call = ClientCall(endpoint, FAULTS[fault].provoke)
    settings = Settings(HASTY, timeout=FOR_EVER, proxy=call.proxy, verify=endpoint.verify)
    verb = "PUT" if call.body else "GET"

    def make():
        with integration.opened(settings) as client:
            client.request(verb, endpoint.url, call.body)

    return ended(make)


@few("Session", "PoolManager", "httpx-async", "aiohttp", only=of_http)
def test_calls_that_are_kept_waiting_end(lab, integration):
    met = [fault for fault in WAITS if "socks" not in fault or "socks" in str(integration.proxies)]
    endpoints = [lab.start(fault) for fault in met]
    [server] = [endpoint.nameserver for endpoint in endpoints if endpoint.nameserver]
    with (
        integration.under(Settings(HASTY)),
        resolving(server, timeout=6),
        ThreadPoolExecutor(len(met)) as threads,
    ):
        raised = list(threads.map(meet, [integration] * len(met), met, endpoints))
    for fault, error in zip(met, raised, strict=True):
        assert isinstance(error, errors.RingbackError), error
        assert isinstance(error, TimeoutError) or fault.startswith(("dns", "proxy")), error
        if not integration.installed:
            allowed = {FAULTS[fault].kind, *FAULTS[fault].also, "dns.timed_out"}
            assert error.failure.kind in allowed, error.failure
