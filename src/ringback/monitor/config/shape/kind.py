"""The types of the values, with what the JSON Schema says of each."""

from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ringback.monitor.config.shape.value import (
    clock_of,
    day_of,
    http_url_of,
    json_text_of,
    k_of_n,
    moment_of,
    pattern_of,
    proxy_of,
    seconds_of,
    statuses_of,
    texts_of,
    zone_of,
)


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
    BeforeValidator(seconds_of),
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
Pattern = Annotated[str, AfterValidator(pattern_of)]
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(texts_of), _schema(_TEXT, _TEXTS)]
Moment = Annotated[
    float, BeforeValidator(moment_of), _schema({"type": "string", "format": "date-time"})
]
Clock = Annotated[
    time, BeforeValidator(clock_of), _schema({"type": "string", "examples": ["22:00"]})
]
Day = Annotated[
    int, BeforeValidator(day_of), _schema({"type": "string", "examples": ["mon", "sun"]})
]
Zone = Annotated[str, AfterValidator(zone_of)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=1000)]
KOfN = Annotated[
    tuple[int, int] | None,
    BeforeValidator(k_of_n),
    _schema(
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2},
        {"const": False},
    ),
]
JSONText = Annotated[
    str,
    BeforeValidator(json_text_of),
    _schema(_TEXT, {"type": "number"}, {"type": "boolean"}),
]
Proxy = Annotated[
    str,
    AfterValidator(proxy_of),
    _schema({"type": "string", "examples": ["http://proxy.example.com:3128", "environment"]}),
]
HTTPURL = Annotated[str, AfterValidator(http_url_of)]
