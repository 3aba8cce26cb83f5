"""Putting one function in the place of another, and putting it back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from ringback.event import Listeners
from ringback.retry import Policy

_INSIDE: ContextVar[bool] = ContextVar("ringback_inside", default=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the libraries are to behave.

    Attributes:
        policy: Limits of each call.
        listeners: Told of every attempt.
    """

    policy: Policy
    listeners: Listeners


def is_inside() -> bool:
    """Return whether a call is under way that is seen to already, by a library above this one."""
    return _INSIDE.get()


@contextmanager
def inside() -> Iterator[None]:
    """A context in which libraries further down leave the call alone."""
    token = _INSIDE.set(True)
    try:
        yield
    finally:
        _INSIDE.reset(token)


class Patches:
    """What was replaced, in order."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def wrap(
        self, owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        """Replace a function of a class or module by one around it.

        Args:
            owner: The class or module.
            name: Of the function.
            around: Makes the new function from the old one.
        """
        own, original = name in vars(owner), getattr(owner, name)
        setattr(owner, name, wraps(original)(around(original)))

        def put_back() -> None:
            if own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

        self._undo.append(put_back)

    def undo(self) -> None:
        """Put back what was replaced, the last first."""
        while self._undo:
            self._undo.pop()()
