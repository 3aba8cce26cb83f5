"""Drivers of databases, brokers, directories, mail and shells meet every failure once.

What is right was written down from the taxonomy, before what ``classify`` says was looked at. Where
a driver's exception cannot tell two kinds apart, both are right; ``unknown`` is right nowhere.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import logging
import random
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from integrations.drivers import DRIVERS
from integrations.roster import wanted
from integrations.services import LOST, SERVICES, over_tls, served

from ringback import classify
from ringback.testing.lab import Lab, dns, tcp, tls
from ringback.testing.lab.resolver import resolving
from ringback.testing.lab.server import Connection

if TYPE_CHECKING:
    from ringback.testing.lab.fault import Endpoint

WAIT_TIMEOUT = 20.0
"""Seconds that a driver waits for what comes, however slow the machine."""
SILENCE = 1.0
"""The same for what does not."""

DRIVERS_OF = {
    "postgres": "psycopg psycopg2 asyncpg",
    "redis": "redis redis-async",
    "mongo": "pymongo pymongo-async",
    "grpc": "grpc",
    "mysql": "pymysql mysql-connector",
    "amqp": "pika aio-pika",
    "kafka": "kafka confluent-kafka",
    "cassandra": "cassandra",
    "ldap": "ldap3",
    "smtp": "smtplib",
    "ssh": "paramiko",
    "elastic": "elasticsearch elasticsearch-async",
}
SERVICE = {driver: service for service, names in DRIVERS_OF.items() for driver in names.split()}
RESOLVES_BY_ITSELF = frozenset({"psycopg2", "grpc", "confluent-kafka"})
"""In C, so that the lab's resolver is not asked."""
WITHOUT_TLS = frozenset({"paramiko"})

