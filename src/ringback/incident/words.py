"""Times in the words of summaries and timelines."""


def span(seconds: float) -> str:
    """Return a time that has passed, in words.

    Args:
        seconds: How long.
    """
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def clock(at: float) -> str:
    """Return the time of day, in words.

    Args:
        at: Seconds since 1970 UTC.
    """
    hours, rest = divmod(int(at) % 86400, 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02} UTC"
