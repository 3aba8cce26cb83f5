"""``remove()`` puts back what is still its own; a mock stays, or has gone for good."""

import logging
from unittest import mock

import aiohttp
import httpx
import pytest
import requests
import urllib3
from client.callers import PLAIN

from ringback import Policy
from ringback.client.install import install

PLACES = {
    "requests": [
        (requests.adapters.HTTPAdapter, "send build_response"),
        (requests.Session, "request prepare_request send get_adapter"),
    ],
    "urllib3": [
        (urllib3.connectionpool.HTTPConnectionPool, "urlopen _get_conn ConnectionCls"),
        (urllib3.connectionpool.HTTPSConnectionPool, "ConnectionCls"),
        (urllib3.PoolManager, "urlopen"),
    ],
    "httpx": [
        (httpx.HTTPTransport, "handle_request close"),
        (httpx.Client, "_transport_for_url"),
    ],
    "httpx-async": [
        (httpx.AsyncHTTPTransport, "handle_async_request aclose"),
        (httpx.AsyncClient, "_transport_for_url"),
    ],
    "aiohttp": [(aiohttp.ClientSession, "_request get request")],
}


def places(library):
    return [(owner, name) for owner, names in PLACES[library] for name in names.split()]


@pytest.fixture(params=PLAIN)
def library(request):
    found = [(owner, name, vars(owner)[name]) for owner, name in places(request.param)]
    yield request.param
    for owner, name, own in found:  # what a mock has put back would stay for other tests
        setattr(owner, name, own)


@pytest.fixture
def installed(events, library):
    """Puts ringback under the library."""
    return lambda: install(
        Policy(attempts=1, patience=0),
        retry=True,
        sinks=[events.append],
        libraries=[library.partition("-")[0]],
    )


def mocks_of(library):
    """A mock for each place: what is there is still called."""
    for owner, name in places(library):
        found = vars(owner)[name]
        stand_in = type(name, (found,), {}) if isinstance(found, type) else delegate(found)
        yield owner, name, mock.patch.object(owner, name, stand_in)


def delegate(found):
    def stand_in(self, *args, **options):
        return found.__get__(self, type(self))(*args, **options)

    return stand_in


def functions(library):
    return [vars(owner)[name] for owner, name in places(library)]


def assert_gone(lab, library, events):
    """Nothing of ringback is met any more."""
    fetch, error = PLAIN[library]
    del events[:]
    with pytest.raises(error) as caught:
        fetch(lab.start("tcp.refused").url)
    assert not hasattr(caught.value, "failure")
    assert fetch(lab.start("ok").url) == 200
    assert events == []


def test_a_mock_that_came_later_stays_and_the_log_says_so(lab, events, library, installed, caplog):
    before, ours = functions(library), installed()
    found = list(mocks_of(library))
    for _, _, patch in found:
        patch.start()
    put = functions(library)
    with caplog.at_level(logging.WARNING, "ringback"):
        ours.remove()
    assert functions(library) == put != before
    told = [record.getMessage() for record in caplog.records]
    for owner, name, _ in found:
        assert any(f"{owner.__qualname__}.{name} was replaced" in text for text in told)
    for _, _, patch in reversed(found):
        patch.stop()
    assert_gone(lab, library, events)


def test_a_mock_that_came_first_and_went_does_not_come_back(lab, events, library, installed):
    before = functions(library)
    found = [patch for _, _, patch in mocks_of(library)]
    for patch in found:
        patch.start()
    ours = installed()
    for patch in reversed(found):
        patch.stop()
    ours.remove()
    assert functions(library) == before
    assert_gone(lab, library, events)


def test_in_order_nothing_is_left_and_nothing_is_told(lab, events, library, installed, caplog):
    before = functions(library)
    with caplog.at_level(logging.WARNING, "ringback"):
        with installed() as ours:
            assert library.partition("-")[0] in ours.libraries
            assert functions(library) != before
        for patch in [patch for _, _, patch in mocks_of(library)]:
            with patch, installed():
                pass
            with installed(), patch:
                pass
        assert caplog.records == []
    assert functions(library) == before
    assert_gone(lab, library, events)


def test_of_two_the_first_may_go_first(lab, events, library, installed):
    first, second = installed(), installed()
    first.remove()
    fetch, error = PLAIN[library]
    with pytest.raises(error) as caught:
        fetch(lab.start("tcp.refused").url)
    assert caught.value.failure.kind == "tcp.refused"
    second.remove()
    assert_gone(lab, library, events)
