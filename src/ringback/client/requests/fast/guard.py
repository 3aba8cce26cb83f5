"""Whether a fast path may be taken: the switch, and what it stands in for unchanged."""

import os
import sys
from operator import attrgetter
from types import BuiltinFunctionType, CodeType
from typing import TYPE_CHECKING, Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from collections.abc import Callable


def fits() -> bool:
    """Return whether requests and urllib3 are such as the fast paths were written for.

    Older ones (requests before 2.32.3, urllib3 1) and forks of another make are left to their own
    code.
    """
    major = str(vars(urllib3)["__version__"]).partition(".")[0]
    return (
        hasattr(HTTPAdapter, "build_connection_pool_key_attributes")
        and major.isdigit()
        and int(major) >= 2
        and hasattr(urllib3.connectionpool.HTTPConnectionPool, "_make_request")
    )


on: bool = os.environ.get("RINGBACK_FAST", "1") != "0" and fits()
"""``False`` (or ``RINGBACK_FAST=0`` in the environment): everything goes through requests' own
code."""


_LIBRARIES = tuple(os.path.dirname(str(one.__file__)) + os.sep for one in (requests, urllib3))  # noqa: PTH120 - compared as text, as the code objects hold it
_STANDARD = (os.path.dirname(os.__file__) + os.sep, "<frozen ")  # noqa: PTH120 - as above


class PatchGuard:
    """Watches functions: one that a tracer, a recorder or a mock replaced has to be called.

    Args:
        owners: Module or class → names in it, separated by spaces.
    """

    __slots__ = ("_original", "_parts")

    def __init__(self, owners: dict[Any, str]) -> None:
        self._parts: list[tuple[Callable[[Any], Any], Any, Any]] = []
        self._original = True
        for owner, names in owners.items():
            # A library of another version may lack a name, and do its work elsewhere.
            found = [getattr(owner, name, None) for name in names.split()]
            self._original &= all(_is_original(one) for one in found)
            if self._original:
                read = attrgetter(*names.split())
                self._parts.append((read, owner, read(owner)))

    def __add__(self, other: "PatchGuard") -> "PatchGuard":
        both = PatchGuard({})
        both._parts = self._parts + other._parts
        both._original = self._original and other._original
        return both

    def holds(self) -> bool:
        """Return whether each is what it was at first, and was the library's own then."""
        for read, owner, found in self._parts:
            if read(owner) != found:
                return False
        return self._original


def _is_original(found: Any) -> bool:
    """Is this defined by requests, urllib3 or the standard library?"""
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, (tuple, BuiltinFunctionType)):
        return True
    code = getattr(found, "__code__", None)
    if isinstance(code, CodeType):  # a wrapper may copy the module's name, not this
        return _owned(code.co_filename)
    file = getattr(sys.modules.get(getattr(found, "__module__", "")), "__file__", None)
    return isinstance(found, type) and file is not None and _owned(file)


def _owned(file: str) -> bool:
    standard = file.startswith(_STANDARD) and "site-packages" not in file
    return standard or file.startswith(_LIBRARIES)
