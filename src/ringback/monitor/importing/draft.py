"""What an importer makes: tables of a configuration, and notes of what was not carried over."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from ringback.monitor.config.naming import slug
from ringback.monitor.config.yaml_text import YAMLText

Table = dict[str, Any]  # One table of a configuration, as it will be written


class WithVariables(str):
    """A text in which ``${NAME}`` stands for a variable of the environment."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file that was read."""

    file: Path
    text: str  # What it holds


class ImportRefused(Exception):  # noqa: N818 - named for what happened to the files
    """Raised for files that are of no known type, or that cannot be read; the message says why."""


def yaml_of(text: ImportedFile) -> YAMLText:
    """Return what a file holds; raises ``ImportRefused`` naming this very file."""
    try:
        return YAMLText(text.text)
    except ValueError as error:
        raise ImportRefused(f"{text.file} {error}") from error


@dataclass(frozen=True, slots=True, order=True)
class ImportNote:
    """Something that could not be carried over as it was."""

    file: Path  # Where it stands
    line: int  # Counted from 1; 0: not known
    message: str  # What, and what to do about it

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.message}"


@dataclass(slots=True)
class Draft:
    """A configuration in the making."""

    endpoints: list[Table] = field(default_factory=list)
    defaults: Table = field(default_factory=dict)
    notifiers: list[Table] = field(default_factory=list)
    routes: list[Table] = field(default_factory=list)
    maintenance: list[Table] = field(default_factory=list)
    modules: dict[str, Table] = field(default_factory=dict)  # Of `/probe`, by name
    notes: list[ImportNote] = field(default_factory=list)  # What could not be carried over
    # Variable of the environment to what it must hold
    variables: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)  # Ids of the names that `free_name` returned

    def note(self, text: ImportedFile, line: int, message: str) -> None:
        note = ImportNote(text.file, line, message)
        if note not in self.notes:
            self.notes.append(note)

    def free_name(self, name: str) -> str:
        """Return a name that was not returned yet: the given one, or else with a number."""
        numbered = (f"{name} {number}" for number in count(2))
        free = next(
            candidate for candidate in chain([name], numbered) if slug(candidate) not in self.taken
        )
        self.taken.add(slug(free))
        return free

    def secret(self, words: Iterable[str], what: str) -> WithVariables:
        """Return what is written in the place of a secret: a variable of the environment."""
        name = re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper()).strip("_")
        name = f"_{name}" if name[:1].isdigit() else name
        self.variables.setdefault(name, what)
        return WithVariables(f"${{{name}}}")

    def proxy(self, url: str, owner: str) -> str | None:
        """Return a proxy's URL, its password as a variable; ``None``: no probe can use it."""
        scheme, _, rest = url.strip().partition("://")
        if scheme not in _PROXIES or not rest:
            return None
        user, at, host = rest.rstrip("/").rpartition("@")
        name, colon, password = user.partition(":")
        if not (at and password) or isinstance(url, WithVariables):
            return type(url)(f"{scheme}://{rest.rstrip('/')}")
        hidden = self.secret((owner, "proxy_password"), f"the proxy's password, of {owner}")
        return WithVariables(f"{scheme}://{name}{colon}{hidden}@{host}")

    def headers(self, headers: Mapping[str, Any], owner: str) -> dict[str, str]:
        """Return HTTP headers, those that are secret as variables."""
        return {str(name): self._header(str(name), value, owner) for name, value in headers.items()}

    def hide_secrets(self, table: Table, owner: str) -> None:
        """Put variables in the place of passwords and tokens in a URL, a body and what is sent."""
        url = str(table.get("url", ""))
        shown = re.sub(r"://[^\s/?#]*@", "://", _SECRET_PAIR.sub(r"\g<key>=…", url))
        owner = owner.replace(url, shown) if url else owner
        for key in ("url", "body", "send"):
            for pattern in (_LOGIN, _SECRET_PAIR) if key == "url" else (_SECRET_PAIR,):
                if text := table.get(key):
                    table[key] = self._hidden(text, pattern, key, owner)
        if url and table["url"] != url:
            table["name"] = owner

    def _hidden(self, text: str, pattern: re.Pattern[str], place: str, owner: str) -> str:
        kept: list[str] = []
        end = 0
        for found in pattern.finditer(text):
            if "${" not in found["value"]:
                what = found["key"] or "login"
                hidden = self.secret((owner, place, what), f"{what} in the {place} of {owner}")
                kept += [_escaped(text, end, found.start("value")), hidden]
                end = found.end("value")
        return WithVariables("".join((*kept, _escaped(text, end)))) if kept else text

    def basic_login(self, owner: str) -> WithVariables:
        """Return what is written in the place of the header ``Authorization`` with a password."""
        what = f'"Basic …" with user and password of {owner}, in Base64'
        return self.secret((owner, "authorization"), what)

    def _header(self, name: str, value: Any, owner: str) -> str:
        if isinstance(value, WithVariables) or not _SECRET.search(name):
            return value if isinstance(value, str) else str(value)
        return self.secret((owner, name), f"the header {name} of {owner}")


