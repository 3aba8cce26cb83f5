"""Incidents and notices as JSON, and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ringback.incident.model import Change, Entry, Incident, Notice


def incident_text(incident: Incident) -> str:
    """Return an incident as JSON.

    Args:
        incident: Which.
    """
    return _text(asdict(incident))


def incident_of(text: str) -> Incident:
    """Return the incident that ``incident_text`` made this of.

    Args:
        text: JSON.
    """
    return _incident(json.loads(text))


def notice_text(notice: Notice) -> str:
    """Return a notice as JSON.

    Args:
        notice: Which.
    """
    return _text(asdict(notice))


def notice_of(text: str) -> Notice:
    """Return the notice that ``notice_text`` made this of.

    Args:
        text: JSON.
    """
    kept = json.loads(text)
    change = {**kept["change"], "incident": _incident(kept["change"]["incident"])}
    return Notice(**{**kept, "change": Change(**change)})


def _incident(kept: Mapping[str, Any]) -> Incident:
    own = {
        **kept,
        "members": tuple(kept["members"]),
        "well": tuple(kept["well"]),
        "evidence": tuple(kept["evidence"]),
        "advice": tuple(kept.get("advice", ())),  # an earlier version gave none
        "timeline": tuple(Entry(**entry) for entry in kept["timeline"]),
    }
    return Incident(**own)


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
