"""Every rule tried on a text; linear in its length.

A rule costs a plain search for its literal part. Its pattern is tried only around the first few
places where the part stands, in a window, so no text can make it slow.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page
from ringback.failure.text.rule import Rule
from ringback.failure.text.rules import RULES

_WINDOW = 300
_MOST_PLACES = 6

_BY_NEEDLE: dict[str, list[Rule]] = defaultdict(list)
for _rule in RULES:
    _BY_NEEDLE[_rule.needle].append(_rule)
_ASCII = [(needle, rules) for needle, rules in _BY_NEEDLE.items() if needle.isascii()]
_OTHER = [(needle, rules) for needle, rules in _BY_NEEDLE.items() if not needle.isascii()]


def scan(page: Page) -> list[Finding]:
    """What the rules find, at most six places each."""
    lower = page.lower
    candidates = _ASCII if lower.isascii() else [*_ASCII, *_OTHER]
    return [
        finding
        for needle, rules in candidates
        if needle in lower
        for place in _places(lower, needle)
        for finding in _try(page, place, rules)
    ]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _places(lower: str, needle: str) -> Iterator[int]:
    place = -1
    for _ in range(_MOST_PLACES):
        place = lower.find(needle, place + 1)
        if place < 0:
            return
        yield place


def _try(page: Page, place: int, rules: list[Rule]) -> Iterator[Finding]:
    for rule in rules:
        end = place + len(rule.needle)
        if rule.pattern is None:
            yield Finding(place, end, rule.reading)
            continue
        begin = max(0, place - _WINDOW)
        for match in _compiled(rule.pattern).finditer(page.text, begin, end + _WINDOW):
            if match.start() < end and match.end() > place:
                yield Finding(match.start(), match.end(), rule.reading)
                break
