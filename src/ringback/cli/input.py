"""What the user gives: texts, files, seconds; and what is wrong with it, in one line."""

from __future__ import annotations

import codecs
import contextlib
import difflib
import io
import locale
import math
import os
import select
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

from ringback.cli.terminal import plain


class InputError(click.ClickException):
    """Raised for input that cannot be used; the message is one line. The exit status is 2."""

    exit_code = 2


def nearest(word: str, words: Iterable[str], most: int = 3) -> str:
    """Return a hint that names the words closest to one, or ``""`` where none is close."""
    known = list(words)
    below = [name for name in known if name.startswith(f"{word}.") or name.endswith(f".{word}")]
    close = below or difflib.get_close_matches(word.lower(), known, n=most, cutoff=0.6)
    return f"; did you mean {' or '.join(close[:most])}?" if close else ""


MAX_TEXT_BYTES = 64 * 1024 * 1024
"""Bytes of a text at most."""

_MAX_ODD_SHARE = 0.3
"""Share of undecodable or control characters from which on bytes are no text."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # what ">" of Windows PowerShell writes
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(name: str) -> str:
    """Return the text of a file, or of standard input for ``-``."""
    if name == "-":
        return decode(_read(standard_input(), "standard input"), "standard input")
    with open_file(name) as file:
        return decode(_read(file, plain(name)), plain(name))


def standard_input() -> BinaryIO:
    """Return standard input as bytes; where it is a terminal, say on stderr what is awaited."""
    if sys.stdin is None or sys.stdin.closed:
        raise InputError("standard input is closed; name a file, or pipe a text in")
    if sys.stdin.isatty():
        print(
            "Paste the text, then press Enter and Ctrl-D (ringback explain --help).",
            file=sys.stderr,
        )
    return sys.stdin.buffer


def open_file(name: str) -> BinaryIO:
    """Return a file opened for reading."""
    path = Path(name)
    try:
        return path.open("rb")
    except IsADirectoryError as error:
        raise InputError(f"{plain(name)} is a directory; name a file in it") from error
    except FileNotFoundError as error:
        raise InputError(
            f"no file called {plain(name)}{nearest(path.name, _siblings(path))}"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise InputError(f"cannot read {plain(name)}: {reason}") from error


MAX_LINE_BYTES = 1024 * 1024
"""Bytes after which a line of a text is taken for two."""
_GROWTH_INTERVAL = 0.5  # Seconds between two looks whether a file has grown
_HEAD_BYTES = 65_536  # By which it is judged whether bytes are text


def text_lines(file: BinaryIO, name: str) -> Iterator[str]:
    """Yield the lines of a text that is too long to be held, each with its end."""
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast("Any", file))
    head = buffered.peek(_HEAD_BYTES)[:_HEAD_BYTES]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from io.StringIO(decode(_read(buffered, name), name), newline="\n")
        return
    decode(head[: head.rfind(b"\n") + 1] or head, name)  # raises for what is no text
    first = True
    while line := _read_line(buffered, name):
        if b"\0" in line:
            raise _binary(name)
        yield _line(line.removeprefix(codecs.BOM_UTF8) if first else line)
        first = False


def _read_line(file: BinaryIO, name: str) -> bytes:
    try:
        return file.readline(MAX_LINE_BYTES)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}") from error


def _binary(name: str) -> InputError:
    return InputError(f"{name} is binary, not text: it has a NUL byte")


def growing_lines(file: BinaryIO, path: Path | None) -> Iterator[str | None]:
    """Yield the lines of a text that grows, for ever; ``None``: nothing came for a moment.

    A file that is replaced or cut short, as logs are, is opened again. Ends where a pipe ends.
    """
    begun, given = b"", file
    try:
        while True:
            readable, _, _ = select.select([file], [], [], _GROWTH_INTERVAL)
            chunk = os.read(file.fileno(), _HEAD_BYTES) if readable else b""
            if not chunk:
                if path is None and readable:
                    break
                yield None
                if path is not None:
                    time.sleep(_GROWTH_INTERVAL)
                    file = _reopened(file, path)
                continue
            *whole, begun = (begun + chunk).split(b"\n")
            yield from (_line(line + b"\n") for line in whole)
            if len(begun) > MAX_LINE_BYTES:
                yield _line(begun)
                begun = b""
        if begun:
            yield _line(begun)
    finally:
        if file is not given:  # who gave that one closes it
            file.close()


def _reopened(file: BinaryIO, path: Path) -> BinaryIO:
    """Return the file under a name: the same where it was not replaced or cut short."""
    with contextlib.suppress(OSError):
        new, old = path.stat(), os.fstat(file.fileno())
        if new.st_ino != old.st_ino or new.st_size < os.lseek(file.fileno(), 0, os.SEEK_CUR):
            opened = path.open("rb")
            file.close()
            return opened
    return file


def _line(line: bytes) -> str:
    for encoding in ("utf-8", locale.getencoding()):
        with contextlib.suppress(UnicodeDecodeError):
            return line.decode(encoding)
    return line.decode("utf-8", "replace")


def decode(content: bytes, name: str) -> str:
    """Decode as UTF-8, else in the locale's encoding, else with what is undecodable replaced."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content:
        raise _binary(name)
    for encoding in ("utf-8", locale.getencoding()):
        with contextlib.suppress(UnicodeDecodeError):
            return _checked(content.decode(encoding), name)
    return _checked(content.decode("utf-8", "replace"), name)


def _checked(text: str, name: str) -> str:
    if _garbled(text):
        raise InputError(f"{name} is binary, not text: most of it is neither UTF-8 nor printable")
    return text


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        content = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}") from error
    if len(content) > MAX_TEXT_BYTES:
        raise InputError(
            f"{name} is larger than {MAX_TEXT_BYTES >> 20} MiB; give the part of it that matters"
        )
    return content


def _garbled(text: str) -> bool:
    odd = sum(text.count(c) for c in ("\ufffd", *map(chr, range(1, 7)), *map(chr, range(14, 27))))
    return odd > _MAX_ODD_SHARE * len(text)


def _siblings(path: Path) -> list[str]:
    try:
        return [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return []


class Seconds(click.FloatRange):
    """A range of seconds in which "nan" and "inf", which float() takes too, are no numbers."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return number
