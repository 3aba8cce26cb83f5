import pytest

from ringback.failure.text.fold import fold
from ringback.failure.text.scan import numbers


def kinds(text):
    return {finding.clue.kind for finding in numbers(fold(text))}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[Errno 111] Connection refused", "tcp.refused"),
        ("[Errno 61] Connection refused", "tcp.refused"),
        ("[WinError 10061] …", "tcp.refused"),
        ("WinError 10065", "tcp.address_unreachable.host"),
        ("[WinError 1225] refused", "tcp.refused"),
        ("[WinError 121] The semaphore timeout period has expired", "tcp.timed_out"),
        ("[Errno 54]", "tcp.reset"),
        ("[Errno 104]", "tcp.reset"),
        ("ConnectionResetError(104, 'Connection reset by peer')", "tcp.reset"),
        ("error(110, 'Connection timed out')", "tcp.timed_out"),
        ("connect() failed (111: Connection refused) while", "tcp.refused"),
        ("Connection refused (os error 111)", "tcp.refused"),
        ("returned error 111", "tcp.refused"),
        ("on 'localhost' (10061)", None),
        ("Can't connect to MySQL server on 'db' (113)", "tcp.address_unreachable.host"),
        ("[Errno -2]", "dns.name_not_resolved"),
        ("gaierror(-5, 'x')", "dns.no_address"),
        ("[Errno 11001] getaddrinfo failed", "dns.name_not_resolved"),
        ("[Errno 11002]", "dns.temporary_failure"),
        ("[Errno -11] System error", "dns.failed"),
    ],
)
def test_a_number_with_or_without_its_words(text, kind):
    assert kinds(text) == ({kind} if kind else set())


@pytest.mark.parametrize(
    "text",
    [
        "[Errno 61]: No data",
        "SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number')",
        "[Errno 1] _ssl.c:504: error:140770FC:SSL routines:x:unknown protocol",
        "[Errno 17] File exists",
        "port 10061 is open",
        "(404: Not found)",
        "could not find next log; Error code: 1236; SQLSTATE: HY000",
        "code: 'ER_USER_LIMIT_REACHED', errno: 1226, sqlState: '42000'",
    ],
)
def test_a_number_that_says_nothing(text):
    assert kinds(text) in (set(), {"tcp.refused"} if "61]" in text else set())


def test_a_number_never_contradicts_its_words():
    assert kinds("[Errno 61] Connection reset by peer") == {"tcp.reset"}
