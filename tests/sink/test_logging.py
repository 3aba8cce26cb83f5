import logging

import pytest

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry
from ringback.sink import LogSink

TARGET = Target(url="https://h/a", scheme="https", host="h", port=443)
CALL = "2023-11-14T22:13:20.250+00:00 GET https://h/a"
REFUSED = Failure("tcp.refused", message="refused", target=TARGET)


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG, logger="ringback")

    def write(decision, failure=None, target=TARGET):
        LogSink()(
            Event(
                at=1_700_000_000.25,
                target=target,
                method="GET",
                attempt=decision.attempt,
                attempts=3,
                failure=failure,
                decision=decision,
            )
        )
        return [(record.levelname, record.getMessage()) for record in caplog.records]

    return write


def test_a_retry_is_a_warning(log):
    assert log(Retry(1, REFUSED, 0.25), REFUSED) == [
        ("WARNING", f"{CALL}: tcp.refused: refused (attempt 1 of 3): trying again in 0.25 s")
    ]


def test_giving_up_is_an_error_that_says_why(log):
    ((level, line),) = log(GiveUp(1, REFUSED, "not_idempotent"), REFUSED)
    assert level == "ERROR"
    reason = "the request may have been processed and must not be sent twice"
    assert line.endswith(f"(attempt 1 of 3): giving up, {reason}")


def test_a_recovery_is_said_and_a_plain_success_is_not(log):
    assert log(Done(1)) == []
    assert log(Done(2)) == [("INFO", f"{CALL}: recovered (attempt 2 of 3)")]


def test_a_message_cannot_forge_a_line_or_drive_a_terminal(log):
    evil = Failure("unknown", message="a\r\nERROR fake\x1b[2J\u202e\u2028b é")
    ((_, line),) = log(GiveUp(1, evil, "not_retryable"), evil)
    assert r"a\r\nERROR fake\x1b[2J\u202e\u2028b é" in line
    assert line.isprintable()


def test_a_percent_sign_is_only_a_percent_sign(log):
    ((_, line),) = log(Done(2), target=Target(url="http://h/%s%d%%"))
    assert "http://h/%s%d%%" in line


def test_the_record_has_the_event(log, caplog):
    log(Done(2))
    assert caplog.records[0].event.target == TARGET
