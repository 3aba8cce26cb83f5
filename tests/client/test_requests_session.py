import io
import itertools
import pickle
import socket
import ssl
import subprocess
import sys
import time

import pytest
import requests

import ringback
from ringback import Adapter, Policy, Session, errors
from ringback.client.call import Clock
from ringback.retry import Done, GiveUp, Retry
from ringback.testing.lab import dns
from ringback.testing.lab.resolver import resolving


def decisions(events):
    return [type(event.decision) for event in events]


def failing(session, url, **options):
    """The exception that a GET raises."""
    with pytest.raises(requests.RequestException) as caught:
        session.get(url, **options)
    return caught.value


# What is raised


def test_refused_is_caught_at_three_levels(lab, session):
    endpoint = lab.start("tcp.refused")
    for level in (requests.ConnectionError, ConnectionRefusedError, errors.ConnectionRefused):
        with pytest.raises(level) as caught:
            session.get(endpoint.url)
        assert caught.value.failure.kind == "tcp.refused"
        assert caught.value.failure.target.port == endpoint.port
        assert caught.value.request.url == endpoint.url


def test_a_name_that_does_not_exist_is_caught_at_three_levels(lab, session):
    endpoint = dns.endpoint(lab, "nxdomain")
    with resolving(endpoint.nameserver):
        for level in (requests.ConnectionError, socket.gaierror, errors.NameNotResolved):
            with pytest.raises(level) as caught:
                session.get(endpoint.url)
            assert caught.value.errno == socket.EAI_NONAME


def test_an_expired_certificate_is_caught_at_three_levels(lab, session, events):
    endpoint = lab.start("tls.cert.date_invalid.expired")
    for level in (
        requests.exceptions.SSLError,
        ssl.SSLCertVerificationError,
        errors.CertificateExpired,
    ):
        with pytest.raises(level) as caught:
            session.get(endpoint.url, verify=endpoint.verify)
        assert caught.value.verify_code == 10
    assert decisions(events) == [GiveUp] * 3


def test_a_read_timeout_is_caught_at_three_levels(lab, session):
    endpoint = lab.start("http.response.timed_out:silent")
    for level in (requests.ReadTimeout, TimeoutError, errors.ReadTimeout):
        with pytest.raises(level):
            session.post(endpoint.url, timeout=0.2)


def test_no_frame_of_the_story_is_lost(lab, session):
    error = failing(session, lab.start("tcp.refused").url)
    plain = failing(requests.Session(), lab.start("tcp.refused").url)
    chain, expected = [], []
    for exc, links in ((error, chain), (plain, expected)):
        while exc := exc.__cause__ or exc.__context__:
            links.append(type(exc))
    assert chain == expected


def test_what_the_caller_is_handling_does_not_replace_the_story(lab, session):
    try:
        raise KeyError("the caller's own")
    except KeyError:
        error = failing(session, lab.start("tcp.refused").url)
    assert type(error.__context__).__name__ == "MaxRetryError"


