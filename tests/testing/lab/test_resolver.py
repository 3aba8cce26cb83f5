import socket
import threading

import pytest
from until import until

from ringback.testing.lab.dns import ANSWERS, DNSAnswer, Nameserver, bind
from ringback.testing.lab.resolver import resolving
from tests.testing.lab.wire import WAIT_TIMEOUT

CODES = {
    "nxdomain": (socket.EAI_NONAME, "Name or service not known"),
    "dangling": (socket.EAI_NONAME, "Name or service not known"),
    "formerr": (socket.EAI_NONAME, "Name or service not known"),
    "filtered": (socket.EAI_NONAME, "Name or service not known"),
    "nodata": (socket.EAI_NODATA, "No address associated with hostname"),
    "servfail": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "refused": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "notimp": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "lame": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "silent": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "late": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "truncated-dead": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "wrong-id": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "wrong-question": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "dnssec-bogus": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "network-error": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
}
"""What glibc reports; ``test_network`` asks glibc itself."""

RESOLVED = {"ok": "127.0.0.1", "slow": "127.0.0.1", "truncated": "127.0.0.1", "zero": "0.0.0.0"}
UNANSWERED = {"silent", "late", "wrong-id", "wrong-question"}


@pytest.fixture(scope="module")
def server():
    with Nameserver(ANSWERS, bind("127.0.0.1")) as running:
        yield running


@pytest.mark.parametrize("label", CODES)
def test_a_failed_lookup_has_the_code_and_text_of_glibc(server, label):
    timeout = 0.05 if label in UNANSWERED else WAIT_TIMEOUT
    with (
        resolving(server.address, timeout=timeout),
        pytest.raises(socket.gaierror) as caught,
    ):
        socket.getaddrinfo(f"{label}.lab.test", 80)
    assert caught.value.args == CODES[label]


@pytest.mark.parametrize("label", sorted(RESOLVED.keys() - {"slow"}))
def test_a_lookup_that_succeeds_has_the_shape_of_the_system(server, label):
    with resolving(server.address, timeout=WAIT_TIMEOUT):
        found = socket.getaddrinfo(f"{label}.lab.test", 80, type=socket.SOCK_STREAM)
    assert found == socket.getaddrinfo(RESOLVED[label], 80, type=socket.SOCK_STREAM)


def test_every_label_has_its_code_or_resolves():
    assert RESOLVED.keys() == ANSWERS.keys() - CODES.keys()


def test_both_families_are_asked_and_one_can_be_chosen():
    answers = {"both": DNSAnswer(addresses=("127.0.0.1", "::1"))}
    with (
        Nameserver(answers, bind("127.0.0.1")) as server,
        resolving(server.address, timeout=WAIT_TIMEOUT),
    ):
        found = socket.getaddrinfo("both.lab.test", 80, type=socket.SOCK_STREAM)
        assert [info[4][0] for info in found] == ["127.0.0.1", "::1"]
        found = socket.getaddrinfo(b"both.lab.test", 80, socket.AF_INET6)
        assert {info[0] for info in found} == {socket.AF_INET6}


def test_a_closed_port_fails_at_once():
    closed = bind("127.0.0.1")
    address = closed[0].getsockname()
    for sock in closed:
        sock.close()
    with resolving(address, timeout=60), pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo("ok.lab.test", 80)
    assert caught.value.errno == socket.EAI_AGAIN


def test_a_question_is_asked_as_often_as_reported(server):
    with resolving(server.address, timeout=0.05, attempts=3), pytest.raises(socket.gaierror):
        socket.getaddrinfo("often.silent.lab.test", 80, socket.AF_INET)

    def asked():
        return [asked.name for asked in server.asked].count("often.silent.lab.test")

    until(lambda: asked() >= 3)  # nobody answers: the last may be read after we have given up
    assert asked() == 3


def test_other_names_and_literals_never_reach_the_lab():
    with (
        Nameserver(ANSWERS, bind("127.0.0.1")) as server,
        resolving(server.address, timeout=WAIT_TIMEOUT),
    ):
        assert socket.getaddrinfo("localhost", 80)
        assert socket.getaddrinfo("127.0.0.1", 80)
        assert socket.getaddrinfo(None, 80)
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("ok.lab.test", 80, flags=socket.AI_NUMERICHOST)
        assert socket.getaddrinfo("ok.lab.test", 80, socket.AF_INET)
        assert [asked.name for asked in server.asked] == ["ok.lab.test"]


def test_the_last_context_counts_and_the_system_function_comes_back(server):
    system = socket.getaddrinfo
    with Nameserver({"ok": DNSAnswer(addresses=("127.0.0.9",))}, bind("127.0.0.1")) as other:
        first, second = (
            resolving(server.address, timeout=WAIT_TIMEOUT),
            resolving(other.address, timeout=WAIT_TIMEOUT),
        )
        first.__enter__()
        second.__enter__()
        assert socket.getaddrinfo("ok.lab.test", 80)[0][4][0] == "127.0.0.9"
        first.__exit__(None, None, None)
        assert socket.getaddrinfo("ok.lab.test", 80)[0][4][0] == "127.0.0.9"
        second.__exit__(None, None, None)
    assert socket.getaddrinfo is system


def test_threads_can_enter_and_leave_at_any_time(server):
    system = socket.getaddrinfo
    errors = []

    def look_up():
        try:
            for _ in range(20):
                with resolving(server.address, timeout=WAIT_TIMEOUT):
                    socket.getaddrinfo("ok.lab.test", 80)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=look_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert socket.getaddrinfo is system


def test_a_replacement_made_meanwhile_is_left_alone(server):
    system = socket.getaddrinfo

    def theirs(*args, **kwargs):
        return ours(*args, **kwargs)

    try:
        with resolving(server.address, timeout=WAIT_TIMEOUT):
            ours, socket.getaddrinfo = socket.getaddrinfo, theirs
            assert socket.getaddrinfo("ok.lab.test", 80)
        assert socket.getaddrinfo is theirs
        assert socket.getaddrinfo("127.0.0.1", 80) == system("127.0.0.1", 80)
        with resolving(server.address, timeout=WAIT_TIMEOUT):
            assert socket.getaddrinfo("ok.lab.test", 80)
    finally:
        socket.getaddrinfo = system  # monkeypatch would put back what stood there within the block
