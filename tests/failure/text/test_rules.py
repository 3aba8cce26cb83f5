"""The tables of wordings: that they hold together, and what they say of each family's messages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringback.failure import explain
from ringback.failure.clue import TIMEOUT
from ringback.failure.kinds import KINDS
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.rule import PlacedClue
from ringback.failure.text.rules import RULES
from ringback.failure.text.scan import MAX_ALIKE, alike, numbers, says_nothing, scan

_MAX_REPETITION = 300


def _repetitions(parsed: Iterable[Any], depth: int = 0) -> Iterator[tuple[int, int]]:
    """The bound of every repetition of a parsed pattern, and how many stand around it."""
    for operation, argument in parsed:
        match str(operation):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                low, high, inner = argument
                yield high, depth
                yield from _repetitions(inner, depth + (high > max(low, 1)))
            case "SUBPATTERN" | "ATOMIC_GROUP" | "ASSERT" | "ASSERT_NOT":
                yield from _repetitions(argument[-1], depth)
            case "BRANCH":
                for branch in argument[1]:
                    yield from _repetitions(branch, depth)


class TestTables:
    def test_every_kind_exists(self) -> None:
        kinds = {rule.clue.kind for rule in RULES}
        assert kinds - set(KINDS) - {TIMEOUT, None} == set()

    def test_a_needle_is_found_by_a_plain_search(self) -> None:
        for rule in RULES:
            assert rule.needle == rule.needle.lower()
            assert len(rule.needle) >= 3
            assert rule.needle in fold(f"x{rule.needle}x").lower

    def test_no_rule_stands_twice(self) -> None:
        counts = Counter((rule.needle, rule.clue.kind, rule.pattern) for rule in RULES)
        assert [rule for rule, count in counts.items() if count > 1] == []

    def test_a_pattern_cannot_be_slow(self) -> None:
        for pattern in {rule.pattern for rule in RULES if rule.pattern}:
            re.compile(pattern, re.IGNORECASE)
            for most, depth in _repetitions(re._parser.parse(pattern)):  # type: ignore[attr-defined]  # the only view of a pattern's structure
                assert most <= _MAX_REPETITION, pattern
                assert depth == 0 or most == 1, f"a repetition inside a repetition: {pattern}"

    def test_a_pattern_holds_its_needle(self) -> None:
        for rule in RULES:
            if rule.pattern is not None:
                assert re.escape(rule.needle) in rule.pattern


def test_context_is_looked_for_beside_the_needle_only() -> None:
    far = "connect " + "x" * 400 + " operation not permitted"
    kinds = {finding.clue.kind for finding in scan(fold(far))}
    assert "tcp.address_unreachable.prohibited" not in kinds


_WORDINGS = Path(__file__).with_name("wordings.tsv").read_text("utf-8").splitlines()
EXAMPLES = [
    (text.replace("⏎", "\n"), kind)
    for kind, text in (line.split("\t", 1) for line in _WORDINGS if line[0] != "#")
]
"""By family: what the programs of it print, a kind and a line each; ⏎ stands for a line's end."""


def test_the_wording_of_a_library_or_platform_names_its_kind() -> None:
    named = [(text, kind, explain(text).kind) for text, kind in EXAMPLES]
    assert [row for row in named if row[1] != row[2]] == []


def test_what_is_alike_a_text_that_reports_a_failure_may_report_one() -> None:
    telling = [
        text
        for text, kind in EXAMPLES
        if kind not in {"not_a_connection_failure", "unknown"} and len(text) <= MAX_ALIKE
    ]
    assert [text for text in telling if says_nothing(alike(text))] == []


def test_what_is_alike_an_ordinary_text_says_nothing() -> None:
    assert says_nothing(
        alike("2026-11-20 10:00:00,123 INFO app.web GET /users/881/orders in 0.80s")
    )
    assert says_nothing(alike("10:00:00 DEBUG order 401-503 of anna-12029 was packed"))
    assert not says_nothing(alike("10:00:00 DEBUG order 401-503: HTTP status 200"))
    assert not says_nothing(alike("10:00:00 DEBUG the socket said 12345"))
    assert not says_nothing(alike("10:00:00 DEBUG größer als 5"))


def _looked_up_one_by_one(page: Page) -> Counter[PlacedClue]:
    """What each rule finds at the first six places of its needle."""
    found: Counter[PlacedClue] = Counter()
    for rule in RULES:
        for begin in _places(rule.needle, page.lower):
            end = begin + len(rule.needle)
            if rule.pattern is None:
                found[PlacedClue(begin, end, rule.clue)] += 1
                continue
            pattern = re.compile(rule.pattern, re.IGNORECASE)
            for match in pattern.finditer(page.text, max(0, begin - 300), end + 300):
                if match.start() < end and match.end() > begin:
                    found[PlacedClue(*match.span(), rule.clue)] += 1
                    break
    return found


def _places(needle: str, text: str) -> list[int]:
    """Where the first six begin; they may overlap."""
    places: list[int] = []
    at = text.find(needle)
    while at >= 0 and len(places) < 6:
        places.append(at)
        at = text.find(needle, at + 1)
    return places


_LINES = [text for text, _ in EXAMPLES]
_PIECES = st.one_of(
    st.sampled_from(_LINES),
    st.sampled_from([rule.needle for rule in RULES]),
    st.text(max_size=8),
)


@given(st.lists(_PIECES, min_size=1, max_size=6), st.sampled_from(["", " ", "\n", ": "]))
@example(["(7)", "(7) ", "(56, "], "")
def test_the_rules_that_are_looked_at_are_all_that_find_something(
    pieces: list[str], between: str
) -> None:
    page = fold(between.join(pieces))
    assert Counter(scan(page)) == _looked_up_one_by_one(page)


def test_no_number_beside_words_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [fold(line) for line in _LINES]
    found = [list(numbers(page)) for page in pages]
    monkeypatch.setattr("ringback.failure.text.scan._AFTER_WORDS", re.compile(""))
    assert found == [list(numbers(page)) for page in pages]
