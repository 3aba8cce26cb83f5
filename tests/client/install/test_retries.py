"""Who tries again, where a library can do so itself: one of the two, and within the deadline."""

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from ringback import Backoff, Policy, Timeout, errors
from ringback.client.install import install

AT_ONCE = Policy(backoff=Backoff(base=0))
UNAVAILABLE = urllib3.Retry(5, status_forcelist=[503])


def fetch_urllib3(url, **options):
    with urllib3.PoolManager(**options) as pool:
        return pool.request("GET", url).status


def fetch_pool(url, **options):
    """As libraries do that keep a pool for each host."""
    with urllib3.connection_from_url(url, **options) as pool:
        return pool.request("GET", "/").status


def fetch_requests(url, retries=0):
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(max_retries=retries))
        return session.get(url).status_code


@pytest.mark.parametrize("fetch", [fetch_urllib3, fetch_pool, fetch_requests])
def test_what_says_nothing_of_retries_gets_ringbacks(lab, events, fetch):
    endpoint = lab.start("http.error.unavailable:first_two")
    with install(AT_ONCE, retry=True, sinks=[events.append]):
        assert fetch(endpoint.url) == 200
    assert [event.attempt for event in events] == [1, 2, 3]


@pytest.mark.parametrize("fetch", [fetch_urllib3, fetch_pool, fetch_requests])
def test_retries_that_the_program_asks_for_are_not_multiplied(lab, events, fetch):
    endpoint = lab.start("http.error.unavailable:503")
    with (
        install(AT_ONCE, retry=True, sinks=[events.append]),
        pytest.raises((urllib3.exceptions.MaxRetryError, requests.exceptions.RetryError)) as caught,
    ):
        fetch(endpoint.url, retries=UNAVAILABLE)
    assert isinstance(caught.value, errors.RingbackError)
    assert endpoint.requests == 6
    assert [(event.attempt, event.attempts) for event in events] == [(1, 1)]


@pytest.mark.parametrize("fetch", [fetch_urllib3, fetch_pool, fetch_requests])
@pytest.mark.parametrize("fault", ["http.error.unavailable:503", "tcp.refused"])
def test_a_wait_of_urllib3s_that_outlasts_the_deadline_is_not_begun(lab, fetch, fault, monkeypatch):
    waits, slow = [], urllib3.Retry(5, status_forcelist=[503], backoff_factor=100)
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    with (
        install(Policy(deadline=30), retry=True, sinks=[]),
        pytest.raises((urllib3.exceptions.MaxRetryError, requests.RequestException)) as caught,
    ):
        fetch(lab.start(fault).url, retries=slow)
    assert caught.value.failure.kind == fault.partition(":")[0]
    assert waits == []  # the second is of 200 s


@pytest.mark.parametrize("fetch", [fetch_urllib3, fetch_pool])
@pytest.mark.parametrize("retries", [False, 0])
def test_where_the_program_wants_none_there_are_none(lab, fetch, retries):
    endpoint = lab.start("http.response.invalid.empty:after_request")
    with install(AT_ONCE, retry=True, sinks=[]), pytest.raises(urllib3.exceptions.HTTPError):
        fetch(endpoint.url, retries=retries)
    assert endpoint.requests == 1


def test_a_connection_from_before_counts_nothing(lab):
    """It is urllib3's: that it has sent no byte that we know of says nothing."""
    endpoint = lab.start("tcp.closed.stale")
    with urllib3.PoolManager() as pool:
        assert pool.request("GET", endpoint.url).status == 200
        with install(AT_ONCE, retry=True, sinks=[]), pytest.raises(errors.RingbackError) as caught:
            pool.request("POST", endpoint.url, body=b"order")
    assert caught.value.failure.delivered == "maybe"


def test_redirects_are_followed_as_ever(lab):
    with install(AT_ONCE, retry=True, sinks=[]), urllib3.PoolManager() as pool:
        loop = lab.start("http.response.redirect_loop:same_url")
        assert pool.request("GET", loop.url, redirect=False).status in {301, 302, 307, 308}
        assert loop.requests == 1
        with pytest.raises(errors.RedirectFailed) as caught:
            pool.request("GET", loop.url)
        assert "too many redirects" in str(caught.value)
        assert loop.requests == 1 + 1 + urllib3.Retry.DEFAULT.total


def onward(connection):
    """Redirects, and does not answer the next."""
    if connection.read_request().target == "/":
        connection.send(
            b"HTTP/1.1 302 Found\r\nLocation: /2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
    else:
        connection.stall()


@pytest.mark.parametrize("fetch", [fetch_urllib3, fetch_requests])
def test_the_deadline_covers_redirects(lab, fetch):
    policy = Policy(deadline=0.2, timeout=Timeout(connect=None, read=None))
    with (
        install(policy, retry=True, sinks=[]),
        pytest.raises((urllib3.exceptions.HTTPError, requests.RequestException)) as caught,
    ):
        fetch(lab.listen(onward).url)
    assert isinstance(caught.value, errors.RingbackError)
    assert "redirects" not in str(caught.value)
