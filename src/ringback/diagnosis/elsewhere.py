"""What was read of the host that a redirect leads to, as one reading of the diagnosis before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.model import Reading

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene


def tell_elsewhere(scene: Scene, url: str, there: Scene, since: float) -> None:
    """Tell what was read of another host, as ``http/elsewhere``.

    Args:
        scene: The diagnosis under way.
        url: Where the redirect leads, without query.
        there: What was read there.
        since: When that began.
    """
    readings = there.readings()
    requests = [one for one in readings if (one.layer, one.what) == ("http", "request")]
    answered = _is_answered(readings)
    failed = [one for one in readings if one.state == "failed"]
    last = requests[-1] if answered else failed[-1] if failed else None
    scene.tell(
        "http",
        "elsewhere",
        url,
        state="ok" if answered else "failed",
        result="nothing came of it" if last is None else last.result,
        kind=None if answered or last is None else last.kind,
        since=since,
        facts={
            "answered": answered,
            "complete": there.left(1.0) > 0,
            "readings": [_written(one) for one in readings],
        },
    )


def readings_elsewhere(told: Reading) -> tuple[Reading, ...]:
    """Return what was read of another host.

    Args:
        told: As from ``tell_elsewhere``.
    """
    return tuple(_read(one) for one in told.facts.get("readings") or () if isinstance(one, Mapping))


def _is_answered(readings: Sequence[Reading]) -> bool:
    """Whether an answer came in the end: a redirect is none that leads nowhere, or further away."""
    steps = [one for one in readings if one.layer == "http"]
    if any(one.what in {"redirect", "elsewhere"} and one.state == "failed" for one in steps):
        return False
    asked = [one for one in steps if one.what == "request"]
    return any(one.facts.get("outcome") == "answered" for one in asked)


def _written(one: Reading) -> dict[str, Any]:
    return {
        "layer": one.layer,
        "what": one.what,
        "about": one.subject,
        "state": one.state,
        "result": one.result,
        "kind": one.kind,
        "at": one.at,
        "seconds": one.seconds,
        "facts": one.facts,
    }


def _read(written: Mapping[str, Any]) -> Reading:
    named = {key: value for key, value in written.items() if key != "about"}
    return Reading(subject=written["about"], **named)
