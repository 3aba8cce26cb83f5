import pytest

from ringback.monitor.probe import matching
from ringback.monitor.probe.matching import Undecided, is_plain


@pytest.fixture
def matcher(looking):
    return looking.context.matcher


def missing(looking, matcher, patterns, text):
    return looking.run(matcher.missing(patterns, text))


def test_patterns_are_found(looking, matcher):
    text = '{"status": "ok", "version": "1.2.3"}'

    assert missing(looking, matcher, ['"ok"', r'"status":\s*"ok"', r"\d+\.\d+"], text) is None
    assert missing(looking, matcher, ['"ok"', r"x+y"], text) == "x+y"


def test_a_catastrophic_pattern_is_not_decided_and_blocks_nobody(looking, matcher, monkeypatch):
    patient = matching.PATTERN_TIMEOUT
    monkeypatch.setattr(matching, "PATTERN_TIMEOUT", 0.5)
    with pytest.raises(Undecided, match=r"\(a\+\)\+b"):
        missing(looking, matcher, ["(a+)+b"], "a" * 60)

    monkeypatch.setattr(matching, "PATTERN_TIMEOUT", patient)
    assert missing(looking, matcher, ["a+b"], "aab") is None


def test_only_the_beginning_of_a_long_text_is_searched(looking, matcher):
    assert missing(looking, matcher, ["needle"], "." * 70_000 + "needle") == "needle"


@pytest.mark.parametrize("pattern", ["a", "ok|well", "[a-z]x", r"^a\.b$"])
def test_what_takes_time_in_proportion(pattern):
    assert is_plain(pattern)


@pytest.mark.parametrize("pattern", ["a+", "a*", "a{3}", "(a?)"])
def test_what_may_take_longer(pattern):
    assert not is_plain(pattern)
