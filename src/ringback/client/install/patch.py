"""Replacing functions of a library once it has been imported, and putting its own back."""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from inspect import iscoroutinefunction
from types import ModuleType
from typing import Any

from ringback.event import Listeners
from ringback.retry import Policy

_LOG = logging.getLogger("ringback")
_INSIDE_CALL: ContextVar[bool] = ContextVar("ringback_inside", default=False)


@dataclass(frozen=True, slots=True)
class InstallSettings:
    """How the libraries are to behave."""

    policy: Policy  # Limits of each call
    listeners: Listeners  # Receive the event of every attempt
    retry: bool  # Each library goes through its whole integration


def is_inside_call() -> bool:
    """Return whether a call is under way that is seen to already, by a library above this one."""
    return _INSIDE_CALL.get()


@contextmanager
def inside_call() -> Iterator[None]:
    """A context in which libraries further down leave the call alone."""
    token = _INSIDE_CALL.set(True)
    try:
        yield
    finally:
        _INSIDE_CALL.reset(token)


class Patches:
    """What was replaced, in order.

    Attributes:
        active: It counts. Once it is undone, what is left of it does what it stands in for: a mock
            that was put over it, or a later ``install``, may put it in place again.
    """

    def __init__(self) -> None:
        self.active = True
        self._undo: list[Callable[[], None]] = []

    def wrap(
        self, owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        """Replace a function of a class by one around it."""
        original = getattr(owner, name)
        ours = around(original)

        def call(*args: Any, **kwargs: Any) -> Any:
            return (ours if self.active else original)(*args, **kwargs)

        async def call_async(*args: Any, **kwargs: Any) -> Any:
            return await (ours if self.active else original)(*args, **kwargs)

        # A function that makes coroutines is to be known for one.
        chosen = call_async if iscoroutinefunction(ours) else call
        self.replace(owner, name, wraps(original)(chosen))

    def replace(self, owner: Any, name: str, new: Any) -> None:
        """Replace an attribute of a class."""
        own, original = name in vars(owner), getattr(owner, name)
        setattr(owner, name, new)

        def put_back() -> None:
            if vars(owner).get(name) is not new:
                text = "%s.%s.%s was replaced after ringback's install(): it stays as it is"
                _LOG.warning(text, owner.__module__, owner.__qualname__, name)
            elif own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

        self._undo.append(put_back)

    def undo(self) -> None:
        """Put back what was replaced, the last first, but for what others have replaced since."""
        self.active = False
        while self._undo:
            self._undo.pop()()


class ImportWatcher(MetaPathFinder):
    """Notifies once of each library: at once if it is imported already, else when it is."""

    def __init__(self, names: Iterable[str], imported: Callable[[str], None]) -> None:
        self._awaited = list(dict.fromkeys(names))
        self._imported = imported

    def watch(self) -> None:
        """Begin to watch."""
        for name in [name for name in self._awaited if _is_imported(name)]:
            self.notify(name)
        if self._awaited:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Watch no longer."""
        self._awaited.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def notify(self, name: str) -> None:
        """Notify of a library that has been imported."""
        if name in self._awaited:
            self._awaited.remove(name)
            self._imported(name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how the others would load it, so that its import is noticed."""
        del path, target
        if fullname not in self._awaited:
            return None
        sys.meta_path.remove(self)  # or it would be asked again
        try:
            spec = find_spec(fullname)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _NotifyingLoader(spec.loader, self)
        return spec


class _NotifyingLoader(Loader):
    def __init__(self, loader: Loader, watcher: ImportWatcher) -> None:
        self._loader = loader
        self._watcher = watcher

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)  # get_data, get_filename and the like

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._watcher.notify(module.__name__)


def _is_imported(name: str) -> bool:
    module = sys.modules.get(name)
    # One that is being imported right now is half empty.
    return module is not None and not getattr(module.__spec__, "_initializing", False)
