import sys
from types import ModuleType

import pytest
import tenacity

import ringback
from ringback import Backoff, Policy
from ringback.client import call


@pytest.fixture(autouse=True)
def _reported_anew():
    call.forget_retry_layers()
    yield
    call.forget_retry_layers()


def refused():
    raise ConnectionRefusedError(111, "refused")


def test_retries_around_ringbacks_are_recorded_once():
    events = []
    policy = Policy(attempts=2, backoff=Backoff(base=0), breaker=None, budget=None)
    call = ringback.retry(policy, sinks=[events.append])(refused)
    around = tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_none())(call)
    for _ in range(2):
        with pytest.raises(tenacity.RetryError):
            around()
    told = [event for event in events if event.what == "stacked_retries"]
    assert [event.detail for event in told] == ["tenacity retries the same call: attempts multiply"]
    assert len(events) == 1 + 2 * 3 * 2


@pytest.mark.parametrize(("package", "attempts"), [("opensearchpy", 1), ("orders", 3)])
def test_what_an_sdk_tries_again_has_one_attempt(monkeypatch, package, attempts):
    """The real ones are in ``install/test_sdks.py``."""
    module = ModuleType(f"{package}.transport")
    monkeypatch.setitem(sys.modules, package, module)
    exec("def perform(call): return call()", vars(module))
    events, policy = [], Policy(backoff=Backoff(base=0), breaker=None, budget=None, patience=0)
    call = ringback.retry(policy, sinks=[events.append])(refused)
    with pytest.raises(ConnectionRefusedError):
        module.perform(call)
    assert len(events) == attempts
