import pytest
from sink.events import REFUSED, TARGET, done, event, given_up, retried

from ringback.event import Event
from ringback.failure import Failure
from ringback.incident.model import Check, check_of_call, says_something_of_endpoint
from ringback.incident.pattern import has_replied
from ringback.retry import GiveUp


@pytest.mark.parametrize(
    "given",
    [
        retried(),
        event(GiveUp(1, Failure("client.local_address"), "not_retryable")),
        event(GiveUp(1, Failure("config.proxy_invalid"), "not_retryable")),
        Event(at=0.0, target=TARGET, what="circuit_opened"),
        Event(at=0.0, target=TARGET, origin="probe"),
    ],
)
def test_what_is_no_end_of_a_call_or_the_programs_own_fault_is_not_counted(given):
    assert not says_something_of_endpoint(given)


@pytest.mark.parametrize(
    "given",
    [done(), done(2), given_up(), event(GiveUp(1, Failure("client.circuit_open"), "circuit_open"))],
)
def test_the_end_of_a_call_is_counted_however_many_attempts_it_took(given):
    assert says_something_of_endpoint(given)


def test_a_call_becomes_the_value_that_a_probe_gives():
    failed = given_up()

    assert check_of_call(failed, "shop") == Check(
        at=failed.at,
        endpoint="shop",
        up=False,
        kind=REFUSED.kind,
        seconds=failed.timings.get("total"),
        timings=failed.timings,
        origin="call",
        address=TARGET.address,
        detail=REFUSED.message,
    )
    assert check_of_call(done(), "shop").up


@pytest.mark.parametrize(
    ("up", "kind", "replied"),
    [
        (True, None, True),
        (None, "client.resources_exhausted", False),
        (None, "tcp.refused", False),
        (False, "tcp.refused", True),
        (False, "tcp.reset", True),
        (False, "tls.cert.name_invalid", True),
        (False, "http.error.unavailable", True),
        (False, "tcp.timed_out", False),
        (False, "tcp.address_unreachable.network", False),
        (False, "tcp.address_invalid", False),
        (False, "dns.temporary_failure", False),
        (False, "dns.name_not_resolved", False),
        (False, "unknown", False),
    ],
)
def test_what_is_a_reply(up, kind, replied):
    assert has_replied(Check(at=0.0, endpoint="e", up=up, kind=kind)) is replied


@pytest.mark.parametrize("kind", ["http.response.timed_out", "tls.timed_out"])
def test_silence_is_a_sign_of_life_only_where_the_connection_was_made_in_that_check(kind):
    kept = Check(at=0.0, endpoint="e", up=False, kind=kind)
    made = Check(at=0.0, endpoint="e", up=False, kind=kind, timings={"connect": 0.1})

    assert not has_replied(kept)
    assert has_replied(made)
