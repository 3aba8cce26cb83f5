import time

import pytest


def test_a_port_that_accepts(looking, lab):
    check = looking.at(lab.start("ok").url.replace("http", "tcp"), "tcp")

    assert check.up is True
    assert set(check.timings) == {"dns", "connect"}
    assert check.address == "127.0.0.1"


def echo(connection):
    while data := connection.socket.recv(100):
        connection.send(b"+" + data)


def test_what_is_expected_may_come_in_pieces(looking, lab):
    def in_pieces(connection):
        connection.send(b"220 mail.ex")
        connection.socket.recv(1)
        connection.send(b"ample ready\r\n")
        connection.socket.recv(100)

    started = lab.listen(in_pieces, scheme="tcp")

    check = looking.at(started.url, "tcp", expect={"send": "EHLO x\r\n", "expect": "example"})

    assert check.up is True
    assert set(check.timings) == {"dns", "connect", "first_byte", "transfer"}


def test_what_is_sent_is_answered(looking, lab):
    started = lab.listen(echo, scheme="tcp")

    assert looking.at(started.url, "tcp", expect={"send": "PING", "expect": "+PING"}).up is True


def test_an_answer_that_is_not_expected(looking, lab):
    started = lab.listen(lambda connection: connection.send(b"-ERR go away\r\n"), scheme="tcp")

    check = looking.at(started.url, "tcp", expect={"expect": "+OK"})

    assert (check.up, check.kind) == (False, "service.rejected")
    assert "-ERR go away" in check.detail


def test_no_answer_at_all(looking, lab):
    started = lab.listen(lambda connection: None, scheme="tcp")

    check = looking.at(started.url, "tcp", expect={"expect": "+OK"})

    assert (check.up, check.kind) == (False, "tcp.closed")


def test_an_answer_that_does_not_come(looking, lab):
    started = lab.start("http.response.timed_out:silent")
    began = time.monotonic()

    check = looking.at(
        started.url.replace("http", "tcp"), "tcp", timeout=1.2, expect={"expect": "+OK"}
    )

    assert (check.up, check.kind) == (False, "http.response.timed_out")
    assert 1.15 < check.seconds <= time.monotonic() - began


@pytest.mark.parametrize("fault", ["tcp.refused", "tcp.timed_out:backlog_full"])
def test_a_port_that_does_not_accept(looking, lab, fault):
    url = lab.start(fault).url.replace("http", "tcp")

    check = looking.at(url, "tcp", timeout=0.5 if "timed_out" in fault else 30.0)

    assert (check.up, check.kind) == (False, fault.partition(":")[0])


def test_a_url_without_a_port_cannot_be_looked_at(looking):
    assert looking.at("tcp://127.0.0.1", "tcp").up is None


def test_it_may_not_take_longer_than_is_expected(looking, lab):
    check = looking.at(
        lab.start("ok").url.replace("http", "tcp"), "tcp", expect={"latency": 0.000001}
    )

    assert (check.up, check.kind) == (False, "client.deadline_exceeded")
