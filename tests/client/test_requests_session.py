import itertools
import pickle
import subprocess
import sys
import time

import pytest
import requests

from ringback import Session, errors
from ringback.client.call import Clock


def failing(session, url, **options):
    """The exception that a GET raises."""
    with pytest.raises(requests.RequestException) as caught:
        session.get(url, **options)
    return caught.value


# What is raised


def test_what_the_caller_is_handling_does_not_replace_the_story(lab, session):
    try:
        raise KeyError("the caller's own")
    except KeyError:
        error = failing(session, lab.start("tcp.refused").url)
    assert type(error.__context__).__name__ == "MaxRetryError"


def test_an_invalid_url_says_so(session):
    error = failing(session, "http://")
    assert isinstance(error, (requests.exceptions.InvalidURL, errors.URLInvalid))
    assert isinstance(error, errors.RequestInvalid)


# What stays as it was


def test_a_verified_call_takes_no_connection_that_was_not(lab, session):
    url = lab.start("tls.cert.date_invalid.expired").url
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert session.get(url, verify=False).ok
    assert isinstance(failing(session, url), errors.CertificateError)


def test_elapsed_is_the_time_to_the_headers_of_the_last_attempt(lab, policy):
    now = itertools.count(time.monotonic())  # the deadline is for sockets as well
    clock = Clock(monotonic=lambda: next(now))
    with Session(policy=policy, sinks=[], clock=clock) as session:
        response = session.get(lab.start("http.error.unavailable:first_two").url)
    assert response.elapsed.total_seconds() == pytest.approx(1.0)


def test_a_session_pickles(lab, policy):
    url = lab.start("ok").url
    session = Session(url, policy=policy, errors="return", on_alert=print)
    with pickle.loads(pickle.dumps(session)) as copy:
        assert copy.get_adapter("http://h").policy == copy.policy == policy
        assert copy.errors == "return"
        assert copy.get("/").status_code == 200


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


def test_no_secret_reaches_the_log(lab, policy, logged, caplog):
    caplog.set_level("INFO", "ringback")
    endpoint = lab.start("tcp.refused")
    with Session(policy=policy) as session, pytest.raises(requests.ConnectionError):
        session.get(f"http://user:hunter2@127.0.0.1:{endpoint.port}/p?token=hunter2")
    levels, lines = logged()
    assert len(levels) == 3
    assert f"http://127.0.0.1:{endpoint.port}/p: tcp.refused" in lines
    assert "hunter2" not in lines


def test_without_requests_the_message_says_what_to_install():
    script = "import sys; sys.modules['requests'] = None; import ringback; ringback.Session"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, text=True
    )
    assert "pip install 'ringback[requests]'" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("timeout", r"write policy=Policy\(timeout=…\)"),
        ("max_retries", r"write policy=Policy\(attempts=…\)"),
        ("headers", r"write session.headers.update\(…\)"),
        ("pool_maxsize", "Adapter"),
        ("nonsense", "unexpected keyword argument 'nonsense'$"),
    ],
)
def test_a_setting_by_another_librarys_name_is_told_by_its_own(name, told):
    with pytest.raises(TypeError, match=told):
        Session(**{name: 5})
