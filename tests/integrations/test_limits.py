"""Through every integration: a bulkhead that finds its places, and a rate."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from integrations.ringback_integrations import RINGBACK_INTEGRATIONS, Ask, offered, present

import ringback
from ringback import Policy, Rate, Timeout
from ringback.client import admission, origins
from ringback.client.bulkhead import Bulkhead
from ringback.testing.lab import Lab
from ringback.testing.lab.message import response, serve

CALLS = 4


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_known():
    origins.forget()
    yield
    origins.forget()


def policy(**limits):
    return Policy(attempts=1, breaker=None, patience=0, **limits)


def together(integration, ask):
    """Make calls at the same time; return what became of each."""

    def ended():
        try:
            return integration(ask)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
            return error

    with integration.under(ask), ThreadPoolExecutor(CALLS) as pool:
        return [end.result(30) for end in [pool.submit(ended) for _ in range(CALLS)]]


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


@pytest.mark.parametrize("name", offered())
def test_an_adaptive_bulkhead_is_told_how_long_answers_take(lab, bulkhead, name):
    def slow(connection):
        while request := connection.read_request():
            connection.hold(TOOK)
            connection.send(response(200, b"{}"))
            if not request.keeps_alive:
                return

    integration = RINGBACK_INTEGRATIONS[name]
    ask = Ask(lab.listen(slow), policy=policy(bulkhead="adaptive"))
    with integration.under(ask):
        assert [integration(ask) for _ in range(2)] == [200, 200]
    assert [overloaded for _, overloaded in bulkhead.notes] == [False, False]
    assert all(seconds >= TOOK for seconds, _ in bulkhead.notes)
    assert bulkhead.taken == 0


@pytest.mark.parametrize("name", offered())
@pytest.mark.parametrize(
    ("fault", "notes"),
    [
        ("http.error.unavailable", [True]),
        ("http.response.timed_out:silent", [True]),
        ("tcp.refused", []),
        ("http.error:500", []),
    ],
)
def test_only_overload_lowers_its_limit(lab, bulkhead, name, fault, notes):
    if name in SEE_NO_STATUS and fault.startswith("http.error"):
        notes = [False]
    integration = RINGBACK_INTEGRATIONS[name]
    limits = policy(bulkhead="adaptive", timeout=Timeout(read=0.3))
    ask = Ask(lab.start(fault), policy=limits, timeout=0.3)
    with integration.under(ask):
        try:
            integration(ask)
        except Exception as error:  # noqa: BLE001 - as it may: what was noted is looked at
            getattr(error, "close", str)()  # urllib's is a response
    assert [overloaded for _, overloaded in bulkhead.notes] == notes
    assert bulkhead.taken == 0


@pytest.mark.parametrize("name", offered())
def test_all_calls_of_the_process_share_one_rate(lab, name):
    integration = RINGBACK_INTEGRATIONS[name]
    ask = Ask(lab.listen(serve), policy=policy(rate=Rate(20, burst=1)))
    began = time.monotonic()
    assert together(integration, ask) == [200] * CALLS
    assert time.monotonic() - began >= (CALLS - 1) / 20


@pytest.mark.parametrize("name", offered())
def test_whose_turn_comes_too_late_is_told_at_once(lab, name):
    integration = RINGBACK_INTEGRATIONS[name]
    endpoint = lab.listen(serve)
    ask = Ask(endpoint, policy=policy(rate=Rate(0.001, burst=3), deadline=20))
    began = time.monotonic()
    ends = together(integration, ask)
    assert time.monotonic() - began < 20
    assert sum(end == 200 for end in ends) == 3
    [error] = [end for end in ends if end != 200]
    assert isinstance(error, ringback.errors.PoolExhausted)
    assert "rate limit of " in str(error.failure.message)
    assert error.failure.delivered == "no"
    assert endpoint.requests == 3


QUOTA = [
    ('RateLimit: "default";r=2;t=50', 'RateLimit-Policy: "default";q=100;w=60'),
    ("X-RateLimit-Remaining: 2", "X-RateLimit-Reset: 50"),
]


@pytest.mark.parametrize("fields", QUOTA, ids=["RateLimit", "X-RateLimit"])
@pytest.mark.parametrize("name", offered([name for name in present() if "retry(" not in name]))
def test_a_quota_that_a_response_tells_of_holds_for_all(lab, name, fields):
    integration = RINGBACK_INTEGRATIONS[name]
    asked = threading.Lock()
    told = iter([fields])

    def telling(connection):
        while connection.read_request():
            with asked:
                own = next(told, ())
            connection.send(response(200, b"{}", *own))

    endpoint = lab.listen(telling)
    ask = Ask(endpoint, policy=policy(rate=Rate(headers=True), deadline=20))
    with integration.under(ask):
        assert integration(ask) == 200
    ends = together(integration, ask)
    assert sum(end == 200 for end in ends) == 2
    assert endpoint.requests == 3
