"""The whole lab met through one integration: what each call came to, told by both sides."""

from __future__ import annotations

import functools
import gc
import logging
import re
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from integrations.expected import UNANSWERED
from integrations.ringback_integrations import ALIKE, PLAIN, RINGBACK_INTEGRATIONS, Ask, present
from turns import chosen

from ringback import Backoff, Policy, Timeout
from ringback.testing.clients import NotOfferedError
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.fault import missing

VERBS = ("POST", "GET")
"""``GET`` stands for what may be sent twice: with a body it is ``PUT``."""

ATTEMPTS = 3

WAITING = 0.4
"""Seconds that a call waits where the fault is that nothing comes."""

HANDSHAKE = 1.5
"""The same where that is so only after a handshake of TLS."""

RESOLVING = 0.5
"""Seconds that an answer of a nameserver is awaited where there is none: one comes after 2 s. These
names are met behind all others: how long is waited for them counts for every thread."""

ALONE = ("dns.unreachable:port_closed",)
"""Met one by one: another nameserver counts for every thread."""

LEAVES = (
    # integration, fault, what the library beneath leaves to the garbage collector
    ("*httpx*", "proxy.*:*socks5*", "the socket, where SOCKS fails"),
    ("*aiohttp", "http.request.timed_out*", "the socket, until what is buffered is taken"),
    ("retry(urllib)", "http.error*", "an exception that is a response"),
    ("retry(urllib)", "http.response.redirect*", "an exception that is a response"),
    ("retry(urllib)", "proxy.auth_required:forward", "an exception that is a response"),
)
if sys.version_info < (3, 11, 4):
    LEAVES += (("retry(urllib)", "*proxy*", "the answer to CONNECT (CPython's issue 103472)"),)

NOT_MET = (
    # integration, fault, why it is not met through the integration
    ("*", "ok:large_body", "healthy, and large"),
    ("*", "http.response.unexpected_content*", "healthy to all but the reader of the JSON"),
    ("retry(*", "tcp.closed.stale*", "keeps no connection"),
    ("retry(*", "tcp.refused:moved", "keeps no connection"),
    ("retry(*", "*trickling*", "the client beneath bounds a single read only"),
    ("retry(socket)", "http*", "knows nothing of HTTP"),
    ("retry(asyncio)", "http*", "knows nothing of HTTP"),
    ("retry(http.client)", "http.error*", "raises for no status"),
    ("retry(http.client)", "http.response.redirect*", "follows no redirect"),
    ("install aiohttp", "proxy.no_response:silent", "the first attempt takes the time of all"),
    ("install aiohttp", "http.request.timed_out*", "the first attempt takes the time of all"),
    ("install urllib3", "ok:proxy_user", "urllib3 reads no user from the URL of a proxy"),
    ("install *", "*retry_after_date", "waits as long as the server asks"),
    ("install *", "*retry_after_seconds", "waits as long as the server asks"),
    ("plain *", "*trickling*", "bounds a single read only"),
    ("plain httpx*", "proxy.no_response:socks5_silent", "has no timeout inside SOCKS"),
    ("plain aiohttp", "proxy.no_response:silent", "has no timeout inside CONNECT"),
    ("plain aiohttp", "http.request.timed_out*", "has no timeout on writing"),
    ("PoolManager", "ok:proxy_user", "urllib3 reads no user from the URL of a proxy"),
)

WAIT_TIMEOUT = 20.0
"""Seconds that it waits where what is expected comes, however slow the machine."""

_POST = re.compile(rb"POST [^\r\n]+ HTTP/1\.1\r\n.*?\r\n\r\n", re.DOTALL)
_SIDE_BY_SIDE = 48


def policy(*, timeout, deadline):
    """Three attempts, and nothing that would keep one from being made."""
    return Policy(
        attempts=ATTEMPTS,
        backoff=Backoff(base=0),
        budget=None,
        breaker=None,
        timeout=Timeout(connect=timeout, read=timeout, write=timeout),
        deadline=deadline,
    )


def listed(table, integration, fault):
    """The rows of a table that speak of an integration and a fault."""
    return [row for row in table if fnmatchcase(integration, row[0]) and fnmatchcase(fault, row[1])]


