"""Which checks show that somebody beyond the gateway has answered."""

import pytest

from ringback.incident.model import Check
from ringback.incident.pattern import has_replied


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
