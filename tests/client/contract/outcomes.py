"""The lab met through one integration: what each call came to, told by both sides."""

from __future__ import annotations

import contextlib
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
from dataclasses import replace as replaced
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from client.contract.integrations import AT_ONCE, INTEGRATIONS, PLAIN, Settings, present
from integrations.expected import UNANSWERED

from ringback import Timeout
from ringback.testing.clients import ClientCall
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.fault import missing
from ringback.testing.lab.resolver import resolving
from ringback.values import replace

VERBS = ("POST", "GET")
"""``GET`` stands for what may be sent twice: with a body it is ``PUT``."""

AMPLE = 60.0
"""Seconds that a call waits for what comes, however slow the machine."""

WAITING = 1.0
"""The same where the fault is that nothing comes, and it is that timeout which says so."""

RESOLVING = 0.1
"""Seconds that an answer of a nameserver is awaited where there is none: one comes after 2 s. These
names are met behind all others: how long is waited for them counts for every thread."""

TRICKLING = 2.0
"""The deadline of a call whose server always sends a little more."""

WAIT = ("Session", "PoolManager", "httpx", "httpx-async", "aiohttp")
"""The integrations that meet in the gate what ends by a timeout; side by side they wait once."""

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
if sys.version_info >= (3, 13):
    LEAVES += (("Session", "*content_decoding:not_gzip", "the socket; why is not known yet"),)

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
    ("install *", "http.request.timed_out*", "the first attempt takes the time of all"),
    ("install urllib3", "ok:proxy_user", "urllib3 reads no user from the URL of a proxy"),
    ("install *", "*trickling*", "the deadline is that of all calls: test_deadline.py"),
    ("install *", "*retry_after_date", "waits as long as the server asks"),
    ("install *", "*retry_after_seconds", "waits as long as the server asks"),
    ("PoolManager", "ok:proxy_user", "urllib3 reads no user from the URL of a proxy"),
)

_POST = re.compile(rb"POST [^\r\n]+ HTTP/1\.1\r\n.*?\r\n\r\n", re.DOTALL)
_SIDE_BY_SIDE = 24


def listed(table, integration, fault):
    """The rows of a table that speak of an integration and a fault."""
    return [row for row in table if fnmatchcase(integration, row[0]) and fnmatchcase(fault, row[1])]


@dataclass
class Outcome:
    """How one call through an integration ended."""

    calls: int = 1  # How often the program called: the last call counts for the rest
    most: int = 3  # How many attempts the policy allows
    status: int | None = None
    raised: type | None = None
    cause: tuple[type, ...] = ()  # What that has of the library: its arguments, urllib3's reason
    failures: int = 0  # How many failed attempts the exception tells of
    attempts: int = 0  # How many were told of
    kinds: tuple[str, ...] = ()  # What they failed with
    delivered: tuple[str, ...] = ()  # What was said of whether they arrived
    posts: int = 0  # How many POSTs the server read, at least to the end of the head
    reached: bool = False  # The server read something of the request, or a request of HTTP/2


def faults(integration):
    """The faults that can be met through an integration on loopback."""
    return [
        name
        for name, fault in FAULTS.items()
        if "netns" not in fault.needs
        and not missing(fault.needs)
        and not listed(NOT_MET, integration, name)
        and _offers(INTEGRATIONS[integration], fault)
    ]


def _offers(integration, fault):
    """Whether an integration can do what a fault is met by."""
    if fault.provoke == "http2":
        return integration.http2
    if fault.provoke == "crl":  # urllib3 1 gives a context no name that is an address
        old = integration.module == "urllib3" and version("urllib3") < "2"
        return integration.module != "requests" and not old
    if not fault.name.startswith(("proxy.", "ok:proxy", "ok:socks")):
        return True
    kind = re.search("socks[45]", fault.name)
    return (kind[0] if kind else "http").startswith(integration.proxies)


def _lasts(fault):
    return _waits(FAULTS[fault]) or fault in UNANSWERED


@functools.cache
def _gate():
    """The calls of the gate: each fault once, and of each group one by each integration."""
    met = {name: faults(name) for name in INTEGRATIONS}
    chosen = {name: [] for name in INTEGRATIONS}
    for fault in sorted(FAULTS, key=lambda fault: not _lasts(fault)):
        able = [name for name in chosen if fault in met[name]]
        if _lasts(fault):
            able = [name for name in able if name in WAIT] or able
        if able:
            chosen[min(able, key=lambda name: len(chosen[name]))].append(fault)
    for place, (name, own) in enumerate(chosen.items()):
        groups = {}
        for fault in met[name]:
            groups.setdefault(fault.partition(".")[0].partition(":")[0], []).append(fault)
        for group in groups.values():
            if not set(group) & set(own):
                quick = [fault for fault in group if not _lasts(fault)] or group
                own.append(quick[place % len(quick)])
    return {
        name: [(VERBS[(turn + place) % 2], fault) for turn, fault in enumerate(own)]
        for place, (name, own) in enumerate(chosen.items())
    }


@dataclass(frozen=True)
class Share:
    """The calls through one integration, those of the gate or the rest."""

    integration: str
    gate: bool

    @property
    def calls(self):
        """Method and fault of each call, in the order of the lab."""
        chosen = _gate()[self.integration]
        every = [(verb, fault) for verb in VERBS for fault in faults(self.integration)]
        return [call for call in every if (call in chosen) == self.gate]


def shares(library):
    """The integrations of a library, or all by ``retry``, as parameters of a test."""
    return [
        pytest.param(
            Share(name, gate),
            id=name if gate else f"{name}, rest",
            marks=[pytest.mark.nightly] * (not gate),
        )
        for name in present()
        if library == ("retry" if INTEGRATIONS[name].retry else INTEGRATIONS[name].module)
        for gate in (True, False)
    ]


