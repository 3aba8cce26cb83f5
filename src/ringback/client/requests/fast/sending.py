"""Sending a prepared request: what ``Session.send`` does around the adapter."""

from datetime import timedelta
from time import time
from typing import Any

import requests
from requests import PreparedRequest
from requests.cookies import RequestsCookieJar
from requests.sessions import SessionRedirectMixin
from urllib3._collections import HTTPHeaderDict

from ringback.client.requests.fast.watch import Watch
from ringback.client.urllib3.response import HTTPResponse

WATCH = Watch(
    {
        requests.Session: "send",
        SessionRedirectMixin: "resolve_redirects get_redirect_target",
        requests.Response: "is_redirect",
        requests.sessions: "extract_cookies_to_jar dispatch_hook resolve_proxies preferred_clock",
        RequestsCookieJar: "extract_cookies make_cookies",
    }
)

_SESSIONS: Any = requests.sessions
_TARGET = SessionRedirectMixin.get_redirect_target
_NEEDED = frozenset({"stream", "verify", "cert", "proxies"})


def plain(session: requests.Session, request: PreparedRequest, options: dict[str, Any]) -> bool:
    """Return whether ``sent`` does what ``Session.send`` would.

    Args:
        session: Which sends it.
        request: What to send.
        options: As ``Session.request`` gives them.
    """
    return (
        type(request) is PreparedRequest
        and not request.hooks.get("response")
        and options.keys() >= _NEEDED
        and type(session).get_redirect_target is _TARGET
        and "get_redirect_target" not in vars(session)
        and WATCH.holds()
    )


def sent(session: Any, request: PreparedRequest, options: dict[str, Any]) -> requests.Response:
    """Send a request through its adapter, keep its cookies, follow redirects, read the body.

    Args:
        session: Which sends it.
        request: What to send.
        options: As ``Session.request`` gives them.
    """
    follow = options.pop("allow_redirects", True)
    adapter = session.get_adapter(url=request.url)
    began = _SESSIONS.preferred_clock()
    response: requests.Response = adapter.send(request, **options)
    response.elapsed = timedelta(seconds=_SESSIONS.preferred_clock() - began)
    for earlier in response.history:
        _SESSIONS.extract_cookies_to_jar(session.cookies, earlier.request, earlier.raw)
    _keep_cookies(session.cookies, request, response.raw)
    if response.is_redirect:
        response = _redirected(session, response, request, options, follow)
    if not options["stream"]:
        _ = response.content
    return response


def _keep_cookies(jar: Any, request: PreparedRequest, raw: Any) -> None:
    known = type(jar) is RequestsCookieJar and type(raw) is HTTPResponse
    if known and type(raw.headers) is HTTPHeaderDict:
        fields = vars(raw.headers)["_container"]
        if "set-cookie" not in fields and "set-cookie2" not in fields:
            # The time at which a jar last looked for cookies; it is pickled along.
            jar._now = jar._policy._now = int(time())  # noqa: SLF001 - as the jar does
            return
    _SESSIONS.extract_cookies_to_jar(jar, request, raw)


def _redirected(
    session: Any, first: Any, request: PreparedRequest, options: dict[str, Any], follow: bool
) -> Any:
    """Return the last response; where redirects are not followed, the first, with the next."""
    if not follow:
        following = session.resolve_redirects(first, request, yield_requests=True, **options)
        first._next = next(following, None)  # noqa: SLF001 - as in requests
        return first
    chain = [first, *session.resolve_redirects(first, request, **options)]
    last = chain.pop()
    if chain:
        last.history = chain
    return last
