"""A diagnosis as data: what ``--json`` prints, after the published schema."""

from __future__ import annotations

import json
import math
import platform
import ssl
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ringback import __version__
from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from ringback.diagnosis.model import Diagnosis, Reading, Verdict

FORMAT = 1
"""Number of the format. Further keys may be added to it; what there is keeps its meaning."""

_DEEPEST = 12


def record_of(diagnosis: Diagnosis, *, redacted: bool = False) -> dict[str, Any]:
    """Return a diagnosis as JSON has it, after ``schema()``.

    User information and queries of URLs are cut out once more, wherever they stand. Of the machine
    it says Python, OpenSSL and platform, not its name.

    Args:
        diagnosis: What was found.
        redacted: Whether its names and addresses are placeholders.
    """
    return {
        "format": FORMAT,
        "target": without_secrets(diagnosis.target),
        "at": moment(diagnosis.at),
        "elapsed": round(diagnosis.elapsed, 6),
        "complete": diagnosis.complete,
        "verdict": _verdict(diagnosis.verdict),
        "readings": [_reading(reading) for reading in diagnosis.readings],
        "host": {
            "python": platform.python_version(),
            "openssl": ssl.OPENSSL_VERSION,
            "platform": platform.platform(),
        },
        "ringback": __version__,
        "redacted": redacted,
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what ``record_of`` returns."""
    text = files("ringback.diagnosis").joinpath("schema/diagnosis.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def moment(at: float) -> str:
    """Return a time as RFC 3339 has it, in UTC.

    Args:
        at: Seconds since 1970 UTC.
    """
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def jsonable(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can have it: what it cannot becomes a text, or ``None``.

    Args:
        value: A fact.
        depth: How deep within others it stands.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return without_secrets(value)
    if depth >= _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {str(key): jsonable(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(one, depth + 1) for one in value]
    return without_secrets(str(value))


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = jsonable(asdict(verdict))
    return {**found, "confidence": round(verdict.confidence, 3)}


def _reading(reading: Reading) -> dict[str, Any]:
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