@dataclass
class Table:
    """What the calls through one integration came to, and what they left behind."""

    outcomes: dict[tuple[str, str], Outcome]  # By method and fault
    left: list[str]  # Descriptors and threads still there, warnings of what was not closed


@functools.cache
def table(share):
    """What the calls of a share come to; made once."""
    leaving = [call for call in share.calls if listed(LEAVES, share.integration, call[1])]
    integration = INTEGRATIONS[share.integration]
    clean, left = _watched(integration, [call for call in share.calls if call not in leaving])
    return Table(clean | _unwatched(integration, leaving), left)


@functools.cache
def plain_table(name, calls):
    """What calls come to through a library without ringback."""
    return _unwatched(PLAIN[name], list(calls))


def _unwatched(integration, calls):
    """What calls come to that leave something to the collector."""
    with _unlogged(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = _meet_all(integration, calls) if calls else {}
        gc.collect()
    return outcomes


@contextlib.contextmanager
def _unlogged():
    """Pytest keeps what is logged, and with it tracebacks and their sockets."""
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _watched(integration, calls):
    """What calls come to, and what they leave behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # what others have left
    before = _descriptors(), set(threading.enumerate())
    with _unlogged(), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ResourceWarning)
        outcomes = _meet_all(integration, calls)
        left = _left(*before)
    messages = [str(warning.message) for warning in warned if warning.category is ResourceWarning]
    # Under trio, httpx leaves its generators to the garbage collector, and trio says so.
    return outcomes, left + [
        message for message in messages if not message.startswith("Async generator")
    ]


def _meet_all(integration, calls):
    """Make calls, side by side as far as they do not disturb each other."""
    found, lock, events = {}, threading.Lock(), []
    calls = sorted(calls, key=lambda call: not _waits(FAULTS[call[1]]))
    alone = [call for call in calls if call[1] in ALONE]
    unanswered = [call for call in calls if call[1] in UNANSWERED]
    answered = [call for call in calls if call not in alone and call not in unanswered]
    with Lab(most=1024) as lab, integration.under(Settings(AT_ONCE, events.append)):

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
    end = time.monotonic() + AMPLE
    while True:
        for _ in range(3):  # what finalisers let go of as well
            gc.collect()
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
    settings = _settings(endpoint, fault)
    outcome = Outcome(
        calls=2 if fault.provoke == "twice" else 1,
        # What is installed has the policy of all calls.
        most=AT_ONCE.attempts if integration.installed else settings.policy.attempts,
    )
    method = "PUT" if verb == "GET" and fault.provoke == "upload" else verb
    patience = RESOLVING if name in UNANSWERED else AMPLE / 2
    server = endpoint.nameserver
    try:
        with resolving(server, timeout=patience) if server else contextlib.nullcontext():
            outcome.status = integration.meet(
                endpoint, fault.provoke, method, replaced(settings, sink=told.append)
            )
    except Exception as error:  # noqa: BLE001 - whatever an integration raises
        outcome.raised = type(error)
        reason = getattr(error, "reason", None)
        outcome.cause = tuple(map(type, error.args))
        if isinstance(reason, Exception):
            outcome.cause += (type(reason),)
        outcome.failures = len(getattr(error, "attempts", ()))
    _read_events(
        outcome, [event for event in told if event.target.port == port or told is not events]
    )
    return functools.partial(_read_server, outcome, endpoint, fault)


def _settings(endpoint, fault):
    """The settings with which a fault is what ends a call, and no other limit can be."""
    call = ClientCall(endpoint, fault.provoke)
    limits, attempts, deadline = Timeout(connect=AMPLE, read=AMPLE, write=AMPLE), 3, 2 * AMPLE
    # The resolver gives up before the call does.
    if _waits(fault) and not fault.kind.startswith("dns."):
        attempts = 3 if fault.when == "first_two" else 2
        # With aiohttp an upload may take as long as the connection and the write together.
        connecting = fault.kind.startswith(("tcp.", "tls.", "proxy.", "http.request."))
        limits = Timeout(WAITING if connecting else AMPLE, read=WAITING, write=WAITING)
    if "trickling" in fault.when:
        deadline = TRICKLING
    return Settings(
        policy=replace(AT_ONCE, attempts=attempts, timeout=limits, deadline=deadline),
        timeout=limits,
        proxy=call.proxy,
        verify=endpoint.verify,
        certificate=call.certificate,
        crl=fault.provoke == "crl",
        http2=fault.provoke == "http2",
    )


def _waits(fault):
    return any(word in fault.name for word in ("timed_out", "silent", "trickling"))


def _read_events(outcome, events):
    attempts = [event for event in events if event.what == "attempt"]
    begins = [index for index, one in enumerate(attempts) if one.attempt == 1]
    last = attempts[begins[-1] :] if begins else []
    outcome.attempts = len(last)
    outcome.kinds = tuple(event.failure.kind for event in last if event.failure)
    outcome.delivered = tuple(event.failure.delivered for event in last if event.failure)


def _read_server(outcome, endpoint, fault):
    received = [bytes(seen.received) for seen in endpoint.seen]
    outcome.posts = sum(len(_POST.findall(request)) for request in received)
    outcome.reached = any(
        b"HTTP/1.1\r\n" in request for request in received if b"CONNECT" not in request
    )
    if fault.provoke == "http2":
        outcome.posts = endpoint.requests
        outcome.reached = endpoint.requests > 0
    return outcome
