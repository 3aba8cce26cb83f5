import threading

from sink.events import done, retried

from ringback.event import Listeners
from ringback.sink import CallbackSink


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
