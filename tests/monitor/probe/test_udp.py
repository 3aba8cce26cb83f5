import contextlib
import socket
import threading

import pytest


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


@pytest.mark.parametrize(
    ("answers", "expect", "timeout", "kind"),
    [
        ([b"pong"], "", 30.0, None),
        ([b"hello", b"pong 1"], "pong", 30.0, None),
        ([b"hello"], "pong", 1.0, "service.rejected"),
        ([b"hello"] * 200, "pong", 30.0, "service.rejected"),
        ([], "", 0.3, "http.response.timed_out"),
    ],
    ids=["any", "later", "other", "flood", "none"],
)
def test_answer_that_is_expected_or_not(looking, answers, expect, timeout, kind):
    with answering(*answers) as (port, received):
        check = at(looking, port, expect, timeout=timeout)

    assert (check.up, check.kind) == (kind is None, kind), check.detail
    assert received[0] == b"ping"
    assert ("hello" in check.detail) is (kind == "service.rejected")


def test_nobody_there(looking):
    check = at(looking, 1)  # tcpmux, which nothing has served by UDP for decades

    assert (check.up, check.kind) == (False, "tcp.refused")
