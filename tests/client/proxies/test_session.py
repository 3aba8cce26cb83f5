"""Proxies through a session, against the lab."""

import dataclasses
import logging
import time

import pytest
from client.proxies.environ import environ
from nightly import rest_nightly

from ringback import Session, Timeout, errors
from ringback.client.call import Clock
from ringback.retry import Done, Retry
from ringback.testing.lab import Lab
from ringback.testing.lab import proxy as lab_proxy
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.http import redirect
from ringback.testing.lab.message import answering
from ringback.testing.lab.socks import Socks


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


@pytest.fixture
def policy(policy):
    return dataclasses.replace(policy, breaker=None, budget=None)


def at(endpoint, scheme="http", user=""):
    return f"{scheme}://{f'{user}@' if user else ''}{endpoint.host}:{endpoint.port}"


@pytest.mark.parametrize(
    "broken",
    rest_nightly([None, lab_proxy.closed, lab_proxy.reset, lab_proxy.silent_proxy], gate=3),
    ids=lambda broken: getattr(broken, "__name__", None),
)
def test_the_retry_takes_the_next_and_the_next_call_goes_there_at_once(
    lab, policy, open_session, events, works, broken
):
    if broken is lab_proxy.silent_proxy:
        policy = dataclasses.replace(policy, timeout=Timeout(connect=5, read=5))
    first = lab.listen(broken) if broken else lab.reserve().endpoint
    target = secured()(lab)
    # The clock stands still: the first one rests until the end of the test.
    now = time.monotonic()
    clock = Clock(monotonic=lambda: now)
    session = open_session(policy, proxies=[at(first), at(works)], trust=target.verify, clock=clock)
    for number in (1, 2):
        assert session.post(target.url, data=b"once").status_code == 200
        assert target.requests == number
    assert [type(event.decision) for event in events] == [Retry, Done, Done]
    assert events[0].failure.target.proxy == f"{first.host}:{first.port}"
    assert len(first.seen) == (1 if broken else 0)
    (state,) = session.proxy_list.state(now)
    assert (state.proxy, state.failures) == (f"{first.host}:{first.port}", 1)
    assert 0 < state.rests <= 5


def test_what_a_call_says_goes_before_the_list(lab, policy, open_session, target, dead, works):
    session = open_session(policy, proxies=at(dead))
    assert session.get(target.url, proxies={"http": at(works)}).ok
    onward = lab.listen(answering(redirect(target.url)))
    assert session.get(onward.url, proxies={"http": at(works)}).url == target.url
    assert len(works.seen) == 3


def test_the_list_goes_before_the_environment_on_redirects_too(
    lab, policy, open_session, target, dead, works
):
    onward = lab.listen(answering(redirect(target.url)))
    session = open_session(policy, proxies=at(works))
    session.trust_env = True
    with environ(http_proxy=at(dead, user="u:hunter2")):
        assert session.get(onward.url).url == target.url
    assert len(works.seen) == 2
    assert not any(
        b"Proxy-Authorization" in connection.received for connection in (*works.seen, *target.seen)
    )


def test_credentials_of_the_proxy_are_used_and_shown_nowhere(lab, policy, caplog, logged):
    strict = lab.listen(lab_proxy.proxy_with_users)
    target = secured()(lab)
    good, bad = at(strict, user=lab_proxy.USER), at(strict, user="lab:hunter2")
    with Session(policy=policy, proxies=good, trust=target.verify) as session:
        assert session.get(target.url).ok
    with (
        caplog.at_level(logging.DEBUG, "ringback"),
        Session(policy=policy, proxies=bad, trust=target.verify) as session,
        pytest.raises(errors.ProxyAuthRequired) as caught,
    ):
        session.get(target.url)
    _, lines = logged()
    assert "proxy.auth_required: OSError: Tunnel connection failed: 407" in lines
    assert "hunter2" not in f"{lines} {caught.value} {caught.value.failure}"


@pytest.mark.parametrize(
    ("scheme", "asks_for"),
    [
        ("socks5", b"\x05\x01\x00\x01\x7f\x00\x00\x01"),
        ("socks5h", b"\x05\x01\x00\x03\x09localhost"),
        ("socks4", b"\x7f\x00\x00\x01"),
        ("socks4a", b"\x00\x00\x00\x01\x00localhost\x00"),
    ],
)
def test_the_name_is_resolved_where_the_scheme_says(
    lab, policy, open_session, target, scheme, asks_for
):
    socks = lab.listen(Socks())
    session = open_session(policy, proxies=at(socks, scheme))
    assert session.get(f"http://localhost:{target.port}/").ok
    (seen,) = socks.seen
    assert asks_for in seen.received
