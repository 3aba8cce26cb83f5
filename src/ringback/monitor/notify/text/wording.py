"""The words that messages are made of; what comes from elsewhere is made harmless here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from ringback.failure.target import without_secrets

if TYPE_CHECKING:
    from ringback.incident.model import Pattern

LINE = 240
"""Characters of a line that comes from elsewhere, at most."""

_MENTION = re.compile(r"@(?=everyone|here|channel|all\b)|<(?=[!@#])", re.IGNORECASE)

WORDS: Mapping[Pattern, tuple[str, str]] = {
    "service_outage": ("DOWN", "down"),
    "network_partition": ("UNREACHABLE", "unreachable"),
    "own_network_down": ("NO NETWORK", "without network"),
    "dns_failure": ("DOWN", "down"),
    "port_change": ("MOVED", "down"),
    "certificate": ("CERTIFICATE", "in need of a certificate"),
    "rejected": ("REJECTED", "rejecting"),
    "latency": ("SLOW", "slow"),
    "flapping": ("FLAPPING", "flapping"),
    "heartbeat_missed": ("MISSED", "silent"),
    "prober_sick": ("MONITOR SICK", "sick"),
}
"""Sort of incident to its mark, and to what an endpoint is while it lasts."""


def harmless(text: str, most: int = LINE) -> str:
    """Return one line without credentials, control characters and mentions of everybody.

    Args:
        text: From elsewhere.
        most: Characters, at most.
    """
    line = " ".join(without_secrets(str(text)).split())
    line = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line)
    line = _MENTION.sub(lambda found: found[0] + "\N{WORD JOINER}", line)
    return line if len(line) <= most else line[: most - 1] + "…"


def names(ids: Iterable[str], known: Mapping[str, str], most: int = 5) -> str:
    """Return what endpoints are called, the first ones by name.

    Args:
        ids: Theirs.
        known: Id to name.
        most: How many are named.
    """
    listed = [harmless(known.get(id_) or id_, 80) for id_ in ids]
    shown, rest = listed[:most], len(listed) - most
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def moment(at: float) -> str:
    """Return a time as people read it.

    Args:
        at: Seconds since 1970 UTC.
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: float) -> str:
    """Return how long something took, in its two largest units.

    Args:
        seconds: How long.
    """
    left = max(0, round(seconds))
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def link(base_url: str, incident: str) -> str:
    """Return where there is more about an incident; ``""``: nowhere.

    Args:
        base_url: Where the monitor's page is.
        incident: Its id.
    """
    return f"{base_url.rstrip('/')}/incidents/{quote(incident, safe='')}" if base_url else ""
