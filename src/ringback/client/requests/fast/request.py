"""A request: prepared as requests does, the settings that count for it, its head in bytes."""

import os
import re
import sys
from collections import OrderedDict
from collections.abc import Mapping
from functools import lru_cache, partial
from http.cookiejar import CookieJar
from time import time
from typing import Any, NamedTuple

import requests
from requests import PreparedRequest, Request, models, utils
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests.utils import check_header_validity, get_environ_proxies, get_netrc_auth
from urllib3.util import SKIP_HEADER

from ringback.client.requests.fast import guard
from ringback.client.requests.fast.guard import PatchGuard

# Lower case, no user, no IPv6, no international name; every character as RFC 3986 wants it, so
# that quoting it again changes nothing: percent-encoded is only what must be, in upper case.
_ESCAPE = "%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[BCDF])"
_PATH_CHARACTERS = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"
_QUERY_PATTERN = rf"[{_PATH_CHARACTERS}?]*(?:{_ESCAPE}[{_PATH_CHARACTERS}?]*)*"
_match_url = re.compile(
    r"((https?)://([a-z0-9][a-z0-9._-]*)(?::([1-9][0-9]{0,4}))?)"
    rf"(/[{_PATH_CHARACTERS}]*(?:{_ESCAPE}[{_PATH_CHARACTERS}]*)*)(\?(?!\Z){_QUERY_PATTERN})?"
).fullmatch
_match_query = re.compile(_QUERY_PATTERN).fullmatch


class PlainUrl(NamedTuple):
    """A plain URL, in parts."""

    url: str  # The whole
    origin: str  # Scheme, host and port, as they are written
    scheme: str  # `http` or `https`
    host: str  # In lower case
    port: int | None  # `None` where it is not said
    path: str
    query: str  # With its question mark; `""`: none

    @property
    def target(self) -> str:
        """What the request line asks for (RFC 9112, section 3.2.1)."""
        return self.path + self.query


def plain_url(url: object) -> PlainUrl | None:
    """Return the parts of a URL that preparing leaves as it is; ``None`` for any other."""
    if type(url) is not str or (match := _match_url(url)) is None:
        return None
    origin, scheme, host, port, path, query = match.groups()
    number = int(port) if port else None
    if "/." in path or (number and number > 65535):  # dot segments are removed
        return None
    return PlainUrl(url, origin, scheme, host, number, path, query or "")


def with_parameters(plain: PlainUrl, encoded: object) -> str | None:
    """Return a URL with encoded parameters added; ``None`` where they need quoting."""
    if encoded == "":
        return plain.url
    if type(encoded) is not str or not _match_query(encoded):
        return None
    return f"{plain.url}{'&' if plain.query else '?'}{encoded}"


HEADERS_GUARD = PatchGuard(
    {
        requests.sessions: "merge_setting CaseInsensitiveDict",
        models: "check_header_validity to_native_string CaseInsensitiveDict",
        models.PreparedRequest: "prepare_headers",
    }
)

HeaderStore = OrderedDict[str, tuple[str, Any]]


def merged_headers(session: object, own: object) -> CaseInsensitiveDict[Any] | None:
    """Return the headers to send, as ``merge_setting`` makes them; ``None``: let it do so."""
    if type(session) is not CaseInsensitiveDict:
        return None
    store: HeaderStore = vars(session)["_store"].copy()
    if not _add_headers(store, own):
        return None
    for key, (name, value) in list(store.items()):
        if type(name) is not str:
            return None
        if value is None:
            del store[key]
    headers: CaseInsensitiveDict[Any] = CaseInsensitiveDict.__new__(CaseInsensitiveDict)
    vars(headers)["_store"] = store
    return headers


