"""Where in a TOML text each key stands (https://toml.io/en/v1.0.0).

``tomllib`` says what a text holds, not where. This reads a text that ``tomllib`` has accepted.
"""

import re
import tomllib
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""Keys, and indices into arrays."""

_BLANK = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL)
_BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^,\]}\s#]*|[^,\]}\s#]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


class Spot(NamedTuple):
    """Offsets of one key and of its value; of a table they are those of its header.

    Attributes:
        key: Where the key begins.
        value: Where the value begins.
        end: Where the value ends.
    """

    key: int
    value: int
    end: int


class Place(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class Positions:
    """The places of all keys of a text.

    Args:
        text: TOML that ``tomllib`` accepts.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.spots = _Scan(text).spots

    def of_key(self, path: KeyPath) -> Place:
        """Return where a key stands, or else the nearest table around it.

        Args:
            path: Its path.
        """
        return self._place(self._nearest(path).key)

    def of_value(self, path: KeyPath) -> Place:
        """Return where a value stands, or else the nearest table around it.

        Args:
            path: The path of its key.
        """
        return self._place(self._nearest(path).value)

    def _nearest(self, path: KeyPath) -> Spot:
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots.get(path, Spot(0, 0, 0))

    def _place(self, offset: int) -> Place:
        line = self.text.count("\n", 0, offset) + 1
        return Place(line, offset - self.text.rfind("\n", 0, offset))


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.spots: dict[KeyPath, Spot] = {}
        self._entries: dict[KeyPath, int] = {}
        table: KeyPath = ()
        while self._next() is not None:
            if text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _next(self) -> str | None:
        """Go to what comes next; ``None``: nothing does."""
        self.at = self._end(_BLANK)
        return self.text[self.at] if self.at < len(self.text) else None

    def _end(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        return match.end() if match else self.at

    def _header(self) -> KeyPath:
        start, many = self.at, self.text.startswith("[[", self.at)
        self.at += 1 + many
        path: KeyPath = ()
        for name, _ in self._names():
            path = (*self._newest(path), name)
        self._next()
        self.at += 1 + many
        if many:
            index = self._entries[path] = self._entries.get(path, -1) + 1
            self._note(path, Spot(start, start, self.at))
            path = (*path, index)
        self.spots[path] = Spot(start, start, self.at)
        for depth in range(1, len(path)):
            self._note(path[:depth], Spot(start, start, self.at))
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        """The newest entry of an array of tables, or a table itself."""
        return (*path, self._entries[path]) if path in self._entries else path

    def _names(self) -> list[tuple[str, int]]:
        """A key, dotted or not: its names, and where each begins."""
        found = []
        while True:
            self._next()
            start = self.at
            found.append((self._name(), start))
            if self._end(_DOT) == self.at:
                return found
            self.at = self._end(_DOT)

    def _name(self) -> str:
        quoted = {'"': _BASIC, "'": _LITERAL}.get(self.text[self.at])
        start, self.at = self.at, self._end(quoted or _BARE_KEY)
        text = self.text[start : self.at]
        return str(tomllib.loads(f"k={text}")["k"]) if quoted else text

    def _pair(self, table: KeyPath) -> None:
        path, begun = table, []
        for name, start in self._names():
            path = (*path, name)
            begun.append((path, start))
        self.at = self._end(_EQUALS)
        value = self.at
        self._value(path)
        for one, start in begun:
            self._note(one, Spot(start, value, self.at))

    def _value(self, path: KeyPath) -> None:
        start = self.text[self.at]
        if start == "[":
            self._array(path)
        elif start == "{":
            self.at += 1
            while self._next() != "}":
                self._pair(path)
            self.at += 1
        else:
            self.at = self._end(self._scalar())

    def _array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self._next() != "]":
            start = self.at
            self._value((*path, index))
            self._note((*path, index), Spot(start, start, self.at))
            index += 1
        self.at += 1

    def _scalar(self) -> re.Pattern[str]:
        for quotes, pattern in (('"""', _LONG_BASIC), ("'''", _LONG_LITERAL)):
            if self.text.startswith(quotes, self.at):
                return pattern
        return {'"': _BASIC, "'": _LITERAL}.get(self.text[self.at], _BARE)

    def _note(self, path: KeyPath, spot: Spot) -> None:
        self.spots.setdefault(path, spot)
