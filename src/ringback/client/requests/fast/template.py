"""Making objects whose constructors work out again what is known."""

from datetime import timedelta
from types import NoneType
from typing import Any

_CONSTANT = (NoneType, bool, int, str, bytes, timedelta)


class Template:
    """The attributes that a library's constructor gives an object.

    Taken from an object that the library made, so that each version's are there.

    Args:
        example: As the library makes it.
        fresh: The attributes that each object needs its own of, separated by spaces.

    Attributes:
        usable: Whether nothing else would be shared between two objects.
    """

    __slots__ = ("_constants", "_kind", "usable")

    def __init__(self, example: Any, fresh: str) -> None:
        names = set(fresh.split())
        self._kind: Any = type(example)
        self._constants = {n: v for n, v in vars(example).items() if n not in names}
        self.usable = names <= set(vars(example)) and all(
            isinstance(value, _CONSTANT) for value in self._constants.values()
        )

    def __contains__(self, name: str) -> bool:
        return name in self._constants

    def make(self) -> Any:
        """Return an object that has every constant, and not yet the others."""
        made = self._kind.__new__(self._kind)
        vars(made).update(self._constants)
        return made
