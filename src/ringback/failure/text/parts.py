"""The parts of a long text that can matter, so that its length cannot make it slow."""

import re

_WHOLE = 120_000
_PART = 100_000
_OVERLAP = 2_000
_MOST = 5
_HOT = re.compile(
    r"err|fail|exception|time|refused|reset|closed|unreachable|resolv|certificate|ssl|proxy|broken|denied",
    re.IGNORECASE,
)


def parts(text: str) -> list[tuple[str, int]]:
    """Parts and their offsets: a text of up to 120,000 characters whole.

    Of a longer one the first three and the last two parts of 100,000 characters that hold a
    telling word or anything but ASCII.
    """
    if len(text) <= _WHOLE:
        return [(text, 0)]
    hot = []
    for start in range(0, len(text), _PART):
        part = text[start : start + _PART + _OVERLAP]
        if _HOT.search(part) or not part.isascii():
            hot.append((part, start))
    return hot if len(hot) <= _MOST else [*hot[: _MOST - 2], *hot[-2:]]
