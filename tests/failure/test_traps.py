"""Each trap met in the wild, provoked for real; what it must not be taken for is in the name."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import errno
import gc
import pickle
import socket
import ssl
import traceback
import urllib.request

import aiohttp
import anyio
import httpx
import pytest
import requests
import urllib3
from requires import requires

from ringback import classify, explain
from ringback.testing.clients import CLIENTS
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.proxy import proxy
from ringback.testing.lab.server import Connection

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running
    gc.collect()  # what clients have left is no warning here, but it would be in the next module


def failure_of(call, *arguments, **options):
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - the trap is what comes
        call(*arguments, **options)
    return classify(caught.value)


def url(lab, name):
    return FAULTS[name].start(lab).url


# The phase is not in the class.


@pytest.mark.parametrize("wrapper", [httpx.ConnectError, httpx.ReadError, ConnectionError])
def test_a_tls_stream_that_waited_for_bytes_has_not_failed_by_that(wrapper):
    with pytest.raises(wrapper) as caught:
        _lose_while_waiting(wrapper)
    failure = classify(caught.value)
    assert (failure.kind, failure.errno) == ("tcp.closed", None)
    assert "SSLWantReadError" not in failure.evidence
    assert explain("".join(traceback.format_exception(caught.value))).kind == "tcp.closed"


def _lose_while_waiting(wrapper):
    """What anyio 4.10 raises when a TLS connection is reset: the number is lost on the way."""
    try:
        try:
            _wait_for_bytes()
        except ssl.SSLWantReadError:
            raise anyio.BrokenResourceError from None
    except anyio.BrokenResourceError as lost:
        raise wrapper("") from lost


def _wait_for_bytes():
    context = ssl.create_default_context()
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="a.invalid").do_handshake()


def test_waiting_for_bytes_has_no_cause_in_a_text_either():
    with pytest.raises(ssl.SSLWantReadError) as waiting:
        _wait_for_bytes()
    assert classify(waiting.value).kind == "unknown"
    reset = ConnectionResetError(104, "Connection reset by peer")
    reset.__context__ = waiting.value
    for error, kind in ((waiting.value, "unknown"), (reset, "tcp.reset")):
        assert explain("".join(traceback.format_exception(error))).kind == kind


# The class or its text says something else.


def test_aiohttp_invents_a_400(lab):
    for name in ("http.response.invalid.not_http:ssh", "http.error:400"):
        failure = failure_of(CLIENTS["aiohttp"], lab.start(name), 30)
        assert failure.kind == FAULTS[name].kind


def test_a_closed_pool_of_aiohttp_does_not_time_out_towards_the_host(lab):
    endpoint = FAULTS["http.response.timed_out:silent"].start(lab)

    async def exhaust():
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:
            first = asyncio.ensure_future(session.get(endpoint.url))
            while not endpoint.requests:
                await asyncio.sleep(0)
            try:
                await session.get(endpoint.url, timeout=aiohttp.ClientTimeout(connect=0.2))
            finally:
                first.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await first

    assert failure_of(asyncio.run, exhaust()).kind == "client.pool_exhausted"


def test_an_exhausted_pool_of_httpx_has_no_text(lab):
    endpoint = FAULTS["http.response.timed_out:silent"].start(lab)
    limits = httpx.Limits(max_connections=1)
    timeout = httpx.Timeout(30, pool=0.1)

    with (
        httpx.Client(limits=limits, timeout=timeout, trust_env=False) as client,
        client.stream("GET", url(lab, "ok")),
    ):
        assert failure_of(client.get, endpoint.url).kind == "client.pool_exhausted"


def test_the_reading_thread_of_a_mail_server_that_is_silent_is_no_disconnect(lab):
    import smtplib  # noqa: PLC0415

    endpoint = lab.listen(Connection.stall)
    failure = failure_of(smtplib.SMTP, endpoint.host, endpoint.port, timeout=0.3)
    assert failure.kind == "http.response.timed_out"


def test_a_pickled_exception_of_requests_keeps_its_kind(lab):
    with pytest.raises(requests.ConnectionError) as caught:
        requests.get(url(lab, "tcp.refused"), timeout=30)
    again = pickle.loads(pickle.dumps(caught.value))
    assert classify(again).kind == "tcp.refused"
    assert classify(copy.copy(caught.value)).kind == "tcp.refused"


# Exceptions that leave the library's own hierarchy.

BAD_URLS = [
    (requests.get, "http://[::1", "url.invalid"),
    (requests.get, "example.test/x", "url.scheme_invalid"),
    (requests.get, "gopher://example.test/", "url.scheme_invalid"),
    (requests.get, "http://" + "a" * 64 + ".test/", "url.invalid"),
    (httpx.get, "example.test/x", "url.scheme_invalid"),
    (httpx.get, "http://[::1", "url.invalid"),
    (urllib.request.urlopen, "example.test/x", "url.scheme_invalid"),
    (urllib.request.urlopen, "http://a b/", "url.invalid"),
    (urllib3.request, ("GET", "http://[::1"), "url.invalid"),
]


@pytest.mark.parametrize(("call", "address", "kind"), BAD_URLS)
def test_a_bad_url_is_nobodys_fault_but_ours(call, address, kind):
    failure = failure_of(call, *(address if isinstance(address, tuple) else (address,)))
    assert (failure.kind, failure.delivered) == (kind, "no")


def test_a_port_that_is_none_leaves_async_httpx_as_a_bare_group():
    async def call():
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get("http://127.0.0.1:99999/")

    assert failure_of(asyncio.run, call()).kind == "url.invalid"


def test_a_missing_bundle_is_not_a_missing_socket(tmp_path):
    missing = str(tmp_path / "none.pem")
    calls = [
        (requests.get, {"verify": missing}),
        (requests.get, {"cert": missing}),
    ]
    for call, options in calls:
        failure = failure_of(call, "https://127.0.0.1:1/", timeout=1, **options)
        assert (failure.kind, failure.phase) == ("config.tls_files_invalid", "config")
    failure = failure_of(ssl.create_default_context, cafile=missing)
    assert failure.kind == "config.tls_files_invalid"


def test_a_missing_file_of_the_program_is_no_connection_failure(tmp_path):
    assert failure_of(open, tmp_path / "none").kind == "unknown"


def test_a_cancelled_task_is_abandoned():
    async def call():
        task = asyncio.ensure_future(asyncio.sleep(60))
        await asyncio.sleep(0)
        task.cancel()
        await task

    assert failure_of(asyncio.run, call()).kind == "abandoned"


# Several addresses: the last must not mask the first.


LINK_LOCAL = "fe80::1"
"""Without its scope the kernel refuses to connect to it: no packet leaves."""


def connect_to(monkeypatch, *addresses):
    """Let one name stand for several addresses."""

    def lookup(host, port, *_args, **_options):
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port))
            for a in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def test_asyncio_keeps_all_addresses_in_one_text(lab, monkeypatch):
    requires("ipv6")
    port = lab.reserve().endpoint.port
    connect_to(monkeypatch, "127.0.0.1", "::1")
    failure = failure_of(asyncio.run, asyncio.open_connection("two.test", port))
    assert [(address.address, address.kind) for address in failure.addresses] == [
        (f"127.0.0.1:{port}", "tcp.refused"),
        (f"[::1]:{port}", "tcp.refused"),
    ]
    assert (failure.target.host, failure.target.port) == ("two.test", port)
    assert failure.target.address == "::1"


@pytest.mark.parametrize("order", [("127.0.0.1", LINK_LOCAL), (LINK_LOCAL, "127.0.0.1")])
def test_asyncio_does_not_mask_the_refusal(lab, monkeypatch, order):
    requires("ipv6")
    connect_to(monkeypatch, *order)
    failure = failure_of(
        asyncio.run, asyncio.open_connection("two.test", lab.reserve().endpoint.port)
    )
    assert (failure.kind, failure.delivered) == ("tcp.refused", "no")


def test_a_group_of_all_errors_is_headed_by_the_most_telling(lab, monkeypatch):
    requires("ipv6")
    port = lab.reserve().endpoint.port
    connect_to(monkeypatch, LINK_LOCAL, "127.0.0.1")
    failure = failure_of(socket.create_connection, ("two.test", port), 1, all_errors=True)
    assert failure.kind == "tcp.refused"


# What must never be shown.


@pytest.mark.parametrize("client", ["requests", "httpx", "aiohttp", "urllib3", "urllib"])
def test_no_credentials_and_no_query_in_any_field(lab, client):
    endpoint = FAULTS["tcp.refused"].start(lab)
    secret = "open-sesame"
    user = f"alice:{secret}@" if client in {"requests", "httpx", "aiohttp"} else ""
    endpoint.url = endpoint.url.replace("://", f"://{user}") + f"path?token={secret}#{secret}"
    failure = failure_of(CLIENTS[client], endpoint, 30)
    shown = (failure.message, failure.target, failure.evidence, failure.code, failure.addresses)
    assert secret not in repr(shown)
    assert failure.target.host == "127.0.0.1"


def test_looking_at_an_exception_warns_of_nothing(lab, recwarn):
    with pytest.raises(urllib3.exceptions.NewConnectionError) as caught:
        urllib3.PoolManager(retries=False).request("GET", url(lab, "tcp.refused"))
    recwarn.clear()
    classify(caught.value)
    assert not recwarn.list


# What is wrong with the target is not the proxy's, and what is wrong with a file is no socket's.


@pytest.mark.parametrize("name", ["tls.cert.date_invalid.expired", "tls.cert.name_invalid"])
def test_behind_a_tunnel_the_targets_certificate_is_not_the_proxys(lab, name):
    target = lab.start(next(fault for fault in FAULTS if fault.startswith(name)))
    through = lab.listen(proxy).port
    context = ssl.create_default_context(cafile=target.verify)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": f"http://127.0.0.1:{through}"}),
        urllib.request.HTTPSHandler(context=context),
    )
    failure = failure_of(opener.open, target.url, timeout=30)
    assert (failure.kind, failure.via) == (name, None)


@pytest.mark.parametrize("option", ["ca_certs", "cert_file"])
def test_a_certificate_file_that_urllib3_cannot_find_is_named(lab, tmp_path, option):
    served = url(lab, "tls.cert.date_invalid.expired")
    with urllib3.PoolManager(**{option: str(tmp_path / "none.pem")}) as pools:
        failure = failure_of(pools.request, "GET", served, retries=False)
    assert failure.kind == "config.tls_files_invalid"


def test_a_unix_socket_that_is_missing_is_no_file(tmp_path):
    with socket.socket(socket.AF_UNIX) as unix:
        failure = failure_of(unix.connect, str(tmp_path / "none.sock"))
    assert failure.kind == "unix.not_found"


def test_a_timeout_of_either_end_is_not_sure():
    failure = classify(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))
    assert (failure.kind, failure.confidence) == ("tcp.timed_out", 0.6)


def _connect_without_ipv6():
    sockaddr = ("2001:db8::1", 80, 0, 0)
    raise OSError(errno.EADDRNOTAVAIL, f"Cannot assign requested address {sockaddr[1]}")


def test_an_ipv6_address_that_this_host_has_no_way_to_is_no_local_port():
    assert failure_of(_connect_without_ipv6).kind == "tcp.address_unreachable.network"
    error = OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
    failure = classify(error)
    assert (failure.kind, failure.confidence) == ("client.local_address", 0.6)


def test_the_url_of_a_proxy_is_no_url_of_the_call():
    failure = failure_of(
        requests.get, "https://a.test/", proxies={"https": "ftp://127.0.0.1:9"}, timeout=5
    )
    assert failure.kind == "config.proxy_invalid"
