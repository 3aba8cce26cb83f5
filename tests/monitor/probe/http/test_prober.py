import asyncio
import itertools
import threading
import time

import pytest
from nightly import one_of_each
from requires import requires

from ringback.monitor.probe import connect
from ringback.monitor.probe.http import connection as http_connection
from ringback.testing.lab import FAULTS
from ringback.testing.lab.message import answering, head, response


def test_a_healthy_endpoint(looking, lab):
    began = time.time()

    check = looking.at(lab.start("ok").url)

    assert check.up is True
    assert check.kind is None
    assert check.status == 200
    assert check.address == "127.0.0.1"
    assert check.vantage == "here"
    assert check.origin == "probe"
    assert set(check.timings) == {"dns", "connect", "first_byte", "transfer"}
    assert sum(check.timings.values()) <= check.seconds + 0.01
    assert began <= check.at <= time.time()


NAMED_OTHERWISE = {
    "tcp.closed:on_accept": "http.response.invalid.empty",
    "tcp.closed:mid_request": "http.response.invalid.empty",
    "tls.closed:after_request": "http.response.invalid.empty",
    "http.request.timed_out:upload_not_read": "http.response.timed_out",
    "http.request.timed_out:upload_not_read_tls": "http.response.timed_out",
    "dns.temporary_failure:servfail": "dns.server",
}
"""What a probe sees of some faults of the lab, which sends no large request."""

ELSEWHERE = (
    "tcp.closed.stale",
    "tcp.refused:",
    "tls.cert.revoked",
    "tls.closed:without_close_notify",
    "http.response.invalid.content_decoding",
    "http.response.unexpected_content",
    "http.protocol.error:content_length_too_short",
)
"""Faults that are no failure unless the body is read, at another time, or not to be told."""


def kind_of(fault):
    return NAMED_OTHERWISE.get(fault, fault.partition(":")[0])


MET = [
    name
    for name, fault in FAULTS.items()
    if name.startswith(("tcp.", "tls.", "http.")) and "netns" not in fault.needs
    if not name.startswith(ELSEWHERE)
]
MET += ["dns.name_not_resolved", "dns.no_address", "dns.temporary_failure:servfail"]
SILENT = [name for name in MET if "timed_out" in name]
AT_ONCE = [name for name in MET if name not in SILENT]


@pytest.mark.parametrize("fault", one_of_each(AT_ONCE, kind_of))
def test_every_fault_has_its_kind(looking, lab, fault):
    requires(*FAULTS[fault].needs)
    check = looking.fault(lab.start(fault), lab)

    assert (check.up, check.kind) == (False, kind_of(fault))
    assert check.detail
    assert "\n" not in check.detail


def test_whatever_is_silent_has_the_kind_of_its_phase(looking, lab):
    silent = [lab.start(fault) for fault in SILENT]
    behind = lab.start("http.response.timed_out:silent").url
    silent.append(lab.listen(answering(head(302, f"Location: {behind}", "Content-Length: 0"))))
    checks = looking.all_at(looking.endpoint_of(one, lab, timeout=1.5) for one in silent)

    kinds = [*map(kind_of, SILENT), "http.response.timed_out"]
    assert [(check.up, check.kind) for check in checks] == [(False, kind) for kind in kinds]


def test_silent_nameserver_has_its_kind(looking, lab, monkeypatch):
    monkeypatch.setattr(connect, "_NAMESERVER_TIMEOUT", 0.1)
    check = looking.fault(lab.start("dns.unreachable:silent"), lab, lookup=0.1)

    assert (check.up, check.kind) == (False, "dns.unreachable")


def test_request_is_sent_to_an_expired_certificate_only_without_verification(looking, lab):
    started = lab.start("tls.cert.date_invalid.expired")

    def received():
        return sum(len(seen.received) for seen in started.seen)

    before = received()  # by other tests: the lab has one such server
    refused = looking.fault(started, lab)
    assert refused.certificate.not_after < time.time()
    assert received() == before

    check = looking.fault(started, lab, verify=False)
    assert check.up is True
    assert set(check.timings) == {"dns", "connect", "tls", "first_byte", "transfer"}
    assert check.certificate.not_after < time.time()
    assert received() > before


