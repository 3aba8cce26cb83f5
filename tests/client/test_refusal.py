import pytest

from ringback.client.call import refusal
from ringback.failure import Failure, Target

TARGET = Target(url="http://h/", scheme="http", host="h", port=80)
REFUSED = Failure("tcp.refused", message="ConnectionRefusedError: no")


@pytest.mark.parametrize(
    ("opened_by", "left", "message"),
    [
        (REFUSED, 2.04, "circuit open for another 2.0 s: the last failed with tcp.refused"),
        (REFUSED, 0.01, "circuit open for another 0.1 s: the last failed with tcp.refused"),
        (REFUSED, 0.0, "circuit open but for a probe under way: the last failed with tcp.refused"),
        (REFUSED, -1.0, "circuit open but for a probe under way: the last failed with tcp.refused"),
        (None, 3.0, "circuit open for another 3.0 s: its calls were too slow"),
    ],
)
def test_it_says_for_how_long_and_why(opened_by, left, message):
    failure = refusal(TARGET, opened_by, left)
    assert (failure.message, failure.target) == (message, TARGET)
    assert (failure.kind, failure.delivered) == ("client.circuit_open", "no")
    assert failure.via == (opened_by and opened_by.kind)
    assert failure.evidence == ((opened_by.message,) if opened_by else ())


def test_only_calls_to_one_target_share_the_record():
    one = refusal(TARGET, REFUSED, 1.0)
    assert refusal(TARGET, REFUSED, 1.01) is one
    other = Target(url="http://h/other", scheme="http", host="h", port=80)
    assert refusal(other, REFUSED, 1.0).target == other
