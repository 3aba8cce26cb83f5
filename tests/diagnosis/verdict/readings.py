"""Readings to judge, as short as they can be written."""

from typing import Any

from ringback.diagnosis.model import Reading


def reading(
    layer: Any,
    what: str,
    subject: str = "",
    *,
    state: Any = "noted",
    kind: Any = None,
    **facts: Any,
) -> Reading:
    return Reading(layer=layer, what=what, subject=subject, state=state, kind=kind, facts=facts)
