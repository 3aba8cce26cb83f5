import itertools
import pickle
import subprocess
import sys
import time

import pytest
import requests

import ringback
from ringback import Adapter, Policy, Session, errors
from ringback.client.call import Clock
from ringback.retry import Done, Retry


def decisions(events):
    return [type(event.decision) for event in events]


def failing(session, url, **options):
    """The exception that a GET raises."""
    with pytest.raises(requests.RequestException) as caught:
        session.get(url, **options)
    return caught.value


# What is raised


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


# What is tried again


@pytest.mark.parametrize("shape", ["negative", "malformed", "empty"])
def test_a_wait_that_makes_no_sense_is_as_good_as_none(lab, session, shape):
    endpoint = lab.start(f"http.error.unavailable:retry_after_{shape}")
    assert session.get(endpoint.url).status_code == 503
    assert endpoint.requests == 3


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
