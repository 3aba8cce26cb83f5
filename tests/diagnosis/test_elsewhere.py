"""A redirect to another host is looked at to its end, politely, and without what was for the first.

Both hosts are this one here: ``127.0.0.1`` and ``localhost``.
"""

import pytest

from ringback.client.proxies import Proxies
from ringback.diagnosis import diagnose
from ringback.diagnosis.context import CONNECTIONS, DiagnosisContext, Options
from ringback.diagnosis.layer.url import parse_target
from ringback.testing.lab.message import response


def answering(lab, answer):
    def handler(connection):
        while connection.read_request():
            connection.send(answer)

    return lab.listen(handler, scheme="http")


def redirecting(lab, port, userinfo=""):
    place = f"Location: http://{userinfo}localhost:{port}/end?token=1"
    return answering(lab, response(302, b"", place, "Set-Cookie: session=1"))


def test_a_port_that_refuses_there_is_what_is_broken(lab, unused_port):
    found = diagnose(redirecting(lab, unused_port).url)

    assert (found.verdict.kind, found.verdict.cause) == ("tcp.refused", "service_down")
    assert f"redirects to http://localhost:{unused_port}/end. " in found.verdict.summary


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_there_that_the_program_may_judge_is_healthy(lab, status):
    there = answering(lab, response(status, b""))
    found = diagnose(redirecting(lab, there.port).url)

    assert found.verdict.healthy
    assert there.requests == 1


@pytest.mark.parametrize(("path", "title"), [("login", ""), ("end", "<title>Hotel Wi-Fi</title>")])
def test_a_login_page_of_another_host_is_not_what_was_asked_for(lab, path, title):
    there = answering(lab, response(200, title.encode(), "Content-Type: text/html"))
    place = f"Location: http://localhost:{there.port}/{path}"
    found = diagnose(answering(lab, response(302, b"", place)).url).verdict

    assert (found.cause, found.kind) == ("login_elsewhere", "http.error.captive_portal")
    assert found.confidence <= 0.8
    assert [other.cause for other in found.alternatives] == ["unauthorized"]
    assert "another host, localhost" in found.summary


def test_a_redirect_from_there_is_followed_as_well(lab, unused_port):
    onward = answering(lab, response(302, b"", f"Location: http://127.0.0.2:{unused_port}/"))
    found = diagnose(redirecting(lab, onward.port).url)

    assert found.verdict.cause == "service_down"
    assert f"127.0.0.2:{unused_port}" in found.verdict.summary


def test_two_hosts_that_redirect_to_each_other_are_a_loop(lab):
    ports = {}

    def handler(connection):
        here = connection.socket.getsockname()[1]
        other = ports[here]
        while connection.read_request():
            connection.send(response(302, b"", f"Location: {other}"))

    first, second = lab.listen(handler, scheme="http"), lab.listen(handler, scheme="http")
    ports[first.port] = f"http://localhost:{second.port}/"
    ports[second.port] = f"http://127.0.0.1:{first.port}/"

    assert diagnose(f"http://127.0.0.1:{first.port}/").verdict.cause == "redirect_loop"


def test_it_is_sent_nothing_that_was_for_the_first(lab):
    there = answering(lab, response(200, b""))
    diagnose(redirecting(lab, there.port, "user:secret@").url)
    asked = b"".join(bytes(connection.received) for connection in there.seen)

    assert b"/end?token=1" in asked
    assert b"Cookie" not in asked
    assert b"Authorization" not in asked


def test_the_connections_there_count_with_the_first_ones():
    first = DiagnosisContext(parse_target("http://a.example/"), Options())
    second = DiagnosisContext(parse_target("http://b.example/"), Options(), behind=first)

    made = [second.may_connect(f"192.0.2.{n}", 80) for n in range(CONNECTIONS)]

    assert all(made)
    assert not first.may_connect("198.51.100.1", 80)


def test_no_host_is_asked_at_an_address_that_is_not_allowed(lab):
    there = answering(lab, response(200, b""))
    here = redirecting(lab, there.port)
    allowed = []

    def may_reach(address):
        allowed.append(address)
        return len(allowed) == 1

    found = diagnose(here.url, may_reach=may_reach)

    assert (here.requests, there.requests) == (1, 0)
    assert found.complete
    assert allowed[0] == "127.0.0.1"
    with pytest.raises(ValueError, match=r"is at 127\.0\.0\.1"):
        diagnose(here.url, may_reach=lambda _: False)
    assert here.requests == 1


def test_no_proxy_looks_up_what_may_be_at_an_address_that_is_not_allowed(lab):
    proxy = lab.listen(lambda connection: connection.send(response(200, b"")), scheme="http")
    with pytest.raises(ValueError, match="only looked up by the proxy"):
        diagnose("http://nowhere.invalid/", proxies=Proxies(proxy.url), may_reach=lambda _: True)
    assert proxy.requests == 0
