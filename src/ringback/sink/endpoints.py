"""A bounded number of names for endpoints, for what keeps a count under each of them."""

from threading import Lock

from ringback.failure import Target

OTHER = "other"
"""The name of every endpoint beyond the limit."""


class Endpoints:
    """Gives the first so many endpoints their own name, and all others one in common.

    A program that calls hosts by names it is given (a crawler, a webhook sender) would otherwise
    fill the memory of whoever counts.
    """

    def __init__(self, limit: int) -> None:
        """Know none yet.

        Args:
            limit: How many get a name of their own, at least 1.

        Raises:
            ValueError: If that is below 1.
        """
        if limit < 1:
            raise ValueError(f"endpoints must be at least 1, got {limit}")
        self._limit = limit
        self._names: dict[tuple[str | None, str | None, int | None], str] = {}
        self._lock = Lock()

    def name(self, target: Target) -> str:
        """Return ``scheme://host:port``, or ``other``.

        Args:
            target: Whom a call was for.
        """
        key = (target.scheme, target.host or target.address, target.port)
        return self._names.get(key) or self._admit(key, target)

    def _admit(self, key: tuple[str | None, str | None, int | None], target: Target) -> str:
        with self._lock:
            if len(self._names) >= self._limit:
                return self._names.get(key, OTHER)
            return self._names.setdefault(key, endpoint_of(target))


def endpoint_of(target: Target) -> str:
    """Return how failures are grouped: ``scheme://host:port``.

    Args:
        target: Whom a call was for; what is not known is left out.
    """
    host = target.host or target.address or ""
    scheme = f"{target.scheme}://" if target.scheme else ""
    port = f":{target.port}" if target.port is not None else ""
    return f"{scheme}[{host}]{port}" if ":" in host else f"{scheme}{host}{port}"
