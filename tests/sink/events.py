"""Events as the drivers make them."""

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import Done, GiveUp, Retry

TARGET = Target(
    url="https://h/a", scheme="https", host="h", port=443, address="192.0.2.1", proxy=None
)
REFUSED = Failure("tcp.refused", "connect", "no", "refused", TARGET)
UNAVAILABLE = Failure("http.error.unavailable", "body", "yes", "HTTP 503", TARGET, code="503")


def event(decision=None, **given):
    members = {
        "at": 1_700_000_000.25,
        "target": TARGET,
        "method": "GET",
        "attempt": getattr(decision, "attempt", 1),
        "attempts": 3,
        "timings": {"total": 0.02},
        "failure": getattr(decision, "failure", None),
        "decision": decision,
    }
    return Event(**members | given)


def retried(attempt=1, failure=REFUSED, **given):
    return event(Retry(attempt, failure, 0.25), **given)


def given_up(attempt=3, failure=REFUSED, reason="attempts", **given):
    return event(GiveUp(attempt, failure, reason), **given)


def done(attempt=1, **given):
    return event(Done(attempt), status=200, **given)
