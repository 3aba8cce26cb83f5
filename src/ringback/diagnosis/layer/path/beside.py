"""The port beside the asked one that a path is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringback.diagnosis.protocols import partners_of

if TYPE_CHECKING:
    from ringback.diagnosis.model import Asked

_OTHERS = (80, 443)


def port_beside(asked: Asked) -> int:
    """Return the likeliest other port of a service, or a common one."""
    ports = (*partners_of(asked.scheme, asked.port), *_OTHERS)
    return next(port for port in ports if port != asked.port)