TIMED_OUT = frozenset({"http.response.timed_out", "client.deadline_exceeded"})
"""A connection that stands and says nothing; ``tcp.timed_out`` is one that does not stand."""
NOT_THE_SERVICE = LOST | {
    "http.response.invalid.not_http",
    "http.protocol.error",
    "tls.protocol.error.not_tls",
}
"""Another protocol; or, to a driver that waits for the rest of it, an end."""
NO_TLS = frozenset({"tls.protocol.error.not_tls", "tls.closed", "tls.timed_out"}) | LOST
PAGE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Request"
NOISE = random.Random(14).randbytes(4096)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What a driver meets, and how it may be named."""

    start: Callable[[Lab, str], Endpoint]  # Starts it, for a service
    kinds: frozenset[str]
    tls: bool = False
    silent: bool = False  # Nothing comes, so that the driver's timeout has to be short
    excepted: frozenset[str] = frozenset()
    sent: bool = False  # The driver had asked its question: it may have been processed


def serving(handler, **options):
    return lambda lab, _: listen(lab, handler, **options)


def listen(lab, handler):
    endpoint = lab.listen(handler)
    endpoint.verify = lab.certificates.bundle
    return endpoint


def greeting(data):
    def greet(connection):
        connection.send(data)
        connection.finish(linger=True)

    return serving(greet)


def in_handshake(act):
    def start(lab, service):
        def handler(connection):
            if SERVICES[service].before_tls:
                SERVICES[service].before_tls(connection)
            act(connection)

        return listen(lab, handler)

    return start


def without_authority(lab, service):
    endpoint = certificate("good")(lab, service)
    endpoint.verify += ".missing"
    return endpoint


def certificate(name):
    def start(lab, service):
        settings = lab.certificates.server(name)
        settings.set_alpn_protocols(["h2"])  # gRPC wants to be told so
        return listen(lab, over_tls(SERVICES[service], settings))

    return start


def cut(connection):
    """Half of the first answer, then the end."""
    whole = connection.send

    def half(data):
        whole(data[: len(data) // 2])
        raise ConnectionError

    connection.send = half


def cut_answer(lab, service):
    def handler(connection):
        cut(connection)
        served(SERVICES[service], then=Connection.finish)(connection)

    return listen(lab, handler)


def asked(act):
    return lambda lab, service: listen(lab, served(SERVICES[service], then=act))


def asked_over_tls(act):
    """The same inside TLS, which the end does not announce."""

    def start(lab, service):
        settings = lab.certificates.server("good")
        settings.set_alpn_protocols(["h2"])
        speak = served(SERVICES[service], then=act)

        def handler(connection):
            if SERVICES[service].before_tls:
                SERVICES[service].before_tls(connection)
            connection.secure(settings)
            speak(connection)

        return listen(lab, handler)

    return start


def plain_service(lab, service):
    """The service itself, which was not told to speak TLS."""
    return listen(lab, served(SERVICES[service], then=Connection.finish))


def tls_port(lab, _):
    """A port that speaks TLS from its first byte, to a driver that does not."""
    tls_settings = lab.certificates.server()

    def handler(connection):
        with contextlib.suppress(OSError):
            connection.secure(tls_settings)
        connection.finish(linger=True)

    return listen(lab, handler)


half_close = functools.partial(Connection.finish, linger=True)

_SPEAKS_FIRST = frozenset(
    driver for driver, service in SERVICE.items() if SERVICES[service].speaks_first
)


def _tls(start, kinds, *, also_excepted=(), **options):
    excepted = WITHOUT_TLS.union(also_excepted)
    return Scenario(start, frozenset(kinds), tls=True, excepted=excepted, **options)


SCENARIOS = {
    "refused": Scenario(lambda lab, _: lab.reserve().endpoint, frozenset({"tcp.refused"})),
    "no answer": Scenario(
        lambda lab, _: tcp.backlog_full(lab),
        frozenset({"tcp.timed_out", "client.deadline_exceeded"}),
        silent=True,
    ),
    "no such name": Scenario(
        lambda lab, _: dns.endpoint(lab, "nxdomain"), frozenset({"dns.name_not_resolved"})
    ),
    "name server fails": Scenario(
        lambda lab, _: dns.endpoint(lab, "servfail"),
        frozenset({"dns.temporary_failure"}),
        excepted=RESOLVES_BY_ITSELF,
    ),
    "silent": Scenario(serving(Connection.stall), TIMED_OUT, silent=True),
    "closes": Scenario(serving(half_close), LOST),
    "resets": Scenario(serving(Connection.reset), LOST),
    "closes after a question": Scenario(serving(tls.hello_close), LOST, excepted=_SPEAKS_FIRST),
    "resets after a question": Scenario(serving(tls.hello_reset), LOST, excepted=_SPEAKS_FIRST),
    "closes within an answer": Scenario(
        cut_answer, LOST | {"http.protocol.error"}, excepted=frozenset({"elasticsearch"})
    ),
    "a page": Scenario(
        greeting(PAGE),
        NOT_THE_SERVICE,
        excepted=frozenset({"elasticsearch", "elasticsearch-async"}),
    ),
    "noise": Scenario(greeting(NOISE), NOT_THE_SERVICE),
    "tls port": Scenario(
        tls_port, NOT_THE_SERVICE | {"tls.protocol.error"}, excepted=_SPEAKS_FIRST
    ),
    "tls: a page": _tls(
        greeting(PAGE),
        {"tls.protocol.error.not_tls", "http.response.invalid.not_http"},
        also_excepted=_SPEAKS_FIRST - {"smtplib"},  # MySQL's come to TLS after a greeting
    ),
    "tls: not spoken": _tls(plain_service, NO_TLS, silent=True, also_excepted={"kafka"}),
    "tls: closes": _tls(in_handshake(tls.hello_close), LOST),
    "tls: resets": _tls(in_handshake(tls.hello_reset), LOST),
    "tls: silent": _tls(
        in_handshake(Connection.stall),
        TIMED_OUT | {"tls.timed_out"},
        silent=True,
        also_excepted={"kafka", "pymysql"},  # have no timeout here, or do not keep it
    ),
    "tls: self-signed": _tls(
        certificate("self_signed"), {"tls.cert.authority_invalid.self_signed"}
    ),
    "tls: untrusted root": _tls(
        certificate("untrusted_root"), {"tls.cert.authority_invalid.untrusted_root"}
    ),
    "tls: expired": _tls(certificate("expired"), {"tls.cert.date_invalid.expired"}),
    "tls: wrong name": _tls(
        certificate("wrong_host"),
        {"tls.cert.name_invalid"},
        also_excepted={"elasticsearch-async"},  # 9.5.1 takes any name
    ),
    "tls: no file of authorities": _tls(
        without_authority,
        {"config.tls_files_invalid"},
        also_excepted={"grpc"},  # takes no file, but what is in it
    ),
    "asked: closes": Scenario(asked(half_close), LOST, sent=True),
    "asked: resets": Scenario(asked(Connection.reset), LOST, sent=True),
    **{
        f"tls: asked, {name}": _tls(
            asked_over_tls(act),
            LOST,
            sent=True,
            also_excepted=_SPEAKS_FIRST,  # MySQL's TLS begins within its greeting
        )
        for name, act in (("closes", half_close), ("resets", Connection.reset))
    },
    "asked: silent": Scenario(
        asked(functools.partial(Connection.stall, reading=False)),
        TIMED_OUT | {"tcp.timed_out.established"},  # pika's heartbeat
        silent=True,
        sent=True,
        excepted=frozenset({"psycopg", "psycopg2"}),  # libpq has no timeout for an answer
    ),
}


def _says(words):
    return lambda lab, service: listen(lab, served(SERVICES[service], refusal=words))


def _goes_down(words):
    def act(connection):
        connection.send(words)
        connection.finish(linger=True)

    return asked(act)


def of_service(service):
    """What this service says of a login, and when it goes down."""
    known = SERVICES[service]
    said = {
        f"says: {name}": Scenario(
            _says(words), frozenset(known.kinds.get(name, {"service.rejected"}))
        )
        for name, words in known.refusals.items()
    }
    if known.shutdown:
        down = frozenset({"service.rejected", "http.error.unavailable", "h2.protocol.error"}) | LOST
        said["says: shutdown"] = Scenario(_goes_down(known.shutdown), down, sent=True)
    return said


def scenarios_of(driver):
    """Name → what a driver meets."""
    every = {**SCENARIOS, **of_service(SERVICE[driver])}
    return {name: scenario for name, scenario in every.items() if driver not in scenario.excepted}


SURE = 0.9
UNTOLD = (
    # "Unable to bootstrap from …", and no cause
    ("kafka", "", {"client.deadline_exceeded"}),
    # "1/1 brokers are down"
    ("confluent-kafka", "", {"unknown"}),
    # "broker certificate could not be verified", or only that it was not, whatever is wrong with it
    (
        "confluent-kafka",
        "tls: ",
        {"tls.cert.invalid", "tls.cert.authority_invalid.unknown_issuer"},
    ),
    # "Disconnected: …: connecting to a PLAINTEXT broker listener?"
    ("confluent-kafka", "tls: ", {"tls.protocol.error.not_tls"}),
    # "SSL error: certificate verify failed"
    ("psycopg", "tls: ", {"tls.cert.invalid"}),
    ("psycopg2", "tls: ", {"tls.cert.invalid"}),
    # "Timed out creating connection", also where the server has closed it
    ("cassandra", "", {"client.deadline_exceeded"}),
    # a ``KeyError`` of its own, in what it takes for an answer
    ("ldap3", "noise", {"unknown"}),
    # what the resolver said is only logged
    ("cassandra", "no such name", {"dns.failed"}),
    ("cassandra", "name server fails", {"dns.failed"}),
    ("ldap3", "no such name", {"dns.failed"}),
    ("ldap3", "name server fails", {"dns.failed"}),
    # the words of the server's program, which may be any
    ("grpc", "says: starting", {"unknown"}),
    # "No servers found yet"
    ("pymongo-async", "tls: not spoken", {"client.deadline_exceeded"}),
    # BoringSSL calls it "unable to get local issuer certificate"
    ("grpc", "tls: self-signed", {"tls.cert.authority_invalid.unknown_issuer"}),
    # "SSL handshake failed", and no reason
    ("pymongo-async", "tls: closes", {"tls.failed"}),
    # a file that was to be read, of which nothing says what it was for
    ("pymongo", "tls: no file", {"unknown"}),
    ("pymongo-async", "tls: no file", {"unknown"}),
    # "No existing session"
    ("paramiko", "silent", {"unknown"}),
)
"""Driver, beginning of what it meets, and what is all that its exception tells of it."""


def untold(driver, name):
    told = [kinds for known, start, kinds in UNTOLD if known == driver and name.startswith(start)]
    return frozenset().union(*told)


def met(lab, driver, scenario):
    """What a driver raises."""
    logging.getLogger("paramiko").disabled = True
    endpoint = scenario.start(lab, SERVICE[driver])
    names, endpoint.nameserver = endpoint.nameserver, None
    resolver = contextlib.nullcontext()
    if names and driver in RESOLVES_BY_ITSELF:
        endpoint.host = MISSING
    elif names:
        resolver = resolving(names, timeout=WAIT_TIMEOUT)
    timeout = SILENCE if scenario.silent else WAIT_TIMEOUT
    with resolver, pytest.raises(Exception) as caught:  # noqa: PT011 - whatever a driver raises
        DRIVERS[driver](endpoint, timeout, "tls" if scenario.tls else "get")
    return dataclasses.replace(classify(caught.value), cause=None)


MISSING = "lab.invalid"
"""No name (RFC 6761); what is made of it is the affair of the system's resolver."""


