from ringback.client.dial.address import _MAX_ADDRESSES, _MAX_TARGETS, Avoided
from ringback.testing.clock import FakeClock

API = ("api.test", 80)


def test_an_address_is_avoided_for_a_while():
    time = FakeClock()
    known = Avoided(seconds=60, clock=time.monotonic)
    known.add(API, "192.0.2.1")

    assert list(known.of(API)) == ["192.0.2.1"]
    assert not known.of(("api.test", 81))
    time.now += 60
    assert not known.of(API)
    assert not known._until


def test_an_address_that_answers_is_no_longer_avoided():
    known = Avoided()
    known.add(API, "192.0.2.1")

    known.remove(API, "192.0.2.1")
    known.remove(("other.test", 80), "192.0.2.1")

    assert not known.of(API)


def test_it_is_bounded():
    known = Avoided()
    for number in range(_MAX_TARGETS + 10):
        known.add((f"{number}.test", 80), "192.0.2.1")
    for number in range(_MAX_ADDRESSES + 10):
        known.add(API, f"2001:db8::{number}")

    assert len(known._until) == _MAX_TARGETS
    assert len(known.of(API)) == _MAX_ADDRESSES
