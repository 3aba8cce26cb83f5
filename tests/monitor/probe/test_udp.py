import contextlib
import socket
import threading


@contextlib.contextmanager
def answering(*answers):
    """A UDP service that says this to each datagram; gives its port and what it has received."""
    received = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            while (came := server.recvfrom(1024))[0] != b"end":
                received.append(came[0])
                for answer in answers:
                    server.sendto(answer, came[1])

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port, received
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"end", ("127.0.0.1", port))
            thread.join()


def at(looking, port, expect="", **options):
    expectations = {"send": "ping", "expect": expect}
    return looking.at(f"udp://127.0.0.1:{port}", "udp", expect=expectations, **options)


def test_any_answer_will_do(looking):
    with answering(b"pong") as (port, received):
        check = at(looking, port)

    assert check.up is True, check.detail
    assert set(check.timings) == {"dns", "first_byte"}
    assert received == [b"ping"]


def test_the_expected_answer_may_come_later(looking):
    with answering(b"hello", b"pong 1") as (port, _):
        assert at(looking, port, "pong").up is True


def test_another_answer_is_named(looking):
    with answering(b"hello") as (port, _):
        check = at(looking, port, "pong", timeout=1.5)

    assert (check.up, check.kind) == (False, "service.rejected")
    assert "hello" in check.detail


def test_a_flood_of_other_answers_ends(looking):
    with answering(*[b"hello"] * 200) as (port, _):
        assert at(looking, port, "pong", timeout=2.0).kind == "service.rejected"


def test_no_answer_at_all(looking):
    with answering() as (port, _):
        check = at(looking, port, timeout=0.5)

    assert (check.up, check.kind) == (False, "http.response.timed_out")
    assert check.detail == "no answer over UDP"


def test_nobody_there(looking):
    check = at(looking, 1)  # tcpmux, which nothing has served by UDP for decades

    assert (check.up, check.kind) == (False, "tcp.refused")