def kinds_of(driver, name, scenario):
    if name == "no such name" and driver in RESOLVES_BY_ITSELF:
        with pytest.raises(socket.gaierror) as caught:
            socket.getaddrinfo(MISSING, 1)
        return {classify(caught.value).kind}
    return scenario.kinds


def rows():
    return [
        (driver, name) for driver in wanted(DRIVERS, ("smtplib",)) for name in scenarios_of(driver)
    ]


ASKS_FIRST = frozenset({"cassandra", "kafka", "confluent-kafka"})
"""What they ask before they can be asked anything; a program's own question was never sent."""
ENDS_A_LOGIN = frozenset({"closes", "resets", "tls: closes", "tls: resets"})
TELLS_OF_LOGINS = frozenset(
    ["psycopg", "psycopg2", "asyncpg", "redis", "redis-async", "pymysql", "mysql-connector"]
)
"""Drivers whose frames tell a login from a statement."""
NEVER_SENT = {"tcp.refused", "dns.name_not_resolved", "dns.temporary_failure"}

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning",
        "ignore::pytest.PytestUnraisableExceptionWarning",
        "ignore::pytest.PytestUnhandledThreadExceptionWarning",
        # Of drivers, which take it for a failure of the connection
        "ignore::DeprecationWarning",
    ),
]


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running
    for _ in range(3):
        gc.collect()  # what drivers leave, while that is to be ignored


