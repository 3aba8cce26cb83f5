"""Preparing a request: what requests does, without what it does in vain."""

from collections.abc import Mapping
from http.cookiejar import CookieJar
from time import time
from typing import Any

import requests
from requests import PreparedRequest, Request, models
from requests.cookies import RequestsCookieJar

from ringback.client.requests.fast import headers
from ringback.client.requests.fast.address import Address, address, with_parameters
from ringback.client.requests.fast.password import netrc_auth
from ringback.client.requests.fast.watch import Watch

WATCH = Watch(
    {
        requests.sessions: "PreparedRequest RequestsCookieJar cookiejar_from_dict merge_cookies"
        " merge_hooks merge_setting",
        models: "parse_url requote_uri get_auth_from_url get_cookie_header",
        PreparedRequest: "prepare prepare_method prepare_url prepare_cookies prepare_body"
        " prepare_content_length prepare_auth prepare_hooks",
        RequestsCookieJar: "add_cookie_header",
    }
)

_SESSIONS: Any = requests.sessions
_NO_HOOKS: Mapping[str, list[Any]] = {"response": []}


def prepared(session: requests.Session, request: Request) -> PreparedRequest | None:
    """Return a request, prepared as ``Session.prepare_request`` does.

    Args:
        session: Whose settings count.
        request: What to prepare.

    Returns:
        ``None`` where that is a task for requests itself; nothing has been changed then.

    Raises:
        requests.exceptions.InvalidHeader: As requests raises it; and so with everything that is
            wrong with the cookies, the body or the authentication.
    """
    if (plain := _plain(request)) is None:
        return None
    jar = _jar(session.cookies, request.cookies)
    auth = _auth(session, request, plain)
    fields = headers.merged(session.headers, request.headers)
    if fields is None:
        return None
    result = PreparedRequest()
    result.method = (request.method or "").upper()
    _prepare_url(result, plain, request.params, session.params)
    headers.check(fields)
    result.headers = fields
    _prepare_cookies(result, jar)
    _prepare_body(result, request)
    if auth := _SESSIONS.merge_setting(auth, session.auth):
        result.prepare_auth(auth, plain.url)
    if request.hooks != _NO_HOOKS or session.hooks != _NO_HOOKS:
        result.prepare_hooks(_SESSIONS.merge_hooks(request.hooks, session.hooks))
    return result


def _plain(request: Request) -> Address | None:
    if type(request) is not Request or type(request.method) is not str or not WATCH.holds():
        return None
    return address(request.url) if headers.WATCH.holds() else None


def _auth(session: requests.Session, request: Request, plain: Address) -> Any:
    if request.auth or session.auth or not session.trust_env:
        return request.auth
    return netrc_auth(plain)


def _prepare_url(result: Any, plain: Address, own: Any, session: Any) -> None:
    result.url = plain.url
    if not own and not session:
        return
    encoded = _SESSIONS.merge_setting(own, session)
    if type(encoded) is not str:
        encoded = result._encode_params(encoded)  # noqa: SLF001 - not twice: it may use up an iterator
    url = with_parameters(plain, encoded)
    if url is None:
        result.prepare_url(plain.url, encoded)
    else:
        result.url = url


def _jar(session: Any, own: Any) -> Any:
    """Return the cookies to choose from; ``None``: there are none."""
    if not own and type(session) is RequestsCookieJar and not vars(session)["_cookies"]:
        return None
    if not isinstance(own or {}, CookieJar):
        own = _SESSIONS.cookiejar_from_dict(own or {})
    jar = _SESSIONS.merge_cookies(RequestsCookieJar(), session)
    return _SESSIONS.merge_cookies(jar, own)


def _prepare_cookies(result: PreparedRequest, jar: Any) -> None:
    if jar is not None:
        result.prepare_cookies(jar)
        return
    jar = RequestsCookieJar()
    # The time at which a jar last looked for cookies; it is pickled along.
    vars(jar)["_now"] = vars(vars(jar)["_policy"])["_now"] = int(time())
    vars(result)["_cookies"] = jar


def _prepare_body(result: PreparedRequest, request: Request) -> None:
    data = request.data
    none = request.json is None and not request.files and type(data) in _EMPTY and not data
    if not none or result.method not in {"GET", "HEAD"}:
        result.prepare_body(data, request.files, request.json)


_EMPTY = {dict, list, type(None)}
