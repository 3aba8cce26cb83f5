import pickle

import pytest

from ringback.event import Event, Listeners
from ringback.failure import Target

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
    def interrupted(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Listeners([interrupted])(EVENT)


def test_an_event_pickles():
    assert pickle.loads(pickle.dumps(EVENT)) == EVENT
