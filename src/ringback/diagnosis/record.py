"""A diagnosis as data and back: what ``--json`` prints, and what ``compare`` reads."""

from __future__ import annotations

import json
import math
import platform
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn, cast, get_args

from ringback import __version__
from ringback.diagnosis.model import STAGES, Alternative, Diagnosis, Reading, State, Verdict, Where
from ringback.failure.kind import Layer
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from ringback.diagnosis.model import VerdictKind
    from ringback.failure.names import KindName

# A diagnosis as data: what ``--json`` prints, after the published schema.

FORMAT = 1
"""Number of the format. Further keys may be added to it; what there is keeps its meaning."""

_MAX_DEPTH = 12


def record_of(diagnosis: Diagnosis, *, redacted: bool = False) -> dict[str, Any]:
    """Return a diagnosis as JSON has it, after ``schema()``.

    User information and queries of URLs are cut out once more, wherever they stand. Of the machine
    it says Python, OpenSSL and platform, not its name.
    """
    return {
        "format": FORMAT,
        "target": without_secrets(diagnosis.target),
        "at": moment(diagnosis.at),
        "elapsed": round(diagnosis.elapsed, 6),
        "complete": diagnosis.complete,
        "verdict": _record_of_verdict(diagnosis.verdict),
        "readings": [record_of_reading(reading) for reading in diagnosis.readings],
        "host": {
            "python": platform.python_version(),
            "openssl": ssl.OPENSSL_VERSION,
            "platform": platform.platform(),
        },
        "ringback": __version__,
        "redacted": redacted,
    }


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what ``record_of`` returns."""
    text = files("ringback.diagnosis").joinpath("schema/diagnosis.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def moment(at: float) -> str:
    """Return a time as RFC 3339 has it, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def jsonable(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can have it: what it cannot becomes a text, or ``None``."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return without_secrets(value)
    if depth >= _MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {str(key): jsonable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(item, depth + 1) for item in value]
    return without_secrets(str(value))


def _record_of_verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = jsonable(asdict(verdict))
    return {**found, "confidence": round(verdict.confidence, 3)}


def record_of_reading(reading: Reading) -> dict[str, Any]:
    """Return a reading as JSON has it."""
    return {
        "layer": reading.layer,
        "what": reading.what,
        "subject": without_secrets(reading.subject),
        "state": reading.state,
        "result": without_secrets(reading.result),
        "kind": reading.kind,
        "at": round(reading.at, 6),
        "seconds": round(reading.seconds, 6),
        "facts": jsonable(reading.facts),
    }


# A recorded diagnosis read back; the record may come from anywhere.

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""Bytes of a record at most."""

_MAX_READINGS, _MAX_TEXT, _MAX_ITEMS = 1000, 4000, 500
"""Readings, characters of a text, and items of a list or object, at most."""


class RecordError(ValueError):
    """Raised for what is no recorded diagnosis; the message says why, without naming the file."""


def diagnosis_from(text: str | bytes) -> Diagnosis:
    """Return the diagnosis that a JSON text records; ``RecordError`` where it is something else."""
    if len(text) > MAX_RECORD_BYTES:
        raise RecordError(f"larger than {MAX_RECORD_BYTES >> 20} MiB")
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

    Keys that are not known are passed over, and what is too long is cut. ``RecordError`` where it
    is no recorded diagnosis, or one of a newer format.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("verdict"), Mapping):
        raise RecordError("not a report of ringback diagnose --json")
    form = record.get("format")
    if isinstance(form, int) and form > FORMAT:
        raise RecordError(f"written by a newer ringback (format {form}, known is {FORMAT}); update")
    if form != FORMAT or not _text(record.get("target")):
        raise RecordError("not a report of ringback diagnose --json")
    listed = _list(record.get("readings"))[:_MAX_READINGS]
    known = {i: r for i, entry in enumerate(listed) if (r := _reading_from(entry)) is not None}
    place = {index: new for new, index in enumerate(known)}
    return Diagnosis(
        target=_text(record.get("target")),
        verdict=_verdict_from(record["verdict"], place),
        readings=tuple(known.values()),
        elapsed=_number(record.get("elapsed")),
        at=_moment(record.get("at")),
        complete=record.get("complete") is not False,
    )


def _no_json(word: str) -> NoReturn:
    raise ValueError(word)


def _verdict_from(record: Mapping[str, Any], place: Mapping[int, int]) -> Verdict:
    layer = record.get("layer")
    evidence = [i for i in _list(record.get("evidence")) if isinstance(i, int) and i in place]
    alternatives = [
        alternative
        for alternative in _list(record.get("alternatives"))
        if isinstance(alternative, Mapping)
    ]
    return Verdict(
        kind=cast("VerdictKind", _text(record.get("kind")) or "unknown"),
        cause=_text(record.get("cause")),
        layer=cast("Layer", layer) if layer in get_args(Layer) else "none",
        where=_where(record.get("where")),
        confidence=min(1.0, _number(record.get("confidence"))),
        summary=_text(record.get("summary")),
        advice=_texts(record.get("advice")),
        evidence=tuple(place[index] for index in evidence),
        alternatives=tuple(
            _alternative_from(alternative) for alternative in alternatives[:_MAX_ITEMS]
        ),
        beside=_texts(record.get("beside")),
    )


def _alternative_from(record: Mapping[str, Any]) -> Alternative:
    return Alternative(
        kind=cast("VerdictKind", _text(record.get("kind")) or "unknown"),
        cause=_text(record.get("cause")),
        where=_where(record.get("where")),
        summary=_text(record.get("summary")),
        check=_text(record.get("check")),
    )


def _reading_from(record: object) -> Reading | None:
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
        kind=cast("KindName | None", _text(record.get("kind")) or None),
        at=_number(record.get("at")),
        seconds=_number(record.get("seconds")),
        facts=_fact(facts, 0) if isinstance(facts, Mapping) else {},
    )


def _fact(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value[:_MAX_TEXT]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not isinstance(value, Mapping | list):
        return value
    if depth >= _MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_fact(item, depth + 1) for item in value[:_MAX_ITEMS]]
    items = list(value.items())[:_MAX_ITEMS]
    return {str(key)[:_MAX_TEXT]: _fact(item, depth + 1) for key, item in items}


def _where(value: object) -> Where:
    return cast("Where", value) if value in get_args(Where) else ""


def _text(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text[:_MAX_TEXT] for text in _list(value)[:_MAX_ITEMS] if isinstance(text, str))


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