def check_headers(headers: CaseInsensitiveDict[Any]) -> None:
    """Raise ``InvalidHeader`` as requests does, for the first header that may not be sent."""
    for name, value in vars(headers)["_store"].values():
        if name in _VALID_NAMES and type(value) is str and value.isprintable() and value[:1] != " ":
            continue  # as plain() finds it, without a call
        if not is_plain_header(name, value):
            check_header_validity((name, value))


def _add_headers(store: HeaderStore, own: object) -> bool:
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


def is_plain_header(name: object, value: object) -> bool:
    """Return whether a header is valid beyond doubt; the rest is left to the libraries' rules.

    The name: ASCII letters, digits, hyphens, underscores. The value: printable, without a space
    in front.
    """
    if name not in _VALID_NAMES:
        if type(name) is not str or not name.isascii():
            return False
        if not name.replace("-", "").replace("_", "").isalnum():
            return False
        if len(_VALID_NAMES) < 256:
            _VALID_NAMES.add(name)
    return type(value) is str and value.isprintable() and not value.startswith(" ")


_VALID_NAMES: set[str] = set()


ENVIRONMENT_GUARD = PatchGuard(
    {
        requests.sessions: "get_environ_proxies",
        utils: "get_environ_proxies should_bypass_proxies getproxies proxy_bypass",
    }
)

