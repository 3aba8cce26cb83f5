import pickle

import pytest

from ringback.event import Event, Listeners
from ringback.event.listen import Background
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry

EVENT = Event(at=0.0, target=Target(host="h"))


def broken(event):
    raise RuntimeError("disk full")


def test_a_sink_that_raises_hurts_nobody_and_is_counted():
    heard = []
    listeners = Listeners([broken, heard.append, broken])
    listeners(EVENT)
    assert heard == [EVENT]
    assert (listeners.failed, listeners.last_error) == (2, "RuntimeError('disk full')")


def test_the_user_can_still_interrupt():
    class Interrupted:
        inline = True

        def __call__(self, event):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Listeners([Interrupted()])(EVENT)


def success(attempt=1):
    return Event(at=0.0, target=Target(host="h"), attempt=attempt, decision=Done(attempt))


class Choosy:
    inline = True
    wants_success = False

    def __init__(self):
        self.heard = []

    def __call__(self, event):
        self.heard.append(event)


def test_whether_success_is_an_event_depends_on_who_listens():
    heard = []
    assert not Listeners().wants_success
    assert not Listeners([Choosy()]).wants_success
    assert not Listeners([Listeners([Choosy()])]).wants_success
    assert Listeners([Choosy(), heard.append]).wants_success
    assert Listeners([Listeners([heard.append])]).wants_success


class Calm(Choosy):
    wants_refusals = False


def test_whether_a_refusal_is_an_event_depends_on_who_listens():
    heard = []
    assert not Listeners().wants_refusals
    assert not Listeners([Listeners([Calm()])]).wants_refusals
    assert Listeners([Choosy()]).wants_refusals
    assert Listeners([Calm(), heard.append]).wants_refusals


class Deaf(Choosy):
    wants_any = False


def test_whether_there_are_events_at_all_depends_on_who_listens():
    heard = []
    assert not Listeners().wants_any
    assert not Listeners([Listeners([Deaf()]), Background(Deaf())]).wants_any
    assert Listeners([Background(Choosy())]).wants_any
    assert Listeners([Deaf(), heard.append]).wants_any


def test_who_has_no_use_for_success_hears_of_the_rest():
    choosy, heard = Choosy(), []
    listeners = Listeners([choosy, heard.append])
    for event in (success(1), success(2), EVENT):
        listeners(event)
    assert [event.attempt for event in heard] == [1, 2, 1]
    assert [event.attempt for event in choosy.heard] == [2]


def test_a_change_is_eventful():
    choosy = Choosy()
    Listeners([choosy])(Event(at=0.0, target=Target(host="h"), what="circuit_closed"))
    assert [event.what for event in choosy.heard] == ["circuit_closed"]


def test_listeners_pickle():
    listeners = pickle.loads(pickle.dumps(Listeners([print])))
    assert listeners.sinks == (print,)
    assert listeners.wants_success


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


def test_only_a_success_at_once_is_uneventful():
    assert event(Done(1)).uneventful
    assert not event(Done(2), attempt=2).uneventful
    assert not event(Retry(1, REFUSED, 0.0)).uneventful
    assert not event(what="fallback").uneventful
