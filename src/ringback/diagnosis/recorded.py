"""A recorded diagnosis read back; the record may come from anywhere."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, cast, get_args

from ringback.diagnosis.model import (
    STAGES,
    Alternative,
    Diagnosis,
    Reading,
    State,
    Verdict,
    Where,
)
from ringback.diagnosis.record import FORMAT
from ringback.failure.kind import Layer

LIMIT = 8 * 1024 * 1024
"""Bytes of a record at most."""

_READINGS, _TEXT, _ITEMS, _DEEPEST = 1000, 4000, 500, 12
"""Readings, characters of a text, items of a list or object, and depth of facts, at most."""


class RecordError(ValueError):
    """Raised for what is no recorded diagnosis; the message says why, without naming the file."""


def diagnosis_from(text: str | bytes) -> Diagnosis:
    """Return the diagnosis that a text records.

    Args:
        text: One JSON object, as ``ringback diagnose --json`` prints it.

    Raises:
        RecordError: It is something else.
    """
    if len(text) > LIMIT:
        raise RecordError(f"larger than {LIMIT >> 20} MiB")
    try:
        record = json.loads(text, parse_constant=_no_json)
    except json.JSONDecodeError as error:
        several = error.msg == "Extra data"
        said = "more than one JSON object; give one file per machine" if several else "not JSON"
        raise RecordError(f"{said} (line {error.lineno}, column {error.colno})") from error
    except (ValueError, RecursionError) as error:  # another encoding, a huge number, nested deeply
        raise RecordError("not JSON") from error
    return diagnosis_of(record)


def diagnosis_of(record: object) -> Diagnosis:
    """Return the diagnosis that a record holds.

    Keys that are not known are passed over, and what is too long is cut.

    Args:
        record: What ``json.loads`` made of it.

    Raises:
        RecordError: It is no recorded diagnosis, or one of a newer format.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("verdict"), Mapping):
        raise RecordError("not a report of ringback diagnose --json")
    form = record.get("format")
    if isinstance(form, int) and form > FORMAT:
        raise RecordError(f"written by a newer ringback (format {form}, known is {FORMAT}); update")
    if form != FORMAT or not _text(record.get("target")):
        raise RecordError("not a report of ringback diagnose --json")
    listed = _list(record.get("readings"))[:_READINGS]
    known = {i: r for i, one in enumerate(listed) if (r := _reading(one)) is not None}
    place = {index: new for new, index in enumerate(known)}
    return Diagnosis(
        target=_text(record.get("target")),
        verdict=_verdict(record["verdict"], place),
        readings=tuple(known.values()),
        elapsed=_number(record.get("elapsed")),
        at=_moment(record.get("at")),
        complete=record.get("complete") is not False,
    )


def _no_json(word: str) -> NoReturn:
    raise ValueError(word)


def _verdict(record: Mapping[str, Any], place: Mapping[int, int]) -> Verdict:
    layer = record.get("layer")
    evidence = [i for i in _list(record.get("evidence")) if isinstance(i, int) and i in place]
    alternatives = [one for one in _list(record.get("alternatives")) if isinstance(one, Mapping)]
    return Verdict(
        kind=_text(record.get("kind")) or "unknown",
        cause=_text(record.get("cause")),
        layer=cast("Layer", layer) if layer in get_args(Layer) else "none",
        where=_where(record.get("where")),
        confidence=min(1.0, _number(record.get("confidence"))),
        summary=_text(record.get("summary")),
        advice=_texts(record.get("advice")),
        evidence=tuple(place[index] for index in evidence),
        alternatives=tuple(_alternative(one) for one in alternatives[:_ITEMS]),
        beside=_texts(record.get("beside")),
    )


def _alternative(record: Mapping[str, Any]) -> Alternative:
    return Alternative(
        kind=_text(record.get("kind")) or "unknown",
        cause=_text(record.get("cause")),
        where=_where(record.get("where")),
        summary=_text(record.get("summary")),
        check=_text(record.get("check")),
    )


def _reading(record: object) -> Reading | None:
    """Return a reading; ``None`` for one of a stage that is not known here."""
    if not isinstance(record, Mapping) or record.get("layer") not in STAGES:
        return None
    state = record.get("state")
    facts = record.get("facts")
    return Reading(
        layer=record["layer"],
        what=_text(record.get("what")),
        subject=_text(record.get("subject")),
        state=cast("State", state) if state in get_args(State) else "noted",
        result=_text(record.get("result")),
        kind=_text(record.get("kind")) or None,
        at=_number(record.get("at")),
        seconds=_number(record.get("seconds")),
        facts=_fact(facts, 0) if isinstance(facts, Mapping) else {},
    )


def _fact(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value[:_TEXT]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, Mapping | list):
        return value
    if depth >= _DEEPEST:
        return None
    if isinstance(value, list):
        return [_fact(one, depth + 1) for one in value[:_ITEMS]]
    items = list(value.items())[:_ITEMS]
    return {str(key)[:_TEXT]: _fact(one, depth + 1) for key, one in items}


def _where(value: object) -> Where:
    return cast("Where", value) if value in get_args(Where) else ""


def _text(value: object) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one[:_TEXT] for one in _list(value)[:_ITEMS] if isinstance(one, str))


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float:
    """Return what is a number of seconds or a share; else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if 0 <= value <= 1e12 else 0.0


def _moment(value: object) -> float:
    try:
        found = datetime.fromisoformat(_text(value)[:40])
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        return max(0.0, aware.timestamp())
    except (ValueError, OverflowError):
        return 0.0
