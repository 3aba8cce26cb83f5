import pytest

from ringback.failure.settle import delivered_in


@pytest.mark.parametrize(
    "kind", ["tcp.address_unreachable.host", "tcp.timed_out", "tls.closed", "tcp.reset"]
)
def test_what_can_end_an_open_connection_is_never_taken_for_unsent(kind):
    assert delivered_in(kind, "connect") == "no"
    assert delivered_in(kind, "wait") == "maybe"
    assert delivered_in(kind, "body") == "yes"
    assert delivered_in(kind, "unknown") == "maybe"
