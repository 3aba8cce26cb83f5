"""A pasted text made even, so that one rule fits it however it was wrapped, quoted or escaped.

Line breaks with the quoting or comment marks after them become one space, typographic quotes and
full-width signs their plain forms, escaped quotes and HTML entities the characters they stand for.
Every place in the even text leads back to its place in the original.
"""

import re
from bisect import bisect_right
from typing import NamedTuple

_PLAIN = str.maketrans(
    {
        "’": "'", "‘": "'", "ʼ": "'", "＇": "'", "“": '"', "”": '"', "，": ",", "：": ":",
        "（": "(", "）": ")", "\u00a0": " ", "\t": " ", "\r": " ", "\x0b": " ", "\x0c": " ",
        "‑": "-", "–": "-",
    }
)  # fmt: skip
_MARKS = re.compile(r"[\s>#|*│┃║╎┆]{0,60}(?:[-+] )?\s{0,20}")
_ESCAPED = re.compile(
    r"\\{1,4}(?:['\"]|n|r|t)|&(?:quot|#39|#x27|apos|lt|gt|amp);|\x1b\[[0-9;]{0,12}m"
)
_MEANT = {
    "&quot;": '"',
    "&#39;": "'",
    "&#x27;": "'",
    "&apos;": "'",
    "&lt;": "<",
    "&gt;": ">",
    "&amp;": "&",
}


class Page(NamedTuple):
    """An even text."""

    text: str  # The even text, its case kept
    lower: str  # The same in lower case, of the same length
    # Ascending positions in the even text at which the distance to the original changes
    places: list[int]
    origins: list[int]  # The position in the original for each of them
    lines: list[int]  # Where each line begins in the even text

    def origin(self, position: int) -> int:
        """The position in the original text."""
        index = bisect_right(self.places, position) - 1
        return self.origins[index] + position - self.places[index] if index >= 0 else position

    def line_of(self, position: int) -> tuple[int, int]:
        """Start and end of the original line around a position, in the even text."""
        index = bisect_right(self.lines, position)
        end = self.lines[index] if index < len(self.lines) else len(self.text)
        return self.lines[index - 1] if index else 0, end


def fold(text: str) -> Page:
    """Make a text even."""
    parts: list[str] = []
    places: list[int] = []
    origins: list[int] = []
    lines: list[int] = []
    at = offset = 0
    plain = text.isascii() and not any(mark in text for mark in "\t\r\x0b\x0c")
    for line in (text if plain else text.translate(_PLAIN)).split("\n"):
        begin = _MARKS.match(line).end()  # type: ignore[union-attr]  # it matches the empty text
        lines.append(at)
        for start, part in _pieces(line, begin):
            places.append(at)
            origins.append(offset + start)
            parts.append(part)
            at += len(part)
        parts.append(" ")
        places.append(at)
        origins.append(offset + len(line))
        at += 1
        offset += len(line) + 1
    even = "".join(parts)
    return Page(even, _lower(even), places, origins, lines)


def _pieces(line: str, begin: int) -> list[tuple[int, str]]:
    if "\\" not in line and "&" not in line and "\x1b" not in line:
        return [(begin, line[begin:].rstrip(" │┃|"))]
    pieces = []
    for match in _ESCAPED.finditer(line, begin):
        if match.start() > begin:
            pieces.append((begin, line[begin : match.start()]))
        pieces.append((match.start(), _meant(match[0])))
        begin = match.end()
    pieces.append((begin, line[begin:]))
    return pieces


def _meant(escaped: str) -> str:
    if escaped[0] == "\x1b":
        return ""
    last = escaped[-1]
    return _MEANT.get(escaped) or (last if last in "'\"" else " ")


def _lower(text: str) -> str:
    # In lower case the Turkish capital alone is two characters, an i and its dot.
    return text.replace("İ", "i").lower()
