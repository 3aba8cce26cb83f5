import pytest

from ringback.failure.text.fold import fold
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.scan import named_classes


def kinds(text):
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
    assert len(kinds(text)) == 1


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
    assert "timeout" not in kinds(text)[:1]


def test_a_class_in_passing_says_less():
    (raised,) = named_classes(fold("NewConnectionError: x"))
    (passing,) = named_classes(fold("the NewConnectionError we saw"))

    assert passing.clue.rank < raised.clue.rank


def test_an_unlisted_class_by_the_last_word_of_its_name():
    assert kinds("SaltReqTimeoutError: x") == ["timeout"]
    assert kinds("APIConnectionError: x") == ["unknown"]
    assert kinds("TargetDisconnectedException: x") == ["tcp.closed"]
    assert kinds("javax.naming.CommunicationException: x") == ["unknown"]
    assert kinds("KeyError: x") == [OTHER]
    assert kinds("TooManyCooks: x") == []


def test_a_wait_that_ran_out_is_a_platforms_or_a_pages():
    assert kinds("java.util.concurrent.TimeoutException: x") == ["timeout"]
    assert kinds("System.TimeoutException: x") == ["timeout"]
    assert kinds("selenium.common.exceptions.TimeoutException: x") == [OTHER]
