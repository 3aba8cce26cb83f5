"""Replacing functions of a library once it has been imported, and putting its own back."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
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
        """Replace a function of a class or module by one around it."""
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


class Arrivals(MetaPathFinder):
    """Tells once for each library: at once if it is imported already, else when it is.

    Args:
        names: Of the libraries.
        arrived: Told the name.
    """

    def __init__(self, names: Iterable[str], arrived: Callable[[str], None]) -> None:
        self._awaited = list(dict.fromkeys(names))
        self._arrived = arrived

    def watch(self) -> None:
        """Begin to watch."""
        for name in [name for name in self._awaited if _is_there(name)]:
            self.tell(name)
        if self._awaited:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Watch no longer."""
        self._awaited.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def tell(self, name: str) -> None:
        """Tell of a library that has been imported."""
        if name in self._awaited:
            self._awaited.remove(name)
            self._arrived(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how the others would load it, so that its arrival is noticed."""
        del path, target
        if fullname not in self._awaited:
            return None
        sys.meta_path.remove(self)  # or it would be asked again
        try:
            spec = find_spec(fullname)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _Noticing(spec.loader, self)
        return spec


class _Noticing(Loader):
    def __init__(self, loader: Loader, arrivals: Arrivals) -> None:
        self._loader = loader
        self._arrivals = arrivals

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)  # get_data, get_filename and the like

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._arrivals.tell(module.__name__)


def _is_there(name: str) -> bool:
    module = sys.modules.get(name)
    # One that is being imported right now is half empty.
    return module is not None and not getattr(module.__spec__, "_initializing", False)
