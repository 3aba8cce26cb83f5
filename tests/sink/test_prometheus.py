import pickle

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sink.events import UNAVAILABLE, done, event, given_up, retried

from ringback import Backoff, Policy, Session
from ringback.failure import Target
from ringback.sink import PrometheusSink


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def count(registry):
    """Return the value of a sample of ``https://h:443``."""

    def value(name, endpoint="https://h:443", **labels):
        return registry.get_sample_value(f"ringback_{name}", {"endpoint": endpoint} | labels)

    return value


def how(outcome, kind="", method="GET"):
    return {"method": method, "outcome": outcome, "kind": kind}


def test_a_call_is_counted_once_and_each_attempt_too(registry, count):
    sink = PrometheusSink(registry)
    for told in (retried(1), retried(2, UNAVAILABLE), done(3), given_up(1)):
        sink(told)
    assert count("attempts_total", **how("success")) == 1
    assert count("attempts_total", **how("failure", "tcp.refused")) == 2
    assert count("attempts_total", **how("failure", "http.error.unavailable")) == 1
    assert count("retries_total", method="GET", kind="tcp.refused") == 1
    assert count("retries_total", method="GET", kind="http.error.unavailable") == 1
    assert count("calls_total", **how("success")) == 1
    assert count("calls_total", **how("failure", "tcp.refused")) == 1
    assert count("attempt_duration_seconds_count", method="GET") == 4
    assert count("attempt_duration_seconds_sum", method="GET") == pytest.approx(0.08)
    assert count("attempt_duration_seconds_bucket", method="GET", le="0.01") == 0
    assert count("attempt_duration_seconds_bucket", method="GET", le="0.025") == 4


def test_what_an_open_circuit_refuses_is_a_call_and_no_attempt(registry, count):
    PrometheusSink(registry)(given_up(reason="circuit_open"))
    assert count("calls_total", **how("failure", "tcp.refused")) == 1
    assert not count("attempts_total", **how("failure", "tcp.refused"))
    assert not count("attempt_duration_seconds_count", method="GET")


def test_a_circuit_is_open_or_not(registry, count):
    sink = PrometheusSink(registry)
    for what, expected in (("circuit_opened", 1), ("circuit_closed", 0)):
        sink(event(what=what))
        assert count("circuit_open") == expected
        assert count("changes_total", what=what) == 1
    sink(event(what="fallback"))
    assert count("changes_total", what="fallback") == 1


def test_endpoints_beyond_the_limit_share_a_label(registry, count):
    sink = PrometheusSink(registry, endpoints=2)
    for number in range(10):
        target = Target(scheme="https", host=f"h{number}", port=443)
        sink(done(target=target))
        sink(event(target=target, what="circuit_opened"))
    assert count("calls_total", "https://h0:443", **how("success")) == 1
    assert count("calls_total", "other", **how("success")) == 8
    assert count("circuit_open", "other") is None, "it would be that of whichever came last"


def test_methods_that_a_program_makes_up_share_a_label(registry, count):
    sink = PrometheusSink(registry)
    for number in range(10):
        sink(done(method=f"M{number}"))
    assert count("calls_total", **how("success", method="_OTHER")) == 10


def test_sinks_on_one_registry_count_together(registry, count):
    for _ in range(2):
        PrometheusSink(registry)(done())
    assert count("calls_total", **how("success")) == 2


def test_it_pickles_with_the_registry_of_the_library():
    sink = pickle.loads(pickle.dumps(PrometheusSink(endpoints=7)))
    assert (sink._registry, sink._limit) == (None, 7)


def test_what_is_exposed_is_what_happened(registry, lab):
    policy = Policy(attempts=2, backoff=Backoff(base=0), budget=None, breaker=None)
    with Session(policy=policy, sinks=[PrometheusSink(registry)]) as session:
        session.trust_env = False
        fine = lab.start("ok")
        for _ in range(3):
            session.get(fine.url)
        shown = exposed(registry)
    calls = {s.labels["outcome"]: s.value for s in shown["ringback_calls"] if is_total(s)}
    assert calls == {"success": 3.0}
    (sample,) = filter(is_total, shown["ringback_attempts"])
    assert sample.labels == {"endpoint": fine.url.rstrip("/"), **how("success")}


def exposed(registry):
    text = generate_latest(registry).decode()
    return {family.name: family.samples for family in text_string_to_metric_families(text)}


def is_total(sample):
    return sample.name.endswith("_total")


def test_a_label_cannot_break_the_exposition(registry, count):
    host = 'h"\n\\x{}'
    PrometheusSink(registry)(done(target=Target(scheme="https", host=host, port=443)))
    (sample,) = filter(is_total, exposed(registry)["ringback_calls"])
    assert sample.labels["endpoint"] == f"https://{host}:443"
