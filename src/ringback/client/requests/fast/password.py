"""Passwords of the netrc file: looked up again only when the file is another one."""

import os
from functools import lru_cache, partial
from time import time
from typing import NamedTuple

import requests
from requests import utils
from requests.utils import get_netrc_auth

from ringback.client.requests.fast.address import Address
from ringback.client.requests.fast.environment import variables
from ringback.client.requests.fast.watch import Watch

Login = tuple[str, str] | None

WATCH = Watch({requests.sessions: "get_netrc_auth", utils: "get_netrc_auth NETRC_FILES"})

# Two changes within one tick of a file system's clock leave the same times behind.
_SETTLED = 2.0
_HOSTS = 256


class _File(NamedTuple):
    path: str
    stamp: tuple[int, ...]
    logins: dict[str, Login]


def netrc_auth(address: Address) -> Login:
    """Return login and password for a host, as ``requests.utils.get_netrc_auth`` does.

    Args:
        address: Whom the request is for.
    """
    held = variables(os.environ)
    paths = None if held is None else _paths(held.get(b"NETRC"), held.get(b"HOME"))
    if paths is None or not WATCH.holds():
        return requests.sessions.get_netrc_auth(address.url)
    for path in paths:
        if _there(path):
            try:
                return _login(path, os.stat(path), address)  # noqa: PTH116 - for every request
            except FileNotFoundError:  # just removed
                continue
    return None


@lru_cache(maxsize=8)
def _paths(named: bytes | None, home: bytes | None) -> tuple[str, ...] | None:
    """Return where the file may be; ``None``: the user database says it."""
    paths = [f"~/{name}" for name in utils.NETRC_FILES] if named is None else [os.fsdecode(named)]
    if all(path[:1] != "~" for path in paths):
        return tuple(paths)
    if not home or any(path[:2] != "~/" for path in paths):
        return None
    return tuple(os.fsdecode(home).rstrip("/") + path[1:] for path in paths)  # POSIX


def _login(path: str, found: os.stat_result, address: Address) -> Login:
    global _latest  # noqa: PLW0603 - a cache of one
    stamp = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    file = _latest
    if file is None or file.path != path or file.stamp != stamp:
        file = _File(path, stamp, {})
    elif address.host in file.logins:
        return file.logins[address.host]
    login = get_netrc_auth(address.url)
    if time() - max(found.st_mtime, found.st_ctime) > _SETTLED and len(file.logins) < _HOSTS:
        file.logins[address.host] = login
        _latest = file
    return login


# Half of what stat() costs for a file that is not there.
_there = partial(os.access, mode=os.F_OK, effective_ids=os.access in os.supports_effective_ids)
_latest: _File | None = None
