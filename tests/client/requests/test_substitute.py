"""An adapter that others have a session send by in the place of the one that is mounted."""

from types import MethodType

import pytest
import requests
from requests.adapters import BaseAdapter

import ringback
from ringback import errors

URL = "http://orders.example/1"


class Fake(BaseAdapter):
    """Answers with what it is given, exceptions raised; notes what it is asked."""

    def __init__(self, *answers):
        super().__init__()
        self.answers = list(answers)
        self.seen = []

    def send(self, request, **options):
        self.seen.append((request.method, options["timeout"]))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, response.url, response.request = answer, request.url, request
        response._content = b"mocked"
        return response

    def close(self):
        """Has nothing to close."""


class NoAnswerError(requests.ConnectionError):
    """Of the same package as the adapter: what it says of itself."""


@pytest.fixture
def session(policy, events):
    with ringback.Session(policy=policy, sinks=[events.append]) as session:
        yield session


def send_by(session, adapter):
    """Replace what chooses the adapter, as requests-mock does."""
    session.get_adapter = MethodType(lambda session, url: adapter, session)


def test_its_failures_are_tried_again(session, events):
    fake = Fake(requests.ConnectTimeout(), 503, 200)
    send_by(session, fake)
    assert session.get(URL).text == "mocked"
    assert [method for method, _ in fake.seen] == ["GET"] * 3
    assert [event.failure and event.failure.kind for event in events] == [
        "tcp.timed_out",
        "http.error.unavailable",
        None,
    ]


def test_what_may_have_been_processed_is_not(session):
    fake = Fake(requests.ReadTimeout())
    send_by(session, fake)
    with pytest.raises(errors.ReadTimeout) as caught:
        session.post(URL, data=b"order")
    assert (caught.value.failure.delivered, len(fake.seen)) == ("maybe", 1)


def test_what_it_says_of_itself_is_said_once_and_of_no_failed_call(session, events):
    said = NoAnswerError("none")
    fake = Fake(said)
    send_by(session, fake)
    with pytest.raises(NoAnswerError):
        session.get(URL)
    assert (len(fake.seen), events) == (1, [])


def test_the_mounted_adapter_sends_again_once_it_is_gone(session, lab):
    send_by(session, Fake())
    mounted = requests.Session.get_adapter(session, URL)
    session.get_adapter = MethodType(requests.Session.get_adapter, session)  # as it is put back
    assert session.get_adapter(URL) is mounted
    assert session.get(lab.start("ok").url).status_code == 200
    del session.get_adapter
    assert session.get_adapter(URL) is mounted


def test_a_session_says_where_ringback_has_no_say(session, caplog):
    session.mount("http://", Fake())
    assert [record.message for record in caplog.records] == [
        "calls to http:// go through Fake from now on: without policy, retries and events"
    ]


def test_it_says_nothing_of_an_adapter_for_one_service_or_of_its_own(session, caplog):
    session.mount("http://orders.example/", Fake())
    session.mount("https://", ringback.Adapter())
    assert caplog.records == []


def test_a_session_may_stand_in_the_place_of_requests_own(lab, monkeypatch):
    for owner in (requests, requests.sessions):
        monkeypatch.setattr(owner, "Session", ringback.Session)
    monkeypatch.setenv("NO_PROXY", "*")
    assert requests.get(lab.start("ok").url).status_code == 200
