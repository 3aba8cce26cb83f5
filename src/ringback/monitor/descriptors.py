"""How many file descriptors this process has."""

import os
import sys

if sys.platform != "win32":
    import resource

SPARE = 128
"""Descriptors that are left to the store, the web page and the notifiers."""
_MOST = 1_048_576
_WINDOWS = 500


def free() -> int | None:
    """Return how many descriptors this process may still open; ``None``: it is not known."""
    if sys.platform == "win32":
        return None
    try:
        used = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a Path for each would cost more
    except FileNotFoundError:
        return None
    except OSError:
        return 0
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] - used


def affordable(most: int) -> int:
    """Raise the limit of this process as far as it may; return how many descriptors are for probes.

    Args:
        most: No more than so many.
    """
    if sys.platform == "win32":
        return min(most, _WINDOWS)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (ValueError, OSError):
            pass  # what there is must do
    return max(min(most, soft - SPARE), 1)
