"""One file of a configuration: its text, its data, and the position of each key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from ringback.monitor.config.settings import ConfigProblem

KeyPath = tuple[str | int, ...]  # Keys, and indices into arrays

_BLANK = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL)
_BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^,\]}\s#]*|[^,\]}\s#]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")


class KeySpan(NamedTuple):
    """Offsets of one key and of its value; of a table they are those of its header."""

    key: int  # Where the key begins
    value: int  # Where the value begins
    end: int  # Where the value ends


class Position(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class Positions:
    """Where all keys of a TOML text stand, which ``tomllib`` has accepted and does not say."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spots = _Scanner(text).spots

    def of_key(self, path: KeyPath) -> Position:
        """Return where a key stands, or else the nearest table around it."""
        return self._place(self._nearest(path).key)

    def of_value(self, path: KeyPath) -> Position:
        """Return where a value stands, or else the nearest table around it."""
        return self._place(self._nearest(path).value)

    def _nearest(self, path: KeyPath) -> KeySpan:
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots.get(path, KeySpan(0, 0, 0))

    def _place(self, offset: int) -> Position:
        line = self.text.count("\n", 0, offset) + 1
        return Position(line, offset - self.text.rfind("\n", 0, offset))


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.spots: dict[KeyPath, KeySpan] = {}
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
            self._note(path, KeySpan(start, start, self.at))
            path = (*path, index)
        self.spots[path] = KeySpan(start, start, self.at)
        for depth in range(1, len(path)):
            self._note(path[:depth], KeySpan(start, start, self.at))
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
        for prefix, start in begun:
            self._note(prefix, KeySpan(start, value, self.at))

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
            self._note((*path, index), KeySpan(start, start, self.at))
            index += 1
        self.at += 1

    def _scalar(self) -> re.Pattern[str]:
        for quotes, pattern in (('"""', _LONG_BASIC), ("'''", _LONG_LITERAL)):
            if self.text.startswith(quotes, self.at):
                return pattern
        return {'"': _BASIC, "'": _LITERAL}.get(self.text[self.at], _BARE)

    def _note(self, path: KeyPath, spot: KeySpan) -> None:
        self.spots.setdefault(path, spot)


_REFERENCE = re.compile(r"\$(\$\{)|\$\{([^}]*)\}")


@dataclass(slots=True)
class Substitution:
    """Data with the environment's values in it."""

    data: Any = None
    # Path of a string to the values of the environment in it; never to be shown
    secret: dict[KeyPath, list[str]] = field(default_factory=dict)
    # Path to why the variable that it names has no value
    missing: dict[KeyPath, str] = field(default_factory=dict)


def substitute(data: Any, environ: Mapping[str, str]) -> Substitution:
    """Return data with each ``${NAME}`` in a string replaced; ``$${`` means ``${`` itself.

    A variable that is not set is the content of the file that ``NAME_FILE`` names, as the images of
    databases have it.
    """
    into = Substitution()
    into.data = _substituted_value(data, (), environ, into)
    return into


