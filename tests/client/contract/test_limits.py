"""A bulkhead that finds its places, a rate, and the line of those who wait for a service."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from client.contract.integrations import AT_ONCE, INTEGRATIONS, across, few, of_http, present
from nightly import pairs
from until import TEST_TIMEOUT, calls_in_line, until

import ringback
from ringback import Policy, Rate, Timeout
from ringback.client import admission
from ringback.client.bulkhead import Bulkhead
from ringback.testing.lab.message import response, serve

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

CALLS, WAITERS = 4, 2
ONCE = replace(AT_ONCE, attempts=1)

everywhere = across(also="httpx-trio")
of_any_http = across(also="httpx-trio", only=of_http)


def together(client, url, verb="GET"):
    """Make calls at the same time; return what became of each."""

    def ended():
        try:
            return client.request(verb, url).status
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
            return error

    with ThreadPoolExecutor(CALLS) as pool:
        calls = [pool.submit(ended) for _ in range(CALLS)]
        return [end.result(TEST_TIMEOUT) for end in calls]


# The bulkhead


class Noted(Bulkhead):
    """Keeps what it is told of attempts."""

    __slots__ = ("notes",)

    def __init__(self, places):
        super().__init__(places)
        self.notes = []

    def note(self, began, now, *, overloaded):
        super().note(began, now, overloaded=overloaded)
        self.notes.append((now - began, overloaded))


@pytest.fixture
def bulkhead(monkeypatch):
    """The one that every origin gets, in threads and tasks."""
    known = Noted(ringback.Adaptive(most=2))
    monkeypatch.setattr(admission, "_of_loop", lambda *_: known)
    monkeypatch.setattr(admission, "bulkheads", lambda: type("", (), {"of": lambda *_: known}))
    return known


TOOK = 0.05
SEE_NO_STATUS = {"retry(http.client)", "retry(socket)", "retry(asyncio)"}
"""They return a status, and do not raise for it."""


@everywhere
def test_an_adaptive_bulkhead_is_told_how_long_answers_take(lab, bulkhead, integration):
    def slow(connection):
        while request := connection.read_request():
            connection.hold(TOOK)
            connection.send(response(200, b"{}"))
            if not request.keeps_alive:
                return

    url = lab.listen(slow).url
    with integration.client(replace(ONCE, bulkhead="adaptive")) as client:
        assert [client.request("GET", url).status for _ in range(2)] == [200, 200]
    assert [overloaded for _, overloaded in bulkhead.notes] == [False, False]
    assert all(seconds >= TOOK for seconds, _ in bulkhead.notes)
    assert bulkhead.taken == 0


OVERLOAD = {
    "http.error.unavailable": [True],
    "http.response.timed_out:silent": [True],
    "tcp.refused": [],
    "http.error:500": [],
}


@pytest.mark.parametrize(("fault", "name"), pairs(list(OVERLOAD), present()))
def test_only_overload_lowers_its_limit(lab, bulkhead, integration, name, fault):
    notes = OVERLOAD[fault]
    if name in SEE_NO_STATUS and fault.startswith("http.error"):
        notes = [False]
    limits = Timeout(connect=60, read=0.05) if "silent" in fault else Timeout(connect=60, read=60)
    policy = replace(ONCE, bulkhead="adaptive", timeout=limits)
    with integration.client(policy, timeout=limits) as client:
        try:
            client.request("GET", lab.start(fault).url)
        except Exception as error:  # noqa: BLE001 - as it may: what was noted is looked at
            getattr(error, "close", str)()  # urllib's is a response
    assert [overloaded for _, overloaded in bulkhead.notes] == notes
    assert bulkhead.taken == 0


# The rate


@everywhere
def test_all_calls_of_the_process_share_one_rate(lab, integration):
    began = time.monotonic()
    with integration.client(replace(ONCE, rate=Rate(50, burst=1)), sleep=None) as client:
        assert together(client, lab.listen(serve).url) == [200] * CALLS
    assert time.monotonic() - began >= (CALLS - 1) / 50


@everywhere
def test_whose_turn_comes_too_late_is_told_at_once(lab, integration):
    endpoint = lab.listen(serve)
    # Its turn would come after 1000 s, when this test has long been over.
    policy = replace(ONCE, rate=Rate(0.001, burst=3), deadline=120)
    with integration.client(policy, sleep=None) as client:
        ends = together(client, endpoint.url)
    [error] = [end for end in ends if end != 200]
    assert isinstance(error, ringback.errors.PoolExhausted)
    assert "rate limit of " in str(error.failure.message)
    assert error.failure.delivered == "no"
    assert endpoint.requests == 3


QUOTA = {
    "RateLimit": ('RateLimit: "default";r=2;t=500', 'RateLimit-Policy: "default";q=100;w=600'),
    "X-RateLimit": ("X-RateLimit-Remaining: 2", "X-RateLimit-Reset: 500"),
}


@pytest.mark.parametrize(
    ("fields", "name"),
    pairs(list(QUOTA), [name for name in present() if of_http(INTEGRATIONS[name])]),
)
def test_a_quota_that_a_response_tells_of_holds_for_all(lab, integration, fields):
    asked = threading.Lock()
    told = iter([QUOTA[fields]])

    def telling(connection):
        while connection.read_request():
            with asked:
                own = next(told, ())
            connection.send(response(200, b"{}", *own))

    endpoint = lab.listen(telling)
    policy = replace(ONCE, rate=Rate(headers=True), deadline=120)
    with integration.client(policy, sleep=None) as client:
        assert client.request("GET", endpoint.url).status == 200
        ends = together(client, endpoint.url)
    assert sum(end == 200 for end in ends) == 2
    assert endpoint.requests == 3


# The line


@everywhere
def test_calls_wait_in_one_line_and_all_get_through(lab, integration, events):
    listener = lab.reserve(serve)
    policy = Policy(attempts=1, patience=60, breaker=None)
    with (
        integration.client(policy, events.append, sleep=None) as client,
        ThreadPoolExecutor(WAITERS) as pool,
    ):
        url = listener.endpoint.url
        calls = [pool.submit(client.request, "POST", url, b"once") for _ in range(WAITERS)]
        until(lambda: calls_in_line() == WAITERS)
        listener.open()
        assert [call.result(TEST_TIMEOUT).status for call in calls] == [200] * WAITERS
    assert calls_in_line() == 0
    assert {event.failure.kind for event in events if event.failure} == {"tcp.refused"}
    changes = [event.what for event in events if event.what != "attempt"]
    assert changes == ["calls_waiting", "calls_released"]
    well = [event for event in events if event.what == "attempt" and event.failure is None]
    assert len(well) == WAITERS


@few("PoolManager", "aiohttp", "retry(socket)", "install requests")
def test_who_has_waited_in_vain_is_told_the_real_cause(lab, integration, events):
    policy = Policy(attempts=1, patience=0.5, breaker=None)
    with (
        integration.client(policy, events.append, sleep=None) as client,
        pytest.raises(ringback.errors.ConnectionRefused) as caught,
    ):
        client.request("GET", lab.reserve(serve).endpoint.url)
    error = caught.value
    assert isinstance(error, ConnectionRefusedError)
    assert len(error.attempts) >= 2
    [note] = [note for note in error.__notes__ if "waited" in note]
    assert re.search(
        r"waited \d+\.\d s for it to come back; down since \d\d:\d\d:\d\d UTC, "
        rf"{len(error.attempts)} attempts of this and other calls failed; "
        r"this call was not delivered\Z",
        note,
    )
    [last] = [event for event in events if event.what == "attempt" and event.outcome == "failure"]
    assert last.decision.reason == "patience"
    changes = [event.what for event in events if event.what != "attempt"]
    assert changes == ["calls_waiting", "calls_given_up"]
