"""Writing a draft as TOML (https://toml.io/en/v1.0.0)."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ringback.monitor.importing.draft import Draft, Table, WithVariables

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(draft: Draft) -> str:
    """Return a configuration as TOML.

    Args:
        draft: What it holds.
    """
    blocks = [*_variables(draft)]
    if draft.defaults:
        blocks.append("[defaults]\n" + _lines(draft.defaults))
    for header, tables in _sections(draft):
        blocks.extend(f"[[{header}]]\n{_lines(table)}" for table in tables)
    return "\n".join(blocks)


def _sections(draft: Draft) -> Iterable[tuple[str, list[Table]]]:
    return (
        ("endpoint", draft.endpoints),
        ("notifier", draft.notifiers),
        ("route", draft.routes),
        ("maintenance", draft.maintenance),
    )


def _variables(draft: Draft) -> Iterator[str]:
    tables = (draft.endpoints, draft.notifiers)
    variables = {**dict.fromkeys(_names_in(tables), "as it was before"), **draft.variables}
    if variables:
        lines = [f"#   {name}: {_one_line(what)}\n" for name, what in variables.items()]
        yield "# Variables of the environment that must be set:\n" + "".join(lines)


def _names_in(value: Any) -> Iterator[str]:
    """The variables that the texts of tables and lists name."""
    if isinstance(value, WithVariables):
        yield from re.findall(r"\$\{(\w+)\}", value)
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _names_in(one)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text)


def _lines(table: Table) -> str:
    return "".join(f"{_key(key)} = {value_text(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def value_text(value: Any) -> str:
    """Return a value as TOML.

    Args:
        value: Text, number, boolean, date and time, or a list or a table of such.
    """
    if isinstance(value, WithVariables):
        return _text(value)
    if isinstance(value, str):
        return _text(value.replace("${", "$${"))
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {value_text(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else json.dumps(value)


def _text(text: str) -> str:
    """A basic string: JSON has the same escapes, but lets DEL and lone surrogates through."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return re.sub("[\ud800-\udfff]", "\ufffd", quoted)
