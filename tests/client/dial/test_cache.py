import socket

import pytest

from ringback.client.dial.resolver import RECHECK_INTERVAL, Cache, Sources
from ringback.testing.clock import FakeClock

KEY = ("api.test", 0)
FOUND = [
    (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
    (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 3)),
]
NO_NAME = (socket.EAI_NONAME, "Name or service not known")


@pytest.fixture
def time():
    return FakeClock()


@pytest.fixture
def cache(time):
    return Cache(ttl=30, negative_ttl=3, stale=100, most=3, clock=time.monotonic)


def test_an_answer_is_fresh_for_its_time(cache, time):
    cache.keep(KEY, FOUND, cache.generation)

    time.now += 29
    assert cache.fresh(KEY).addresses == tuple(FOUND)
    time.now += 1
    assert cache.fresh(KEY) is None


def test_an_answer_takes_the_port_and_keeps_the_scope(cache):
    found = cache.keep(KEY, FOUND, cache.generation).at(443)

    assert [address[4] for address in found] == [("192.0.2.1", 443), ("2001:db8::1", 443, 0, 3)]


def test_a_name_that_does_not_exist_is_remembered_for_a_shorter_time(cache, time):
    cache.deny(KEY, NO_NAME, cache.generation)

    with pytest.raises(socket.gaierror, match="not known") as caught:
        cache.fresh(KEY).at(80)
    assert caught.value.errno == socket.EAI_NONAME
    time.now += 3
    assert cache.fresh(KEY) is None
    assert cache.stale_entry(KEY) is None


def test_an_old_answer_is_good_enough_for_its_time_and_then_for_a_while_fresh(cache, time):
    entry = cache.keep(KEY, FOUND, cache.generation)
    time.now += 31

    assert cache.stale_entry(KEY) is entry
    cache.renew(KEY, entry)
    assert cache.fresh(KEY).addresses == entry.addresses
    time.now += RECHECK_INTERVAL
    assert cache.fresh(KEY) is None
    time.now += 100
    assert cache.stale_entry(KEY) is None


def test_a_newer_answer_is_not_replaced_by_the_old_one(cache, time):
    old = cache.keep(KEY, FOUND, cache.generation)
    cache.keep(KEY, FOUND[:1], cache.generation)

    cache.renew(KEY, old)

    assert cache.fresh(KEY).addresses == tuple(FOUND[:1])


def test_it_holds_so_many_names_and_the_oldest_goes(cache):
    for name in ("a", "b", "c", "a", "d"):
        cache.keep((name, 0), FOUND, cache.generation)

    assert [name for name, _ in cache.entries()] == ["c", "a", "d"]


def test_what_was_asked_before_it_was_emptied_is_not_kept(cache):
    before = cache.generation
    cache.clear()

    cache.keep(KEY, FOUND, before)
    cache.deny(("other.test", 0), NO_NAME, before)

    assert not cache.entries()


def test_a_lifetime_of_nothing_turns_it_off(cache):
    cache.ttl = 0

    cache.keep(KEY, FOUND, cache.generation)
    cache.deny(("other.test", 0), NO_NAME, cache.generation)

    assert cache.fresh(KEY) is None
    assert cache.fresh(("other.test", 0)) is None
    assert cache.stale_entry(KEY) is None


def test_it_is_emptied_when_a_file_of_the_resolver_changes(cache, time, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("192.0.2.1 api.test\n")
    cache._sources = Sources((str(hosts),))
    cache.keep(KEY, FOUND, cache.generation)
    assert cache.fresh(KEY)

    hosts.write_text("192.0.2.22 api.test\n")
    time.now += 1

    assert cache.fresh(KEY) is None
    assert cache.stale_entry(KEY) is None
