"""The types of a configuration's values, with what the JSON Schema says of each."""

import json
import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ringback.incident.model import Severity

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_DURATION = re.compile(rf"(?:{_DURATION_PART.pattern})+")
_RANGE = re.compile(r"([1-5]\d\d)\s*-\s*([1-5]\d\d)")
_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MAX_DURATION = 100 * 366 * 86400.0


def duration_of(value: object) -> float:
    """Return a duration in seconds: of a number, or of pieces such as ``"1h30m"``."""
    seconds = _seconds(value)
    if seconds is None or not 0 < seconds <= _MAX_DURATION:
        raise ValueError('must be a duration above 0, such as 30, "30s", "5m" or "1h30m"')
    return seconds


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def probe_proxy_of(text: str) -> str:
    """Return what names a proxy for HTTP probes; ``""``: there is none."""
    from ringback.client.proxies.settings import proxy_url  # noqa: PLC0415 - few need it
    from ringback.monitor.probe.tunnel import ENVIRONMENT, SCHEMES  # noqa: PLC0415 - as above

    if text in {"", "none"}:
        return ""
    if text == ENVIRONMENT:
        return text
    try:
        url = proxy_url(text)
    except ValueError:  # its message may show what is no user and password by its place only
        url = ""
    if url.partition("://")[0] not in SCHEMES:
        known = ", ".join(f"{scheme}://HOST:PORT" for scheme in SCHEMES)
        raise ValueError(f"must be {known}, {ENVIRONMENT} or none")
    return url


METHODS = frozenset(
    [
        "ACL",
        "BIND",
        "CHECKIN",
        "CHECKOUT",
        "CONNECT",
        "COPY",
        "DELETE",
        "GET",
        "HEAD",
        "LABEL",
        "LINK",
        "LOCK",
        "MERGE",
        "MKACTIVITY",
        "MKCALENDAR",
        "MKCOL",
        "MKREDIRECTREF",
        "MKWORKSPACE",
        "MOVE",
        "OPTIONS",
        "ORDERPATCH",
        "PATCH",
        "POST",
        "PRI",
        "PROPFIND",
        "PROPPATCH",
        "PURGE",
        "PUT",
        "QUERY",
        "REBIND",
        "REPORT",
        "SEARCH",
        "TRACE",
        "UNBIND",
        "UNCHECKOUT",
        "UNLINK",
        "UNLOCK",
        "UPDATE",
        "UPDATEREDIRECTREF",
    ]
)
"""IANA's registry of HTTP methods (without those that have a hyphen), and ``PURGE`` of caches."""


def known_method(method: str) -> str:
    if method not in METHODS:
        raise ValueError("must be an HTTP method, such as GET")
    return method


def statuses_of(value: object) -> tuple[tuple[int, int], ...]:
    """Return ranges of HTTP statuses: of ``204``, ``"200-299"``, ``"2xx"``, or a list of such."""
    given = value if isinstance(value, list | tuple) else [value]
    listed = (entry.split(",") if isinstance(entry, str) else [entry] for entry in given)
    return tuple(_status_range(status) for statuses in listed for status in statuses)


def _status_range(status: object) -> tuple[int, int]:
    if isinstance(status, tuple | list) and len(status) == 2:  # what this function has made
        return int(status[0]), int(status[1])
    text = str(status).strip()
    if match := _CLASS.fullmatch(text):
        return int(match[1]) * 100, int(match[1]) * 100 + 99
    match = _RANGE.fullmatch(f"{text}-{text}" if "-" not in text else text)
    if match is None or isinstance(status, bool) or int(match[1]) > int(match[2]):
        raise ValueError(
            'must be a status (204), a range ("200-299"), a class ("2xx"), or a list of these'
        )
    return int(match[1]), int(match[2])


def texts_of(value: object) -> object:
    """Return a list with one text in it for a text alone, and everything else as it is."""
    return (value,) if isinstance(value, str) else value


