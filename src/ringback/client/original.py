"""Whether a method is still the library's own, or a mock, a recorder, a tracer has replaced it."""

import os
from types import CodeType, ModuleType
from typing import Any

_OURS = os.path.dirname(os.path.dirname(__file__)) + os.sep  # noqa: PTH120 - compared as text, as the code objects hold it


class OriginalMethod:
    """A method of a library that something of ours stands in for.

    It may be replaced in its class or on one object, at any time and before this is made, so it is
    asked about for each request. A function is judged once: by the file that its code is from, for
    a wrapper may copy its name. What ``ringback.install`` has put around it is looked through.
    """

    __slots__ = ("_folder", "_is_own", "_last", "_name")

    def __init__(self, library: ModuleType, name: str) -> None:
        self._folder = os.path.dirname(str(library.__file__)) + os.sep  # noqa: PTH120 - as above
        self._name = name
        self._last: object = None
        self._is_own = False

    def is_in(self, owner: object) -> bool:
        """Return whether it is what an object, or a class, has by this name."""
        found = getattr(owner, self._name, None)
        found = getattr(found, "__func__", found)
        if found is not self._last:
            cls = owner if isinstance(owner, type) else type(owner)
            self._last, self._is_own = found, self._judged(found, cls)
        return self._is_own

    def _judged(self, found: Any, owner: type) -> bool:
        while _file_of(found).startswith(_OURS) and hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        own = {f"{cls.__qualname__}.{self._name}" for cls in owner.__mro__}
        return _file_of(found).startswith(self._folder) and found.__qualname__ in own


def original_class(found: type) -> type:
    """Return the class of urllib3 that a recorder has put one of its own in the place of.

    Classes of ours are made of it, and stay when the recorder goes.
    """
    return next((cls for cls in found.__mro__ if cls.__module__.startswith("urllib3.")), found)


def _file_of(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return code.co_filename if isinstance(code, CodeType) else ""
