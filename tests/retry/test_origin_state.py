from threading import Barrier, Thread

import pytest

from ringback.failure import Failure
from ringback.retry import Breaker, Budget, OriginState

REFUSED = Failure("tcp.refused", delivered="no")


def failing(guard, failure, times):
    for _ in range(times):
        guard.admit(0.0, retry=False)
        guard.failed(failure, 0.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "code", "opens"),
    [
        ("tcp.refused", None, True),
        ("http.error.unavailable", "503", True),
        ("http.error", "500", True),
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


def test_a_mistake_of_the_caller_proves_that_the_endpoint_lives():
    guard = OriginState(Breaker(sustained=0, consecutive=2), None, 0.0)
    failing(guard, REFUSED, 1)
    failing(guard, Failure("http.error", code="404"), 1)
    failing(guard, REFUSED, 1)
    assert guard.state().circuit == "closed"


def test_only_requests_earn_and_retries_pay():
    guard = OriginState(None, Budget(ratio=0.5, floor=0, burst=1), 0.0)
    assert guard.pay(0.0)
    for _ in range(9):
        guard.admit(0.0, retry=True)
    assert not guard.pay(0.0)
    guard.admit(0.0, retry=False)
    guard.admit(0.0, retry=False)
    assert guard.pay(0.0)


def test_without_limits_nothing_is_refused():
    guard = OriginState(None, None, 0.0)
    failing(guard, REFUSED, 100)
    assert guard.admit(0.0, retry=False)
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
