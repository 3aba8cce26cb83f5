"""One file of a configuration: its text, its data, and where each key stands."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ringback.monitor.config.environment import filled
from ringback.monitor.config.position import KeyPath, Positions
from ringback.monitor.config.problem import Problem

LARGEST = 16 * 1024 * 1024
"""Bytes of a file at most."""
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


@dataclass
class Source:
    """A file that was read.

    Attributes:
        file: Its path.
        text: What it holds.
        data: The same as data, with the environment's values in it.
        secret: Path of a string to the values of the environment in it; never to be shown.
        wrong: Paths of the keys whose values cannot be used.
        problems: What is wrong with it so far.
    """

    file: Path
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    secret: dict[KeyPath, list[str]] = field(default_factory=dict)
    wrong: set[KeyPath] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def positions(self) -> Positions:
        """Where each key stands; read when something is wrong."""
        return Positions(self.text)

    def complain(
        self, path: KeyPath, message: str, hint: str = "", *, of_key: bool = False
    ) -> None:
        """Note that something is wrong.

        Args:
            path: Where.
            message: What, in one line.
            hint: What was probably meant.
            of_key: Whether the key is wrong, not its value.
        """
        place = self.positions.of_key(path) if of_key else self.positions.of_value(path)
        self.problems.append(
            Problem(
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
    """Return a path as ``endpoint[2].expect.status``.

    Args:
        path: Keys and indices.
    """
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in path).lstrip(".")


def source_of(file: Path, environ: Mapping[str, str]) -> Source:
    """Return a file that was read; what is wrong with it is in its problems.

    Args:
        file: Its path.
        environ: What ``${NAME}`` is taken from.
    """
    source = Source(file)
    try:
        source.text = _text(file)
        raw = tomllib.loads(source.text)
    except OSError as error:
        source.problems.append(Problem(file=file, message=f"cannot be read: {error.strerror}"))
    except RecursionError:
        source.problems.append(Problem(file=file, message="is nested too deeply"))
    except ValueError as error:  # no TOML, or no UTF-8
        source.problems.append(_syntax(file, error))
    else:
        _fill(source, raw, environ)
    return source


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"is larger than {LARGEST >> 20} MiB")
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _syntax(file: Path, error: ValueError) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        return Problem(file=file, line=line, column=1, message="is not UTF-8")
    place = _PLACE.search(str(error))
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    said = _PLACE.sub("", str(error))
    return Problem(file=file, line=line, column=column, message=f"{said[:1].lower()}{said[1:]}")


def _fill(source: Source, raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    into = filled(raw, environ)
    source.data, source.secret = into.data, into.secret
    for path, name in into.missing.items():
        source.complain(path, f"the environment has no variable {name!r}")
