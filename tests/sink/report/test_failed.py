import pytest
from sink.events import REFUSED, TARGET, UNAVAILABLE, done, event, given_up, retried

from ringback.event import Event
from ringback.failure import Failure, Target
from ringback.retry import GiveUp
from ringback.sink.report import entry, is_reported, reported_origin


@pytest.mark.parametrize(
    "given",
    [
        retried(),
        event(GiveUp(1, Failure("client.circuit_open"), "circuit_open")),
        event(GiveUp(1, Failure("client.local_address"), "not_retryable")),
        Event(at=0.0, target=TARGET, what="circuit_opened"),
        Event(at=0.0, target=TARGET, origin="probe"),
    ],
)
def test_what_says_nothing_new_of_the_target_is_no_end_of_a_call(given):
    assert not is_reported(given)


@pytest.mark.parametrize("given", [done(), done(2), given_up(), given_up(failure=UNAVAILABLE)])
def test_the_end_of_a_call_is_one_however_many_attempts_it_took(given):
    assert is_reported(given)


def test_an_entry_has_no_password_and_no_query():
    target = Target("https://h/a?token=s3cret#part", "https", "h", 443)
    failure = Failure("tcp.refused", message="https://u:s3cret@h/a?token=s3cret refused")
    sent = entry(event(GiveUp(3, failure, "attempts"), target=target), failure, "https://h:443")
    assert sent["url"] == "https://h/a"
    assert "s3cret" not in str(sent)


def test_an_entry_says_what_happened_and_leaves_out_what_is_not_known():
    assert entry(given_up(), REFUSED, "https://h:443") == {
        "at": 1_700_000_000.25,
        "origin": "https://h:443",
        "kind": "tcp.refused",
        "message": "refused",
        "method": "GET",
        "url": "https://h/a",
        "address": "192.0.2.1",
        "attempts": 3,
        "seconds": 0.02,
    }


def test_an_origin_needs_all_its_parts():
    assert reported_origin("https", "H.example", 443) == "https://h.example:443"
    assert reported_origin("http", "::1", 80) == "http://[::1]:80"
    assert reported_origin("http", None, 80) is None
    assert reported_origin(None, "h", 80) is None
    assert reported_origin("http", "h" * 300, 80) is None
