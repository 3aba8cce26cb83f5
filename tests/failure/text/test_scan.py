import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.failure.text.fold import fold
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.scan import named_classes, numbers


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


def kinds_of_classes(text):
    return [finding.clue.kind for finding in named_classes(fold(text))]


@pytest.mark.parametrize(
    "text",
    [
        "requests.exceptions.ConnectTimeout: x",
        "ConnectTimeout('x')",
        "error=ConnectTimeout",
        "(Caused by ConnectTimeout(<x>",
        "after connection broken by 'ConnectTimeout('",
    ],
)
def test_a_class_that_was_raised(text):
    assert len(kinds_of_classes(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from requests import ConnectTimeout",
        "except ConnectTimeout:",
        "except (Timeout, ConnectTimeout):",
        "cannot import name 'ConnectTimeout' from x",
        "class ConnectTimeout(Exception):",
        "(ConnectTimeout, ReadTimeout)",
        "pytest.raises(ConnectTimeout):",
    ],
)
def test_a_class_that_is_only_mentioned(text):
    assert "timeout" not in kinds_of_classes(text)[:1]


def test_an_unlisted_class_by_the_last_word_of_its_name():
    assert kinds_of_classes("SaltReqTimeoutError: x") == ["timeout"]
    assert kinds_of_classes("APIConnectionError: x") == ["unknown"]
    assert kinds_of_classes("TargetDisconnectedException: x") == ["tcp.closed"]
    assert kinds_of_classes("javax.naming.CommunicationException: x") == ["unknown"]
    assert kinds_of_classes("KeyError: x") == [OTHER]
    assert kinds_of_classes("TooManyCooks: x") == []


def test_a_wait_that_ran_out_is_a_platforms_or_a_pages():
    assert kinds_of_classes("java.util.concurrent.TimeoutException: x") == ["timeout"]
    assert kinds_of_classes("System.TimeoutException: x") == ["timeout"]
    assert kinds_of_classes("selenium.common.exceptions.TimeoutException: x") == [OTHER]


@pytest.mark.parametrize(
    ("text", "even"),
    [
        ("one\n  two", "one two "),
        ("> quoted\n> twice", "quoted twice "),
        ("# a\n#   comment", "a comment "),
        ("│ boxed │\n│ twice │", "boxed twice "),
        ("it’s ‘so’ “said”", "it's 'so' \"said\" "),
        ("host='a'，port=1", "host='a',port=1 "),
        ("host=\\'a\\'", "host='a' "),
        ("one\\ntwo", "one two "),
        ("&quot;a&quot; &lt;b&gt;", '"a" <b> '),
        ("\x1b[31mred\x1b[0m", "red "),
    ],
)
def test_even_text(text, even):
    assert fold(text).text == even


def test_lower_case_keeps_the_length_even_where_unicode_does_not():
    page = fold("İSTANBUL Connection refused")

    assert len(page.lower) == len(page.text)
    assert page.lower.find("connection refused") == page.text.find("Connection refused")


@given(
    st.text(alphabet=st.sampled_from("ab \n\t>#|'\"\\n&quot;ltgtamp;’，İ\x1b[31m"), max_size=200)
)
def test_every_plain_letter_leads_back_to_itself(text):
    page = fold(text)

    for position, letter in enumerate(page.text):
        if letter in "ab":
            assert text[page.origin(position)] == letter
