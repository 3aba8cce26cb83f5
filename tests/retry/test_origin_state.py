from threading import Barrier, Thread

import pytest

from ringback.failure import Failure
from ringback.retry import Breaker, Budget, OriginState

REFUSED = Failure("tcp.refused", delivered="no")


def failing(guard, failure, times):
    for _ in range(times):
        guard.admit(0.0)
        guard.failed(failure, 0.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "code", "opens"),
    [
        ("tcp.refused", None, True),
        ("tcp.reset", None, True),
        ("http.error.unavailable", "503", False),
        ("http.error", "500", False),
        ("http.error.unavailable", "UNAVAILABLE", False),
        ("http.error", "404", False),
        ("http.error.auth", "401", False),
        ("http.error.rate_limited", "429", False),
        ("client.pool_exhausted", None, False),
        ("client.circuit_open", None, False),
        ("url.invalid", None, False),
        ("abandoned", None, False),
        ("not_a_connection_failure", None, False),
    ],
)
def test_only_what_the_endpoint_did_opens_the_circuit(kind, code, opens):
    guard = OriginState(Breaker(sustained=0, consecutive=2), None, 0.0)
    failing(guard, Failure(kind, code=code), 30)
    assert (guard.refuses(0.0) is not None) is opens
    assert guard.state().circuit == ("open" if opens else "closed")


def test_an_answer_proves_that_the_endpoint_lives():
    guard = OriginState(Breaker(sustained=0, consecutive=2), None, 0.0)
    failing(guard, REFUSED, 1)
    failing(guard, Failure("http.error.unavailable", code="503"), 1)
    failing(guard, REFUSED, 1)
    assert guard.state().circuit == "closed"


@pytest.mark.parametrize(
    ("statuses", "others", "opens"),
    [((), 0, False), ({503}, 0, True), ({503}, 30, False), ({502}, 0, False)],
)
def test_a_status_opens_the_circuit_by_its_share_where_the_policy_says_so(statuses, others, opens):
    breaker = Breaker(sustained=0, consecutive=2, failure_rate=0.5, statuses=statuses)
    guard = OriginState(breaker, None, 0.0)
    for _ in range(others):
        guard.passed(0.0, 0.1)
    failing(guard, Failure("http.error.unavailable", code="503"), 25)
    assert guard.state().circuit == ("open" if opens else "closed")


def test_what_gets_through_earns_and_retries_pay():
    guard = OriginState(None, Budget(ratio=0.5, floor=0, burst=1), 0.0)
    assert guard.pay(0.0)
    failing(guard, REFUSED, 9)
    failing(guard, Failure("http.error.unavailable", code="503"), 9)
    failing(guard, Failure("http.error.rate_limited", code="429"), 9)
    assert not guard.pay(0.0)
    guard.succeeded(0.0, 0.1, retry=False)
    failing(guard, Failure("http.error", code="404"), 1)
    assert guard.pay(0.0)


def test_without_limits_nothing_is_refused():
    guard = OriginState(None, None, 0.0)
    failing(guard, REFUSED, 100)
    assert guard.admit(0.0)
    assert guard.pay(0.0)
    assert guard.state().tokens == float("inf")


def test_threads_share_one_budget():
    guard, barrier, paid = (
        OriginState(None, Budget(ratio=0, floor=0, burst=50), 0.0),
        Barrier(8),
        [],
    )

    def spend():
        barrier.wait()
        paid.extend(guard.pay(0.0) for _ in range(100))

    threads = [Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paid.count(True) == 50
