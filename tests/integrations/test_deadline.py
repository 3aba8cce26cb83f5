"""Whatever the server does, a call is over when its deadline is."""

from __future__ import annotations

import gc
import importlib
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import pytest
from integrations.ringback_integrations import RINGBACK_INTEGRATIONS, Ask, offered, present
from pulse import Pulse
from requires import requires

from ringback import Policy
from ringback.client.dial import names
from ringback.client.install import install
from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.fault import (
    Endpoint,  # noqa: F401 - see IN_A_PROGRAM
    missing,
)
from ringback.testing.lab.namespace import inside, run

SHORT, LONG = 0.5, 2.0
"""Seconds; the long one is what is promised."""
LATE = 1.5
"""Seconds that a call may take longer here, beside so many others; what is promised is 0.1, and on
a machine with time to spare it is kept. Those in which this process did not run do not count."""
PATIENT = 10.0
"""Seconds that the client itself would wait, each time."""

CLASSES = (
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
    "http.error.unavailable:retry_after_date",
    "proxy.no_response:silent",
    "proxy.no_response:trickling_headers",
    "proxy.no_response:socks5_silent",
    "proxy.no_response:trickling_socks5",
)
"""One of each way to keep a client waiting."""

BOUNDED = [name for name in present() if not RINGBACK_INTEGRATIONS[name].plain]
"""The integrations beneath which everything that waits is ours. What ``retry`` stands around waits
as it always did: only between attempts, and of a coroutine, is the deadline kept."""

integrations = pytest.mark.parametrize("integration", offered(BOUNDED))


@dataclass
class Ended:
    """How a call ended.

    Attributes:
        late: Seconds after its deadline.
        kind: Of what was raised.
    """

    late: float
    kind: str | None


def meet(integration, endpoint, provoke, deadline, pulse):
    """Call an endpoint through an integration."""
    policy = Policy(deadline=deadline, breaker=None, budget=None)
    verb = "PUT" if provoke == "upload" else "GET"
    ask = Ask(endpoint, provoke, PATIENT, verb, policy, waits=True, resolver=deadline + 1)
    began, kind = time.monotonic(), None
    try:
        RINGBACK_INTEGRATIONS[integration](ask)
    except Exception as error:  # noqa: BLE001 - whatever it is, only the time counts
        kind = getattr(getattr(error, "failure", None), "kind", type(error).__name__)
    seconds = pulse.ran(*(ask.took[-1] if ask.took else (began, time.monotonic())))
    return Ended(seconds - deadline * len(ask.times), kind)


def installed(deadline):
    """Put ringback under the libraries that are called as they are; all are imported by then."""
    for name in BOUNDED:
        importlib.import_module(RINGBACK_INTEGRATIONS[name].module)
    return install(Policy(deadline=deadline, breaker=None, budget=None), retry=True, sinks=[])


def side_by_side(deadline, faults):
    """Meet faults through every integration; how each call ended, by integration and fault."""
    names.clear()
    with (
        Lab(most=2048) as lab,
        Pulse() as pulse,
        installed(deadline),
        ThreadPoolExecutor(64) as threads,
    ):
        endpoints = {name: lab.start(name) for name in sorted(faults, key=_last)}
        there = {name: one for name, one in endpoints.items() if one.namespace and one.nameserver}
        calls = [
            (integration, name)
            for name in endpoints
            if name not in there
            for integration in BOUNDED
        ]

        def call(one):
            integration, name = one
            endpoint = endpoints[name]
            with inside(endpoint.namespace) if endpoint.namespace else nullcontext():
                return meet(integration, endpoint, FAULTS[name].provoke, deadline, pulse)

        ended = dict(zip(calls, threads.map(call, calls), strict=True))
        for namespace in {host.namespace for host in there.values()}:
            urls = {name: one.url for name, one in there.items() if one.namespace == namespace}
            ended |= in_a_program(namespace, urls, deadline)
    # What was cut off leaves sockets to the garbage collector: in no test that comes later.
    for _ in range(3):
        gc.collect()
    return ended


IN_A_PROGRAM = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from integrations.test_deadline import Endpoint, Pulse, installed, meet
calls = json.loads(sys.argv[2])
def call(one):
    through, name, url, deadline = one
    return through, name, astuple(meet(through, Endpoint(url, "", 0), "get", deadline, pulse))
with Pulse() as pulse, installed(calls[0][3]), ThreadPoolExecutor(len(calls)) as threads:
    print(json.dumps(list(threads.map(call, calls))))
"""


def in_a_program(namespace, urls, deadline):
    """The same, where the C library is to resolve as in a namespace: it does in a program there."""
    calls = [
        (integration, name, url, deadline) for name, url in urls.items() for integration in BOUNDED
    ]
    arguments = [json.dumps(sys.path), json.dumps(calls)]
    command = [sys.executable, "-W", "ignore", "-c", IN_A_PROGRAM, *arguments]
    try:
        told = json.loads(run(namespace, command).stdout)
    except subprocess.CalledProcessError as error:
        pytest.fail(error.stderr)
    return {(integration, name): Ended(*ended) for integration, name, ended in told}


def _last(name):
    return "timed_out" in name or "silent" in name


def late(ended, integration):
    """The calls through an integration that were late, and the longest delay as output."""
    own = {name: one for (through, name), one in ended.items() if through == integration}
    worst = max(own, key=lambda name: own[name].late)
    print(f"{integration}: at the most {own[worst].late:.3f} s late, {worst}: {own[worst].kind}")
    return {name: one for name, one in own.items() if one.late >= LATE}


@pytest.fixture(scope="module")
def quick():
    return side_by_side(
        SHORT,
        [
            name
            for name, fault in FAULTS.items()
            if "netns" not in fault.needs
            and not missing(fault.needs)
            # Another nameserver would be everybody's; and so would 100 MB.
            and name not in {"dns.unreachable:port_closed", "ok:large_body"}
        ],
    )


@pytest.fixture(scope="module")
def long():
    return side_by_side(LONG, [name for name in CLASSES if not missing(FAULTS[name].needs)])


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@integrations
def test_a_call_ends_with_its_deadline(quick, integration):
    assert late(quick, integration) == {}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@integrations
def test_a_call_that_is_kept_waiting_ends_after_2_seconds(long, integration):
    assert late(long, integration) == {}


@pytest.mark.nightly
@pytest.mark.netns
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_call_over_a_broken_network_ends_with_its_deadline():
    faults = [name for name, fault in FAULTS.items() if "netns" in fault.needs]
    requires(*FAULTS[faults[0]].needs)
    ended = side_by_side(SHORT, faults)
    assert [(integration, late(ended, integration)) for integration in BOUNDED] == [
        (integration, {}) for integration in BOUNDED
    ]
