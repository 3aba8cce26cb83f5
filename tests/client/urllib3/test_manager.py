from __future__ import annotations

import json

import pytest
import urllib3
from urllib3.exceptions import LocationValueError, MaxRetryError

from ringback import Policy, errors
from ringback.client.urllib3.response import NamedResponse
from ringback.retry import Done, GiveUp, Retry
from ringback.testing.lab.message import head, response
from ringback.testing.lab.timing import failing_requests
from tests.requires import requires


def decisions(events):
    return [type(event.decision) for event in events]


def failing(manager, url, method="GET", **options):
    with pytest.raises(errors.RingbackError) as caught:
        manager.request(method, url, **options)
    return caught.value


# Attempts


def test_a_call_that_succeeds_is_one_attempt(lab, manager, events):
    met = lab.start("ok")
    answer = manager().request("GET", f"{met.url}path?token=x")
    assert (answer.status, answer.failure, type(answer)) == (200, None, NamedResponse)
    assert json.loads(answer.data)["target"] == "/path?token=x"
    assert decisions(events) == [Done]
    assert (events[0].target.host, events[0].target.port) == (met.host, met.port)
    assert events[0].target.url == f"{met.url}path"


@pytest.mark.parametrize("retries", [0, False, urllib3.Retry(0)])
def test_without_retries_it_is_tried_once(lab, manager, events, retries):
    failing(manager(), lab.start("tcp.refused").url, retries=retries)
    assert decisions(events) == [GiveUp]
    events.clear()
    failing(manager(retries=retries), lab.start("tcp.refused").url)
    assert decisions(events) == [GiveUp]


@pytest.mark.parametrize("retries", [None, 5])
def test_urllib3_itself_does_nothing_again(lab, manager, retries):
    met = lab.start("http.error.unavailable")
    assert manager().request("GET", met.url, retries=retries).status == 503
    assert met.requests == 3


class Eager(urllib3.Retry):
    def get_backoff_time(self):
        return 0.0


STATUSES = {"status_forcelist": [500], "backoff_factor": 0}


@pytest.mark.parametrize("retries", [urllib3.Retry(5, **STATUSES), Eager(5, **STATUSES)])
@pytest.mark.parametrize("of_manager", [True, False])
def test_a_retry_of_ones_own_is_honoured(lab, manager, events, retries, of_manager):
    met = lab.listen(failing_requests(4, response(500, b"")))
    policy = Policy(attempts=2, bulkhead=1)  # each repeats in the place of the call
    made = manager(policy=policy, **({"retries": retries} if of_manager else {}))
    answer = made.request("GET", met.url, **({} if of_manager else {"retries": retries}))
    assert (answer.status, met.requests) == (200, 5)
    assert decisions(events) == [Done]


def test_a_retry_of_ones_own_repeats_what_it_says_and_no_more(lab, manager, events):
    met = lab.listen(failing_requests(10, response(500, b"")))
    own = urllib3.Retry(2, **STATUSES, raise_on_status=False)
    assert manager().request("POST", met.url, retries=own).status == 500
    assert met.requests == 1  # POST is not among its allowed methods
    error = failing(manager(), met.url, retries=urllib3.Retry(2, **STATUSES))
    assert isinstance(error, MaxRetryError)
    assert met.requests == 4
    assert decisions(events) == [GiveUp, GiveUp]


@pytest.mark.skipif(
    urllib3.__version__ < "2", reason="urllib3 1 itself forgets a manager's Retry behind a redirect"
)
def test_a_retry_of_ones_own_counts_behind_a_redirect_as_well(lab, manager, events):
    met = lab.listen(failing_requests(2, response(500, b"")))
    start = redirecting(lab, met.url)
    answer = manager(retries=urllib3.Retry(5, **STATUSES)).request("GET", start.url)
    assert (answer.status, met.requests) == (200, 3)
    assert decisions(events) == [Done, Done]


def test_a_retry_without_end_ends_by_the_deadline(lab, manager):
    error = failing(
        manager(policy=Policy(deadline=0.1, breaker=None)),
        lab.start("tcp.refused").url,
        retries=urllib3.Retry(total=None, backoff_factor=0.01),
    )
    assert isinstance(error, MaxRetryError)


# Redirects


def redirecting(lab, *locations):
    """A server that redirects to each location in turn, then answers."""

    def handler(connection):
        while request := connection.read_request():
            step = int(request.target.rpartition("/")[2] or 0)
            if step < len(locations):
                target = f"Location: {locations[step]}"
                connection.send(head(307, target, "Content-Length: 0"))
            else:
                connection.send(head(200, "Content-Length: 2") + b"ok")

    return lab.listen(handler)


def test_redirects_are_followed_each_with_attempts_of_its_own(lab, manager, events):
    met = redirecting(lab, "/1", "/2")
    answer = manager().request("GET", met.url)
    assert (answer.status, answer.data) == (200, b"ok")
    assert decisions(events) == [Done, Done, Done]


def test_redirects_are_limited_by_retries(lab, manager):
    met = redirecting(lab, *(f"/{step + 1}" for step in range(9)))
    error = failing(manager(), met.url)
    assert isinstance(error, MaxRetryError)
    assert error.failure.kind == "http.response.redirect_loop"
    assert manager().request("GET", met.url, retries=urllib3.Retry(redirect=9)).status == 200
    assert manager().request("GET", met.url, redirect=False).status == 307
    assert manager().request("GET", met.url, retries=False).status == 307


def test_a_key_stays_with_a_request_that_is_redirected(lab, manager):
    met = redirecting(lab, "/1")
    manager(policy=Policy(idempotency_key=True)).request("POST", met.url, body=b"x")
    received = b"".join(bytes(seen.received) for seen in met.seen).lower()
    keys = [part.split(b"\r\n")[0] for part in received.split(b"idempotency-key: ")[1:]]
    assert len(keys) == 2
    assert len(set(keys)) == 1


# What is raised


def test_a_url_that_is_none_is_said_to_be_one(manager):
    error = failing(manager(), "http:///path")
    assert isinstance(error, LocationValueError)
    assert error.failure.kind == "url.invalid"


# Ways


@pytest.mark.skipif(urllib3.__version__.startswith("1."), reason="it needs urllib3 2")
def test_whom_to_trust_can_be_said(lab, manager):
    requires("cryptography")
    met = lab.start("ok:tls")
    assert manager(trust=met.verify).request("GET", met.url).status == 200
    assert failing(manager(), met.url).failure.kind.startswith("tls.cert.")


def test_a_pool_can_be_asked_directly(lab, manager, events):
    met = lab.start("tcp.reset:first_two")
    pool = manager().connection_from_url(met.url)
    assert pool.urlopen("GET", "/", None, None, None, True, True, 30).status == 200
    assert pool.request("GET", "/").status == 200
    assert decisions(events) == [Retry, Retry, Done, Done]
