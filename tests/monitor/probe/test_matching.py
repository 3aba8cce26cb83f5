import pytest

from ringback.monitor.probe import matching
from ringback.monitor.probe.matching import Undecided, is_plain


@pytest.fixture
def missing(looking):
    def find(patterns, text):
        return looking.run(looking.context.matcher.missing(patterns, text))

    return find


def test_first_pattern_that_matches_nothing_in_the_beginning_of_a_text(missing):
    text = '{"status": "ok", "version": "1.2.3"}'

    assert missing(['"ok"', r'"status":\s*"ok"', r"\d+\.\d+"], text) is None
    assert missing(['"ok"', r"x+y"], text) == "x+y"
    assert missing(["needle"], "." * 70_000 + "needle") == "needle"


def test_catastrophic_pattern_is_not_decided_and_blocks_nobody(missing, monkeypatch):
    with monkeypatch.context() as impatient:
        impatient.setattr(matching, "PATTERN_TIMEOUT", 0.5)
        with pytest.raises(Undecided, match=r"\(a\+\)\+b"):
            missing(["(a+)+b"], "a" * 60)

    assert missing(["a+b"], "aab") is None


@pytest.mark.parametrize("pattern", ["a", "ok|well", "[a-z]x", r"^a\.b$"])
def test_patterns_that_take_time_in_proportion(pattern):
    assert is_plain(pattern)


@pytest.mark.parametrize("pattern", ["a+", "a*", "a{3}", "(a?)"])
def test_patterns_that_may_take_longer(pattern):
    assert not is_plain(pattern)
