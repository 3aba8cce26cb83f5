"""What a policy does to a session: budget, circuit, keys, base URL, errors returned."""

import os
import pickle

import pytest
import requests
import urllib3

import ringback
from ringback import Adapter, Backoff, Breaker, Budget, Policy, Session, Timeout, errors
from ringback.client.origins import origins_under, states
from ringback.retry.run import REASONS
from ringback.testing.lab.message import response

AT_ONCE = Backoff(base=0)


def opened(**options):
    options = {"sinks": [], **options}
    session = Session(**options)
    session.trust_env = False
    return session


# Errors as values


def test_a_failed_call_is_false_and_knows_why(lab):
    with opened(errors="return", policy=Policy(attempts=1)) as session:
        response = session.get(lab.start("tcp.refused").url)
    assert not response
    assert not response.ok
    assert isinstance(response, requests.Response)
    assert (response.status_code, response.reason) == (0, "tcp.refused")
    assert response.failure.kind == "tcp.refused"
    assert (response.text, response.content, response.headers) == ("", b"", {})
    assert response.request.method == "GET"
    assert repr(response) == "<Response [tcp.refused]>"
    with pytest.raises(ConnectionRefusedError) as caught:
        response.raise_for_status()
    assert caught.value is response.error


def test_a_call_that_gets_through_is_what_it_always_was(lab):
    with opened(errors="return") as session:
        response = session.get(lab.start("ok").url)
    assert response
    assert response.failure is None
    response.raise_for_status()


def test_a_bad_url_is_returned_too_and_a_bug_of_the_caller_is_not():
    with opened(errors="return") as session:
        assert session.get("http://").failure.kind == "url.invalid"
        with pytest.raises(TypeError):
            session.get("http://127.0.0.1/", timeout=1, nonsense=2)


def test_a_bad_status_is_a_response_with_a_failure(lab):
    with opened(policy=Policy(attempts=1)) as session:
        response = session.get(lab.start("http.error.unavailable:503").url)
    assert response.failure.kind == "http.error.unavailable"
    with pytest.raises(requests.HTTPError) as caught:
        response.raise_for_status()
    assert isinstance(caught.value, errors.ServiceUnavailable)
    assert caught.value.response is response
    assert not response.ok


# Where to


@pytest.mark.parametrize(
    ("base", "given", "asked"),
    [
        ("", "/a", "/a"),
        ("/api", "users", "/api/users"),
        ("/api/", "/users?x=1", "/api/users?x=1"),
        ("/api", "", "/api"),
        ("/api", "?next=http://elsewhere/", "/api/?next=http://elsewhere/"),
        ("/api", "//elsewhere.invalid/x", "/api/elsewhere.invalid/x"),
        ("/api", b"bytes", "/api/bytes"),
    ],
)
def test_a_path_is_relative_to_the_base(lab, base, given, asked):
    endpoint = lab.start("ok")
    with opened(base_url=f"http://127.0.0.1:{endpoint.port}{base}") as session:
        session.get(given)
    assert endpoint.seen[0].received.split(b" ")[1].decode() == (asked or "/")


def test_an_absolute_url_is_not(lab):
    endpoint = lab.start("ok")
    with opened(base_url="http://elsewhere.invalid/") as session:
        assert session.get(endpoint.url).ok


@pytest.mark.parametrize("wrong", ["/path", "host", Policy()])
def test_a_base_that_is_no_url_is_refused(wrong):
    with pytest.raises(ValueError, match="base_url must be absolute"):
        Session(wrong)


def test_errors_is_raise_or_return():
    with pytest.raises(ValueError, match="'raise' or 'return'"):
        Session(errors="ignore")


# Budget and circuit


def test_two_sessions_share_the_budget_of_an_origin(lab):
    policy = Policy(backoff=AT_ONCE, breaker=None, budget=Budget(ratio=0, floor=0, burst=3))
    endpoint = lab.start("http.response.invalid.empty")
    for _ in range(2):
        with opened(policy=policy) as session, pytest.raises(requests.ConnectionError):
            session.get(endpoint.url)
    assert endpoint.requests == 2 + 3


def test_circuits_and_budgets_can_be_seen_and_forgotten(lab):
    breaker = Breaker(consecutive=1, sustained=0, open_for=60, open_cap=60)
    policy = Policy(attempts=1, breaker=breaker)
    endpoint = lab.start("tcp.reset:after_request")
    origin = f"http://127.0.0.1:{endpoint.port}"
    with opened(policy=policy) as session, pytest.raises(ConnectionResetError):
        session.get(endpoint.url)
    assert states()[origin].circuit == "open"
    assert states()[origin].opened_by.kind == "tcp.reset"
    ringback.client.origins.forget()
    assert states() == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_starts_anew():
    origins = origins_under(Policy())
    origins.guard("http://h:80")
    with origins._lock:  # as if another thread held it at the fork
        child = os.fork()
        if child == 0:
            os._exit(0 if origins.states() == {} and origins.guard("http://h:80") else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# Why a call was given up

NONE_LEFT = Policy(backoff=AT_ONCE, budget=Budget(ratio=0, floor=0, burst=1), patience=0)


def given_up(url, policy, method="GET", **options):
    with opened(policy=policy) as session, pytest.raises(errors.RingbackError) as caught:
        session.request(method, url, **options)
    return caught.value


def test_that_the_budget_is_spent_is_in_message_and_note(lab):
    error = given_up(lab.start("tcp.reset:after_request").url, NONE_LEFT)
    assert error.given_up == "budget"
    assert str(error).endswith("(not tried again: the retry budget of this origin is spent)")
    assert any("too many of the requests" in note for note in error.__notes__)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("reason", "policy", "call"),
    [
        ("not_idempotent", Policy(), {"method": "POST"}),
        ("not_replayable", Policy(), {"method": "PUT", "data": iter([b"once"])}),
        ("deadline", Policy(backoff=Backoff(base=9, jitter="none"), deadline=5), {}),
    ],
)
def test_why_a_call_was_given_up_is_a_note(lab, reason, policy, call):
    error = given_up(lab.start("http.response.invalid.empty:after_request").url, policy, **call)
    assert error.given_up == reason
    assert [REASONS[reason] in note for note in error.__notes__].count(True) == 1
    assert "given up" not in str(error)


# What the caller says of a call


def test_no_timeout_is_handed_on_where_it_cannot_be_said_by_keyword_alone(lab):
    """requests hands on ``None`` for nothing said, so that a prepared request says it in full."""
    policy = Policy(attempts=1, breaker=None, timeout=Timeout(read=0.05))

    def late(connection):
        if connection.read_request() and connection.hold(0.15):
            connection.send(response(200, b"{}"))

    with opened(policy=policy) as session:
        request = session.prepare_request(requests.Request("GET", lab.listen(late).url))
        with pytest.raises(errors.ReadTimeout):
            session.send(request, timeout=None)
        assert session.send(request, timeout=(None, None)).status_code == 200


@pytest.mark.parametrize("copied", [False, True])
def test_urllib3s_retries_without_end_end_by_the_deadline(lab, copied):
    retries = urllib3.Retry(total=None, backoff_factor=0.01)
    adapter = Adapter(Policy(deadline=0.3, breaker=None), sinks=[], max_retries=retries)
    adapter = pickle.loads(pickle.dumps(adapter)) if copied else adapter
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", adapter)
        with pytest.raises(requests.ConnectionError):
            session.get(lab.start("tcp.refused").url)
    assert type(adapter.max_retries).__name__ == "Retry"
