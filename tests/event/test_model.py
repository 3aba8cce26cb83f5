import pytest

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry

REFUSED = Failure("tcp.refused")


def event(decision=None, **given):
    failure = getattr(decision, "failure", None)
    return Event(at=0.0, target=Target(host="h"), failure=failure, decision=decision, **given)


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        (None, "success"),
        (Done(1), "success"),
        (Retry(1, REFUSED, 0.0), "retry"),
        (GiveUp(1, REFUSED, "attempts"), "failure"),
    ],
)
def test_the_outcome(decision, outcome):
    assert event(decision).outcome == outcome


def test_a_probe_that_fails_is_a_failure_without_a_decision():
    probe = Event(at=0.0, target=Target(host="h"), origin="probe", failure=REFUSED)
    assert probe.outcome == "failure"


def test_what_an_open_circuit_refuses_was_not_attempted():
    assert event(GiveUp(1, REFUSED, "circuit_open")).refused
    assert not event(GiveUp(1, REFUSED, "attempts")).refused
    assert not event(Done(1)).refused


def test_only_a_success_at_once_is_uneventful():
    assert event(Done(1)).uneventful
    assert not event(Done(2), attempt=2).uneventful
    assert not event(Retry(1, REFUSED, 0.0)).uneventful
    assert not event(what="fallback").uneventful


def test_the_first_attempt_resends_nothing():
    assert [event(attempt=attempt).resend_count for attempt in (1, 2)] == [0, 1]
