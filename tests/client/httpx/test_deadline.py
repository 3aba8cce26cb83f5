"""The deadline ends every wait."""

import threading
import time
from contextlib import contextmanager

import pytest

from ringback import Policy, errors
from ringback.client.deadline import within
from ringback.testing.lab import dns
from ringback.testing.lab.message import response
from ringback.testing.lab.resolver import resolving

DEADLINE = 0.8
AMPLE = 1.5
"""Seconds in which a server answers, too, on a machine that is busy."""

pytestmark = pytest.mark.in_turn("integration")

in_threads = pytest.mark.parametrize(
    "integration",
    [("httpx", "thread"), ("httpx2", "thread")],
    indirect=True,
    ids=["httpx", "httpx2"],
)


@contextmanager
def in_time(seconds=DEADLINE):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds + 4  # a slow machine; without it: 5 s and more


@pytest.fixture
def hasty(integration):
    return integration.client(policy=Policy(deadline=DEADLINE), sinks=[], timeout=30)


@pytest.mark.parametrize(
    "fault",
    [
        "tcp.timed_out:backlog_full",
        "http.response.timed_out:silent",
        "http.response.timed_out:trickling_headers",
        "tls.timed_out:mid_server_hello",
    ],
)
def test_whatever_does_not_come(lab, hasty, fault):
    endpoint = lab.start(fault)
    with in_time(), pytest.raises(errors.RingbackError) as caught:
        hasty.get(endpoint.url)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.failure.kind == fault.partition(":")[0]


def test_a_body_that_does_not_come_to_an_end(lab, integration):
    endpoint = lab.start("http.response.body_timed_out:trickling_body")
    client = integration.client(policy=Policy(deadline=AMPLE), sinks=[], timeout=30)
    with in_time(AMPLE), pytest.raises(errors.RingbackError) as caught:
        client.get(endpoint.url)
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.failure.kind == "http.response.body_timed_out"


def test_a_peer_that_does_not_read(lab, hasty):
    endpoint = lab.start("http.request.timed_out:upload_not_read")
    with in_time(), pytest.raises(errors.WriteTimeout):
        hasty.post(endpoint.url, content=bytes(16_000_000))


@pytest.mark.parametrize("fault", ["silent", "trickling_headers", "socks5_silent"])
def test_a_proxy_that_says_nothing(lab, integration, fault):
    endpoint = lab.start(f"proxy.no_response:{fault}")
    proxy = endpoint.proxies["https"]
    client = integration.client(
        policy=Policy(deadline=DEADLINE, attempts=1), sinks=[], timeout=30, proxy=proxy
    )
    with in_time(), pytest.raises(errors.ProxyNoResponse):
        client.get(endpoint.url)


def test_socks_waits_no_longer_than_connecting_may(lab, integration):
    endpoint = lab.start("proxy.no_response:socks5_silent")
    client = integration.client(
        policy=Policy(attempts=1), sinks=[], proxy=endpoint.proxies["https"]
    )
    with in_time(), pytest.raises(errors.ProxyNoResponse):
        client.get(endpoint.url, timeout=0.3)


def test_a_resolver_that_says_nothing(lab, hasty):
    endpoint = dns.endpoint(lab, "silent")
    failing = pytest.raises(errors.ResolverFailed)
    with resolving(endpoint.nameserver, timeout=5), in_time(), failing:
        hasty.get(endpoint.url)


def test_redirects_share_one(lab, integration):
    def slow(connection):
        while connection.read_request():
            connection.hold(DEADLINE / 3)
            connection.send(response(302, b"", "Location: /next"))

    client = integration.client(policy=Policy(deadline=DEADLINE), sinks=[], timeout=30)
    endpoint = lab.listen(slow)
    with in_time(), pytest.raises(errors.RingbackError) as caught:
        client.get(endpoint.url)
    assert isinstance(caught.value, TimeoutError)
    assert endpoint.requests <= 3


def test_the_next_call_has_its_own(lab, integration):
    client = integration.client(policy=Policy(deadline=AMPLE), sinks=[])
    request = client.build_request("GET", lab.start("ok").url)
    client.send(request)
    time.sleep(AMPLE)
    assert client.send(request).status_code == 200


@in_threads
def test_a_call_inside_another_ends_with_it(lab, integration):
    """In a thread, the context is the caller's."""
    client = integration.client(policy=Policy(), sinks=[], timeout=30)
    endpoint = lab.start("http.response.timed_out:silent")
    with in_time(), within(time.monotonic() + DEADLINE), pytest.raises(errors.ReadTimeout):
        client.get(endpoint.url)


def test_the_wait_for_a_connection(lab, integration):
    limits = integration.library.Limits(max_connections=1)
    client = integration.client(policy=Policy(deadline=AMPLE), sinks=[], timeout=30, limits=limits)
    busy = lab.start("http.response.body_timed_out:trickling_body")
    with integration.streamed(client, busy.url):
        with in_time(AMPLE), pytest.raises(integration.library.PoolTimeout) as caught:
            client.get(lab.start("ok").url)
        assert isinstance(caught.value, errors.PoolExhausted)
    assert client.get(lab.start("ok").url).status_code == 200


def test_a_body_that_the_caller_reads_has_no_deadline(lab, integration):
    def patient(connection):
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        read.wait(60)
        connection.send(b"b")

    read = threading.Event()
    client = integration.client(policy=Policy(deadline=AMPLE), sinks=[])
    with integration.streamed(client, lab.listen(patient).url) as streamed:
        pieces = streamed.raw()
        assert next(pieces) == b"a"
        time.sleep(AMPLE)
        read.set()
        assert list(pieces) == [b"b"]