def test_a_connection_is_kept_and_made_anew_from_time_to_time(looking, lab):
    started = lab.listen(answering(response(200, b"{}")))
    prober = looking.prober(started.url, options={"fresh_after": 3})

    checks = [looking.once(prober) for _ in range(12)]
    prober.close()

    assert all(check.up for check in checks)
    assert {check.address for check in checks} == {"127.0.0.1"}
    # One that is kept needs no name and no handshake.
    assert any(set(check.timings) == {"first_byte", "transfer"} for check in checks)
    assert started.requests == 12
    assert len(started.seen) in {4, 5}


def test_an_answer_that_was_not_asked_for_is_nobodys(looking, lab):
    started = lab.listen(answering(response(200, b"{}") + response(500, b"no")))
    other = looking.prober(lab.start("ok").url, options={"fresh_after": 100})
    prober = looking.prober(started.url, options={"fresh_after": 100})

    checks = [looking.once(asked) for asked in (other, prober, other, prober)]
    other.close()
    prober.close()

    assert [check.status for check in checks] == [200] * 4
    assert len(started.seen) == 2, "what follows an answer is not kept for the next"


async def while_true(condition):
    async with asyncio.timeout(60):
        while condition():
            await asyncio.sleep(0.005)


def test_the_server_ends_a_connection_that_is_for_one_check(looking, lab):
    """Whoever ends it holds its port for a minute: 14,000 of ours make each connection slow."""
    requests, left_to_us, checked = [], [], threading.Event()

    def answer_and_end(connection):
        requests.append(connection.read_request())
        connection.send(response(200, b"{}"))
        assert checked.wait(30)
        connection.socket.setblocking(False)
        try:
            left_to_us.append(connection.socket.recv(1))
        except BlockingIOError:
            left_to_us.append(None)

    prober = looking.prober(lab.listen(answer_and_end).url, options={"fresh_after": 1})
    check = looking.once(prober)
    (ours,) = looking.context.closing
    checked.set()
    looking.run(while_true(lambda: looking.context.closing))

    assert check.up is True
    assert requests[0].headers["connection"] == "close"
    assert left_to_us == [None]
    assert not ours.usable


def test_a_server_that_does_not_end_its_connection_is_not_waited_for(looking, lab, monkeypatch):
    monkeypatch.setattr(http_connection, "CLOSE_TIMEOUT", 0.05)
    prober = looking.prober(lab.start("ok").url, options={"fresh_after": 1})
    assert looking.once(prober).up is True

    looking.run(while_true(lambda: looking.context.closing))


def test_one_of_two_servers_that_is_dead_is_not_hidden_by_a_connection_to_the_other(looking, lab):
    connections = itertools.count()

    def every_other_is_dead(connection):
        if next(connections) % 2:
            return
        while connection.read_request():
            connection.send(response(200, b"{}"))

    started = lab.listen(every_other_is_dead)
    prober = looking.prober(started.url, options={"fresh_after": 10})
    ups = [looking.once(prober).up for _ in range(10 + 8)]
    prober.close()

    first = ups.index(False)
    assert first <= 10
    assert ups[first : first + 6] == [False, True] * 3


@pytest.mark.parametrize("fault", ["tcp.closed.stale", "tcp.closed.stale:reset"])
def test_a_connection_kept_too_long_says_nothing_of_the_server(looking, lab, fault):
    prober = looking.prober(lab.start(fault).url, options={"fresh_after": 100})

    checks = [looking.once(prober) for _ in range(6)]
    prober.close()

    assert [check.up for check in checks] == [True] * 6


def test_what_cannot_be_repeated_is_not_sent_over_a_kept_connection(looking, lab):
    started = lab.listen(answering(response(200, b"{}")))
    prober = looking.prober(started.url, method="POST", options={"body": "a=1"})

    looking.once(prober)
    looking.once(prober)
    prober.close()

    assert len(started.seen) == 2
    assert bytes(started.seen[0].received).endswith(b"Content-Length: 3\r\n\r\na=1")


