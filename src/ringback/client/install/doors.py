"""The doors of the transports that a program has made."""

from collections.abc import Callable
from typing import Any
from weakref import ref


class Doors:
    """Makes the door of each transport when it is first used, and lets it go with the transport.

    Nothing is kept alive by it, and transports are told apart by what they are, not by what they
    say that they equal.

    Args:
        make: Makes the door of a transport, which it must not keep alive.
    """

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._made: dict[int, tuple[ref[Any], Any]] = {}

    def of(self, transport: Any) -> Any:
        """Return the door of a transport, the same one each time.

        Args:
            transport: The program's own.
        """
        key = id(transport)
        known = self._made.get(key)
        if known is None or known[0]() is not transport:
            known = ref(transport, self._forget(key)), self._make(transport)
            self._made[key] = known
        return known[1]

    def _forget(self, key: int) -> Callable[[object], object]:
        made = self._made
        return lambda _: made.pop(key, None)