@pytest.mark.parametrize(("driver", "name"), rows())
def test_a_drivers_exception_is_named_for_what_happened(lab, driver, name):
    scenario = scenarios_of(driver)[name]
    kinds = kinds_of(driver, name, scenario)
    failure = met(lab, driver, scenario)
    assert failure.kind in kinds | untold(driver, name), failure
    if failure.kind not in kinds and driver != "grpc":  # BoringSSL is sure of it
        assert failure.confidence < SURE
    if scenario.sent and driver not in ASKS_FIRST:
        assert failure.delivered != "no", failure
    if failure.kind in NEVER_SENT or (name in ENDS_A_LOGIN and driver in TELLS_OF_LOGINS):
        assert failure.delivered == "no", failure
    if failure.kind in NEVER_SENT:
        assert failure.phase in {"dns", "connect"}


BY_PYTHON = [
    name for name in wanted(DRIVERS, ("smtplib",)) if name not in RESOLVES_BY_ITSELF | {"kafka"}
]
KEEPS_ADDRESSES = {"paramiko"}


@pytest.mark.parametrize("driver", BY_PYTHON)
def test_no_address_masks_another(lab, monkeypatch, place, driver):
    port = place.port
    for address in ("127.0.0.1", "::1"):
        place.refusing(address)
    addresses = [(socket.AF_INET, ("127.0.0.1", port)), (socket.AF_INET6, ("::1", port, 0, 0))]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_args, **_options: [(f, socket.SOCK_STREAM, 6, "", a) for f, a in addresses],
    )
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever a driver raises
        DRIVERS[driver](lab.reserve().endpoint, WAIT_TIMEOUT)
    failure = dataclasses.replace(classify(caught.value), cause=None)
    assert failure.kind == "tcp.refused"
    if driver in KEEPS_ADDRESSES:
        assert [(address.address, address.kind) for address in failure.addresses] == [
            (f"127.0.0.1:{port}", "tcp.refused"),
            (f"[::1]:{port}", "tcp.refused"),
        ]
