"""The settings of a request: its own, the session's and the environment's."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import requests

from ringback.client.requests.fast import environment
from ringback.client.requests.fast.address import address
from ringback.client.requests.fast.watch import Watch

WATCH = Watch({requests.sessions: "merge_setting get_environ_proxies"})

_SESSIONS: Any = requests.sessions


def merged(
    session: requests.Session, url: object, proxies: Any, stream: Any, verify: Any, cert: Any
) -> dict[str, Any] | None:
    """Return what ``Session.merge_environment_settings`` does; ``None``: let it do so.

    Args:
        session: Whose settings count.
        url: Of the prepared request.
        proxies: The request's own; those of the environment are added to it, as in requests.
        stream: The request's own.
        verify: The request's own.
        cert: The request's own.
    """
    if type(proxies) is not dict or proxies or not WATCH.holds():
        return None
    if session.trust_env:
        known = environment.current()
        if known is None:
            return None
        if known.proxied:
            if (plain := address(url)) is None:
                return None
            proxies.update(known.proxies(plain))
        if verify is True or verify is None:
            verify = known.bundle or verify
    return {
        "proxies": _proxies(proxies, session.proxies),
        "stream": _chosen(stream, session.stream),
        "verify": _chosen(verify, session.verify),
        "cert": _chosen(cert, session.cert),
    }


def _proxies(own: Any, session: Any) -> Any:
    if own or session or type(session) is not dict:
        return _SESSIONS.merge_setting(own, session)
    return OrderedDict()


def _chosen(own: Any, session: Any) -> Any:
    if own is None:
        return session
    if isinstance(own, Mapping):
        return _SESSIONS.merge_setting(own, session)
    return own