_UTILS: Any = utils
# Elsewhere the system's settings count as well, and they change without a trace.
_ENVIRON_SAYS_ALL = sys.platform not in {"win32", "darwin", "cygwin"}
_MAX_HOSTS = 256
_VARIABLES_READ = frozenset({"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "REQUEST_METHOD"})


class Environment:
    """What one state of the environment says."""

    __slots__ = ("_names", "_proxies", "_read", "_values", "bundle", "proxied")

    def __init__(self) -> None:
        environ = os.environ
        held = dict(variables_of(environ) or {})
        self._names = list(held)
        self._read = [name for name in held if _is_read(name)]
        self._values = [held.get(name) for name in self._read]
        # The file of certificate authorities; `None` or `""`: not said
        self.bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
        self.proxied = bool(_UTILS.getproxies())  # Whether there are proxies, for whatever host
        self._proxies: dict[str, dict[str, str]] = {}

    def proxies(self, address: PlainUrl) -> dict[str, str]:
        """Return the proxies for a URL, as ``requests.utils.get_environ_proxies`` does."""
        found = self._proxies.get(address.origin)
        if found is None:
            found = get_environ_proxies(address.url, no_proxy=None)
            if len(self._proxies) >= _MAX_HOSTS:
                self._proxies.clear()
            if self.describes(variables_of(os.environ)):  # not changed meanwhile by another thread
                self._proxies[address.origin] = found
        return dict(found)

    def describes(self, data: dict[bytes, bytes] | None) -> bool:
        """Return whether the variables have these names, and those that requests reads this value.

        In this order, too: of ``HTTP_PROXY`` and ``Http_Proxy`` the later one counts.
        """
        if data is None or [*data] != self._names:
            return False
        return [*map(data.get, self._read)] == self._values


def current_environment() -> Environment | None:
    """Return what the environment says now; ``None``: it has to be read as requests does.

    Every name is compared, and the value of each that requests reads, so that no change is missed,
    however it came about. What is compared are objects: nearly always the same ones.
    """
    global _latest_environment  # noqa: PLW0603 - a cache of one
    data = variables_of(os.environ)
    if data is None or not guard.is_on() or not ENVIRONMENT_GUARD.holds():
        return None
    known = _latest_environment
    if known is not None and known.describes(data):
        return known
    fresh = Environment()
    if not fresh.describes(variables_of(os.environ)):  # another thread has changed it meanwhile
        return None
    _latest_environment = fresh
    return fresh


def _is_read(name: bytes) -> bool:
    text = os.fsdecode(name)
    return text in _VARIABLES_READ or text.lower()[-6:] == "_proxy"  # as in urllib.request


def variables_of(environ: Any) -> dict[bytes, bytes] | None:
    """Return every variable as the system holds it; ``None`` where ``os.environ`` was replaced."""
    if not _ENVIRON_SAYS_ALL or type(environ) is not _ENVIRON_TYPE:
        return None
    data: Any = vars(environ).get("_data")
    return data if type(data) is dict else None


_ENVIRON_TYPE = type(os.environ)
_latest_environment: Environment | None = None


Login = tuple[str, str] | None

NETRC_GUARD = PatchGuard({requests.sessions: "get_netrc_auth", utils: "get_netrc_auth NETRC_FILES"})

# Two changes within one tick of a file system's clock leave the same times behind.
_SETTLED_SECONDS = 2.0
_MAX_LOGINS = 256


class _NetrcFile(NamedTuple):
    path: str
    stamp: tuple[int, ...]
    logins: dict[str, Login]


def netrc_auth(address: PlainUrl) -> Login:
    """Return login and password for a host, as ``requests.utils.get_netrc_auth`` does."""
    held = variables_of(os.environ)
    paths = None if held is None else _netrc_paths(held.get(b"NETRC"), held.get(b"HOME"))
    if paths is None or not NETRC_GUARD.holds():
        return requests.sessions.get_netrc_auth(address.url)
    for path in paths:
        if _exists(path):
            try:
                return _netrc_login(path, os.stat(path), address)  # noqa: PTH116 - for every request
            except FileNotFoundError:  # just removed
                continue
    return None


@lru_cache(maxsize=8)
def _netrc_paths(named: bytes | None, home: bytes | None) -> tuple[str, ...] | None:
    """Return where the file may be; ``None``: the user database says it."""
    paths = [f"~/{name}" for name in utils.NETRC_FILES] if named is None else [os.fsdecode(named)]
    if all(path[:1] != "~" for path in paths):
        return tuple(paths)
    if not home or any(path[:2] != "~/" for path in paths):
        return None
    return tuple(os.fsdecode(home).rstrip("/") + path[1:] for path in paths)  # POSIX


def _netrc_login(path: str, found: os.stat_result, address: PlainUrl) -> Login:
    global _latest_netrc  # noqa: PLW0603 - a cache of one
    stamp = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    file = _latest_netrc
    if file is None or file.path != path or file.stamp != stamp:
        file = _NetrcFile(path, stamp, {})
    elif address.host in file.logins:
        return file.logins[address.host]
    login = get_netrc_auth(address.url)
    if (
        time() - max(found.st_mtime, found.st_ctime) > _SETTLED_SECONDS
        and len(file.logins) < _MAX_LOGINS
    ):
        file.logins[address.host] = login
        _latest_netrc = file
    return login


# Half of what stat() costs for a file that is not there.
_exists = partial(os.access, mode=os.F_OK, effective_ids=os.access in os.supports_effective_ids)
_latest_netrc: _NetrcFile | None = None


SETTINGS_GUARD = PatchGuard({requests.sessions: "merge_setting get_environ_proxies"})


def merged_settings(
    session: requests.Session, url: object, proxies: Any, stream: Any, verify: Any, cert: Any
) -> dict[str, Any] | None:
    """Return what ``Session.merge_environment_settings`` does; ``None``: let it do so."""
    if type(proxies) is not dict or proxies or not SETTINGS_GUARD.holds():
        return None
    if session.trust_env:
        known = current_environment()
        if known is None:
            return None
        if known.proxied:
            if (plain := plain_url(url)) is None:
                return None
            proxies.update(known.proxies(plain))
        if verify is True or verify is None:
            verify = known.bundle or verify
    return {
        "proxies": _merged_proxies(proxies, session.proxies),
        "stream": _merged_setting(stream, session.stream),
        "verify": _merged_setting(verify, session.verify),
        "cert": _merged_setting(cert, session.cert),
    }


def _merged_proxies(own: Any, session: Any) -> Any:
    if own or session or type(session) is not dict:
        return _SESSIONS.merge_setting(own, session)
    return OrderedDict()


def _merged_setting(own: Any, session: Any) -> Any:
    if own is None:
        return session
    if isinstance(own, Mapping):
        return _SESSIONS.merge_setting(own, session)
    return own


PREPARE_GUARD = PatchGuard(
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


def prepared_request(session: requests.Session, request: Request) -> PreparedRequest | None:
    """Return a request, prepared as ``Session.prepare_request`` does, with its exceptions.

    ``None`` where that is a task for requests itself; nothing has been changed then.
    """
    if (plain := _plain_url_of(request)) is None:
        return None
    jar = _cookies_for(session.cookies, request.cookies)
    auth = _auth_for(session, request, plain)
    fields = merged_headers(session.headers, request.headers)
    if fields is None:
        return None
    result = PreparedRequest()
    result.method = (request.method or "").upper()
    _prepare_url(result, plain, request.params, session.params)
    check_headers(fields)
    result.headers = fields
    _prepare_cookies(result, jar)
    _prepare_body(result, request)
    if auth := _SESSIONS.merge_setting(auth, session.auth):
        result.prepare_auth(auth, plain.url)
    if request.hooks != _NO_HOOKS or session.hooks != _NO_HOOKS:
        result.prepare_hooks(_SESSIONS.merge_hooks(request.hooks, session.hooks))
    return result


def _plain_url_of(request: Request) -> PlainUrl | None:
    if type(request) is not Request or type(request.method) is not str or not PREPARE_GUARD.holds():
        return None
    return plain_url(request.url) if HEADERS_GUARD.holds() else None


def _auth_for(session: requests.Session, request: Request, plain: PlainUrl) -> Any:
    if request.auth or session.auth or not session.trust_env:
        return request.auth
    return netrc_auth(plain)


def _prepare_url(result: Any, plain: PlainUrl, own: Any, session: Any) -> None:
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


def _cookies_for(session: Any, own: Any) -> Any:
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
    none = request.json is None and not request.files and type(data) in _BODY_TYPES and not data
    if not none or result.method not in {"GET", "HEAD"}:
        result.prepare_body(data, request.files, request.json)


_BODY_TYPES = {dict, list, type(None)}


_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


def request_head(connection: Any, method: str, url: str, body: Any, given: Any) -> bytes | None:
    """Return the head of a plain request; ``None``: it is not one."""
    if type(given) is not CaseInsensitiveDict:
        return None
    store = vars(given)["_store"]
    first = _first_lines(connection, method, url, "host" in store)
    if first is None or not _is_framed(method, body, store):
        return None
    lines = [first]
    for name, value in store.values():
        if not is_plain_header(name, value) or value == SKIP_HEADER:
            return None
        lines.append(f"{name}: {value}\r\n")
    lines.append("\r\n")
    try:
        return "".join(lines).encode("latin-1")
    except UnicodeEncodeError:
        return None


def _is_framed(method: str, body: Any, store: Any) -> bool:
    """Does urllib3 add nothing, neither for the length of the body nor of its own?"""
    if "transfer-encoding" in store or "accept-encoding" not in store or "user-agent" not in store:
        return False
    if body is None:
        return method in _METHODS_WITHOUT_BODY or "content-length" in store
    return type(body) is bytes and "content-length" in store


def _first_lines(connection: Any, method: str, url: str, named: bool) -> str | None:
    """Return the request line and, unless the request has one, the ``Host`` header."""
    host = connection.host
    text = f"{method}{url}{host}"
    if not method.isalpha() or not text.isascii() or not text.isprintable() or " " in text:
        return None
    if not url.startswith("/") or ":" in host:
        return None
    line = f"{method} {url} HTTP/1.1\r\n"
    if named:
        return line
    if connection.port == connection.default_port:
        return f"{line}Host: {host}\r\n"
    return f"{line}Host: {host}:{connection.port}\r\n"