def test_a_large_body_is_left(looking, lab):
    def without_end(connection):
        connection.read_request()
        connection.send(head(200, f"Content-Length: {10**15}"))
        while True:
            connection.send(bytes(65536))

    assert looking.at(lab.start("ok:large_body").url).up is True
    assert looking.at(lab.listen(without_end).url).up is True
    assert looking.at(lab.start("ok").url, method="HEAD").up is True  # which has no body


def test_check_can_be_cancelled(looking, lab):
    started, told = lab.start("http.response.timed_out:silent"), []
    prober = looking.prober(started.url)
    before = len(started.seen)

    async def look():
        prober.begin(told.append)
        await while_true(lambda: len(started.seen) == before)
        prober.cancel()
        await asyncio.sleep(0)

    looking.run(look())
    prober.close()

    assert told == []


def test_headers_and_credentials_reach_the_server_and_no_detail(looking, lab):
    started = lab.listen(answering(response(500, b"{}")))
    url = started.url.replace("http://", "http://user:secret@") + "?token=secret"

    check = looking.at(url, headers={"X-Token": "secret", "Host": "www.example"})

    request = bytes(started.seen[0].received)
    assert b"Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in request
    assert b"X-Token: secret\r\n" in request
    assert request.count(b"Host: ") == 1
    assert b"User-Agent: ringback\r\n" in request
    assert "secret" not in check.detail


@pytest.mark.parametrize("url", ["http://[::1", "ftp://h/", "http://", "http://h:99999/"])
def test_url_that_cannot_be_used_blames_nobody(looking, url):
    check = looking.at(url)

    assert check.up is None
    assert "cannot be checked" in check.detail


def test_header_with_a_line_break_is_not_sent(looking, lab):
    assert looking.at(lab.start("ok").url, headers={"X": "a\r\nY: b"}).up is None


def test_an_end_that_is_not_expected_asks_for_a_look(looking, lab):
    told = []
    looking.context.on_lost = told.append

    def answer_and_leave(connection):
        connection.read_request()
        connection.send(response(200, b"{}"))

    prober = looking.prober(lab.listen(answer_and_leave).url, options={"fresh_after": 100})

    for _ in range(3):
        assert looking.once(prober).up is True
        looking.run(while_true(lambda: looking.context.kept))
    prober.close()

    assert told[0] == "e"
    assert looking.context.kept == 0


LENGTH = b"Content-Length: 5\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (OK + b"X-A: one\r\n two\r\n" + LENGTH + b"\r\nhello", "whitespace after header value"),
        (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "Missing expected CR"),
        (OK + LENGTH + b"X-A: one\r\n" + LENGTH.lower() * 2 + b"\r\nhello", "Content-Length"),
        (
            OK + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "Transfer-Encoding can't be present with Content-Length",
        ),
        (OK + b"X-A: o\x01ne\r\n" + LENGTH + b"\r\nhello", "Invalid header value char"),
    ],
    ids=["folded", "LF alone", "equal lengths", "length and chunks", "control character"],
)
@pytest.mark.parametrize("pieces", [False, True])
def test_a_malformed_answer_that_clients_take_is_up_with_a_remark(
    looking, lab, answer, said, pieces
):
    def handler(connection):
        while connection.read_request():
            middle = answer.index(b"hello") - 5 if pieces else 0
            connection.send(answer[:middle])
            never.wait(0.05 if pieces else 0)  # so that two segments arrive, as nearly always
            connection.send(answer[middle:])

    never = threading.Event()
    prober = looking.prober(lab.listen(handler).url, expect={"body_matches": ("^hello$",)})
    for _ in range(2):
        check = looking.once(prober)
        assert (check.up, check.kind, check.status) == (True, None, 200), check.detail
        assert check.detail.startswith("malformed, but clients take it: ")
        assert said in check.detail
    prober.close()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"X-A: o\0ne\r\nContent-Length: 5\r\n",
        b"X A: one\r\nContent-Length: 5\r\n",
    ],
)
def test_what_clients_do_not_take_or_differ_in_is_a_failure(looking, lab, head):
    check = looking.at(lab.listen(answering(OK + head + b"\r\nhello!")).url)

    assert (check.up, check.kind) == (False, "http.protocol.error")
