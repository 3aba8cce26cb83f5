from contextlib import closing

import pytest
import requests
from requests.adapters import HTTPAdapter

from ringback import Policy, Session, errors
from ringback.client.requests.failures import refusal_error, refusal_error_at_once
from ringback.failure import Failure
from ringback.retry import Breaker
from ringback.sink import LogSink

LASTING = Breaker(consecutive=1, sustained=0.0, open_for=60, open_cap=60)
AT_ONCE = Policy(attempts=1, breaker=LASTING)


@pytest.fixture
def hasty(open_session):
    return open_session(AT_ONCE)


@pytest.mark.parametrize("how", ["the call's", "the session's", "the environment's"])
def test_a_dead_proxy_refuses_only_what_goes_through_it(lab, hasty, monkeypatch, how):
    service, proxy = lab.start("ok"), {"http": lab.start("tcp.refused").url}
    if how == "the session's":
        hasty.proxies = proxy
    if how == "the environment's":
        hasty.trust_env = True
        monkeypatch.setenv("http_proxy", proxy["http"])
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
    options = {"proxies": proxy} if how == "the call's" else {}

    for expected in (errors.ProxyUnreachable, errors.CircuitOpen):
        with pytest.raises(expected) as caught:
            hasty.get(service.url, **options)
        assert isinstance(caught.value, requests.exceptions.ProxyError)

    hasty.proxies, hasty.trust_env = {}, False
    assert hasty.get(service.url).status_code == 200


@pytest.mark.parametrize("by_place", [False, True])
def test_a_dead_service_does_not_refuse_what_goes_through_a_proxy(lab, hasty, by_place):
    service, proxy = lab.start("tcp.refused"), lab.start("http.error.unavailable:503")
    for expected in (errors.ConnectionRefused, errors.CircuitOpen):
        with pytest.raises(expected):
            hasty.get(service.url)

    through = {"http": proxy.url}
    before = [*[None] * 7, True]  # from params to allow_redirects
    arguments = ([*before, through], {}) if by_place else ([], {"proxies": through})
    assert hasty.request("GET", service.url, *arguments[0], **arguments[1]).status_code == 503


def test_a_circuit_refuses_nothing_that_goes_through_a_patched_adapter(lab, hasty, monkeypatch):
    service, refusing = lab.start("ok"), lab.start("tcp.refused")
    with pytest.raises(errors.ConnectionRefused):
        hasty.get(refusing.url)

    class Recorded(HTTPAdapter):
        def send(self, request, **options):
            request.url = service.url
            return super().send(request, **options)

    with closing(Recorded()) as recorded:
        monkeypatch.setattr(hasty, "get_adapter", lambda url: recorded)
        assert hasty.get(refusing.url).status_code == 200
        monkeypatch.undo()
    with pytest.raises(errors.CircuitOpen):
        hasty.get(refusing.url)


@pytest.mark.parametrize(
    ("opened_by", "raised"),
    [
        ("proxy.no_response", requests.exceptions.ProxyError),
        ("tcp.timed_out", requests.exceptions.ConnectTimeout),
        ("http.response.timed_out", requests.exceptions.ConnectTimeout),
        ("tls.closed", requests.exceptions.SSLError),
        ("tcp.refused", requests.ConnectionError),
        (None, requests.ConnectionError),
    ],
)
def test_it_is_what_the_failures_were(opened_by, raised):
    failure = Failure("client.circuit_open", "config", "no", via=opened_by)

    assert type(refusal_error(failure, None)) is raised
    assert isinstance(refusal_error_at_once(failure), raised)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_whoever_wants_to_know_is_notified(lab, caplog, logged, level):
    url, heard = lab.start("tcp.refused").url, []
    caplog.set_level(level, logger="ringback")
    with Session(policy=AT_ONCE, sinks=[heard.append, LogSink()]) as all_heard:
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                all_heard.get(url)
    with Session(policy=AT_ONCE) as silent, pytest.raises(errors.CircuitOpen):
        silent.get(url)

    assert [event.refused for event in heard if event.what == "attempt"] == [False, True]
    _, lines = logged()
    assert lines.count("circuit open ") == (2 if level == "DEBUG" else 0)