def test_pickles_into_another_process(lab, session):
    error = failing(session, lab.start("tcp.refused").url)
    script = (
        "import pickle, sys; e = pickle.load(sys.stdin.buffer); "
        "print(e.failure.kind, isinstance(e, ConnectionRefusedError), e.failure.target.port)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(error), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["tcp.refused", "True", str(error.failure.target.port)]


def test_an_invalid_url_says_so(session):
    error = failing(session, "http://")
    assert isinstance(error, (requests.exceptions.InvalidURL, errors.URLInvalid))
    assert isinstance(error, errors.RequestInvalid)


def test_an_endless_redirect_says_so(lab, session):
    error = failing(session, lab.start("http.response.redirect_loop:same_url").url)
    assert isinstance(error, requests.TooManyRedirects)
    assert isinstance(error, errors.RedirectFailed)
    assert error.response.status_code == 302


def test_an_exception_of_the_callers_own_body_is_left_alone(lab, session, events):
    class MineError(Exception):
        pass

    def body():
        yield b"a"
        raise MineError

    with pytest.raises(MineError) as caught:
        session.post(lab.start("ok").url, data=body())
    assert type(caught.value) is MineError
    assert events == []


# What is tried again


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_have_been_processed_reaches_the_server_once(lab, session, method):
    endpoint = lab.start("tcp.reset:after_request")
    with pytest.raises(errors.RingbackError):
        session.request(method, endpoint.url, data=b"pay")
    assert endpoint.requests == 1


def test_a_post_with_an_idempotency_key_may_be_sent_again(lab, session):
    endpoint = lab.start("tcp.reset:first_two")
    response = session.post(endpoint.url, data=b"pay", headers={"Idempotency-Key": "1"})
    assert response.status_code == 200
    assert endpoint.requests == 3


def test_a_post_that_never_arrived_is_tried_again(lab, session, events):
    with pytest.raises(errors.ConnectionRefused):
        session.post(lab.start("tcp.refused").url, data=b"pay")
    assert decisions(events) == [Retry, Retry, GiveUp]


@pytest.mark.parametrize("fault", ["tcp.reset", "http.response.invalid.empty"])
def test_a_get_gets_through_in_the_end(lab, session, events, fault):
    endpoint = lab.start(f"{fault}:first_two")
    assert session.get(endpoint.url).status_code == 200
    assert decisions(events) == [Retry, Retry, Done]
    assert endpoint.requests == 3


def test_a_body_that_breaks_off_is_a_failed_attempt(lab, session):
    endpoint = lab.start("tcp.reset:mid_body")
    error = failing(session, endpoint.url)
    assert isinstance(error, requests.exceptions.ChunkedEncodingError)
    assert isinstance(error, errors.ConnectionReset)
    assert endpoint.requests == 3


def test_a_streamed_body_that_breaks_off_says_so_and_is_not_fetched_again(lab, session):
    endpoint = lab.start("http.response.invalid.incomplete_chunked_encoding:mid_chunk")
    response = session.get(endpoint.url, stream=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as caught:
        list(response.iter_content(16))
    assert isinstance(caught.value, errors.IncompleteResponse)
    assert endpoint.requests == 1


def test_503_is_tried_again_and_the_last_one_returned(lab, session, events):
    endpoint = lab.start("http.error.unavailable:503")
    assert session.get(endpoint.url).status_code == 503
    assert endpoint.requests == 3
    assert decisions(events) == [Retry, Retry, GiveUp]
    assert events[-1].failure.kind == "http.error.unavailable"


def test_503_to_a_post_is_returned_at_once(lab, session):
    endpoint = lab.start("http.error.unavailable:503")
    assert session.post(endpoint.url, data=b"x").status_code == 503
    assert endpoint.requests == 1


@pytest.mark.parametrize("stream", [True, False])
def test_503_is_over_after_a_while(lab, session, stream):
    endpoint = lab.start("http.error.unavailable:first_two")
    assert session.get(endpoint.url, stream=stream).status_code == 200
    assert endpoint.requests == 3


@pytest.mark.parametrize("shape", ["negative", "malformed", "empty"])
def test_a_wait_that_makes_no_sense_is_as_good_as_none(lab, session, shape):
    endpoint = lab.start(f"http.error.unavailable:retry_after_{shape}")
    assert session.get(endpoint.url).status_code == 503
    assert endpoint.requests == 3


def test_a_wait_longer_than_the_deadline_is_not_waited(lab, session, events):
    endpoint = lab.start("http.error.rate_limited:retry_after_huge")
    assert session.get(endpoint.url).status_code == 429
    assert endpoint.requests == 1
    assert events[0].decision.reason == "deadline"


def test_a_file_is_sent_again_from_where_it_started(lab, session):
    endpoint = lab.start("tcp.reset:first_two")
    file = io.BytesIO(b"skipped-the-rest")
    file.seek(8)
    assert session.put(endpoint.url, data=file).status_code == 200
    bodies = [bytes(seen.received).partition(b"\r\n\r\n")[2] for seen in endpoint.seen]
    assert bodies == [b"the-rest"] * 3


def test_a_generator_that_was_begun_is_not_sent_again(lab, session, events):
    endpoint = lab.start("http.error.unavailable:first_two")
    response = session.put(endpoint.url, data=(piece for piece in [b"a", b"b"]))
    assert response.status_code == 503
    assert endpoint.requests == 1
    assert events[0].decision.reason == "not_replayable"


# What stays as it was


def test_elapsed_is_the_time_to_the_headers_of_the_last_attempt(lab, policy):
    now = itertools.count(time.monotonic())  # the deadline is for sockets as well
    clock = Clock(monotonic=lambda: next(now))
    with Session(policy=policy, sinks=[], clock=clock) as session:
        response = session.get(lab.start("http.error.unavailable:first_two").url)
    assert response.elapsed.total_seconds() == pytest.approx(1.0)


def test_the_timeout_of_a_request_wins(lab):
    with Session(policy=Policy(attempts=1), sinks=[]) as session:
        error = failing(session, lab.start("http.response.timed_out:silent").url, timeout=0.1)
    assert "read timeout=0.1" in str(error)


def test_a_session_pickles(lab, policy):
    with pickle.loads(pickle.dumps(Session(policy=policy, on_alert=print))) as session:
        assert session.get_adapter("http://h").policy == policy
        assert session.get(lab.start("ok").url).status_code == 200


def test_an_adapter_serves_a_session_one_has(lab, policy, events):
    with requests.Session() as session:
        session.mount("http://", Adapter(policy, sinks=[events.append]))
        assert session.get(lab.start("tcp.reset:first_two").url).status_code == 200
    assert decisions(events) == [Retry, Retry, Done]


# What is told


def test_the_third_failed_call_alerts_and_the_second_success_recovers(lab, policy, patient):
    alerts, recoveries = [], []
    endpoint = lab.start("http.error.unavailable:503")
    with Session(policy=policy, on_alert=alerts.append, on_recovery=recoveries.append) as session:
        for _ in range(2):
            session.get(endpoint.url)
        assert alerts == []
        session.get(endpoint.url)
    (alert,) = alerts
    assert alert.endpoint == f"http://127.0.0.1:{endpoint.port}"
    assert alert.kinds == {"http.error.unavailable": 3}
    assert recoveries == []


def test_no_secret_reaches_the_log(lab, policy, logged):
    endpoint = lab.start("tcp.refused")
    with Session(policy=policy) as session, pytest.raises(requests.ConnectionError):
        session.get(f"http://user:hunter2@127.0.0.1:{endpoint.port}/p?token=hunter2")
    levels, lines = logged()
    assert len(levels) == 3
    assert f"http://127.0.0.1:{endpoint.port}/p: tcp.refused" in lines
    assert "hunter2" not in lines


def test_a_sink_that_raises_does_not_break_the_call(lab, policy):
    def broken(event):
        raise RuntimeError

    with Session(policy=policy, sinks=[broken]) as session:
        assert session.get(lab.start("ok").url).status_code == 200


# The public names


def test_every_public_name_is_there():
    assert {name for name in ringback.__all__ if getattr(ringback, name, None) is None} == set()
    assert set(ringback.__all__) <= set(dir(ringback))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Sesion'"):
        _ = ringback.Sesion


def test_import_alone_loads_the_standard_library_only():
    script = (
        "import sys; before = set(sys.modules); import ringback; "
        "print({m.partition('.')[0] for m in set(sys.modules) - before}"
        " - sys.stdlib_module_names - {'ringback'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "set()"


def test_without_requests_the_message_says_what_to_install():
    script = "import sys; sys.modules['requests'] = None; import ringback; ringback.Session"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, text=True
    )
    assert "pip install 'ringback[requests]'" in done.stderr.splitlines()[-1]
