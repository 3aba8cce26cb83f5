"""An explanation as data, for programs."""

from dataclasses import asdict
from typing import Any

from ringback.failure import Explanation


def record_of(said: Explanation) -> dict[str, Any]:
    """Return what ``--json`` prints of an explanation.

    Args:
        said: The explanation. ``span`` counts characters of the decoded text.
    """
    return {
        "kind": said.kind,
        "layer": said.layer,
        "confidence": said.confidence,
        "phase": said.phase,
        "delivered": said.delivered,
        "retry": said.retry,
        "via": said.via,
        "span": list(said.span),
        "target": asdict(said.target),
        "platform": said.platform,
        "library": said.library,
        "meaning": said.meaning,
        "advice": list(said.advice),
        "evidence": said.evidence,
    }
