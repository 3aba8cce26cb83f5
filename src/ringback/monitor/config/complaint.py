"""What pydantic found, in words that a person can act on."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import get_args
from urllib.parse import urlsplit

from pydantic_core import ErrorDetails

from ringback.monitor.config.nearest import nearest, nearest_key
from ringback.monitor.config.position import KeyPath
from ringback.monitor.config.shape.settings import MANY
from ringback.monitor.config.source import Source, path_text
from ringback.monitor.notify.settings import ChannelType

_SECRET = frozenset({"token", "secret", "headers", "sha256", "body", "command", "env"})
"""Keys below which nothing is shown."""
_LONGEST = 60
TYPES = get_args(ChannelType)
_WORDS = {
    "int_": "must be a whole number",
    "float_": "must be a number",
    "finite_number": "must be a number",
    "bool_": "must be true or false",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
"""Beginnings of the types of pydantic's errors; what is not here is in pydantic's own words."""
_MAIN_ONLY = "belongs in the main file, not in an included one"


def complain_all(
    source: Source, errors: Iterable[ErrorDetails], main_only: Collection[str]
) -> None:
    """Note what pydantic found in a file.

    Args:
        source: The file.
        errors: What it found.
        main_only: Keys that only the main file has, where this is another.
    """
    missing = {str(problem.path) for problem in source.problems}
    for error in errors:
        path = path_of(error["loc"])
        if path_text(path) in missing:
            continue  # its variable is not set: said already
        if error["type"] == "extra_forbidden":
            _unknown_key(source, path, main_only)
        elif error["type"] == "missing":
            source.complain(path[:-1], f"{path[-1]!r} is missing", of_key=True)
        else:
            _wrong_value(source, path, error)


def path_of(loc: tuple[str | int, ...]) -> KeyPath:
    """Return where in the file an error is: without the type that pydantic puts in.

    Args:
        loc: As pydantic gives it.
    """
    if loc[:1] == ("notifier",) and len(loc) > 3:
        return (*loc[:2], *loc[3:])
    return tuple(one for one in loc if one != "[key]")


def shown(value: object, path: KeyPath, source: Source) -> str:
    """Return a value as it may be shown, short; ``""``: it may hold secrets, or is a whole table.

    Args:
        value: What was written.
        path: Where.
        source: In which file.
    """
    secret = any(path[:depth] in source.secret for depth in range(1, len(path) + 1))
    own = path[:1] == ("notifier",) and path[-1] == "url"
    if secret or own or _SECRET.intersection(map(str, path)) or _has_secrets(value):
        return ""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _has_secrets(value: object) -> bool:
    if isinstance(value, dict | list):
        return True  # too much to look through, and of no help
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return "@" in value
    return "@" in value or bool(parts.scheme and parts.query)


def _unknown_key(source: Source, path: KeyPath, main_only: Collection[str]) -> None:
    key = path[-1]
    if len(path) == 1 and key in main_only:
        source.complain(path, f"{key!r} {_MAIN_ONLY}", of_key=True)
        return
    where = f" in {path_text(path[:-1])}" if len(path) > 1 else ""
    hint = nearest_key(path, source.data)
    source.complain(path, f"unknown key {key!r}{where}", hint, of_key=True)


def _wrong_value(source: Source, path: KeyPath, error: ErrorDetails) -> None:
    key = path_text(path)
    if len(path) == 1 and path[0] in MANY:
        source.complain(path, f"must be written [[{key}]], once for each", of_key=True)
    elif error["type"] == "value_error" and isinstance(error["input"], dict):
        source.complain(path, f"{key}: {said_of(error)}", of_key=True)
    elif error["type"].startswith("union_tag"):
        written = str(error["ctx"].get("tag", ""))
        message = f"{key}.type must be {_or(TYPES)}" + (f", not {written!r}" if written else "")
        source.complain((*path, "type"), message, nearest(written, TYPES))
    else:
        written = shown(error["input"], path, source)
        hint = nearest(str(error["input"]), _choices(error)) if written else ""
        but = f", not {written}" if written else ""
        source.complain(path, f"{key} {said_of(error)}{but}", hint)


def said_of(error: ErrorDetails) -> str:
    """Return what must be, as ``must be a number``.

    Args:
        error: What pydantic found.
    """
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] == "literal_error":
        return f"must be {_or(_choices(error))}"
    for beginning, words in _WORDS.items():
        if error["type"].startswith(beginning):
            return words.format(**context)
    return re.sub(r"^\w+ should", "must", error["msg"])


def _choices(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    words = expected.replace(" or ", ", ").split(", ") if error["type"] == "literal_error" else []
    return [word.strip("'") for word in words]


def _or(words: Sequence[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if words[1:] else words[0]
