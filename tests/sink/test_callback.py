import threading

from sink.events import done, retried

from ringback.event import Listeners
from ringback.event.listen import Background
from ringback.failure import Failure
from ringback.sink import CallbackSink, flush


def test_an_inline_callback_is_called_by_the_thread_of_the_call():
    threads = []
    sink = CallbackSink(lambda event: threads.append(threading.current_thread()), inline=True)
    Listeners([sink])(retried())
    assert threads == [threading.current_thread()]


def test_any_other_is_called_by_another_thread(patient):
    threads = []
    Listeners([lambda event: threads.append(threading.current_thread())])(retried())
    assert len(threads) == 1
    assert threads != [threading.current_thread()]


def test_one_without_use_for_success_is_not_notified_of_it():
    heard = []
    listeners = Listeners([CallbackSink(heard.append, inline=True, wants_success=False)])
    assert not listeners.wants_success
    for event in (done(1), retried(1), done(2)):
        listeners(event)
    assert [event.attempt for event in heard] == [1, 2]


def failed():
    error = ConnectionRefusedError(111, "refused")
    return Failure("tcp.refused", message="refused", cause=error)


def test_a_quick_sink_gets_the_event_itself(patient):
    heard = []
    event = retried(failure=failed())
    Background(heard.append)(event)
    assert heard[0] is event


def test_an_event_that_has_to_wait_keeps_no_exception_alive(hanging):
    background = Background(hanging)
    for _ in range(2):
        background(retried(failure=failed()))
    hanging.free.set()
    assert flush(60)
    assert hanging.heard[1].failure.cause is None
    assert hanging.heard[1].decision.failure.cause is None
    assert hanging.heard[1].failure.kind == "tcp.refused"


def test_listeners_add_up_what_became_of_their_sinks(patient):
    def broken(event):
        raise RuntimeError("full")

    inner = Listeners([broken])
    outer = Listeners([inner, broken, CallbackSink(broken, inline=True)])
    outer(retried())
    assert (outer.failed, outer.dropped, outer.last_error) == (3, 0, "RuntimeError('full')")
