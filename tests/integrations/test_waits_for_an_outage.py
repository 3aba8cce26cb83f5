"""Through every integration: calls wait together for a service that restarts, and get through."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from integrations.ringback_integrations import RINGBACK_INTEGRATIONS, Ask, offered
from until import TEST_TIMEOUT, calls_in_line, until

import ringback
from ringback import Policy
from ringback.testing.lab import Lab
from ringback.testing.lab.message import serve

CALLS = 4
PATIENT_SECONDS = 60.0


@pytest.fixture
def lab():
    with Lab() as running:
        yield running


@pytest.mark.parametrize("verb", [pytest.param("GET", marks=pytest.mark.nightly), "POST"])
@pytest.mark.parametrize("name", offered())
def test_calls_wait_in_one_line_and_all_get_through(lab, name, verb):
    integration, told = RINGBACK_INTEGRATIONS[name], []
    listener = lab.reserve(serve)
    policy = Policy(attempts=1, patience=PATIENT_SECONDS, breaker=None)
    ask = Ask(listener.endpoint, verb=verb, policy=policy, sink=told.append, waits=True)
    with integration.under(ask), ThreadPoolExecutor(CALLS) as pool:
        calls = [pool.submit(integration, ask) for _ in range(CALLS)]
        until(lambda: calls_in_line() == CALLS)
        listener.open()
        assert [call.result(TEST_TIMEOUT) for call in calls] == [200] * CALLS
    assert calls_in_line() == 0
    tries = [event for event in told if event.failure]
    assert {event.failure.kind for event in tries} == {"tcp.refused"}
    changes = [event.what for event in told if event.what != "attempt"]
    assert changes == ["calls_waiting", "calls_released"]
    assert sum(event.failure is None for event in told if event.what == "attempt") == CALLS


@pytest.mark.parametrize("name", offered())
def test_who_has_waited_in_vain_is_told_the_real_cause(lab, name):
    integration, told = RINGBACK_INTEGRATIONS[name], []
    endpoint = lab.reserve(serve).endpoint
    policy = Policy(attempts=1, patience=0.5, breaker=None)
    ask = Ask(endpoint, policy=policy, sink=told.append, waits=True)
    with integration.under(ask), pytest.raises(Exception) as caught:  # noqa: PT011
        integration(ask)
    error = caught.value
    assert isinstance(error, ringback.errors.ConnectionRefused)
    assert isinstance(error, ConnectionRefusedError)
    assert len(error.attempts) >= 2
    [note] = [note for note in error.__notes__ if "waited" in note]
    assert re.search(
        r"waited 0\.\d s for it to come back; down since \d\d:\d\d:\d\d UTC, "
        rf"{len(error.attempts)} attempts of this and other calls failed; "
        r"this call was not delivered\Z",
        note,
    )
    [last] = [event for event in told if event.what == "attempt" and event.outcome == "failure"]
    assert last.decision.reason == "patience"
    changes = [event.what for event in told if event.what != "attempt"]
    assert changes == ["calls_waiting", "calls_given_up"]
