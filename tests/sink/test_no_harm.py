"""Whatever a sink does, a call ends as it would without, and does not wait for it."""

import logging

import pytest
import requests

from ringback import Backoff, Policy, Session
from ringback.event import Listeners, listen
from ringback.sink import LogSink, flush
from ringback.sink import logging as sink_logging

CALLS = 20


@pytest.fixture
def fresh_log(monkeypatch):
    """Log lines of a process whose handlers have always been quick."""
    monkeypatch.setattr(sink_logging, "_HANDLERS", listen.CallQueue("logging"))
    return sink_logging._HANDLERS.tally


def calls(lab, sinks):
    """Make calls that work and calls that fail; return how they ended."""
    fine, refusing = lab.start("ok"), lab.start("tcp.refused")
    policy = Policy(attempts=2, backoff=Backoff(base=0), budget=None, breaker=None)
    ended, listeners = [], Listeners(sinks)
    with Session(policy=policy, sinks=[listeners]) as session:
        session.trust_env = False
        for _ in range(CALLS // 2):
            ended.append(session.get(fine.url).status_code)
            with pytest.raises(requests.ConnectionError) as raised:
                session.get(refusing.url)
            ended.append(raised.value.failure.kind)
        return ended, listeners


EXPECTED = [200, "tcp.refused"] * (CALLS // 2)


def test_a_callback_that_hangs(lab, hanging):
    ended, _ = calls(lab, [hanging])
    assert ended == EXPECTED
    assert hanging.heard == []
    hanging.free.set()
    assert flush(60)
    assert len(hanging.heard) == CALLS // 2 * 3


def test_a_callback_that_raises(lab, patient):
    def broken(event):
        raise RuntimeError("full")

    ended, listeners = calls(lab, [broken])
    assert ended == EXPECTED
    assert listeners.failed == CALLS // 2 * 3
    assert listeners.last_error == "RuntimeError('full')"


class Handler(logging.Handler):
    def __init__(self, does):
        super().__init__()
        self._does = does

    def emit(self, record):
        self._does(record)


@pytest.fixture
def handled_by(caplog):
    caplog.set_level(logging.INFO, logger="ringback")
    logger, handlers = logging.getLogger("ringback"), []

    def add(does):
        handlers.append(Handler(does))
        logger.addHandler(handlers[-1])

    yield add
    for handler in handlers:
        logger.removeHandler(handler)


def test_a_logging_handler_that_hangs(lab, hanging, handled_by, fresh_log):
    handled_by(hanging)
    ended, _ = calls(lab, [LogSink()])
    assert ended == EXPECTED
    assert hanging.heard == []
    hanging.free.set()
    assert flush(60)
    assert len(hanging.heard) == CALLS // 2 * 2


def test_a_logging_handler_that_raises(lab, handled_by, patient, fresh_log):
    def broken(record):
        raise RuntimeError("full")

    handled_by(broken)
    ended, _ = calls(lab, [LogSink()])
    assert ended == EXPECTED
    assert fresh_log.failed == CALLS // 2 * 2


def test_an_alert_that_hangs(lab, hanging):
    refusing = lab.start("tcp.refused")
    policy = Policy(attempts=1, budget=None, breaker=None)
    with Session(policy=policy, sinks=[], on_alert=hanging) as session:
        for _ in range(5):
            with pytest.raises(requests.ConnectionError):
                session.get(refusing.url)
    assert hanging.heard == []
    assert hanging.called.wait(60)
