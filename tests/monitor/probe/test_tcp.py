def at(looking, started, **options):
    return looking.at(started.url.replace("http", "tcp"), "tcp", **options)


def test_port_that_accepts(looking, lab):
    check = at(looking, lab.start("ok"))

    assert check.up is True
    assert set(check.timings) == {"dns", "connect"}
    assert check.address == "127.0.0.1"


def test_expected_answer_may_come_in_pieces(looking, lab):
    def in_pieces(connection):
        connection.send(b"220 mail.ex")
        connection.socket.recv(1)
        connection.send(b"ample ready\r\n")
        connection.socket.recv(100)

    expect = {"send": "EHLO x\r\n", "expect": "example"}
    check = at(looking, lab.listen(in_pieces), expect=expect)

    assert check.up is True
    assert set(check.timings) == {"dns", "connect", "first_byte", "transfer"}


def test_answer_that_is_not_expected(looking, lab):
    started = lab.listen(lambda connection: connection.send(b"-ERR go away\r\n"))

    check = at(looking, started, expect={"expect": "+OK"})

    assert (check.up, check.kind) == (False, "service.rejected")
    assert "-ERR go away" in check.detail


def test_connection_that_ends_without_an_answer(looking, lab):
    check = at(looking, lab.listen(lambda connection: None), expect={"expect": "+OK"})

    assert (check.up, check.kind) == (False, "tcp.closed")


def test_port_that_accepts_nobody_times_out(looking, lab):
    check = at(looking, lab.start("tcp.timed_out:backlog_full"), timeout=0.2)

    assert (check.up, check.kind) == (False, "tcp.timed_out")


def test_url_without_a_port_cannot_be_checked(looking):
    assert looking.at("tcp://127.0.0.1", "tcp").up is None