@dataclass
class Outcome:
    """How one call through an integration ended.

    Attributes:
        calls: How often the program called: the last call counts for the rest.
        offered: The integration can do what the fault is met by.
        status: What was returned, if anything was.
        raised: The class of what was raised.
        failures: How many failed attempts the exception tells of.
        attempts: How many were told of.
        kinds: What they failed with.
        delivered: What was said of whether they arrived.
        reason: Why there was no other attempt.
        connections: How many the server accepted.
        posts: How many POSTs the server read, at least to the end of the head.
        reached: The server read something of the request, or a request of HTTP/2.
        seconds: How long the call took.
    """

    calls: int = 1
    offered: bool = True
    status: int | None = None
    raised: type | None = None
    failures: int = 0
    attempts: int = 0
    kinds: tuple[str, ...] = ()
    delivered: tuple[str, ...] = ()
    reason: str = ""
    connections: int = 0
    posts: int = 0
    reached: bool = False
    seconds: float = 0.0


def faults(integration):
    """The faults that can be met through an integration on loopback."""
    return [
        name
        for name, fault in FAULTS.items()
        if "netns" not in fault.needs
        and not missing(fault.needs)
        and not listed(NOT_MET, integration, name)
    ]


@dataclass(frozen=True)
class Share:
    """A part of the calls that are made through one integration.

    Attributes:
        integration: Its name.
        part: ``sample``, ``rest``, or ``whole``.
    """

    integration: str
    part: str = "whole"

    @property
    def calls(self):
        """Method and fault of each call, in the order of the lab."""
        sample = _samples()[self.integration]
        every = [(verb, fault) for verb in VERBS for fault in faults(self.integration)]
        if self.part == "whole":
            return every
        return [call for call in every if (call in sample) == (self.part == "sample")]


@functools.cache
def _samples():
    """Of every kind one call through each integration: faults and methods take turns over them."""
    samples = {integration: set() for integration in RINGBACK_INTEGRATIONS}
    rows = [
        (integration, fault)
        for integration in RINGBACK_INTEGRATIONS
        for fault in faults(integration)
    ]
    taken = chosen([((integration, FAULTS[fault].kind), fault) for integration, fault in rows])
    places = list(RINGBACK_INTEGRATIONS)
    for turn, (integration, fault) in enumerate(rows[index] for index in sorted(taken)):
        verb = VERBS[(turn + places.index(integration)) % len(VERBS)]
        samples[integration].add((verb, fault))
    return samples


def shares():
    """The integrations of this environment as parameters of a test: by default of a sample."""
    full = pytest.mark.nightly
    return [
        share
        for name in present()
        for share in (
            [pytest.param(Share(name), id=name, marks=full)]
            if name in ALIKE
            else [
                pytest.param(Share(name, "sample"), id=name),
                pytest.param(Share(name, "rest"), id=f"{name}, rest", marks=full),
            ]
        )
    ]


@dataclass
class Table:
    """What the calls through one integration came to, and what they left behind.

    Attributes:
        outcomes: By method and name of the fault.
        left: Descriptors and threads that are still there, warnings of what was not closed.
    """

    outcomes: dict[tuple[str, str], Outcome]
    left: list[str]

    def by(self, verb):
        """The outcomes of one method by fault, without what the integration cannot do."""
        return {
            fault: one for (v, fault), one in self.outcomes.items() if v == verb and one.offered
        }


@functools.cache
def table(share):
    """What the calls of a share come to; made once."""
    return _table(share.integration, share.calls)


@functools.cache
def plain_table(share, name):
    """What those of them that may be sent twice come to through a library without ringback."""
    met = faults(name)
    return _table(name, [(verb, f) for verb, f in share.calls if verb == "GET" and f in met])


def _table(name, every):
    leaving = [call for call in every if listed(LEAVES, name, call[1])]
    clean, left = _watched(name, [call for call in every if call not in leaving])
    return Table(clean | _watched(name, leaving)[0], left)


def _watched(name, calls):
    """What calls come to, and what they leave behind."""
    _clear()
    before = _descriptors(), set(threading.enumerate())
    logging.disable()  # pytest keeps what is logged, and with it tracebacks and their sockets
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ResourceWarning)
        outcomes = _meet_all(name, calls)
        left = _left(*before)
    logging.disable(logging.NOTSET)
    messages = [str(warning.message) for warning in warned if warning.category is ResourceWarning]
    # Under trio, httpx leaves its generators to the garbage collector, and trio says so.
    return outcomes, left + [
        message for message in messages if not message.startswith("Async generator")
    ]


