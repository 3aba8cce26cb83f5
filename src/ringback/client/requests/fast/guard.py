"""Whether a fast path may be taken: it is on, and the code that it stands in for is known.

Three questions, each with its own answer (see the head of the package for why):

* ``is_on``: has nobody turned the fast path off, and are requests and urllib3 releases that it was
  written for? Asked before each fast path; found out once.
* ``PatchGuard.holds``: are the functions that this fast path stands in for still the libraries'
  own? Asked for each request, for a mock or a tracer may come and go.
* ``PatchGuard.holds`` as well: are those of them that the standard library defines the code that it
  was written for? Found out once.
"""

import json
import logging
import os
import sys
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from threading import Lock
from types import BuiltinFunctionType, CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

on: bool | None = False if os.environ.get("RINGBACK_FAST") == "0" else None
"""``False`` (or ``RINGBACK_FAST=0`` in the environment): everything goes through requests' own
code; ``True``: it need not. ``None``: it has not been found out yet."""

TABLE = Path(__file__).with_name("fingerprints.json")
"""Code that the fast path was written for: name → fingerprint → releases.

A name is a module of requests or urllib3 (``urllib3.connectionpool``), or a function, class or
constant of the standard library (``http.client:HTTPResponse.begin``). It is written by
``conformance/fingerprints.py``.
"""

ABSENT = "absent"
"""The fingerprint of what a module does not define."""

_LIBRARIES = tuple(
    os.path.dirname(str(library.__file__)) + os.sep  # noqa: PTH120 - compared as text, as the code objects hold it
    for library in (requests, urllib3)
)
_STANDARD = (os.path.dirname(os.__file__) + os.sep, "<frozen ")  # noqa: PTH120 - as above
_STANDARD_LIBRARY = frozenset(sys.stdlib_module_names)
_MAX_NAMED = 4
_LOCK = Lock()


def is_on() -> bool:
    """Return whether fast paths may be taken at all."""
    return _decided() if on is None else on


class KnownCode(NamedTuple):
    """What of the code here is what the fast path was written for."""

    names: frozenset[str]  # Those in the table
    libraries: bool  # Whether every module of requests and urllib3 in the table is


def known_code() -> KnownCode:
    """Return what of the code here is known.

    Found out once in a process: some thirty files are read, which takes a few milliseconds.
    """
    global _known_code  # noqa: PLW0603 - found out once
    with _LOCK:
        if _known_code is None:
            table = known_fingerprints()
            names = frozenset(name for name in table if fingerprint(name) in table[name])
            unknown = table.keys() - names if table else {TABLE.stem}
            _known_code = KnownCode(names, all(":" in name for name in unknown))
            _log_unknown(unknown)
        return _known_code


def known_fingerprints() -> dict[str, dict[str, str]]:
    """Return the table; empty where it cannot be read."""
    try:
        table: dict[str, dict[str, str]] = json.loads(TABLE.read_bytes())
    except (OSError, ValueError):
        return {}
    return table


def fingerprint(name: str) -> str | None:
    """Return the fingerprint of a module, or of what it defines, as its source has it.

    The file is read, not the object: what has been put in its place while the program runs is for
    ``PatchGuard`` to notice. ``None``: there is no source to be had.
    """
    module, _, inner = name.partition(":")
    source = _source(module)
    if source is not None and inner:
        source = definition(source, inner)
        if source is None:
            return ABSENT
    return None if source is None else sha256(source).hexdigest()[:32]


def definition(source: bytes, name: str) -> bytes | None:
    """Return the text of what a source defines under a dotted name; ``None``: it does not.

    It ends before the next line that is indented no deeper, by which a closing bracket does not
    count. The standard library is indented by four spaces, and a parser would take fifty times as
    long; a test compares the two.
    """
    start, end, margin = 0, len(source), b"\n"
    for depth, part in enumerate(name.encode().split(b".")):
        if depth:  # in the class that has been found
            margin += b"    "
            following = source.find(b"\nclass ", start + 1)
            end = end if following < 0 else following
        forms = (b"def %s(" % part, b"class %s(" % part, b"class %s:" % part, b"%s = " % part)
        found = (source.find(margin + form, start, end) for form in forms)
        start = next((at for at in found if at >= 0), -1)
        if start < 0:
            return None
    return source[start + 1 : _end_of_block(source, start + 1, len(margin))].rstrip()


