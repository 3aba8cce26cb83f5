import pytest

from ringback.client.wire import Wire


def sent(size=100, sends=1, **known):
    wire = Wire()
    wire.sent, wire.sends = size, sends
    for name, value in known.items():
        setattr(wire, name, value)
    return wire


@pytest.mark.parametrize(
    ("wire", "acknowledged"),
    [
        (sent(), "unknown"),
        (sent(unacknowledged=0), "all"),
        (sent(unacknowledged=100, overhead=0, retransmits=2), "none"),
        (sent(unacknowledged=600, overhead=0, retransmits=2), "none"),  # the handshake as well
        (sent(unacknowledged=99, overhead=0, retransmits=2), "some"),
        (sent(unacknowledged=100, overhead=0, retransmits=1), "unknown"),  # may be on its way
        (sent(unacknowledged=122, overhead=22, retransmits=2), "none"),
        (sent(unacknowledged=121, overhead=22, retransmits=2), "some"),
        (sent(sends=3, unacknowledged=166, overhead=22, retransmits=2), "none"),
        (sent(sends=3, unacknowledged=165, overhead=22, retransmits=2), "some"),
        (sent(unacknowledged=100, overhead=None, retransmits=9), "unknown"),
    ],
)
def test_what_the_peer_has_acknowledged(wire, acknowledged):
    assert wire.acknowledged == acknowledged


@pytest.mark.parametrize(
    ("phase", "broken", "complete"),
    [
        ("connect", False, False),
        ("send", False, False),
        ("wait", False, True),
        ("wait", True, False),
        ("body", False, True),
    ],
)
def test_a_request_is_complete_once_the_response_is_awaited(phase, broken, complete):
    assert sent(phase=phase, broken=broken).complete is complete
