"""The table of the circuit, without a clock and without a lock."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from nightly import examples

from ringback.failure import Failure
from ringback.retry import Breaker, Circuit

REFUSED = Failure("tcp.refused", delivered="no")


def fail(circuit, now=0.0, times=1, random=0.0):
    for _ in range(times):
        assert circuit.admit(now)
        circuit.failed(REFUSED, now, random)


def test_so_many_failures_in_a_row_open_it():
    circuit = Circuit(Breaker(sustained=0, consecutive=3, open_for=4, open_cap=60), 0.0)
    fail(circuit, times=2)
    circuit.succeeded(0.0, 0.1)
    fail(circuit, times=2)
    assert circuit.state == "closed"
    fail(circuit, now=1.0, random=0.5)
    assert (circuit.state, circuit.opened_by, circuit.until) == ("open", REFUSED, 1.0 + 3.0)
    assert not circuit.admit(3.9)


def test_so_large_a_part_of_the_recent_attempts_opens_it():
    circuit = Circuit(
        Breaker(sustained=0, consecutive=None, failure_rate=0.5, minimum=10, window=60), 0.0
    )
    for _ in range(5):
        circuit.succeeded(1.0, 0.1)
    fail(circuit, now=1.0, times=4)
    assert circuit.state == "closed"
    fail(circuit, now=1.0)
    assert circuit.state == "open"


@pytest.mark.parametrize("breaker", [Breaker(), Breaker(consecutive=None)])
def test_many_at_once_that_fail_in_a_short_break_do_not_open_it(breaker):
    circuit = Circuit(breaker, 0.0)
    fail(circuit, now=5.0, times=500)
    fail(circuit, now=5.9, times=500)
    assert circuit.state == "closed"
    fail(circuit, now=6.0)
    assert circuit.state == "open"


def test_what_is_old_is_forgotten():
    circuit = Circuit(
        Breaker(sustained=0, consecutive=None, failure_rate=0.5, minimum=10, window=60), 0.0
    )
    fail(circuit, now=1.0, times=9)
    fail(circuit, now=95.0, times=5)
    assert circuit.state == "closed"


def test_slow_calls_open_it():
    circuit = Circuit(Breaker(sustained=0, slow_after=1.0, slow_rate=0.5, minimum=4), 0.0)
    for seconds in (0.1, 0.1, 2.0):
        circuit.succeeded(0.0, seconds)
    assert circuit.state == "closed"
    circuit.succeeded(0.0, 2.0)
    assert (circuit.state, circuit.opened_by) == ("open", None)


def test_a_probe_closes_it():
    circuit = Circuit(
        Breaker(sustained=0, consecutive=1, open_for=4, open_cap=60, probes=1, close_after=2), 0.0
    )
    fail(circuit, random=0.999)
    assert circuit.admit(4.0)
    assert not circuit.admit(4.0), "one probe at a time"
    circuit.succeeded(4.1, 0.1)
    assert circuit.state == "half_open"
    assert circuit.admit(4.2)
    circuit.succeeded(4.3, 0.1)
    assert (circuit.state, circuit.opened_by, circuit.failures) == ("closed", None, 0)


def test_a_probe_that_fails_opens_it_for_twice_as_long():
    circuit, now, spans = (
        Circuit(Breaker(sustained=0, consecutive=1, open_for=4, open_cap=20), 0.0),
        0.0,
        [],
    )
    for _ in range(5):
        fail(circuit, now)
        spans.append(circuit.until - now)
        now = circuit.until
    assert spans == [2.0, 4.0, 8.0, 10.0, 10.0], "half of 4, 8, 16, 20, 20: random is 0"


def test_a_cancelled_probe_leaves_room_for_another():
    circuit = Circuit(Breaker(sustained=0, consecutive=1, open_for=4, open_cap=60), 0.0)
    fail(circuit)
    assert circuit.admit(4.0)
    circuit.release()
    assert circuit.admit(4.0)


def test_a_straggler_of_before_does_not_close_it():
    circuit = Circuit(Breaker(sustained=0, consecutive=2), 0.0)
    fail(circuit, times=2)
    circuit.succeeded(0.1, 9.0)
    assert circuit.state == "open"


@pytest.mark.parametrize(
    "wrong",
    [
        {"consecutive": -1},
        {"minimum": 0},
        {"probes": 0},
        {"close_after": 0},
        {"failure_rate": 1.5},
        {"slow_rate": 0},
        {"open_for": 0},
        {"open_for": 9, "open_cap": 5},
        {"window": 0},
        {"sustained": 60},
    ],
)
def test_a_breaker_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="breaker"):
        Breaker(**wrong)


class AnyCourse(RuleBasedStateMachine):
    """Whatever happens in whatever order, few pass while it is not closed, and it can close."""

    def __init__(self):
        super().__init__()
        self.breaker = Breaker(
            sustained=0, consecutive=3, minimum=5, probes=2, open_for=1, open_cap=8
        )
        self.circuit, self.now, self.in_flight, self.probes = Circuit(self.breaker, 0.0), 0.0, 0, 0

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def admit(self):
        before = self.circuit.state
        if self.circuit.admit(self.now):
            self.in_flight += 1
            assert before != "open" or self.now >= self.circuit.until
        else:
            assert self.circuit.state != "closed"

    @rule(how=st.sampled_from(["succeeded", "failed", "release"]), random=st.floats(0, 0.999))
    def end(self, how, random):
        if not self.in_flight:
            return
        self.in_flight -= 1
        if how == "succeeded":
            self.circuit.succeeded(self.now, 0.1)
        elif how == "failed":
            self.circuit.failed(REFUSED, self.now, random)
        else:
            self.circuit.release()

    @invariant()
    def open_only_for_a_while(self):
        if self.circuit.state == "open":
            assert self.circuit.until - self.now <= self.breaker.open_cap
        if self.circuit.state == "closed":
            assert (self.circuit.until, self.circuit.opened_by) == (0.0, None)

    def teardown(self):
        now = self.now + 100
        for _ in range(9):
            self.circuit.release()
        assert self.circuit.admit(now)
        self.circuit.succeeded(now, 0.1)
        assert self.circuit.state == "closed"


AnyCourse.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=40)
TestAnyCourse = AnyCourse.TestCase