def _substituted_value(
    data: Any, path: KeyPath, environ: Mapping[str, str], into: Substitution
) -> Any:
    if isinstance(data, dict):
        return {
            key: _substituted_value(value, (*path, key), environ, into)
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [
            _substituted_value(value, (*path, index), environ, into)
            for index, value in enumerate(data)
        ]
    if not isinstance(data, str) or "${" not in data:
        return data

    def replacement(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        try:
            value = _value_of(match[2], environ)
        except ValueError as problem:
            into.missing.setdefault(path, str(problem))
            value = ""
        into.secret.setdefault(path, []).append(value)
        return value

    return _REFERENCE.sub(replacement, data)


_MAX_VALUE_BYTES = 64 * 1024  # Bytes of a file that a variable names


def _value_of(name: str, environ: Mapping[str, str]) -> str:
    if name in environ:
        return environ[name]
    file = environ.get(f"{name}_FILE")
    if file is None:
        raise ValueError(f"environment variable {name!r} is not set")
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(_MAX_VALUE_BYTES + 1)
        if len(content) > _MAX_VALUE_BYTES:
            raise ValueError(f"it is larger than {_MAX_VALUE_BYTES >> 10} KiB")
        return content.decode().rstrip("\r\n")
    except UnicodeError:
        why = "it is not UTF-8"
    except OSError as error:
        why = error.strerror or str(error)
    except ValueError as error:
        why = str(error)
    raise ValueError(f"{name}_FILE names {file!r}, which cannot be read: {why}")


MAX_FILE_BYTES = 16 * 1024 * 1024  # Bytes of a file at most
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass
class SourceFile:
    """A file that was read."""

    file: Path
    text: str = ""  # What it holds
    # The same as data, with the environment's values in it
    data: dict[str, Any] = field(default_factory=dict)
    # Path of a string to the values of the environment in it; never to be shown
    secret: dict[KeyPath, list[str]] = field(default_factory=dict)
    # Paths of the keys whose values cannot be used
    invalid: set[KeyPath] = field(default_factory=set)
    problems: list[ConfigProblem] = field(default_factory=list)  # What is wrong with it so far

    @cached_property
    def positions(self) -> Positions:
        """Where each key stands; read when something is wrong."""
        return Positions(self.text)

    def add_problem(
        self, path: KeyPath, message: str, hint: str = "", *, of_key: bool = False
    ) -> None:
        place = self.positions.of_key(path) if of_key else self.positions.of_value(path)
        self.problems.append(
            ConfigProblem(
                file=self.file,
                line=place.line,
                column=place.column,
                path=path_text(path),
                message=self._redacted(path, message),
                hint=self._redacted(path, hint),
            )
        )

    def _redacted(self, path: KeyPath, text: str) -> str:
        for secret, values in self.secret.items():
            if secret[: len(path)] == path[: len(secret)]:
                for value in filter(None, values):
                    text = re.sub(re.escape(value), "${…}", text, flags=re.IGNORECASE)
        return text


def path_text(path: KeyPath) -> str:
    """Return a path as ``endpoint[2].expect.status``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(
        "."
    )


def read_source(file: Path, environ: Mapping[str, str]) -> SourceFile:
    """Return a file that was read; what is wrong with it is in its problems."""
    source = SourceFile(file)
    try:
        source.text = file_text(file)
        raw = tomllib.loads(source.text)
    except OSError as error:
        source.problems.append(
            ConfigProblem(file=file, message=f"cannot be read: {error.strerror}")
        )
    except RecursionError:
        source.problems.append(ConfigProblem(file=file, message="is nested too deeply"))
    except ValueError as error:  # no TOML, or no UTF-8
        source.problems.append(_syntax_problem(file, error))
    else:
        _fill_variables(source, raw, environ)
    return source


def file_text(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"is larger than {MAX_FILE_BYTES >> 20} MiB")
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _syntax_problem(file: Path, error: ValueError) -> ConfigProblem:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return ConfigProblem(file=file, line=line, column=1, message="is not UTF-8")
    place = _PLACE.search(str(error))
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    message = _PLACE.sub("", str(error))
    return ConfigProblem(
        file=file, line=line, column=column, message=f"{message[:1].lower()}{message[1:]}"
    )


def _fill_variables(source: SourceFile, raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    into = substitute(raw, environ)
    source.data, source.secret = into.data, into.secret
    for path, problem in into.missing.items():
        source.add_problem(path, problem)


def included_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files that a pattern of ``include`` names, sorted."""
    path = Path(pattern)
    root = Path(path.anchor) if path.is_absolute() else folder
    relative = path.relative_to(path.anchor) if path.is_absolute() else path
    if not relative.parts or "\0" in pattern:  # no file has such a name, and Python 3.13 raises
        return []
    return sorted(file for file in root.glob(str(relative)) if file.is_file())
