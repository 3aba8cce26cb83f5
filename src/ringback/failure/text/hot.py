"""The part of a long text that can matter."""

import re

_LONG = 150_000
_HOT = re.compile(
    r"err|fail|exception|timed? ?out|refused|reset|closed|unreachable|resolv|certificate|handshake|proxy|broken|denied",
    re.IGNORECASE,
)


def hot_part(text: str) -> tuple[str, int]:
    """A window of at most 150,000 characters and its offset: around the first telling word.

    Shorter texts are taken whole.
    """
    if len(text) <= _LONG:
        return text, 0
    first = _HOT.search(text)
    start = min(max(0, first.start() - 2000), len(text) - _LONG) if first else 0
    return text[start : start + _LONG], start
