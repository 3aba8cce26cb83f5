"""How findings name what they are about."""

from collections.abc import Sequence

from ringback.diagnosis.model import Reading

_MOST = 3


def listed(readings: Sequence[Reading]) -> str:
    """Return what readings are about, as a list for people; of many the first three.

    Args:
        readings: Those that decide.
    """
    return " and ".join(one.subject for one in readings[:_MOST])
