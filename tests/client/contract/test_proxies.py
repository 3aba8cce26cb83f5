"""The law of proxies: what the origin's log has, nobody says was not delivered, or sends again.

Real proxies before a real origin, and a POST through everything that can go through a proxy: each
library by itself, whose exception ``classify`` names; ``ringback.retry`` around it; every
integration. The other way round, what a proxy refuses or cannot be asked for is not delivered, and
everybody says so.
"""

from __future__ import annotations

import gc
import logging
import threading
import traceback
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from client.contract.integrations import AT_ONCE, Settings, present
from client.contract.integrations import INTEGRATIONS as OURS
from client.contract.outcomes import listed
from integrations.library import Request, plain
from integrations.roster import DEFAULT, INTEGRATIONS, wanted
from nightly import pairs

import ringback
from ringback import Timeout, classify, explain
from ringback.testing.clients import Client
from ringback.testing.lab import Lab
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import head, response
from ringback.testing.lab.proxy import connect_locally, forwarded, proxy
from ringback.testing.lab.server import Connection
from ringback.testing.lab.socks import Socks
from ringback.testing.lab.tls import hello_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.server import Handler

# A client that fails leaves its socket to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


class Origin:
    """A server that writes down the method of each request before it deals with it."""

    def __init__(self, then: Callable[[Connection], Any]) -> None:
        self.log: list[str] = []
        self.reached = threading.Event()
        self._then = then

    def __call__(self, connection: Connection) -> None:
        while request := connection.read_request():
            self.log.append(request.method)
            self.reached.set()
            self._then(connection)


# What a server or a proxy does with a request that it has read


def answer(connection: Connection) -> None:
    connection.send(response(200, b"{}"))


