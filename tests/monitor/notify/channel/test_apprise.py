import email
import email.policy

import pytest
from aiosmtpd.controller import Controller
from monitor.notify.made import held_port, message, story

from ringback.monitor.notify.channel import NotifierInvalid, NotSent, channel_of
from ringback.monitor.notify.settings import NotifierSettings


def notifier(url, **fields):
    known = {"name": "people", "type": "apprise", "url": url, "timeout": 60.0}
    return channel_of(NotifierSettings(**{**known, **fields}))


class Inbox:
    def __init__(self):
        self.got, self.answer = [], "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - as aiosmtpd calls it
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.got.append(parsed)
        return self.answer


@pytest.fixture
def inbox():
    inbox = Inbox()
    held = held_port()
    port = held.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=60.0)
    controller.start()
    inbox.url = (
        f"mailto://127.0.0.1:{port}/?from=ringback@mon.invalid&to=ops@mon.invalid&mode=insecure"
    )
    yield inbox
    controller.stop()
    held.close()


def test_a_mail_arrives(inbox):
    notifier(inbox.url).send(message(story()))

    (mail,) = inbox.got
    assert "[DOWN] shop-1" in mail["Subject"]
    text = mail.get_body(("plain", "html")).get_content()
    assert "Since" in text
    assert "https://mon.invalid/incidents/i1" in text


@pytest.mark.parametrize("format_", ["text", "markdown", "html"])
def test_hostile_text_stays_text_in_a_mail(inbox, format_):
    hostile = "<script>alert(1)</script> <img src=x>"
    url = inbox.url + "&format=html"
    notifier(url, options={"format": format_}).send(message(story(summary=hostile)))

    whole = "".join(
        part.get_content() for part in inbox.got[0].walk() if part.get_content_type() == "text/html"
    )
    assert "script" in whole
    assert "<script" not in whole
    assert "<img" not in whole


def test_a_mail_server_that_refuses_is_a_failure(inbox):
    inbox.answer = "554 no"
    with pytest.raises(NotSent):
        notifier(inbox.url).send(message(story()))


def test_why_it_failed_is_notified_without_tokens(unused_port):
    token = "T1JJTRBCBR/TEMSN8H94/abcdefghijklmnopqrstuvwx"
    url = f"json://user:secretpassword@127.0.0.1:{unused_port}/{token}?secretkey=1"
    with pytest.raises(NotSent) as raised:
        notifier(url).send(message(story()))

    assert raised.value.reason
    assert "secret" not in raised.value.reason
    assert "abcdefghij" not in raised.value.reason


def test_a_service_that_is_silent_is_given_up_in_time(receiver):
    receiver.gate.clear()
    with pytest.raises(NotSent):
        notifier(f"json://127.0.0.1:{receiver.port}/", timeout=0.1).send(message(story()))


@pytest.mark.parametrize("url", ["", "nosuchservice://secret", "no url"])
def test_a_url_that_apprise_does_not_know_is_refused_at_once(url):
    with pytest.raises(NotifierInvalid) as raised:
        notifier(url)

    assert "people" in str(raised.value)
    assert "secret" not in str(raised.value)
