"""One file against its model: what is wrong is noted in plain words, the rest is kept."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from typing import Any, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ringback.monitor.config.models import ARRAY_SECTIONS, IncludedShape
from ringback.monitor.config.schema import closest_key, closest_word
from ringback.monitor.config.source import KeyPath, SourceFile, path_text
from ringback.monitor.notify.settings import ChannelType

_SECRET = frozenset({"token", "secret", "headers", "sha256", "body", "command", "env"})
"""Keys below which nothing is shown."""
_MAX_SHOWN = 60
CHANNEL_TYPES = get_args(ChannelType)
_REQUIREMENTS = {
    "int_": "must be a whole number",
    "float_": "must be a number",
    "finite_number": "must be a number",
    "bool_": "must be true or false",
    "string_type": "must be a string",
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


def report_errors(
    source: SourceFile, errors: Iterable[ErrorDetails], main_only: Collection[str]
) -> None:
    missing = {str(problem.path) for problem in source.problems}
    for error in errors:
        path = key_path_of(error["loc"])
        if path_text(path) in missing:
            continue  # its variable is not set: reported already
        if error["type"] == "extra_forbidden":
            _unknown_key(source, path, main_only)
        elif error["type"] == "missing":
            source.add_problem(path[:-1], f"{path[-1]!r} is missing", of_key=True)
        else:
            _wrong_value(source, path, error)


def key_path_of(loc: tuple[str | int, ...]) -> KeyPath:
    """Return where in the file an error is: without the type that pydantic puts in."""
    if loc[:1] == ("notifier",) and len(loc) > 3:
        return (*loc[:2], *loc[3:])
    return tuple(step for step in loc if step != "[key]")


def displayed(value: object, path: KeyPath, source: SourceFile) -> str:
    """Return a value, shortened; ``""``: it may hold secrets, or is a whole table."""
    secret = any(path[:depth] in source.secret for depth in range(1, len(path) + 1))
    own = path[0] in {"notifier", "store"} and path[-1] == "url"
    if secret or own or _SECRET.intersection(map(str, path)) or _has_secrets(value):
        return ""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:
        text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


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


def _unknown_key(source: SourceFile, path: KeyPath, main_only: Collection[str]) -> None:
    key = path[-1]
    if len(path) == 1 and key in main_only:
        source.add_problem(path, f"{key!r} {_MAIN_ONLY}", of_key=True)
        return
    where = f" in {path_text(path[:-1])}" if len(path) > 1 else ""
    hint = closest_key(path, source.data)
    source.add_problem(path, f"unknown key {key!r}{where}", hint, of_key=True)


def _wrong_value(source: SourceFile, path: KeyPath, error: ErrorDetails) -> None:
    key = path_text(path)
    if len(path) == 1 and path[0] in ARRAY_SECTIONS:
        source.add_problem(path, f"must be written as [[{key}]], once for each", of_key=True)
    elif error["type"] == "value_error" and isinstance(error["input"], dict):
        source.add_problem(path, f"{key}: {requirement_of(error)}", of_key=True)
    elif error["type"].startswith("union_tag"):
        written = str(error["ctx"].get("tag", ""))
        message = f"{key}.type must be {_or(CHANNEL_TYPES)}" + (
            f", not {written!r}" if written else ""
        )
        source.add_problem((*path, "type"), message, closest_word(written, CHANNEL_TYPES))
    else:
        written = displayed(error["input"], path, source)
        hint = closest_word(str(error["input"]), _choices(error)) if written else ""
        but = f", not {written}" if written else ""
        source.add_problem(path, f"{key} {requirement_of(error)}{but}", hint)


def requirement_of(error: ErrorDetails) -> str:
    """Return what must be, as ``must be a number``."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])
    if error["type"] == "literal_error":
        return f"must be {_or(_choices(error))}"
    for beginning, words in _REQUIREMENTS.items():
        if error["type"].startswith(beginning):
            return words.format(**context)
    return re.sub(r"^\w+ should", "must", error["msg"])


def _choices(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    words = expected.replace(" or ", ", ").split(", ") if error["type"] == "literal_error" else []
    return [word.strip("'") for word in words]


def _or(words: Sequence[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if words[1:] else words[0]


F = TypeVar("F", bound=IncludedShape)


def validate_file(
    source: SourceFile, model: type[F], main_only: Collection[str]
) -> tuple[F, dict[str, list[int]]]:
    """Return what a file says, and of each section which of its items that holds.

    A key that is wrong is left out, so that the rest can be checked too; an item that cannot do
    without it is left out whole.
    """
    data: dict[str, Any] = source.data
    kept = {
        key: list(range(len(data[key])))
        for key in ARRAY_SECTIONS
        if isinstance(data.get(key), list)
    }
    try:
        return model.model_validate(data), kept
    except ValidationError as error:
        errors = error.errors(include_url=False)
    report_errors(source, errors, main_only)
    source.invalid.update(_key_of(key_path_of(detail["loc"])) for detail in errors)
    data = _without_keys(data, source.invalid)
    try:
        return model.model_validate(data), kept
    except ValidationError as error:
        left = [key_path_of(detail["loc"])[:2] for detail in error.errors(include_url=False)]
    for section in {path[0] for path in left}:
        bad = {path[1] for path in left if path[0] == section and len(path) > 1}
        data = _without_items(data, str(section), bad)
        kept[str(section)] = [index for index in kept.get(str(section), []) if index not in bad]
    return model.model_validate(data), kept


def _key_of(path: KeyPath) -> KeyPath:
    """The path up to its last key: of a list nothing can be left out but the whole."""
    while len(path) > 2 and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _without_keys(data: dict[str, Any], wrong: Iterable[KeyPath]) -> dict[str, Any]:
    kept = deepcopy(data)
    for *table, key in wrong:
        node: Any = kept
        for step in table:
            try:
                node = node[step]
            except (LookupError, TypeError):
                break  # a key around it is wrong as well, and gone
        else:
            if isinstance(node, dict):
                node.pop(key, None)
    return kept


def _without_items(data: dict[str, Any], section: str, bad: set[str | int]) -> dict[str, Any]:
    items = data.get(section)
    rest = {name: value for name, value in data.items() if name != section}
    if isinstance(items, list) and bad:
        return {**rest, section: [item for i, item in enumerate(items) if i not in bad]}
    if section in {"group", "probe_module"} and isinstance(items, dict) and bad:
        return {**rest, section: {k: v for k, v in items.items() if k not in bad}}
    return rest