def _clear():
    """Let go of what another integration left, which that integration's own table tells."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        _collect()


def _collect():
    """Collect garbage, and what its finalisers let go of."""
    for _ in range(3):
        gc.collect()


def _meet_all(name, calls):
    """Make calls, side by side as far as they do not disturb each other."""
    found, lock, events, integration = (
        {},
        threading.Lock(),
        [],
        {**RINGBACK_INTEGRATIONS, **PLAIN}[name],
    )
    calls = sorted(calls, key=lambda call: not _waits(FAULTS[call[1]]))
    alone = [call for call in calls if call[1] in ALONE]
    unanswered = [call for call in calls if call[1] in UNANSWERED]
    answered = [call for call in calls if call not in alone and call not in unanswered]
    general = Ask(
        None, policy=policy(timeout=WAIT_TIMEOUT, deadline=WAIT_TIMEOUT), sink=events.append
    )
    with Lab(most=1024) as lab, integration.under(general):

        def meet(call):
            found[call] = _meet(lab, lock, integration, *call, events)

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            for together in (answered, unanswered):
                for done in [pool.submit(meet, call) for call in together]:
                    done.result()
        for call in alone:
            meet(call)
        # A server may read what it was sent only after the client has given up.
        return {call: read() for call, read in found.items()}


def _descriptors():
    return {
        f"descriptor {path.name}: {target}"
        for path in Path("/proc/self/fd").iterdir()
        if (target := _target(path)) and "/proc/" not in target
    }


def _target(path):
    try:
        return str(path.readlink())
    except OSError:
        return ""  # that of the listing itself


def _left(descriptors, threads):
    """What is there that was not before; a lookup that is under way has a while to end."""
    end = time.monotonic() + WAIT_TIMEOUT
    while True:
        _collect()
        left = sorted(_descriptors() - descriptors)
        left += [
            f"thread {thread.name}"
            for thread in set(threading.enumerate()) - threads
            if not thread.name.startswith("Trio thread")  # kept for 10 s, to be used again
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


def _meet(lab, lock, integration, verb, name, events):
    fault = FAULTS[name]
    with lock:
        endpoint = fault.start(lab)
    port, told = urlsplit(endpoint.url).port, events if integration.installed else []
    named = fault.kind.startswith("dns.")  # the resolver gives up before the call does
    patience = _patience(fault) if _waits(fault) and not named else WAIT_TIMEOUT
    limits = policy(timeout=patience, deadline=1.0 if "trickling" in fault.when else 30.0)
    method = "PUT" if verb == "GET" and fault.provoke == "upload" else verb
    ask = Ask(
        endpoint,
        fault.provoke,
        patience,
        verb=method,
        policy=limits,
        sink=told.append,
        resolver=RESOLVING if name in UNANSWERED else WAIT_TIMEOUT,
    )
    outcome = Outcome(calls=len(ask.times))
    began = time.monotonic()
    try:
        outcome.status = integration(ask)
    except NotOfferedError:
        outcome.offered = False
    except Exception as error:  # noqa: BLE001 - whatever an integration raises
        outcome.raised = type(error)
        outcome.failures = len(getattr(error, "attempts", ()))
    outcome.seconds = time.monotonic() - began
    _read_events(
        outcome, [event for event in told if event.target.port == port or told is not events]
    )
    return functools.partial(_read_server, outcome, endpoint, fault)


def _patience(fault):
    return HANDSHAKE if fault.when.endswith("_tls") else WAITING


def _waits(fault):
    return any(word in fault.name for word in ("timed_out", "silent", "trickling"))


def _read_events(outcome, events):
    attempts = [event for event in events if event.what == "attempt"]
    begins = [index for index, one in enumerate(attempts) if one.attempt == 1]
    last = attempts[begins[-1] :] if begins else []
    outcome.attempts = len(last)
    outcome.kinds = tuple(event.failure.kind for event in last if event.failure)
    outcome.delivered = tuple(event.failure.delivered for event in last if event.failure)
    outcome.reason = getattr(last[-1].decision, "reason", "") if last else ""


def _read_server(outcome, endpoint, fault):
    received = [bytes(seen.received) for seen in endpoint.seen]
    outcome.connections = len(received)
    outcome.posts = sum(len(_POST.findall(request)) for request in received)
    outcome.reached = any(
        b"HTTP/1.1\r\n" in request for request in received if b"CONNECT" not in request
    )
    if fault.provoke == "http2":
        outcome.posts = endpoint.requests
        outcome.reached = endpoint.requests > 0
    return outcome