def _end_of_block(source: bytes, at: int, width: int) -> int:
    """Return where the first line begins that has a character within the first ``width``."""
    while at := source.find(b"\n", at) + 1:
        head = source[at : at + width].lstrip(b" ")
        if head and head[:1] not in b"\n)]}":
            return at
    return len(source)


@lru_cache(maxsize=1)  # what is asked for in a row is mostly of the same module
def _source(module: str) -> bytes | None:
    try:
        found: Any = import_module(module)
        # Not its __spec__: `six`, which urllib3 1 and older pips carry along, puts another there.
        data: bytes = found.__loader__.get_data(found.__file__)
    except (ImportError, OSError, AttributeError):
        return None
    return data.replace(b"\r\n", b"\n")


def _decided() -> bool:
    global on  # noqa: PLW0603 - the switch
    on = known_code().libraries
    return on


def _log_unknown(unknown: "Iterable[str]") -> None:
    """Say in one line what is not known, and what follows from it."""
    names = sorted(unknown)
    if not names:
        return
    libraries = [name for name in names if ":" not in name]
    shown = ", ".join((libraries or names)[:_MAX_NAMED])
    more = len(libraries or names) - _MAX_NAMED
    logging.getLogger("ringback").debug(
        "fast path %s: it was not written for %s%s of requests %s, urllib3 %s, Python %s;"
        " requests' own code is used",
        "off" if libraries else "off in part",
        shown,
        f" and {more} more" if more > 0 else "",
        getattr(requests, "__version__", "?"),
        getattr(urllib3, "__version__", "?"),
        sys.version.partition(" ")[0],
    )


class PatchGuard:
    """Watches functions that a fast path stands in for.

    One that a tracer, a recorder or a mock has replaced has to be called, and so has one of the
    standard library that is not the code that the fast path was written for.
    """

    __slots__ = ("_code", "_known", "_original", "_parts")

    def __init__(self, owners: dict[Any, str], needs: str = "") -> None:
        self._parts: list[tuple[Callable[[Any], Any], Any, Any]] = []
        self._original = True
        self._known: bool | None = None
        self._code = set(needs.split())
        for owner, names in owners.items():
            # A library of another version may lack a name, and do its work elsewhere.
            values = [getattr(owner, name, None) for name in names.split()]
            self._original &= all(_is_original(value) for value in values)
            self._code.update(filter(None, map(_standard_name, values)))
            if self._original:
                read = attrgetter(*names.split())
                self._parts.append((read, owner, read(owner)))

    def __add__(self, other: "PatchGuard") -> "PatchGuard":
        both = PatchGuard({})
        both._parts = self._parts + other._parts
        both._original = self._original and other._original
        both._code = self._code | other._code
        return both

    @property
    def code(self) -> frozenset[str]:
        """What of the standard library it stands in for, by its names in the table."""
        return frozenset(self._code)

    def holds(self) -> bool:
        """Return whether each is what it was at first, and was the library's own and known then."""
        if self._known is None:
            self._known = self._code <= known_code().names
        for read, owner, found in self._parts:
            if read(owner) != found:
                return False
        return self._original and self._known


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


def _standard_name(found: Any) -> str | None:
    """Return the name in the table of what Python code in the standard library defines."""
    if isinstance(found, property):
        found = found.fget
    module = getattr(found, "__module__", None) or ""
    if module.partition(".")[0] not in _STANDARD_LIBRARY or isinstance(found, BuiltinFunctionType):
        return None
    return f"{module}:{found.__qualname__}"


_known_code: KnownCode | None = None
