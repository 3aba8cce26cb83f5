import json
import logging
import pickle
import threading

import pytest
from sink.events import REFUSED, TARGET, done, event, given_up, retried

from ringback.event import Listeners
from ringback.failure import Failure, Target
from ringback.sink import LogSink
from ringback.sink import logging as sink_logging

CALL = "GET https://h/a"

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture(autouse=True)
def _handlers_are_waited_for(monkeypatch):
    """Handlers that were slow in another test are not waited for."""
    monkeypatch.setattr(sink_logging._HANDLERS, "_late_until", 0.0)


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG, logger="ringback")

    def write(*events, **options):
        sink = LogSink(**options)
        for told in events:
            sink(told)
        return [(record.levelname, record.getMessage()) for record in of_events(caplog)]

    return write


def of_events(caplog):
    """The records of events: of sinks that failed in another test it may be complained by now."""
    return [record for record in caplog.records if hasattr(record, "event")]


def test_a_retry_is_a_warning(log):
    assert log(retried()) == [
        ("INFO", f"{CALL}: tcp.refused: refused (attempt 1 of 3): trying again in 0.25 s")
    ]


def test_giving_up_is_an_error_that_says_why(log):
    ((level, line),) = log(given_up(1, REFUSED, "not_idempotent"))
    assert level == "ERROR"
    reason = "the request may have been processed and must not be sent twice"
    assert line.endswith(f"(attempt 1 of 3): giving up, {reason}")


def test_a_recovery_is_said_and_a_plain_success_is_not(log):
    assert log(done(1)) == []
    assert log(done(2)) == [("INFO", f"{CALL}: recovered (attempt 2 of 3)")]


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_a_refusal_is_an_event_where_the_logger_takes_it(caplog, level):
    caplog.set_level(level, logger="ringback")
    assert LogSink().wants_refusals is (level == "DEBUG")


def test_no_event_is_made_where_no_line_gets_anywhere():
    logger, sink = logging.getLogger("nobody.hears"), LogSink("nobody.hears")
    logger.propagate = False
    assert not sink.wants_any
    logger.addHandler(logging.StreamHandler())
    assert sink.wants_any
    logger.setLevel(logging.CRITICAL)
    assert not sink.wants_any


def test_what_an_open_circuit_refuses_is_for_debugging(log):
    ((level, _),) = log(given_up(reason="circuit_open"))
    assert level == "DEBUG"


@pytest.mark.parametrize(
    ("what", "level"),
    [
        ("circuit_opened", "WARNING"),
        ("circuit_closed", "INFO"),
        ("fallback", "WARNING"),
        ("stacked_retries", "WARNING"),
    ],
)
def test_a_change_is_said(log, what, level):
    ((said, line),) = log(event(what=what, detail="why"))
    assert said == level
    assert line.endswith(": why")


def test_json_is_one_object_a_line(log):
    levels = [json.loads(line)["level"] for _, line in log(retried(), given_up(), json=True)]
    assert levels == ["INFO", "ERROR"]


def test_a_percent_sign_is_only_a_percent_sign(log):
    ((_, line),) = log(done(2, target=Target(url="http://h/%s%d%%")))
    assert "http://h/%s%d%%" in line


def test_the_record_has_the_event_without_the_exception(log, caplog):
    log(given_up(failure=Failure("tcp.refused", cause=ConnectionRefusedError())))
    (record,) = of_events(caplog)
    assert record.event.target == TARGET
    assert record.event.failure == Failure("tcp.refused")
    assert record.event.decision.failure.cause is None


def test_the_record_is_of_the_thread_of_the_call(log, caplog):
    caller = threading.Thread(target=log, args=(retried(),), name="of the call")
    caller.start()
    caller.join()
    assert of_events(caplog)[0].threadName == "of the call"


@pytest.fixture
def lonely():
    """A logger that nobody listens to."""
    logger = logging.getLogger("ringback.lonely")
    logger.propagate, before = False, logger.handlers[:]
    yield logger
    logger.propagate, logger.handlers[:] = True, before


def test_what_nobody_handles_is_not_even_made(lonely, monkeypatch, capfd):
    lonely.handlers.clear()  # pytest's
    monkeypatch.delattr(logging.Logger, "makeRecord")
    LogSink(lonely.name)(retried())
    assert capfd.readouterr() == ("", "")


def test_who_replaces_the_method_that_calls_handlers_is_heard(lonely, monkeypatch):
    heard = []
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda self, record: heard.append(record))
    LogSink(lonely.name)(given_up())
    assert [record.levelname for record in heard] == ["ERROR"]


def test_many_sinks_add_one_handler(lonely):
    lonely.handlers.clear()  # pytest's
    for _ in range(3):
        LogSink(lonely.name)
    assert len(lonely.handlers) == 1


def test_a_filter_that_raises_is_counted(lonely, log):
    def broken(record):
        raise RuntimeError("full")

    lonely.addHandler(logging.StreamHandler())
    lonely.addFilter(broken)
    listeners = Listeners([LogSink(lonely.name)])
    before = listeners.failed
    listeners(given_up())
    lonely.removeFilter(broken)
    assert listeners.failed == before + 1


def test_it_pickles(log, caplog):
    caplog.clear()
    pickle.loads(pickle.dumps(LogSink(json=True)))(retried())
    ((_, line),) = log()
    assert json.loads(line)["level"] == "INFO"
