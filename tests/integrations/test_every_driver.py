"""Drivers of databases, mail and shells fail to connect; what they raise must be named rightly."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
import socket

import pytest
from integrations.drivers import DRIVERS
from integrations.roster import wanted
from requires import requires

from ringback import classify
from ringback.testing.lab import Lab, dns
from ringback.testing.lab.resolver import resolving
from ringback.testing.lab.server import Connection

WAIT_TIMEOUT = 20.0
"""Seconds that a driver waits for what comes, however slow the machine."""
SILENCE = 1.0
"""The same for what does not."""


def refuses(lab):
    return lab.reserve().endpoint


def silent(lab):
    return lab.listen(Connection.stall)


def closes(lab):
    return lab.listen(Connection.finish)


def resets(lab):
    return lab.listen(Connection.reset)


def speaks_plain_text(lab):
    def greet(connection):
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.finish(linger=True)

    return lab.listen(greet)


def name_missing(lab):
    return dns.endpoint(lab, "nxdomain")


def name_failing(lab):
    return dns.endpoint(lab, "servfail")


LOST = {"tcp.reset", "tcp.closed", "http.response.invalid.empty"}
TIMED_OUT = {"tcp.timed_out", "http.response.timed_out", "client.deadline_exceeded"}

TABLE = (
    # what the server does, how it may be named, how the driver connects, who cannot meet it
    (refuses, {"tcp.refused"}, "get", ()),
    (silent, TIMED_OUT, "get", ("paramiko",)),  # paramiko: "No existing session"
    (closes, LOST, "get", ()),
    (resets, LOST, "get", ()),
    (name_missing, {"dns.name_not_resolved"}, "get", ("psycopg2",)),  # libpq resolves by itself
    (name_failing, {"dns.temporary_failure"}, "get", ("psycopg2",)),
    (speaks_plain_text, {"tls.protocol.error.not_tls"}, "tls", ("pymysql", "paramiko")),
)
"""pymongo and psycopg report one text for silence before and after the connection is accepted."""

NEVER_SENT = {"tcp.refused", "dns.name_not_resolved", "dns.temporary_failure"}

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
)


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running
    for _ in range(3):
        gc.collect()  # what drivers leave, while that is to be ignored


def rows():
    return [
        (driver, server, kinds, provoke)
        for driver in wanted(DRIVERS, ("smtplib",))
        for server, kinds, provoke, excepted in TABLE
        if driver not in excepted
    ]


@pytest.mark.parametrize(("driver", "server", "kinds", "provoke"), rows())
def test_a_drivers_exception_is_named_for_what_happened(lab, driver, server, kinds, provoke):
    logging.getLogger("paramiko").disabled = True
    endpoint = server(lab)
    names, endpoint.nameserver = endpoint.nameserver, None
    resolver = resolving(names, timeout=WAIT_TIMEOUT) if names else contextlib.nullcontext()
    with resolver, pytest.raises(Exception) as caught:  # noqa: PT011 - whatever a driver raises
        DRIVERS[driver](endpoint, SILENCE if server is silent else WAIT_TIMEOUT, provoke)
    failure = dataclasses.replace(classify(caught.value), cause=None)
    assert failure.kind in kinds, failure
    if failure.kind in NEVER_SENT:
        assert failure.delivered == "no"
        assert failure.phase in {"dns", "connect"}


BY_PYTHON = [name for name in wanted(DRIVERS, ("smtplib",)) if name != "psycopg2"]
KEEPS_ADDRESSES = {"paramiko"}


@pytest.fixture
def port():
    """A port that refuses on both families: bound, so that nobody else takes it."""
    requires("ipv6")
    for _ in range(20):
        with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
            four.bind(("127.0.0.1", 0))
            try:
                six.bind(("::1", four.getsockname()[1]))
            except OSError:
                continue
            yield four.getsockname()[1]
            return
    pytest.fail("no port is free on both families")


@pytest.mark.parametrize("driver", BY_PYTHON)
def test_no_address_masks_another(lab, monkeypatch, port, driver):
    addresses = [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port, 0, 0))]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_args, **_options: [(f, socket.SOCK_STREAM, 6, "", a) for f, a in addresses],
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever a driver raises
        DRIVERS[driver](refuses(lab), WAIT_TIMEOUT)
    failure = dataclasses.replace(classify(caught.value), cause=None)
    assert failure.kind == "tcp.refused"
    if driver in KEEPS_ADDRESSES:
        assert [(address.address, address.kind) for address in failure.addresses] == [
            (f"127.0.0.1:{port}", "tcp.refused"),
            (f"[::1]:{port}", "tcp.refused"),
        ]
