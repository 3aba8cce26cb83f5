"""The wait that a server asks for."""

import math
import re
from datetime import UTC
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)


def seconds_asked(value: str | None, now: float) -> float | None:
    """Return the wait that a ``Retry-After`` header asks for (RFC 9110, section 10.2.3).

    Args:
        value: The header's value: seconds or a date. Fractions, which servers do send, count.
        now: Seconds since 1970 UTC.

    Returns:
        Seconds, at least 0; ``None`` where there is no header or it is malformed.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        then = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return max(0.0, then - now) if math.isfinite(then) else None