def regex_of(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a valid regular expression: {error}") from error
    return value


def moment_of(value: object) -> float:
    """Return a point in time in seconds since 1970 UTC; one without an offset is in UTC."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if not isinstance(read, datetime):
        if isinstance(read, date):
            read = datetime.combine(read, time())
        else:
            raise ValueError("must be a date and time, such as 2026-11-21T22:00:00Z")
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def clock_of(value: object) -> time:
    try:
        read = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if not isinstance(read, time) or read.tzinfo is not None:
        raise ValueError('must be a time of day, such as "22:00"')
    return read


def weekday_of(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 6:
        return value
    word = value.lower() if isinstance(value, str) else ""
    for number, name in enumerate(_DAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ValueError('must be a day of the week, such as "mon" or "monday"')


def zone_of(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError('must be a time zone, such as "Europe/Berlin"') from error
    return value


def json_text_of(value: object) -> str:
    """Return what a value in a JSON document is compared with: a text as it is, else its JSON."""
    if not isinstance(value, str | int | float):
        raise ValueError("must be a string, a number, true or false")
    return value if isinstance(value, str) else json.dumps(value)


def http_url_of(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
        raise ValueError("must begin with http:// or https://, and have a host")
    return value


def postgres_url_of(value: str) -> str:
    # Whatever is wrong with it: it is not shown, for it may hold a password.
    if value and not re.fullmatch(r"postgres(ql)?://([^\s/?#@]*@)?[^\s/?#@]*([/?]\S*)?", value):
        raise ValueError("must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    return value


def _schema(*types: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": list(types)} if len(types) > 1 else types[0])


_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_STATUS: tuple[dict[str, Any], ...] = (
    {"type": "integer", "minimum": 100, "maximum": 599},
    {"type": "string", "examples": ["200-299", "2xx"]},
)

Duration = Annotated[
    float,
    BeforeValidator(duration_of),
    _schema(
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "examples": ["30s", "5m", "1h30m"]},
    ),
]
"""Seconds."""
Statuses = Annotated[
    tuple[tuple[int, int], ...],
    BeforeValidator(statuses_of),
    _schema(*_STATUS, {"type": "array", "items": {"anyOf": list(_STATUS)}}),
]
Texts = Annotated[tuple[str, ...], BeforeValidator(texts_of), _schema(_TEXT, _TEXTS)]
_SEVERITY: dict[str, Any] = {"type": "string", "enum": list(get_args(Severity))}
Severities = Annotated[
    tuple[Severity, ...],
    BeforeValidator(texts_of),
    _schema(_SEVERITY, {"type": "array", "items": _SEVERITY}),
]
Pattern = Annotated[str, AfterValidator(regex_of)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(texts_of), _schema(_TEXT, _TEXTS)]
Moment = Annotated[
    float, BeforeValidator(moment_of), _schema({"type": "string", "format": "date-time"})
]
Clock = Annotated[
    time, BeforeValidator(clock_of), _schema({"type": "string", "examples": ["22:00"]})
]
Day = Annotated[
    int, BeforeValidator(weekday_of), _schema({"type": "string", "examples": ["mon", "sun"]})
]
Zone = Annotated[str, AfterValidator(zone_of)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=1000)]
JSONText = Annotated[
    str,
    BeforeValidator(json_text_of),
    _schema(_TEXT, {"type": "number"}, {"type": "boolean"}),
]
Proxy = Annotated[
    str,
    AfterValidator(probe_proxy_of),
    _schema({"type": "string", "examples": ["http://proxy.example.com:3128", "environment"]}),
]
HTTPURL = Annotated[str, AfterValidator(http_url_of)]
PostgresURL = Annotated[
    str,
    AfterValidator(postgres_url_of),
    _schema({"type": "string", "examples": ["postgresql://ringback@db.example.com/ringback"]}),
]