def half_a_head(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    connection.finish()


def half_a_body(connection: Connection) -> None:
    connection.send(head(200, "Content-Length: 1000") + b"x" * 400)
    connection.finish()


def nonsense(connection: Connection) -> None:
    connection.send(b"\x15\x03\x01\x00\x02\x02\x0a")
    connection.finish()


def status(code: int) -> Callable[[Connection], None]:
    asks = ['Proxy-Authenticate: Basic realm="lab"'] if code == 407 else []
    return lambda connection: connection.send(response(code, b"", *asks))


def instead(then: Callable[[Connection], Any]) -> Handler:
    """A proxy that forwards nothing."""

    def handler(connection: Connection) -> None:
        while connection.read_request():
            then(connection)

    return handler


def forwarding(*thens: Callable[[Connection], Any]) -> Handler:
    """A proxy that forwards requests, waits for each response, and does something else with it."""

    def handler(connection: Connection) -> None:
        for then in thens:
            request = connection.read_request()
            if request is None:
                return
            target = urlsplit(request.target)
            with connect_locally(target.hostname or "", target.port or 80) as upstream:
                upstream.sendall(forwarded(request))
                upstream.recv(1)
            then(connection)

    return handler


def granting(then: Callable[[Connection], Any]) -> Handler:
    """A proxy that says that the tunnel stands, where there is none."""

    def handler(connection: Connection) -> None:
        connection.read_head()
        connection.send(head(200))
        connection.read()
        then(connection)

    return handler


def greeting(then: Callable[[Connection], Any]) -> Handler:
    """A SOCKS5 proxy that needs no user, and reads a request."""

    def handler(connection: Connection) -> None:
        connection.read()
        connection.send(bytes((5, 0)))
        connection.read()
        then(connection)

    return handler


WAITING, AMPLE = 0.3, 60.0
"""Seconds that a client waits where nothing comes, and where something does."""

close, reset, hang = Connection.finish, Connection.reset, Connection.stall


@dataclass(frozen=True)
class Way:
    """A proxy, the origin behind it, and what is to be said of a POST that fails there."""

    proxy: Handler | None  # What it does with each connection; without it nothing listens
    origin: Callable[[Connection], Any] = answer
    arrives: bool = True  # The origin gets it
    says: tuple[str, ...] = ("maybe", "yes")
    tunnel: bool = False  # The origin speaks TLS, and so is called through a tunnel
    scheme: str = "http"  # How the proxy is spoken to
    waits: bool = False  # Nothing comes
    times: int = 1  # Calls over one connection where the client keeps it; the last fails


def unsent(handler: Handler | None, **more: Any) -> Way:
    """A way that ends before the origin, and everybody can tell."""
    return Way(handler, arrives=False, **{"says": ("no",), **more})


WAYS = {
    # A plain request is handed to the proxy: from then on it may have arrived.
    "forwards, closes": Way(forwarding(close)),
    "forwards, resets": Way(forwarding(reset)),
    "forwards, half a head": Way(forwarding(half_a_head)),
    "forwards, half a body": Way(forwarding(half_a_body)),
    "forwards, nonsense": Way(forwarding(nonsense)),
    "forwards, hangs": Way(forwarding(hang), waits=True),
    "forwards, 502": Way(forwarding(status(502))),
    "forwards, 503": Way(forwarding(status(503))),
    "forwards, 504": Way(forwarding(status(504))),
    "forwards twice, closes": Way(forwarding(answer, close), times=2),
    "forwards twice, resets": Way(forwarding(answer, reset), times=2),
    "works, the origin closes": Way(proxy, close),
    "works, the origin resets": Way(proxy, reset),
    "works, the origin hangs": Way(proxy, hang, waits=True),
    # Nobody can tell that it ends before the origin.
    "closes": Way(instead(close), arrives=False),
    "resets": Way(instead(reset), arrives=False),
    "hangs": Way(instead(hang), arrives=False, waits=True),
    "502": Way(instead(status(502)), arrives=False),
    "504": Way(instead(status(504)), arrives=False),
    # It is not reached, or refuses. A 403 may be the origin's.
    "nothing listens": unsent(None),
    "no TLS": unsent(hello_plain, scheme="https"),
    "407": unsent(instead(status(407))),
    "403": unsent(instead(status(403)), says=("yes",)),
    # The tunnel does not stand yet. A reset may come before the handshake has begun.
    **{
        f"CONNECT, {code}": unsent(instead(status(code)), tunnel=True)
        for code in (407, 403, 502, 503, 504)
    },
    "CONNECT, closes": unsent(instead(close), tunnel=True),
    "CONNECT, resets": unsent(instead(reset), tunnel=True),
    "CONNECT, half a head": unsent(instead(half_a_head), tunnel=True),
    "CONNECT, hangs": unsent(instead(hang), tunnel=True, waits=True),
    "tunnel, closes": unsent(granting(close), tunnel=True),
    "tunnel, resets": unsent(granting(reset), tunnel=True),
    "tunnel, hangs": unsent(granting(hang), tunnel=True, waits=True),
    # It stands.
    "tunnel, the origin closes": Way(proxy, close, tunnel=True),
    "tunnel, the origin resets": Way(proxy, reset, tunnel=True),
    "tunnel, the origin hangs": Way(proxy, hang, tunnel=True, waits=True),
    # The same with SOCKS
    "SOCKS, refuses": unsent(Socks(reply=5), scheme="socks5"),
    "SOCKS, closes": unsent(greeting(close), scheme="socks5"),
    "SOCKS, resets": unsent(greeting(reset), scheme="socks5"),
    "SOCKS, hangs": unsent(greeting(hang), scheme="socks5", waits=True),
    "SOCKS, the origin closes": Way(Socks(), close, scheme="socks5"),
    "SOCKS, the origin resets": Way(Socks(), reset, scheme="socks5"),
    "SOCKS, the origin hangs": Way(Socks(), hang, scheme="socks5", waits=True),
}


LIBRARIES = {
    **{name: INTEGRATIONS[name] for name in wanted(INTEGRATIONS, DEFAULT)},
    "urllib": INTEGRATIONS["urllib"],
    "http.client": Client("http.client", plain),
}
CALLERS = [
    *(f"{how}({name})" for name in LIBRARIES for how in ("bare", "retry")),
    *(name for name in present() if not name.startswith("retry(")),
]

NOT_MET = (
    # caller, way, why it is not met
    ("*(http.client)", "redirect", "follows none"),
    ("*(botocore)", "redirect", "follows its own only"),
    ("*(http.client)", "no TLS", "speaks no TLS to a proxy"),
    ("*(botocore)", "forwards twice*", "one call each"),
    ("*(aiohttp)", "CONNECT, hangs", "has no timeout inside CONNECT"),
    ("install aiohttp", "CONNECT, hangs", "has no timeout inside CONNECT"),
    ("*(httpx*)", "SOCKS, hangs", "has no timeout inside SOCKS"),
    ("install httpx*", "SOCKS, hangs", "has no timeout inside SOCKS"),
)

UNKNOWABLE = (
    # caller, way, why it may also be said that it may have arrived
    ("*(urllib)", "tunnel, resets", "the reset can come where no function tells of TLS"),
)


def is_met(caller, way):
    proxies = _library(caller).proxies if "(" in caller else OURS[caller].proxies
    scheme = WAYS[way].scheme if way in WAYS else "http"
    return scheme.startswith(proxies or "-") and not listed(NOT_MET, caller, way)


def _library(caller):
    return LIBRARIES[caller.partition("(")[2].rstrip(")")]


@dataclass
class Told:
    """What a call came to."""

    posts: int  # How many the origin's log has
    delivered: list[str]  # Said of each failed attempt, and by ``classify`` of what was raised
    kinds: list[str]  # What they failed with
    explained: list[str]  # Said of it, pasted with its traceback and without


@pytest.fixture(scope="module")
def lab():
    logging.disable()  # pytest keeps what is logged, and with it tracebacks and their sockets
    with warnings.catch_warnings(), Lab() as running:
        warnings.simplefilter("ignore")
        yield running
        gc.collect()
    logging.disable(logging.NOTSET)


def meet(lab, caller, way):
    """Send a POST this way."""
    origin = Origin(way.origin)
    handler = over_tls(lab.certificates.server("good"), origin) if way.tunnel else origin
    endpoint = lab.listen(handler, scheme="https" if way.tunnel else "http")
    endpoint.verify = lab.certificates.bundle if way.tunnel else None
    via = lab.listen(way.proxy) if way.proxy else lab.reserve().endpoint
    url = f"{way.scheme}://{via.host}:{via.port}"
    endpoint.proxies = {"http": url, "https": url}
    failures = post(caller, endpoint, WAITING if way.waits else AMPLE, way.times)
    if way.waits and way.arrives and not origin.reached.wait(5.0):
        # On a busy machine it had not come that far: once more, with time enough.
        failures = post(caller, endpoint, 10.0, way.times)
    raised = failures[-1].cause if failures else None
    if way.arrives:
        assert origin.reached.wait(AMPLE)
    return Told(
        origin.log.count("POST"),
        [failure.delivered for failure in failures],
        [failure.kind for failure in failures],
        [explain(text).delivered for text in texts_of(raised)],
    )


def texts_of(error):
    """An exception as it may be pasted."""
    if error is None:
        return ()
    return (
        "".join(traceback.format_exception(error)),
        "".join(traceback.format_exception_only(error)),
        str(error) or repr(error),
    )


def post(caller, endpoint, patience=AMPLE, times=1):
    """Send a POST; return what is said of it, by the events and by ``classify``."""
    events = []
    limits = Timeout(connect=patience, read=patience, write=patience)
    policy = replace(AT_ONCE, timeout=limits)
    raised = []
    try:
        call(caller, endpoint, patience, times, policy, events.append)
    except Exception as error:  # noqa: BLE001 - whatever a client raises
        raised = [classify(error)]
    return [event.failure for event in events if event.what == "attempt" and event.failure] + raised


def call(caller, endpoint, patience, times, policy, sink):
    """Make the call."""
    provoke = "twice" if times == 2 else "get"
    posting = Request(endpoint, provoke, patience, "POST", b"once")
    if caller.startswith("bare("):
        _library(caller).function(posting)
    elif caller.startswith("retry("):
        retrying = ringback.retry(policy, idempotent=False, target=endpoint.url, sinks=[sink])
        retrying.call(_library(caller).function, posting)
    else:
        settings = Settings(
            policy, sink, timeout=patience, proxy=posting.proxy, verify=endpoint.verify
        )
        with OURS[caller].under(settings):
            OURS[caller].meet(endpoint, provoke, "POST", settings)


@pytest.mark.parametrize(
    ("way", "caller"), pairs(list(WAYS), CALLERS, lambda way, caller: is_met(caller, way))
)
def test_what_the_origin_has_in_its_log_nobody_says_was_not_delivered(lab, way, caller):
    told = meet(lab, caller, WAYS[way])
    assert told.posts == WAYS[way].arrives * WAYS[way].times, told
    allowed = {*WAYS[way].says, *(["maybe"] * bool(listed(UNKNOWABLE, caller, way)))}
    assert set(told.delivered) <= allowed, told
    assert not told.posts or "no" not in told.delivered + told.explained, told


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if is_met(caller, "redirect")])
def test_behind_a_redirect_that_leads_nowhere_the_first_request_arrived(lab, unused_port, caller):
    origin = Origin(lambda at: at.send(redirect(f"http://127.0.0.1:{unused_port}/")))
    *_, failure = post(caller, lab.listen(origin))
    assert origin.log == ["POST"]
    assert failure.delivered == "yes"
