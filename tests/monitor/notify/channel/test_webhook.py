import time

import pytest
from monitor.notify.made import message, story, webhook

from ringback.monitor.notify.channel import NotifierInvalid, NotSent, channel_of
from ringback.monitor.notify.signature import SIGNATURE_HEADER, is_signed


def test_it_is_signed_and_has_its_key(receiver):
    channel_of(webhook(receiver, secret="key", headers={"X-Own": "1"})).send(message(story()))

    ((path, headers, body),) = receiver.got
    assert path == "/hook"
    assert is_signed(headers[SIGNATURE_HEADER.lower()], "key", body, time.time())
    assert (headers["idempotency-key"], headers["x-own"]) == ("m1", "1")
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "rejected"),
    [(301, True), (400, True), (404, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_an_answer_that_is_no_success_says_whether_to_try_again(receiver, status, rejected):
    receiver.status, receiver.headers = status, [f"Location: {receiver.url}"]
    with pytest.raises(NotSent, match=f"answered {status}") as raised:
        channel_of(webhook(receiver)).send(message(story()))

    assert (raised.value.rejected, raised.value.not_delivered) == (rejected, True)
    assert len(receiver.got) == 1


def test_a_refused_connection_has_surely_delivered_nothing(unused_port, receiver):
    url = f"http://user:secret@127.0.0.1:{unused_port}/secret"
    with pytest.raises(NotSent, match=r"^tcp\.refused at 127") as raised:
        channel_of(webhook(receiver, url=url)).send(message(story()))

    assert raised.value.not_delivered
    assert raised.value.failure.kind == "tcp.refused"


def test_a_receiver_that_is_silent_may_have_got_it(receiver):
    receiver.gate.clear()
    with pytest.raises(NotSent) as raised:
        channel_of(webhook(receiver, timeout=0.5)).send(message(story()))

    assert not raised.value.not_delivered


@pytest.mark.parametrize("url", ["", "shop", "ftp://host/", "http://", "http:///path"])
def test_a_url_that_is_none_is_refused_at_once(receiver, url):
    with pytest.raises(NotifierInvalid, match="hook"):
        channel_of(webhook(receiver, url=url))
