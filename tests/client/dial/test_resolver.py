import os
import socket
import threading

import pytest

from ringback.client.dial import LookupTimedOut, names, resolve

AGAIN = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def hosts(found):
    return [address[4][0] for address in found]


def test_it_says_what_the_systems_function_says():
    for host in ("localhost", "127.0.0.1", "127.1"):
        assert resolve(host, 80) == socket.getaddrinfo(host, 80, 0, socket.SOCK_STREAM)


def test_addresses_are_not_asked_for_in_a_thread(monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", None)

    assert hosts(resolve("192.0.2.1", 80)) == ["192.0.2.1"]
    assert resolve("2001:db8::1", 80)[0][4] == ("2001:db8::1", 80, 0, 0)
    assert hosts(resolve("[2001:db8::1]", 80)) == ["2001:db8::1"]


def test_a_name_is_asked_for_once_for_every_port(c_library):
    c_library.answers["api.test"] = ["192.0.2.1", "2001:db8::1"]

    assert resolve("api.test", 80)[0][4] == ("192.0.2.1", 80)
    assert resolve("api.test", 443)[1][4] == ("2001:db8::1", 443, 0, 0)
    assert c_library.asked == ["api.test"]
    assert list(names.entries()) == [("api.test", 0)]


def test_a_name_that_does_not_exist_is_remembered(c_library):
    c_library.answers["typo.test"] = NO_NAME

    for _ in range(3):
        with pytest.raises(socket.gaierror) as caught:
            resolve("typo.test", 80)
        assert caught.value.args == NO_NAME.args
    assert c_library.asked == ["typo.test"]


def test_a_resolver_that_fails_is_asked_again(c_library):
    c_library.answers["api.test"] = AGAIN

    for _ in range(2):
        with pytest.raises(socket.gaierror, match="Temporary failure"):
            resolve("api.test", 80)
    assert c_library.asked == ["api.test"] * 2


def test_an_old_answer_is_used_when_the_resolver_is_stuck(c_library):
    c_library.answers["api.test"] = ["192.0.2.1"]
    resolve("api.test", 80)
    names.expire(("api.test", 0))
    stuck = c_library.answers["api.test"] = threading.Event()

    assert hosts(resolve("api.test", 80, timeout=0.1)) == ["192.0.2.1"]
    stuck.set()


@pytest.mark.parametrize("number", [socket.EAI_NONAME, socket.EAI_NODATA])
def test_an_old_answer_is_not_used_when_the_resolver_says_that_it_is_gone(
    c_library, monkeypatch, number
):
    monkeypatch.setattr("ringback.client.dial.resolver.STALE_TIMEOUT", 60.0)
    c_library.answers["api.test"] = ["192.0.2.1"]
    resolve("api.test", 80)
    names.expire(("api.test", 0))
    c_library.answers["api.test"] = socket.gaierror(number, "gone")

    with pytest.raises(socket.gaierror, match="gone"):
        resolve("api.test", 80)
    assert names.stale_entry(("api.test", 0)) is None


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test", "\ud800.test"])
def test_what_cannot_be_a_name_takes_no_thread(host, monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", None)

    with pytest.raises(UnicodeError):
        resolve(host, 80)


# Another function in the place of ``socket.getaddrinfo``


def test_what_replaces_the_systems_function_is_asked_every_time_and_with_the_port(replaced):
    replaced.answers |= {"api.test": ["192.0.2.1"], "192.0.2.1": ["192.0.2.2"]}

    for port in (80, 80, 443):
        assert resolve("api.test", port)[0][4] == ("192.0.2.1", port)
    assert hosts(resolve("192.0.2.1", 80)) == ["192.0.2.2"]
    assert replaced.asked == [*["api.test"] * 3, "192.0.2.1"]
    assert not names.entries()


def test_it_does_not_see_what_was_kept_before_nor_leave_anything_behind(c_library, monkeypatch):
    c_library.answers["api.test"] = ["192.0.2.1"]
    resolve("api.test", 80)

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_: [])
        assert resolve("api.test", 80) == []
    assert hosts(resolve("api.test", 80)) == ["192.0.2.1"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_begins_anew(c_library):
    stuck = threading.Event()
    c_library.answers |= {"kept.test": ["192.0.2.1"], "stuck.test": stuck}
    resolve("kept.test", 80)
    with pytest.raises(LookupTimedOut):
        resolve("stuck.test", 80, timeout=0.05)
    c_library.answers |= {"kept.test": ["192.0.2.2"], "stuck.test": ["192.0.2.3"]}

    child = os.fork()
    if not child:
        found = hosts(resolve("kept.test", 80) + resolve("stuck.test", 80))
        os._exit(0 if found == ["192.0.2.2", "192.0.2.3"] else 1)
    _, status = os.waitpid(child, 0)
    stuck.set()

    assert os.waitstatus_to_exitcode(status) == 0
    assert hosts(resolve("kept.test", 80)) == ["192.0.2.1"]


def test_an_old_answer_is_used_when_the_resolver_fails_and_for_a_while_not_asked_again(c_library):
    c_library.answers["api.test"] = ["192.0.2.1"]
    resolve("api.test", 80)
    names.expire(("api.test", 0))
    c_library.answers["api.test"] = AGAIN

    for _ in range(3):
        assert hosts(resolve("api.test", 80)) == ["192.0.2.1"]
    assert c_library.asked == ["api.test"] * 2
