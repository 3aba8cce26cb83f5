"""The headers of a request: the session's and its own."""

from collections import OrderedDict
from typing import Any

import requests
from requests import models
from requests.structures import CaseInsensitiveDict
from requests.utils import check_header_validity

from ringback.client.requests.fast.watch import Watch

WATCH = Watch(
    {
        requests.sessions: "merge_setting CaseInsensitiveDict",
        models: "check_header_validity to_native_string CaseInsensitiveDict",
        models.PreparedRequest: "prepare_headers",
    }
)

Store = OrderedDict[str, tuple[str, Any]]


def merged(session: object, own: object) -> CaseInsensitiveDict[Any] | None:
    """Return the headers to send, as ``merge_setting`` makes them.

    Args:
        session: The headers of the session.
        own: The headers of the request.

    Returns:
        ``None`` where they are of kinds that requests itself should treat.
    """
    if type(session) is not CaseInsensitiveDict:
        return None
    store: Store = vars(session)["_store"].copy()
    if not _added(store, own):
        return None
    for key, (name, value) in list(store.items()):
        if type(name) is not str:
            return None
        if value is None:
            del store[key]
    headers: CaseInsensitiveDict[Any] = CaseInsensitiveDict.__new__(CaseInsensitiveDict)
    vars(headers)["_store"] = store
    return headers


def check(headers: CaseInsensitiveDict[Any]) -> None:
    """Do nothing if every header may be sent.

    Args:
        headers: As ``merged`` returns them.

    Raises:
        requests.exceptions.InvalidHeader: As requests raises it, for the first that may not.
    """
    for name, value in vars(headers)["_store"].values():
        if name in _NAMES and type(value) is str and value.isprintable() and value[:1] != " ":
            continue  # as plain() finds it, without a call
        if not plain(name, value):
            check_header_validity((name, value))


def _added(store: Store, own: object) -> bool:
    """Add the headers of the request; one that is ``None`` will take away the session's."""
    if type(own) is CaseInsensitiveDict:
        pairs = list(vars(own)["_store"].values())
    elif type(own) is dict:
        pairs = list(own.items())
    else:
        return False
    for name, value in pairs:
        if type(name) is not str:
            return False
        store[name.lower()] = (name, value)
    return True


def plain(name: object, value: object) -> bool:
    """Return whether a header is valid beyond doubt; the rest is left to the libraries' rules.

    Args:
        name: Letters, digits, hyphens and underscores.
        value: Text of printable characters that does not begin with a space.
    """
    if name not in _NAMES:
        if type(name) is not str or not name.isascii():
            return False
        if not name.replace("-", "").replace("_", "").isalnum():
            return False
        if len(_NAMES) < 256:
            _NAMES.add(name)
    return type(value) is str and value.isprintable() and not value.startswith(" ")


_NAMES: set[str] = set()