def combined(drafts: Iterable[Draft]) -> Draft:
    """Return several drafts as one; what each has as defaults goes to its own endpoints."""
    whole = Draft()
    for draft in drafts:
        whole.endpoints += [
            {**endpoint, **_missing_defaults(draft, endpoint)} for endpoint in draft.endpoints
        ]
        whole.notifiers += draft.notifiers
        whole.routes += draft.routes
        whole.modules |= draft.modules
        whole.notes += draft.notes
        whole.variables |= draft.variables
    return whole


def _missing_defaults(draft: Draft, endpoint: Table) -> Table:
    return {key: value for key, value in draft.defaults.items() if key not in endpoint}


_NUMBER = re.compile(r"\d+(\.\d+)?")
_PROXIES = ("http", "socks5", "socks5h")
_LOGIN = re.compile(
    r"(?:https?://|[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:)(?P<key>)(?P<value>[^\s/?#]+)@"
)
_SECRET_PAIR = re.compile(
    r"(?P<key>[\w-]{0,40}(?:passw(?:or)?d|pwd|token|secret|api[_-]?key)[\w-]{0,40})"
    r"[\"']?\s*[:=>]\s*\\?\"?(?P<value>(?<=\")[^\"\\]+|[^\s\"'&,;}#<\\]+)",
    re.IGNORECASE,
)
_SECRET = re.compile(r"auth|token|key|secret|cookie|password", re.IGNORECASE)


def _escaped(text: str, begin: int, end: int | None = None) -> str:
    part = text[begin:end]
    return part if isinstance(text, WithVariables) else part.replace("${", "$${")


def status_ranges(statuses: Iterable[int]) -> Any:
    """Statuses in ascending order as ``expect.status`` has them: ``[200, "300-399"]``."""
    runs: list[list[int]] = []
    for status in statuses:
        if runs and runs[-1][1] == status - 1:
            runs[-1][1] = status
        else:
            runs.append([status, status])
    ranges = [first if first == last else f"{first}-{last}" for first, last in runs]
    return ranges if ranges[1:] else ranges[0]


def pruned(table: Mapping[str, Any]) -> Table:
    """Return a table without the keys that have nothing to say."""
    kept = {key: pruned(v) if isinstance(v, dict) else v for key, v in table.items()}
    return {key: v for key, v in kept.items() if v is not None and v not in ("", [], {}, ())}


_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")


def with_variables(text: str, variable: re.Pattern[str] = _VARIABLE) -> str:
    """Return a text with ``$NAME`` written as ``${NAME}``, both meaning a variable."""
    found: list[str] = []
    end = 0
    for match in variable.finditer(text):
        found += [_escaped(text, end, match.start()), f"${{{match[1] or match[2]}}}"]
        end = match.end()
    return WithVariables("".join((*found, _escaped(text, end)))) if found else text


def config_duration(number: object, unit: float = 1.0) -> str | None:
    """Return so many units, in seconds, as a configuration has them; ``None``: not above 0."""
    seconds = float(str(number)) * unit if _NUMBER.fullmatch(str(number)) else 0.0
    if not seconds:
        return None
    for name, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f}{name}"
    return f"{seconds * 1000:g}ms" if seconds < 1 else f"{seconds:g}s"


_BARE = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(draft: Draft) -> str:
    """Return a configuration as TOML (https://toml.io/en/v1.0.0)."""
    blocks = [*_variables(draft)]
    if draft.defaults:
        blocks.append("[defaults]\n" + _lines(draft.defaults))
    sections = {
        "endpoint": draft.endpoints,
        "notifier": draft.notifiers,
        "route": draft.routes,
        "maintenance": draft.maintenance,
    }
    for header, tables in sections.items():
        blocks.extend(f"[[{header}]]\n{_lines(table)}" for table in tables)
    blocks.extend(
        f"[probe_module.{_key(name)}]\n{_lines(table)}" for name, table in draft.modules.items()
    )
    return "\n".join(blocks)


def _variables(draft: Draft) -> Iterator[str]:
    tables = (draft.endpoints, draft.notifiers, draft.modules)
    variables = {**dict.fromkeys(_names_in(tables), "as it was before"), **draft.variables}
    if variables:
        lines = [f"#   {name}: {_one_line(what)}\n" for name, what in variables.items()]
        yield "# Variables of the environment that must be set:\n" + "".join(lines)


def _names_in(value: Any) -> Iterator[str]:
    """The variables that the texts of tables and lists name."""
    if isinstance(value, WithVariables):
        yield from re.findall(r"\$\{(\w+)\}", value)
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _names_in(item)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text)


def _lines(table: Table) -> str:
    return "".join(f"{_key(key)} = {toml_value(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def toml_value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value if isinstance(value, WithVariables) else value.replace("${", "$${"))
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else json.dumps(value)


def _text(text: str) -> str:
    """A basic string: JSON has the same escapes, but lets DEL and lone surrogates through."""
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return re.sub("[\ud800-\udfff]", "\ufffd", quoted)
