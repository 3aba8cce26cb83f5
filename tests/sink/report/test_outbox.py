from sink.events import done, given_up

from ringback.event import Tally
from ringback.sink.report import MAX_WAITING_ENTRIES, Outbox

ORIGIN, OTHER = "https://h:443", "https://i:443"


def filled(*events):
    outbox = Outbox(Tally())
    for one, origin in events:
        outbox.add(one, origin)
    return outbox


def shape(parcel):
    return [entry["kind"] if isinstance(entry, dict) else entry.calls for entry in parcel.entries]


def test_successes_within_a_second_are_one_entry_each_origin():
    outbox = filled(*[(done(), ORIGIN)] * 3, (done(), OTHER), (done(), ORIGIN))
    assert shape(outbox.take(10)) == [4, 1]


def test_another_second_is_another_entry():
    outbox = filled((done(at=1.9), ORIGIN), (done(at=2.0), ORIGIN), (done(at=2.5), ORIGIN))
    assert shape(outbox.take(10)) == [1, 2]


def test_a_failure_comes_between_the_successes_before_and_after_it():
    outbox = filled((done(), ORIGIN), (done(), ORIGIN), (given_up(), ORIGIN), (done(), ORIGIN))
    assert shape(outbox.take(10)) == [2, "tcp.refused", 1]


def test_a_failure_elsewhere_does_not():
    outbox = filled((done(), ORIGIN), (given_up(), OTHER), (done(), ORIGIN))
    assert shape(outbox.take(10)) == [2, "tcp.refused"]


def test_a_parcel_stays_the_same_until_it_is_done_with():
    outbox = filled((given_up(), ORIGIN), (done(), ORIGIN))
    parcel = outbox.take(1)
    outbox.add(given_up(), ORIGIN)
    assert outbox.take(10) is parcel
    outbox.done()
    following = outbox.take(10)
    assert following.id != parcel.id
    assert shape(following) == [1, "tcp.refused"]
    outbox.done()
    assert outbox.take(10) is None
    assert len(outbox) == 0


def test_it_is_bounded_and_counts_the_calls_that_are_dropped():
    tally = Tally()
    outbox = Outbox(tally)
    for _ in range(5):
        outbox.add(done(), OTHER)
    for _ in range(MAX_WAITING_ENTRIES):
        outbox.add(given_up(), ORIGIN)
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES, 5)
    outbox.take(400)
    for _ in range(10):
        outbox.add(given_up(), ORIGIN)
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES, 15)
    outbox.add(done(), OTHER)  # its run was dropped: this is another
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES, 16)
    outbox.done(dropped=True)
    assert (len(outbox), tally.dropped) == (MAX_WAITING_ENTRIES - 400, 416)
